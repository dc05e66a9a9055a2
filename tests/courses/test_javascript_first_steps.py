"""The course in JavaScript: what its lessons need, and its programs in real containers."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from courses.check_runner import run_all
from courses.facts import CodeStep, CourseSource, PredictStep
from courses.program_checks import checks_of
from courses.source import check
from sandbox.image.build import ensure_image
from sandbox.languages import JAVASCRIPT
from tutor.management.sandbox_runner import sandboxed

COURSE = Path(__file__).parents[2] / "courses" / "content" / "javascript-first-steps"


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


def test_there_are_three_lessons_with_steps_of_every_kind() -> None:
    assert course().language == "javascript"
    assert len(LESSONS) == 3
    kinds = [step.kind for lesson in LESSONS for step in lesson.steps]
    assert 5 <= len(kinds) <= 8
    assert set(kinds) == {"explain", "predict", "quiz", "code"}
    assert all(list(lesson.code_steps()) and lesson.skills for lesson in LESSONS)


@pytest.mark.parametrize("step", CODE)
def test_every_step_to_program_has_cases_misconceptions_programs_and_hints(step: CodeStep) -> None:
    assert len(step.visible) >= 2
    assert len(step.hidden) >= 2
    assert len(step.misconceptions) >= 2
    ids = {misconception.id for misconception in step.misconceptions}
    assert {wrong.misconception for wrong in step.wrong} == ids
    assert {misconception for case in step.visible for misconception in case.catches} == ids
    assert [hint.level for hint in step.hints] == [1, 2, 3]
    assert all("?" in hint.text for hint in step.hints)
    assert step.explain_back.endswith("?")


def test_every_prediction_has_a_wrong_guess_to_talk_about() -> None:
    steps = [step for lesson in LESSONS for step in lesson.steps]
    assert all(step.misconceptions for step in steps if isinstance(step, PredictStep))


@pytest.mark.docker
def test_the_programs_of_the_course_do_what_its_lessons_say() -> None:
    language = JAVASCRIPT
    ensure_image(language.image(settings.SANDBOX_IMAGE), print, language)
    # Node's first start on a busy machine may take longer than a program of the course may.
    patient = [replace(one, limits=replace(one.limits, time_s=10.0)) for one in checks_of(course())]
    with sandboxed("javascript", 2) as run:
        summary = run_all(patient, run, 2, lambda done, of: None)
    assert [(one.check.lesson, one.check.name, one.complaints) for one in summary.failed] == []
    assert len(summary.outcomes) == 3 + 3 * 2 + 10
