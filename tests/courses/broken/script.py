"""Broken files of the course in `script.py`, and what is said about each; as rows."""
# ruff: noqa: E501 - messages stand whole, so that they can be searched for

from tests.courses.broken.row import Row

COURSE = "course.yaml"
LESSON = "all/lesson.yaml"

BROKEN: list[Row] = [
    (
        "a misspelt language, and nothing else wrong",
        COURSE,
        "language: javascript",
        "language: JavaScript",
        [
            "course.yaml:4:11: The language `JavaScript` is not supported. Did you mean `javascript`?"
        ],
    ),
    (
        "an image of another language",
        COURSE,
        "language: javascript",
        "language: javascript\nimage: plots",
        ["course.yaml:5:8: The image `plots` is not for JavaScript; leave the key out."],
    ),
    (
        "a starter in Python",
        LESSON,
        "starter: starter.js",
        "starter: starter.py",
        [
            "all/lesson.yaml:30:14: `starter.py` does not name a JavaScript file of this folder, like `starter.js`."
        ],
    ),
    (
        "a wrong program in Python",
        LESSON,
        "wrong/texts.js",
        "wrong/texts.py",
        [
            "all/lesson.yaml:43:19: `wrong/texts.py` does not name a JavaScript file of this folder, like `starter.js`."
        ],
    ),
    (
        "a misspelt program",
        LESSON,
        "program: guess.js",
        "program: gues.js",
        ["all/lesson.yaml:17:14: There is no file `gues.js` here. Did you mean `guess.js`?"],
    ),
    (
        "a program in place that is too long",
        LESSON,
        "        console.log(n)\n",
        "        console.log(n)\n" * 4,
        ["all/lesson.yaml:10:14: A program of more than 5 lines goes into a file of its own."],
    ),
    (
        "a call",
        LESSON,
        '{stdin: "5", stdout: "5"}',
        '{call: "add(5)", stdout: "5"}',
        [
            "all/lesson.yaml:37:18: `call` is for Python only. In a JavaScript course, give a case `stdin` and `stdout`."
        ],
    ),
    (
        "a call with a value, in a file of cases",
        "all/hidden.yaml",
        'stdin: "20 22", stdout: "42"',
        "call: add(20), expect: 42",
        [
            "all/hidden.yaml:1:10: `call` is for Python only. In a JavaScript course, give a case `stdin` and `stdout`.",
            "all/hidden.yaml:1:27: `expect` is for Python only. In a JavaScript course, give a case `stdin` and `stdout`.",
        ],
    ),
    (
        "an exception, its message and a tolerance",
        LESSON,
        '{stdin: "5", stdout: "5"}',
        '{stdin: "5", raises: TypeError, message: no, tolerance: 0.1}',
        [
            "all/lesson.yaml:37:32: `raises` is for Python only. In a JavaScript course, give a case `stdin` and `stdout`.",
            "all/lesson.yaml:37:52: `message` is for Python only. In a JavaScript course, give a case `stdin` and `stdout`.",
            "all/lesson.yaml:37:67: `tolerance` is for Python only. In a JavaScript course, give a case `stdin` and `stdout`.",
        ],
    ),
    (
        "a case without an output",
        LESSON,
        '{stdin: "5", stdout: "5"}',
        '{stdin: "5"}',
        ["all/lesson.yaml:37:11: A case needs `stdout`: what must come of it."],
    ),
    (
        "what it requires",
        LESSON,
        "    explain_back:",
        "    require: {constructs: [loop]}\n    explain_back:",
        [
            "all/lesson.yaml:48:14: `require` is for Python only. In a JavaScript course, let a case tell the programs apart."
        ],
    ),
    (
        "what it forbids",
        LESSON,
        "    explain_back:",
        "    forbid: {calls: [eval]}\n    explain_back:",
        [
            "all/lesson.yaml:48:13: `forbid` is for Python only. In a JavaScript course, let a case tell the programs apart."
        ],
    ),
    (
        "a witness and what it predicts",
        LESSON,
        "        seen_in: [wrong",
        "        witness: 1 + 1\n        predicts: 11\n        seen_in: [wrong",
        [
            "all/lesson.yaml:43:18: `witness` is for Python only. In a JavaScript course, let a visible case with `catches` show the belief to be wrong.",
            "all/lesson.yaml:44:19: `predicts` is for Python only. In a JavaScript course, let a visible case with `catches` show the belief to be wrong.",
        ],
    ),
    (
        "a misconception that only a hidden case catches",
        LESSON,
        ", catches: [texts-add-up]}",
        "}",
        [
            "all/lesson.yaml:41:9: No visible case catches `texts-add-up`: in a JavaScript course it takes one to show that a belief is wrong."
        ],
    ),
    (
        "an unknown misconception in a case",
        LESSON,
        "catches: [texts-add-up]",
        "catches: [text-add-up]",
        [
            "all/lesson.yaml:36:49: The step has no misconception `text-add-up`. Did you mean `texts-add-up`?"
        ],
    ),
    (
        "a hint for an error of Python's",
        LESSON,
        "error: SyntaxError",
        "error: StopIteration",
        ["all/lesson.yaml:47:54: `StopIteration` is not the name of an exception."],
    ),
    (
        "a misspelt error",
        LESSON,
        "error: SyntaxError",
        "error: RefrenceErr",
        [
            "all/lesson.yaml:47:54: `RefrenceErr` is not the name of an exception. Did you mean `ReferenceError`?"
        ],
    ),
    (
        "a variant in Python",
        LESSON,
        "solution: variant.js",
        "solution: variant.py",
        [
            "all/lesson.yaml:57:19: `variant.py` does not name a JavaScript file of this folder, like `starter.js`."
        ],
    ),
]
