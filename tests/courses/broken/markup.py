"""Files of the small course that are no YAML, or no text."""
# ruff: noqa: E501 - messages stand whole, so that they can be searched for

from tests.courses.broken.row import Row

COURSE = "course.yaml"
LESSON = "first/lesson.yaml"

BROKEN: list[Row] = [
    (
        "a key twice",
        LESSON,
        "title: Twice as much",
        "title: Twice as much\ntitle: Thrice",
        ["first/lesson.yaml:3:1: The key `title` stands twice; first in line 2."],
    ),
    (
        "a key twice inside a step",
        LESSON,
        "    kind: code",
        "    kind: code\n    kind: code",
        ["first/lesson.yaml:7:5: The key `kind` stands twice; first in line 6."],
    ),
    (
        "an anchor",
        LESSON,
        "title: Twice",
        "title: &t Twice",
        ["first/lesson.yaml:2:8: Anchors (`&t`) are not supported; write the value out."],
    ),
    (
        "an alias",
        LESSON,
        "title: Twice as much",
        "title: *t",
        ["first/lesson.yaml:2:8: Aliases (`*t`) are not supported; write the value out."],
    ),
    (
        "a merge",
        LESSON,
        "title: Twice as much",
        "<<: {a: b}\ntitle: T",
        ["first/lesson.yaml:2:1: Merging with `<<` is not supported; write the keys out."],
    ),
    (
        "a tag",
        LESSON,
        "title: Twice",
        "title: !!str Twice",
        ["first/lesson.yaml:2:8: Tags (`!…`) are not supported; write the value without it."],
    ),
    (
        "a second document",
        LESSON,
        "title: Twice as much",
        "---\ntitle: T",
        ["first/lesson.yaml:2:1: A second document begins here; a file holds one."],
    ),
    (
        "a colon in a text",
        LESSON,
        "title: Twice as much",
        "title: Twice: as much",
        [
            "first/lesson.yaml:2:13: Not valid YAML: a `: ` that can't stand here; quote the text, or check the indentation."
        ],
    ),
    (
        "a tab",
        LESSON,
        "    kind: code",
        "\tkind: code",
        ["first/lesson.yaml:6:1: Not valid YAML: a tab; indent with spaces."],
    ),
    (
        "a brace that is not closed",
        LESSON,
        "{call: double(0), expect: 0}",
        "{call: double(0), expect: 0",
        ["first/lesson.yaml:13:13: Not valid YAML: a mapping in braces needs `,` or `}` here."],
    ),
    (
        "a quote that is not closed",
        LESSON,
        "title: Twice as much",
        "title: 'Twice as much",
        ["first/lesson.yaml:2:8: Not valid YAML: a quote that is never closed."],
    ),
    (
        "too little indentation",
        LESSON,
        "    kind: code",
        "   kind: code",
        [
            "first/lesson.yaml:6:4: Not valid YAML: this does not line up with the lines above; check the indentation."
        ],
    ),
    (
        "too much indentation",
        LESSON,
        "    kind: code",
        "      kind: code",
        [
            "first/lesson.yaml:6:11: Not valid YAML: a `: ` that can't stand here; quote the text, or check the indentation."
        ],
    ),
    (
        "a list as a key",
        LESSON,
        "title: Twice as much",
        "? [a]\n: b",
        ["first/lesson.yaml:2:3: A key must be a word, not a list or a mapping."],
    ),
    (
        "an escape beyond Unicode",
        LESSON,
        "title: Twice as much",
        'title: "\\U99999999"',
        ["first/lesson.yaml:1:5: Not valid YAML somewhere after this."],
    ),
    (
        "a NUL",
        LESSON,
        "title: Twice as much",
        'title: "a\\0b"',
        ["first/lesson.yaml:2:8: This text contains NUL or half a character (a surrogate)."],
    ),
    (
        "a surrogate",
        LESSON,
        "title: Twice as much",
        'title: "\\ud800"',
        ["first/lesson.yaml:2:8: This text contains NUL or half a character (a surrogate)."],
    ),
    (
        "a control character",
        LESSON,
        "title: Twice as much",
        "title: Twice \x07 much",
        ["first/lesson.yaml:2:14: The character U+0007 is not allowed in YAML."],
    ),
    (
        "brackets without end",
        LESSON,
        "title: Twice as much",
        "title: " + "[" * 40,
        ["first/lesson.yaml:2:24: More than 16 lists and mappings inside one another."],
    ),
    ("an empty file", COURSE, None, "", ["course.yaml:1:1: The file is empty."]),
    ("a comment and nothing else", COURSE, None, "# x\n", ["course.yaml:1:1: The file is empty."]),
    (
        "Latin-1",
        LESSON,
        None,
        b"id: first\ntitle: caf\xe9\n",
        ["first/lesson.yaml:2:11: The file `first/lesson.yaml` is not UTF-8 text."],
    ),
    (
        "a file too large",
        LESSON,
        None,
        "x" * 70_000,
        [
            "course.yaml:7:5: The file `first/lesson.yaml` is larger than 64,000 bytes, the most that is read."
        ],
    ),
    (
        "a binary file",
        LESSON,
        None,
        b"\x00\x01\x02",
        ["first/lesson.yaml:1:1: The file `first/lesson.yaml` contains NUL; it is not a text."],
    ),
    (
        "UTF-16",
        LESSON,
        None,
        b"\xff\xfei\x00d\x00:\x00 \x00a\x00",
        ["first/lesson.yaml:1:1: The file `first/lesson.yaml` is not UTF-8 text."],
    ),
    (
        "NUL in a program",
        "first/starter.py",
        None,
        "x = 1\ny = '\x00'",
        ["first/starter.py:2:6: The file `starter.py` contains NUL; it is not a text."],
    ),
]
