"""Broken lessons of the small course: keys, files, single values."""
# ruff: noqa: E501 - messages stand whole, so that they can be searched for

from tests.courses.broken.row import Row

LESSON = "first/lesson.yaml"

BROKEN: list[Row] = [
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
        "a prompt without text",
        "first/prompt.md",
        None,
        " \n",
        ["first/prompt.md:1:1: The file is empty."],
    ),
]
