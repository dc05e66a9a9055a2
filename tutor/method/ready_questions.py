"""Questions of ours, asked where the model has none that may be shown. Pure.

They hold nothing of the solution: the number of a line, and a visible case that the student has
seen fail.
"""

from typing import Final

from tutor.method.evidence import StepKind
from tutor.method.withheld import Place

# A case that is longer than this, or of several lines, is not repeated.
MAX_CASE_CHARS: Final = 80

# By what is asked for: the path of a case, the values around a line, the plan; in a step to
# predict, what each line does; where there is nothing to program, the student's own words.
QUESTIONS: Final = {
    "case": (
        "Let us follow one case: {failed}. Go through your program line by line, as the computer "
        "does, and write down the values of your variables after each line. Which is the first "
        "value that you did not expect?"
    ),
    "line": (
        "Look at line {line} of your program. What do you expect the values in it to be just "
        "before that line runs, and just after it? Say that first; then run the program and "
        "compare."
    ),
    "plan": (
        "Leave the program aside for a moment. How would you do this task by hand, one step after "
        "the other, in your own words? And at which step does your program do something else?"
    ),
    "sure": (
        "Which part of your program are you sure about? Name the first line that you are not sure "
        "about, and say what you think it does."
    ),
    "read": (
        "Go through the program line by line, as the computer does. What does each line do, and "
        "after which line are you not sure any more what the values are?"
    ),
    "doubt": (
        "Which line of this program could you explain to a friend, and at which one would you "
        "stop? What exactly is unclear there?"
    ),
    "words": (
        "Say it in your own words first: what is this step about, and which word in it is not "
        "clear to you?"
    ),
    "friend": (
        "Which sentence of this step could you explain to a friend, and at which one would you "
        "stop? What is missing there?"
    ),
}


def ready_question(kind: StepKind, place: Place, before: str = "") -> str:
    """A question about a step of this kind, in Markdown.

    `before` is the one of these that was asked last in the step: it does not come again at once.
    """
    case = [_span(code) for code in (place.call, place.stdin.strip()) if code]
    filled = {"failed": " with the input ".join(case), "line": place.line}
    asked = [QUESTIONS[name].format_map(filled) for name in _fitting(kind, place)]
    last = asked.index(before) if before in asked else -1
    return asked[(last + 1) % len(asked)]


def _fitting(kind: StepKind, place: Place) -> list[str]:
    """The names of the questions that can be asked, the best one first."""
    if kind == "predict":
        return ["read", "doubt"]
    if kind != "code":
        return ["words", "friend"]
    is_short = 0 < len(place.failed) <= MAX_CASE_CHARS and "\n" not in place.failed
    return [
        *(["case"] if is_short else []),
        *(["line"] if place.line else []),
        "plan",
        "sure",
    ]


def _span(code: str) -> str:
    """As a span of code, whatever stands in it."""
    marks = "`" * (code.count("`") + 1)
    return f"{marks} {code} {marks}" if len(marks) > 1 else f"`{code}`"
