"""Broken files of the course in `rich.py`, and what is said about each; rows as in `broken.py`."""
# ruff: noqa: E501 - messages stand whole, so that they can be searched for

COURSE = "course.yaml"
LESSON = "all/lesson.yaml"

BROKEN: list[tuple[str, str, str, str, list[str]]] = [
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
    (
        "a misspelt construct",
        LESSON,
        "constructs: [while]",
        "constructs: [whlie]",
        ["all/lesson.yaml:49:51: `whlie` is not a construct. Did you mean `while`?"],
    ),
    (
        "a construct like no other",
        LESSON,
        "constructs: [while]",
        "constructs: [goto]",
        [
            "all/lesson.yaml:49:51: `goto` is not a construct. There are: assert, class, comprehension, dict, f-string, for, function, global, if, import, lambda, list, loop, recursion, return, set, slice, try, while, with, yield."
        ],
    ),
    (
        "a list as the rules",
        LESSON,
        "forbid: {calls: [sum, list.sort], constructs: [while]}",
        "forbid: [sum]",
        ["all/lesson.yaml:49:13: `forbid` must be a mapping of keys, not a list."],
    ),
    (
        "a call that is no name",
        LESSON,
        "calls: [sum, list.sort]",
        "calls: [sum()]",
        [
            "all/lesson.yaml:49:22: `sum()` is not a name in a program, like `sorted` or `list.sort`."
        ],
    ),
    (
        "a solution without what it requires",
        LESSON,
        "constructs: [for, function]",
        "constructs: [recursion]",
        [
            "all/lesson.yaml:48:14: The solution itself breaks this rule: The program must use a function that calls itself.",
            "all/lesson.yaml:48:14: The solution of `product` breaks this rule: The program must use a function that calls itself.",
        ],
    ),
    (
        "a solution with what it forbids",
        LESSON,
        "constructs: [while]",
        "constructs: [for]",
        [
            "all/lesson.yaml:49:13: The solution itself breaks this rule: The program must do without a `for` loop.",
            "all/lesson.yaml:49:13: The solution of `product` breaks this rule: The program must do without a `for` loop.",
        ],
    ),
    (
        "a solution with a call it forbids",
        LESSON,
        "calls: [sum, list.sort]",
        "calls: [print]",
        [
            "all/lesson.yaml:49:13: The solution itself breaks this rule: The program must do without calling `print`."
        ],
    ),
    (
        "a solution of a variant that breaks a rule",
        "all/variant.py",
        "import shop",
        "shop = 1",
        [
            "all/lesson.yaml:48:14: The solution of `product` breaks this rule: The program must import `shop`."
        ],
    ),
    (
        "a file twice",
        LESSON,
        "data: [prices.csv]",
        "data: [prices.csv, prices.csv]",
        ["all/lesson.yaml:36:24: The file `prices.csv` stands twice here."],
    ),
    (
        "a data file that is not there",
        LESSON,
        "data: [prices.csv]",
        "data: [price.csv]",
        ["all/lesson.yaml:36:12: There is no file `price.csv` here. Did you mean `prices.csv`?"],
    ),
    (
        "a data file outside",
        LESSON,
        "data: [prices.csv]",
        "data: [../prices.csv]",
        [
            "all/lesson.yaml:36:12: `../prices.csv` does not name a file directly in this folder, like `prices.csv`."
        ],
    ),
    (
        "a further file that does not parse",
        "all/shop.py",
        "NOTHING = 0",
        "NOTHING =",
        ["all/shop.py:1:10: Not a Python program: invalid syntax."],
    ),
    (
        "a rung missing in the ladder of an error",
        LESSON,
        "{level: 1, text: Count",
        "{level: 2, text: Count",
        [
            "all/lesson.yaml:57:7: The levels of hints for `SyntaxError` must be 1, 2, 3 … in this order; here: 2."
        ],
    ),
    (
        "attempts in words",
        LESSON,
        "after_attempts: 2",
        "after_attempts: two",
        ["all/lesson.yaml:58:71: `after_attempts` must be a whole number, not text."],
    ),
    (
        "a hint after no attempts",
        LESSON,
        "after_attempts: 2",
        "after_attempts: 0",
        ["all/lesson.yaml:58:71: `after_attempts` is 0; it must be at least 1."],
    ),
    (
        "a hint for an error that does not exist",
        LESSON,
        "error: SyntaxError",
        "error: SyntaxEror",
        [
            "all/lesson.yaml:59:54: `SyntaxEror` is not the name of an exception. Did you mean `SyntaxError`?"
        ],
    ),
    (
        "a variant without a solution",
        LESSON,
        "        solution: variant.py\n",
        "",
        ["all/lesson.yaml:64:9: The key `solution` is missing here."],
    ),
    (
        "a variant's file that is not there",
        LESSON,
        "solution: variant.py",
        "solution: varaint.py",
        ["all/lesson.yaml:73:19: There is no file `varaint.py` here. Did you mean `variant.py`?"],
    ),
    (
        "a step's old id that is in use",
        LESSON,
        "was: [sum-up]",
        "was: [guess]",
        ["all/lesson.yaml:32:11: The id `guess` is still in use in this list."],
    ),
    (
        "a lesson's old id that is its own",
        LESSON,
        "was: [all-there-is]",
        "was: [everything]",
        ["all/lesson.yaml:5:7: The id `everything` is still in use in this course."],
    ),
    (
        "a step's id twice",
        LESSON,
        "id: choose",
        "id: guess",
        ["all/lesson.yaml:24:9: The id `guess` stands twice in this list."],
    ),
    (
        "a skill that the course does not have",
        LESSON,
        "skills: [loops, values]",
        "skills: [loop, values]",
        ["all/lesson.yaml:6:10: The course has no skill `loop`. Did you mean `loops`?"],
    ),
    (
        "a prerequisite that the course does not have",
        LESSON,
        "skills: [loops, values]",
        "prerequisites: [lops]",
        ["all/lesson.yaml:6:17: The course has no skill `lops`. Did you mean `loops`?"],
    ),
    (
        "a skill twice",
        COURSE,
        "id: sums",
        "id: values",
        [
            "course.yaml:10:47: The prerequisites go round in a circle: `loops` → `values` → `loops`.",
            "course.yaml:11:10: The id `values` stands twice in this list.",
        ],
    ),
    (
        "a prerequisite that is no skill",
        COURSE,
        "prerequisites: [values]",
        "prerequisites: [vaules]",
        ["course.yaml:10:47: There is no skill `vaules` here. Did you mean `values`?"],
    ),
    (
        "skills in a circle",
        COURSE,
        "{id: values, title: Values}",
        "{id: values, title: Values, prerequisites: [sums]}",
        [
            "course.yaml:9:49: The prerequisites go round in a circle: `values` → `sums` → `loops` → `values`."
        ],
    ),
    (
        "a skill that needs itself",
        COURSE,
        "{id: values, title: Values}",
        "{id: values, title: Values, prerequisites: [values]}",
        ["course.yaml:9:49: The prerequisites go round in a circle: `values` → `values`."],
    ),
    (
        "a word that is no support",
        COURSE,
        "support: high",
        "support: maximal",
        ["course.yaml:12:18: `support` must be 'low', 'medium' or 'high', not `maximal`."],
    ),
    (
        "a misspelt policy",
        COURSE,
        "max_hint_level: 2",
        "max_hints: 2",
        ["course.yaml:12:24: There is no key `max_hints`. Did you mean `max_hint_level`?"],
    ),
    (
        "a hint level too high",
        COURSE,
        "max_hint_level: 2",
        "max_hint_level: 12",
        ["course.yaml:12:40: `max_hint_level` is 12; it must be at most 9."],
    ),
    (
        "no messages a day",
        COURSE,
        "messages_per_day: 60",
        "messages_per_day: 0",
        ["course.yaml:13:28: `messages_per_day` is 0; it must be at least 1."],
    ),
    (
        "a misspelt quota",
        COURSE,
        "messages_per_day: 60",
        "message_per_day: 60",
        ["course.yaml:13:10: There is no key `message_per_day`. Did you mean `messages_per_day`?"],
    ),
    (
        "a misspelt image",
        COURSE,
        "image: plots",
        "image: plot",
        ["course.yaml:5:8: There is no image `plot`. Did you mean `plots`?"],
    ),
    (
        "an image like no other",
        COURSE,
        "image: plots",
        "image: school/python:3.12",
        [
            "course.yaml:5:8: There is no image `school/python:3.12`. There is `plots`; leave it out for the usual one."
        ],
    ),
    (
        "a number as the image",
        COURSE,
        "image: plots",
        "image: 7",
        ["course.yaml:5:8: `image` must be 'plots', not the number 7."],
    ),
    (
        "a release in words",
        COURSE,
        "release: 2027-01-31T08:00",
        "release: tomorrow",
        [
            "course.yaml:16:14: `tomorrow` is not a day like 2027-01-31 or a time like 2027-01-31T08:00."
        ],
    ),
    (
        "a release on a day that does not exist",
        COURSE,
        "release: 2027-01-31T08:00",
        "release: 2027-02-31",
        ["course.yaml:16:14: `2027-02-31` is not a day or time of the calendar."],
    ),
    (
        "a listed lesson without a release",
        COURSE,
        "\n    release: 2027-01-31T08:00",
        "",
        ["course.yaml:15:5: The key `release` is missing here."],
    ),
    (
        "a listed lesson that is not there",
        COURSE,
        "folder: all",
        "folder: al",
        ["course.yaml:15:13: There is no file `al/lesson.yaml` here. Did you mean `all`?"],
    ),
    (
        "a number as a lesson",
        COURSE,
        "  - folder: all\n    release: 2027-01-31T08:00",
        "  - 7",
        ["course.yaml:15:5: Entry 1 of `lessons` must be a mapping of keys, not the number 7."],
    ),
]
