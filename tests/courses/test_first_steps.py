"""The course of a fresh installation: its lessons. Its programs: test_program_checks."""

from pathlib import Path

import pytest

from courses.facts import Case, CodeStep, LessonSource
from courses.grading import grade_cases
from courses.source import CourseSource, read
from tests.courses.inprocess import observe

COURSE = Path(__file__).parents[2] / "courses" / "content" / "first-steps"


def failed(code: str, cases: tuple[Case, ...]) -> list[Case]:
    return [
        verdict.case for verdict in grade_cases(cases, observe(code, cases)) if not verdict.passed
    ]


def lessons() -> tuple[LessonSource, ...]:
    course = read(COURSE)
    assert isinstance(course, CourseSource), course
    return course.lessons


STEPS = [pytest.param(step, id=lesson.id) for lesson in lessons() for step in lesson.code_steps()]


def test_there_are_three_lessons() -> None:
    assert len(STEPS) == 3


@pytest.mark.parametrize("step", STEPS)
def test_the_starter_fails_a_visible_and_a_hidden_case(step: CodeStep) -> None:
    assert len(step.visible) >= 3
    assert len(step.hidden) >= 3
    assert failed(step.solution, step.cases) == []
    assert failed(step.starter, step.visible)
    assert failed(step.starter, step.hidden)


@pytest.mark.parametrize("step", STEPS)
def test_every_wrong_program_fails_a_visible_case(step: CodeStep) -> None:
    assert len(step.misconceptions) >= 2
    assert {wrong.misconception for wrong in step.wrong} == {one.id for one in step.misconceptions}
    for program in step.wrong:
        assert failed(program.code, step.visible), program.file


@pytest.mark.parametrize("step", STEPS)
def test_the_hints_ask_and_do_not_tell(step: CodeStep) -> None:
    assert len(step.hints) == 3
    fixed = set(step.solution.splitlines()) - set(step.starter.splitlines())
    for hint in step.hints:
        assert "?" in hint.text
        assert not any(line.strip() in hint.text for line in fixed)


def test_the_lesson_on_loops_has_one_that_never_ends() -> None:
    saving = next(lesson for lesson in lessons() if lesson.id == "saving-up")
    step = next(saving.code_steps())
    [observed] = observe(step.starter, [Case("weeks_to_save(20, 6)", "4")])
    assert observed["ended"] == "timeout"
