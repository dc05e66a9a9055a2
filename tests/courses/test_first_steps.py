"""The course that a fresh installation has: its programs do what its lessons say they do."""

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from courses.facts import Case, CodeStep, LessonSource
from courses.source import CourseSource, read

COURSE = Path(__file__).parents[2] / "courses" / "content" / "first-steps"

# No case of these lessons needs more; a loop that never ends is ended here.
MAX_LINES = 5_000


class TooLong(Exception):
    """The program went on and on."""


def value_of(code: str, call: str) -> str:
    """The repr of `call` beside the program `code`, or the name of what it raised."""
    lines = 0

    def count(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal lines
        lines += 1
        if lines > MAX_LINES:
            raise TooLong
        return count

    names: dict[str, Any] = {}
    before = sys.gettrace()
    sys.settrace(count)
    try:
        # Our own lessons, reviewed like all code here; what students write never comes this way.
        exec(compile(code, "<lesson>", "exec"), names)  # noqa: S102
        return repr(eval(compile(call, "<case>", "eval"), names))  # noqa: S307
    except Exception as error:  # noqa: BLE001 - whatever a wrong program does
        return type(error).__name__
    finally:
        sys.settrace(before)


def failed(code: str, cases: tuple[Case, ...]) -> list[Case]:
    return [case for case in cases if value_of(code, case.call) != case.expect]


def lessons() -> tuple[LessonSource, ...]:
    course = read(COURSE)
    assert isinstance(course, CourseSource), course
    return course.lessons


STEPS = [pytest.param(step, id=lesson.id) for lesson in lessons() for step in lesson.code_steps()]


def test_there_are_three_lessons() -> None:
    assert len(STEPS) == 3


@pytest.mark.parametrize("step", STEPS)
def test_the_solution_passes_every_case(step: CodeStep) -> None:
    assert len(step.visible) >= 3
    assert len(step.hidden) >= 3
    assert failed(step.solution, step.visible + step.hidden) == []


@pytest.mark.parametrize("step", STEPS)
def test_the_starter_fails_a_visible_and_a_hidden_case(step: CodeStep) -> None:
    assert failed(step.starter, step.visible)
    assert failed(step.starter, step.hidden)


@pytest.mark.parametrize("step", STEPS)
def test_every_wrong_program_fails_a_visible_case(step: CodeStep) -> None:
    assert step.wrong
    for program in step.wrong:
        assert failed(program.code, step.visible), program.file


@pytest.mark.parametrize("step", STEPS)
def test_every_witness_shows_something_in_every_program_it_is_for(step: CodeStep) -> None:
    assert len(step.misconceptions) >= 2
    for belief in step.misconceptions:
        programs = [program for program in step.wrong if program.misconception == belief.id]
        assert programs, belief.id
        for program in programs:
            shown = value_of(program.code, belief.witness)
            if belief.witness.startswith("list(range("):
                # About Python, not about the program: it need only be a value.
                assert shown.startswith("[")
            else:
                assert shown != value_of(step.solution, belief.witness), program.file


@pytest.mark.parametrize("step", STEPS)
def test_the_hints_ask_and_do_not_tell(step: CodeStep) -> None:
    assert len(step.hints) == 3
    fixed = set(step.solution.splitlines()) - set(step.starter.splitlines())
    for hint in step.hints:
        assert "?" in hint.text
        assert not any(line.strip() in hint.text for line in fixed)


def test_the_lesson_on_loops_has_one_that_never_ends() -> None:
    saving = next(next(lesson.code_steps()) for lesson in lessons() if lesson.id == "saving-up")
    assert value_of(saving.starter, "weeks_to_save(20, 6)") == "TooLong"
