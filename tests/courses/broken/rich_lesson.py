"""Broken rules, files, hints, variants and ids in the lesson of the course in `rich.py`."""
# ruff: noqa: E501 - messages stand whole, so that they can be searched for

from tests.courses.broken.row import Row

LESSON = "all/lesson.yaml"

BROKEN: list[Row] = [
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
        "constructs: [return]",
        [
            "all/lesson.yaml:49:13: The solution itself breaks this rule: The program must do without `return`.",
            "all/lesson.yaml:49:13: The solution of `product` breaks this rule: The program must do without `return`.",
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
]
