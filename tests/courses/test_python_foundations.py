"""The course for beginners: the needs of each lesson. Its programs: test_program_checks."""

from pathlib import Path

import pytest

from courses.facts import CodeStep, CourseSource, LessonSource, PredictStep
from courses.source import check

COURSE = Path(__file__).parents[2] / "courses" / "content" / "python-foundations"


def course() -> CourseSource:
    found = check(COURSE)
    assert found.problems == (), "no errors, and no warnings either"
    assert found.course is not None
    return found.course


LESSONS = course().lessons
CODE = [
    pytest.param(step, id=f"{lesson.id}/{step.id}")
    for lesson in LESSONS
    for step in lesson.code_steps()
]


def test_there_are_twelve_lessons_and_at_least_twenty_four_steps() -> None:
    assert len(LESSONS) == 12
    assert sum(len(lesson.steps) for lesson in LESSONS) >= 24


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_every_lesson_has_something_to_program_and_practises_a_skill(lesson: LessonSource) -> None:
    assert list(lesson.code_steps())
    assert len(lesson.steps) >= 2
    assert lesson.skills


def test_every_skill_of_the_course_is_practised() -> None:
    practised = {skill for lesson in LESSONS for skill in lesson.skills}
    assert practised == {skill.id for skill in course().skills}


@pytest.mark.parametrize("step", CODE)
def test_every_step_to_program_has_cases_misconceptions_programs_hints_and_a_variant(
    step: CodeStep,
) -> None:
    assert len(step.visible) >= 2
    assert len(step.hidden) >= 2
    assert len(step.misconceptions) >= 2
    known = {wrong.misconception for wrong in step.wrong}
    assert known == {misconception.id for misconception in step.misconceptions}
    caught = {misconception for case in step.cases for misconception in case.catches}
    assert caught == known, "each misconception has a case that was made for it"
    assert [hint.level for hint in step.hints if not hint.error] == [1, 2, 3]
    assert step.explain_back.endswith("?")
    for variant in step.variants:
        assert variant.hidden
    assert step.variants


@pytest.mark.parametrize("step", CODE)
def test_hints_ask_and_do_not_tell(step: CodeStep) -> None:
    missing = {line.strip() for line in step.solution.splitlines()} - {
        line.strip() for line in step.starter.splitlines()
    }
    for hint in step.hints:
        assert "?" in hint.text
        assert not any(line in hint.text for line in missing if len(line) > 5)


def test_every_prediction_has_a_wrong_guess_to_talk_about() -> None:
    for lesson in LESSONS:
        for step in lesson.steps:
            if isinstance(step, PredictStep):
                assert step.misconceptions, step.id
