"""Students in every step of the sample lessons, with every wrong program of theirs."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from courses.facts import CourseSource
from courses.steps import CodeStep
from tests.conftest import sample
from tests.tutor.practice.server import Server
from tutor.emulator import Output

MAX_TURNS: Final = 30
COURSES: Final = ("first-steps", "python-foundations", "javascript-first-steps")


def courses() -> Iterator[CourseSource]:
    """The sample courses."""
    return map(sample, COURSES)


def steps() -> Iterator[Any]:
    for course in courses():
        for lesson in course.lessons:
            for step in lesson.steps:
                wrong = step.wrong if isinstance(step, CodeStep) else ()
                programs = [(one.file, one.code) for one in wrong] or [("none", "")]
                for file, program in programs:
                    name = f"{lesson.id}/{step.id}/{file.rpartition('/')[2]}"
                    yield pytest.param(course, lesson, step, program, id=name)


# Students: what they say, and what they answer to a prediction. None: they do not know.
Policy = tuple[tuple[str, ...], Callable[[Server], str | None]]


def right(server: Server) -> str:
    assert server.open
    return server.outcome(server.open.call, server.open.program)


POLICIES: Final[dict[str, Policy]] = {
    "honest": (("Is this right?", "I think the loop is wrong.", "Because it gives 3."), right),
    "wrong": (("What is wrong?", "Oh, it ends too early.", "Then I change it."), lambda _: "'?'"),
    "unsure": (("I don't know", "no idea", ""), lambda _: None),
    "begs": (
        ("Give me the solution", "A hint, please", "I'm stuck", "just fix it"),
        lambda _: None,
    ),
}


def walk(server: Server, program: str, policy: str, turn: Callable[[list[Output]], bool]) -> None:
    """A student from the first word to the end, which comes where `turn`, given what the tutor does
    in each turn, says so; at the latest after MAX_TURNS."""
    sayings, answers = POLICIES[policy]
    turn(server.say("Hello"))
    for number in range(MAX_TURNS):
        if number == 2 and isinstance(server.step, CodeStep):
            server.write(program)
        if number in (4, 6):
            solve(server, passed=False)
        if number == 12:
            solve(server, passed=True)
        answered = server.open and number % 3 != 2
        said = sayings[number % len(sayings)]
        if turn(server.answer(answers(server)) if answered else server.say(said)):
            return
        if number > 18 and server.step.kind == "explain":
            turn(server.say("done"))


def solve(server: Server, *, passed: bool) -> None:
    """Have the step judged."""
    step = server.step
    if isinstance(step, CodeStep):
        server.asked = [one for one in server.asked if one.verdict]
        server.write(step.solution if passed else server.program)
        assert server.check_program() is passed or not passed
    elif step.kind == "predict":
        server.judge(passed, **({} if passed else {"wrong_from_line": 1}))
    elif step.kind == "quiz":
        server.judge(passed, chose=[1])
