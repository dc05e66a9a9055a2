"""Broken steps of the course in `rich.py`: kinds, programs, cases and limits."""
# ruff: noqa: E501 - messages stand whole, so that they can be searched for

from tests.courses.broken.row import Row

LESSON = "all/lesson.yaml"

BROKEN: list[Row] = [
    (
        "a strange kind of step",
        LESSON,
        "kind: quiz",
        "kind: quizz",
        ["all/lesson.yaml:25:11: There are no steps of kind `quizz`. Did you mean `quiz`?"],
    ),
    (
        "a kind like no other",
        LESSON,
        "kind: quiz",
        "kind: zebra",
        [
            "all/lesson.yaml:25:11: There are no steps of kind `zebra`. There are `explain`, `code`, `predict`, `quiz`."
        ],
    ),
    (
        "no kind",
        LESSON,
        "    kind: quiz\n",
        "",
        ["all/lesson.yaml:24:5: The key `kind` is missing here."],
    ),
    (
        "a key of another kind of step",
        LESSON,
        "    title: What does it print?",
        "    hints: []",
        [
            "all/lesson.yaml:16:5: There is no key `hints`. Keys here: id, title, was, prompt, kind, program, files, data, stdin, output, misconceptions."
        ],
    ),
    (
        "a misspelt key of a quiz",
        LESSON,
        "    choices:\n",
        "    choice:\n",
        ["all/lesson.yaml:27:5: There is no key `choice`. Did you mean `choices`?"],
    ),
    (
        "a misspelt key of a choice",
        LESSON,
        "because: That",
        "becuase: That",
        ["all/lesson.yaml:29:23: There is no key `becuase`. Did you mean `because`?"],
    ),
    (
        "a quiz with one choice",
        LESSON,
        '      - {text: "3.5", because: That is 7 / 2.}\n',
        "",
        ["all/lesson.yaml:28:7: `choices` is too short; it needs at least 2 entries."],
    ),
    (
        "a quiz without a right answer",
        LESSON,
        "correct: true, ",
        "",
        ["all/lesson.yaml:28:7: No choice is `correct: true`."],
    ),
    (
        "a quiz with right answers only",
        LESSON,
        '{text: "3.5"',
        '{text: "3.5", correct: true',
        ["all/lesson.yaml:28:7: Every choice is `correct: true`; there is nothing to choose."],
    ),
    (
        "a word as a truth value",
        LESSON,
        "correct: true",
        "correct: yes",
        ["all/lesson.yaml:28:30: `correct` must be `true` or `false`, not text."],
    ),
    (
        "a wrong guess that is right",
        LESSON,
        'output: "0 1 2"',
        'output: "0\\n1\\n"',
        ["all/lesson.yaml:23:70: This is what the program prints: no false belief."],
    ),
    (
        "a program in place that does not parse",
        LESSON,
        "      for n in range(3):",
        "      for n in range(3)",
        ["all/lesson.yaml:11:14: Not a Python program: expected ':' (line 1 of it)."],
    ),
    (
        "a program in place that is too long",
        LESSON,
        "          print(n)\n",
        "          print(n)\n      a = 1\n      b = 1\n      c = 1\n      d = 1\n",
        ["all/lesson.yaml:11:14: A program of more than 5 lines goes into a file of its own."],
    ),
    (
        "a program that is neither file nor program",
        LESSON,
        "program: guess.py",
        "program: guess",
        [
            "all/lesson.yaml:18:14: `guess` does not name a Python file of this folder, like `starter.py`."
        ],
    ),
    (
        "a prompt that is neither file nor text",
        LESSON,
        "prompt: What is 7 // 2?",
        "prompt: What?",
        [
            "all/lesson.yaml:26:13: `What?` does not name a Markdown file of this folder, like `prompt.md`."
        ],
    ),
    (
        "a case that expects nothing",
        LESSON,
        ", expect: 3, catches: [first-only]}",
        "}",
        [
            "all/lesson.yaml:40:11: A case needs `expect`, `stdout` or `raises`: what must come of it."
        ],
    ),
    (
        "a case with an empty expectation",
        LESSON,
        "expect: 3,",
        "expect: ,",
        [
            'all/lesson.yaml:40:35: Put what is expected in quotes, as Python writes it: "None", "[1, 2]".'
        ],
    ),
    (
        "a case with value and exception",
        LESSON,
        "raises: TypeError, message: iterable",
        "raises: TypeError, expect: 3",
        ["all/lesson.yaml:42:11: A case has `expect` or `raises`, not both."],
    ),
    (
        "a value without a call",
        LESSON,
        '{stdin: "4\\n5\\n", stdout: "9"}',
        '{stdin: "4", expect: 9}',
        ["all/lesson.yaml:43:11: `expect` needs a `call` that gives the value."],
    ),
    (
        "a message without an exception",
        LESSON,
        "raises: TypeError, message",
        "stdout: x, message",
        ["all/lesson.yaml:42:11: `message` needs `raises` beside it."],
    ),
    (
        "a tolerance without a value",
        LESSON,
        "raises: TypeError, message: iterable",
        "raises: TypeError, tolerance: 0.1",
        ["all/lesson.yaml:42:11: `tolerance` needs `expect` beside it."],
    ),
    (
        "a tolerance of nothing",
        LESSON,
        "tolerance: 1e-9",
        "tolerance: 0",
        ["all/lesson.yaml:41:63: `tolerance` is 0; it must be more than 0."],
    ),
    (
        "a text as tolerance",
        LESSON,
        "tolerance: 1e-9",
        "tolerance: small",
        ["all/lesson.yaml:41:63: `tolerance` must be a number, not text."],
    ),
    (
        "an exception like no other",
        LESSON,
        "raises: TypeError",
        "raises: Oops",
        ["all/lesson.yaml:42:39: `Oops` is not the name of an exception."],
    ),
    (
        "an exception that is no name",
        LESSON,
        "raises: TypeError",
        "raises: Type Error",
        [
            "all/lesson.yaml:42:39: `Type Error` is not a name in a program, like `sorted` or `list.sort`."
        ],
    ),
    (
        "an unknown misconception in a case",
        LESSON,
        "catches: [first-only]",
        "catches: [frist-only]",
        [
            "all/lesson.yaml:40:56: The step has no misconception `frist-only`. Did you mean `first-only`?"
        ],
    ),
    (
        "an unknown misconception in a file of cases",
        "all/hidden.yaml",
        "catches: [first-only]",
        "catches: [last-only]",
        [
            "all/hidden.yaml:1:51: The step has no misconception `last-only`. Did you mean `first-only`?"
        ],
    ),
    (
        "a misspelt limit",
        LESSON,
        "time_limit_s: 2",
        "time_limit: 2",
        ["all/lesson.yaml:45:7: There is no key `time_limit`. Did you mean `time_limit_s`?"],
    ),
    (
        "a limit above all",
        LESSON,
        "time_limit_s: 2",
        "time_limit_s: 60",
        ["all/lesson.yaml:45:21: `time_limit_s` is 60; it must be at most 30."],
    ),
    (
        "a limit below all",
        LESSON,
        "memory_limit_mb: 128",
        "memory_limit_mb: 1",
        ["all/lesson.yaml:46:24: `memory_limit_mb` is 1; it must be at least 16."],
    ),
    (
        "half a megabyte",
        LESSON,
        "memory_limit_mb: 128",
        "memory_limit_mb: 128.5",
        ["all/lesson.yaml:46:24: `memory_limit_mb` must be a whole number, not the number 128.5."],
    ),
]
