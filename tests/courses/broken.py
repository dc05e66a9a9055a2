"""Broken course files, and what is said about each: the exact words at the exact place."""
# ruff: noqa: E501 - messages stand whole, so that they can be searched for

COURSE = "course.yaml"
LESSON = "first/lesson.yaml"

# What is wrong; in which file; what is put in the place of what (None: of the whole file); what
# `read` says.
BROKEN: list[tuple[str, str, str | None, str | bytes, list[str]]] = [
    (
        "a misspelt key",
        LESSON,
        "title: Twice",
        "titel: Twice",
        ["first/lesson.yaml:2:1: There is no key `titel`. Did you mean `title`?"],
    ),
    (
        "a misspelt key inside a step",
        LESSON,
        "    starter: starter.py",
        "    startr: starter.py",
        ["first/lesson.yaml:8:5: There is no key `startr`. Did you mean `starter`?"],
    ),
    (
        "a key like no other",
        LESSON,
        "    kind: code",
        "    kind: code\n    zzz: 1",
        [
            "first/lesson.yaml:7:5: There is no key `zzz`. Keys here: id, title, was, prompt, kind, starter, files, data, stdin, tests, require, forbid, misconceptions, hints, explain_back, solution, share_solution, variants."
        ],
    ),
    (
        "a misspelt key of a case",
        LESSON,
        "{call: double(0), expect: 0}",
        "{call: double(0), expects: 0}",
        ["first/lesson.yaml:12:29: There is no key `expects`. Did you mean `expect`?"],
    ),
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
        "a misspelt file",
        LESSON,
        "prompt: prompt.md",
        "prompt: promt.md",
        ["first/lesson.yaml:7:13: There is no file `promt.md` here. Did you mean `prompt.md`?"],
    ),
    (
        "a file that is not there",
        LESSON,
        "starter: starter.py",
        "starter: begin.py",
        ["first/lesson.yaml:8:14: There is no file `begin.py` here."],
    ),
    (
        "a file in a misspelt folder",
        LESSON,
        "wrong/adds.py",
        "wrng/adds.py",
        ["first/lesson.yaml:18:19: There is no file `wrng/adds.py` here. Did you mean `wrong`?"],
    ),
    (
        "a file outside",
        LESSON,
        "solution: solution.py",
        "solution: ../second/solution.py",
        [
            "first/lesson.yaml:23:15: `../second/solution.py` does not name a Python file of this folder, like `starter.py`."
        ],
    ),
    (
        "an absolute path",
        LESSON,
        "solution: solution.py",
        "solution: /etc/passwd.py",
        [
            "first/lesson.yaml:23:15: `/etc/passwd.py` does not name a Python file of this folder, like `starter.py`."
        ],
    ),
    (
        "a program as the prompt",
        LESSON,
        "prompt: prompt.md",
        "prompt: starter.py",
        [
            "first/lesson.yaml:7:13: `starter.py` does not name a Markdown file of this folder, like `prompt.md`."
        ],
    ),
    (
        "an id with a capital",
        LESSON,
        "id: first",
        "id: First",
        [
            "first/lesson.yaml:1:5: `First` is not an id: small letters, digits and hyphens, a letter first, like `for-loops`."
        ],
    ),
    (
        "a number as the id",
        LESSON,
        "id: first",
        "id: 1",
        ["first/lesson.yaml:1:5: `id` must be text, not the number 1."],
    ),
    (
        "a list as the title",
        LESSON,
        "title: Twice as much",
        "title: [a]",
        ["first/lesson.yaml:2:8: `title` must be text, not a list."],
    ),
    (
        "no title",
        LESSON,
        "title: Twice as much",
        "title:",
        ["first/lesson.yaml:2:1: `title` is empty; it must be text."],
    ),
    (
        "a blank title",
        LESSON,
        "title: Twice as much",
        "title: '  '",
        ["first/lesson.yaml:2:8: `title` is empty."],
    ),
    (
        "a title of two lines",
        LESSON,
        "title: Twice as much",
        'title: "a\\nb"',
        ["first/lesson.yaml:2:8: `title` must be a single line."],
    ),
    (
        "a title too long",
        LESSON,
        "title: Twice as much",
        "title: " + "x" * 121,
        ["first/lesson.yaml:2:8: `title` is longer than 120 characters."],
    ),
    (
        "a kind of step that does not exist",
        LESSON,
        "kind: code",
        "kind: cdoe",
        ["first/lesson.yaml:6:11: There are no steps of kind `cdoe`. Did you mean `code`?"],
    ),
    (
        "a truth value as the kind",
        LESSON,
        "kind: code",
        "kind: true",
        [
            "first/lesson.yaml:6:11: `kind` must be text, not `true`. There are `explain`, `code`, `predict`, `quiz`."
        ],
    ),
    (
        "a call that is not closed",
        LESSON,
        "call: double(0)",
        'call: "double(0"',
        ["first/lesson.yaml:12:18: `double(0` is not a Python expression: '(' was never closed."],
    ),
    (
        "a statement as a call",
        LESSON,
        "call: double(0)",
        'call: "x = 1"',
        ["first/lesson.yaml:12:18: `x = 1` is not a Python expression: invalid syntax."],
    ),
    (
        "an expected value without quotes",
        LESSON,
        "expect: 0",
        "expect: [1]",
        [
            'first/lesson.yaml:12:37: Put what is expected in quotes, as Python writes it: "None", "[1, 2]".'
        ],
    ),
    (
        "an expected value that is no value",
        LESSON,
        "expect: 0",
        "expect: zero",
        [
            "first/lesson.yaml:12:37: `zero` is not a Python value. A text needs quotes of its own: \"'abc'\"."
        ],
    ),
    (
        "a witness that is not closed",
        LESSON,
        "witness: double(3)",
        "witness: double(3",
        ["first/lesson.yaml:17:18: `double(3` is not a Python expression: '(' was never closed."],
    ),
    (
        "a rung missing in the ladder of hints",
        LESSON,
        "{level: 2,",
        "{level: 3,",
        [
            "first/lesson.yaml:20:7: The levels of hints must be 1, 2, 3 … in this order; here: 1, 3."
        ],
    ),
    (
        "a word as a level",
        LESSON,
        "{level: 2,",
        "{level: two,",
        ["first/lesson.yaml:21:17: `level` must be a whole number, not text."],
    ),
    (
        "a level below 1",
        LESSON,
        "{level: 2,",
        "{level: 0,",
        ["first/lesson.yaml:21:17: `level` is 0; it must be at least 1."],
    ),
    (
        "no solution",
        LESSON,
        "    solution: solution.py\n",
        "",
        ["first/lesson.yaml:5:5: The key `solution` is missing here."],
    ),
    (
        "no visible cases",
        LESSON,
        "      visible:\n        - {call: double(2), expect: 4}\n        - {call: double(0), expect: 0}\n",
        "",
        ["first/lesson.yaml:10:7: The key `visible` is missing here."],
    ),
    (
        "an empty list of cases",
        LESSON,
        "      visible:\n        - {call: double(2), expect: 4}\n        - {call: double(0), expect: 0}\n",
        "      visible: []\n",
        ["first/lesson.yaml:10:16: `visible` is empty; it needs at least 1 entry."],
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
    (
        "a step without its prompt",
        LESSON,
        "steps:",
        "steps:\n  - {id: a, kind: explain, text: x}",
        [
            "first/lesson.yaml:5:5: The key `prompt` is missing here.",
            "first/lesson.yaml:5:28: There is no key `text`. Keys here: id, title, was, prompt, kind, program.",
        ],
    ),
    (
        "a mapping as the steps",
        LESSON,
        "steps:\n",
        "steps: {}\nx:\n",
        [
            "first/lesson.yaml:4:8: `steps` must be a list, not a mapping of keys.",
            "first/lesson.yaml:5:1: There is no key `x`. Keys here: id, title, summary, was, skills, prerequisites, steps.",
        ],
    ),
    (
        "a word as a step",
        LESSON,
        "  - id: double",
        "  - double\n  - id: x",
        [
            "first/lesson.yaml:5:5: Entry 1 of `steps` must be a mapping of keys, not text.",
        ],
    ),
    (
        "a misconception's id twice",
        LESSON,
        "      - id: adds-two",
        "      - {id: adds-two, belief: b, witness: w}\n      - id: adds-two",
        ["first/lesson.yaml:16:13: The id `adds-two` stands twice in this list."],
    ),
    (
        "a misconception without a witness",
        LESSON,
        "        witness: double(3)\n",
        "",
        ["first/lesson.yaml:15:9: The key `witness` is missing here."],
    ),
    (
        "a starter that ends outside of a function",
        "first/starter.py",
        None,
        "def double(n):\n    pass\nreturn 2\n",
        ["first/starter.py:3:1: Not a Python program: 'return' outside function."],
    ),
    (
        "a program in another language",
        LESSON,
        "starter: starter.py",
        "starter: starter.js",
        [
            "first/lesson.yaml:8:14: `starter.js` does not name a Python file of this folder, like `starter.py`."
        ],
    ),
    (
        "a wrong program in another language",
        LESSON,
        "seen_in: [wrong/adds.py]",
        "seen_in: [wrong/adds.js]",
        [
            "first/lesson.yaml:18:19: `wrong/adds.js` does not name a Python file of this folder, like `starter.py`."
        ],
    ),
    (
        "a starter that does not parse",
        "first/starter.py",
        "return n + 2",
        "return n +",
        ["first/starter.py:2:15: Not a Python program: invalid syntax."],
    ),
    (
        "a solution that does not parse",
        "first/solution.py",
        "def double(n):",
        "def double(n)",
        ["first/solution.py:1:14: Not a Python program: expected ':'."],
    ),
    (
        "a misspelt key in a file of cases",
        "first/hidden.yaml",
        "expect: 42",
        "expects: 42",
        ["first/hidden.yaml:1:22: There is no key `expects`. Did you mean `expect`?"],
    ),
    (
        "a lesson twice",
        COURSE,
        "  - second",
        "  - first",
        ["course.yaml:8:5: The lesson `first` stands twice in this list."],
    ),
    (
        "a misspelt lesson",
        COURSE,
        "  - second",
        "  - secnd",
        ["course.yaml:8:5: There is no file `secnd/lesson.yaml` here. Did you mean `second`?"],
    ),
    (
        "a lesson outside",
        COURSE,
        "  - second",
        "  - ../second",
        [
            "course.yaml:8:5: `../second` is not the name of a lesson's folder: letters, digits, hyphens, underscores."
        ],
    ),
    (
        "a lesson's id twice",
        "second/lesson.yaml",
        "id: second",
        "id: first",
        ["second/lesson.yaml:1:5: The lesson in `first` has the id `first` already."],
    ),
    (
        "a misspelt language",
        COURSE,
        "language: python",
        "language: pyhton",
        ["course.yaml:3:11: The language `pyhton` is not supported. Did you mean `python`?"],
    ),
    (
        "a language like no other",
        COURSE,
        "language: python",
        "language: fortran",
        [
            "course.yaml:3:11: The language `fortran` is not supported. There are `python`, `javascript`."
        ],
    ),
    (
        "a number as the language",
        COURSE,
        "language: python",
        "language: 3",
        ["course.yaml:3:11: `language` must be 'python' or 'javascript', not the number 3."],
    ),
    (
        "instructions in a file that is not there",
        COURSE,
        "instructions: Be kind.",
        "instructions: tutor.md",
        ["course.yaml:5:15: There is no file `tutor.md` here."],
    ),
    (
        "no lessons",
        COURSE,
        "lessons:\n  - first\n  - second\n",
        "lessons:\n",
        ["course.yaml:6:1: `lessons` is empty; it must be a list."],
    ),
    (
        "an empty list of lessons",
        COURSE,
        "lessons:\n  - first\n  - second\n",
        "lessons: []\n",
        ["course.yaml:6:10: `lessons` is empty; it needs at least 1 entry."],
    ),
    (
        "a list as the course",
        COURSE,
        None,
        "- a\n",
        ["course.yaml:1:1: The file must be a mapping of keys, not a list."],
    ),
    ("an empty file", COURSE, None, "", ["course.yaml:1:1: The file is empty."]),
    ("a comment and nothing else", COURSE, None, "# x\n", ["course.yaml:1:1: The file is empty."]),
    (
        "a word as the course",
        COURSE,
        None,
        "hello",
        ["course.yaml:1:1: The file must be a mapping of keys, not text."],
    ),
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
    (
        "a prompt without text",
        "first/prompt.md",
        None,
        " \n",
        ["first/prompt.md:1:1: The file is empty."],
    ),
]
