"""Good questions about a student's program: what a tutor may ask, fifty times in a step."""

import itertools
import keyword
import re
from collections.abc import Iterator
from typing import Final

from courses.facts import Case, CodeStep

NAME: Final = re.compile(r"\b[a-z_]\w*\b")
ABOUT_LINES: Final = (
    "Look at line {n}, `{line}`. What does it do when it is reached for the first time?",
    "Which values has `{name}` had by the end of line {n}? Write them down one by one.",
    "What made you write `{line}`? Say it in your own words.",
    "If you print `{name}` after line {n}, what do you expect to see?",
    "How often is line {n} executed, and what is different each time?",
    "Should line {n} be where it is, or does something have to happen before it?",
    "What would change in the output if `{line}` was not there at all?",
)
ABOUT_CASES: Final = (
    "What do you expect for `{call}`, before you run it?",
    "Walk through your program for `{call}`. In which line do you and Python part?",
    "Your program gives something else than you expected for `{call}`. Which line decides that?",
    "Is `{call}` a border case? Which other one would you try beside it?",
)
ABOUT_BELIEFS: Final = (
    "What does `{witness}` give? Try it on its own.",
    "Compare `{witness}` with what you expected of it. What does that tell you about your program?",
)
AT_LARGE: Final = (
    "Explain to me what your program has to do, without any Python.",
    "Which part of the task does your program do already, and which not yet?",
    "What is the smallest input for which it goes wrong?",
    "Before you change anything: what is your idea, and how will you see that it was right?",
)


def questions(step: CodeStep, program: str) -> Iterator[str]:
    """Questions about this program, one about a line, one about a case and so on; without end."""
    lines = [(n, one.strip()) for n, one in enumerate(program.splitlines(), 1) if one.strip()]
    about = [
        itertools.cycle(_about_lines(lines)),
        itertools.cycle(_about_cases(step.visible)),
        itertools.cycle([*_about_beliefs(step), *AT_LARGE]),
        itertools.cycle([*_hints(step), *AT_LARGE]),
    ]
    return (next(kind) for kind in itertools.cycle(about))


def _about_lines(lines: list[tuple[int, str]]) -> list[str]:
    return [
        question.format(n=n, line=line, name=_name(line))
        for question in ABOUT_LINES
        for n, line in lines
    ]


def _name(line: str) -> str:
    """A name of the line's own."""
    names = [name for name in NAME.findall(line) if not keyword.iskeyword(name)]
    return names[-1] if names else line


def _about_cases(cases: tuple[Case, ...]) -> list[str]:
    asked = [case.call or case.stdin.replace("\n", " ").strip() or "it" for case in cases]
    return [question.format(call=call) for question in ABOUT_CASES for call in asked]


def _about_beliefs(step: CodeStep) -> list[str]:
    witnesses = [one.witness for one in step.misconceptions if one.witness]
    return [question.format(witness=one) for question in ABOUT_BELIEFS for one in witnesses]


def _hints(step: CodeStep) -> list[str]:
    """The author's hints but for the last of each ladder, which may say everything."""
    last: dict[str, int] = {}
    for hint in step.hints:
        last[hint.error] = max(hint.level, last.get(hint.error, 0))
    return [hint.text for hint in step.hints if hint.level < last[hint.error]]
