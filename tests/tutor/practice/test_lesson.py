"""The tie between two rooms that do not import each other: the scripted tutor reads what
`tutor.method` writes of a lesson for the model. Both sides are held against the lesson itself."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses import rules
from courses.audience import (
    Misconception,
    PredictionMisconception,
    Rule,
    TutorCase,
    TutorLesson,
    TutorStep,
)
from courses.facts import CourseSource
from courses.source import check, read
from tests.conftest import SAMPLE
from tests.courses.conftest import CourseFiles, rich_files
from tutor.method import prompts
from tutor.practice.lesson import DATA, Belief, Case, Lesson, Step, parse

__all__ = ["rich_files"]  # a fixture

SAMPLES = ("first-steps", "python-foundations", "javascript-first-steps")
COURSE = prompts.CourseText("Course", "Be kind.")


def as_read(lesson: TutorLesson, language: str) -> Lesson:
    """What the scripted tutor is to know of a lesson."""
    return Lesson(lesson.title, language, tuple(map(_step, lesson.steps)))


def _step(step: TutorStep) -> Step:
    cases = tuple(
        Case(c.call, c.stdin, c.expect or "", c.tolerance, c.stdout, c.raises, c.catches)
        for c in step.cases
    )
    beliefs = tuple(Belief(b.id, b.belief, b.witness, b.predicts) for b in step.misconceptions)
    foretold = tuple(
        Belief(b.id, b.belief, output=b.output) for b in step.prediction_misconceptions
    )
    return Step(
        step.id, step.kind, step.stdin, cases, tuple(map(rules.sentence, step.rules)),
        beliefs + foretold, step.choices, step.explain_back.strip(),
    )  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_lesson_is_read(name: str) -> None:
    course = read(SAMPLE.parent / name)
    assert isinstance(course, CourseSource)
    text = prompts.CourseText(course.title, course.instructions, course.language)
    for lesson in course.lessons:
        written = prompts.instructions(text, lesson.for_tutor())
        assert parse(written) == as_read(lesson.for_tutor(), course.language)


def test_a_lesson_with_everything_is_read(rich_files: CourseFiles) -> None:
    course = check(rich_files.path).course
    assert course is not None
    lesson = course.lessons[0].for_tutor()
    found = parse(prompts.instructions(COURSE, lesson))
    assert found == as_read(lesson, "python")
    code = found.step("add")
    assert code.cases[3] == Case(input="4\n5\n", prints="9")
    assert all((code.cases, code.rules, code.beliefs, code.explain_back, code.stdin))
    assert found.step("choose").choices == ("3", "3.5")
    assert found.step("guess").beliefs[0].output == "0 1 2"


TEXT = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from('\n"#`')))
SOME = TEXT.filter(bool)
NAME = st.text("az09-", min_size=1, max_size=6)
CASE = st.builds(
    TutorCase, call=TEXT, expect=st.one_of(st.none(), SOME), stdin=TEXT,
    stdout=st.one_of(st.none(), TEXT), raises=st.sampled_from(["", "TypeError"]),
    catches=st.lists(NAME, max_size=2).map(tuple), tolerance=st.sampled_from([0.0, 0.1]),
)  # fmt: skip
BELIEF = st.builds(Misconception, NAME, TEXT, TEXT, TEXT)
STEP = st.builds(
    TutorStep, id=NAME, kind=st.sampled_from(["code", "explain", "predict", "quiz"]),
    title=TEXT, prompt=TEXT, program=TEXT, stdin=TEXT,
    cases=st.lists(CASE, max_size=2).map(tuple),
    misconceptions=st.lists(BELIEF, max_size=2).map(tuple),
    prediction_misconceptions=st.lists(
        st.builds(PredictionMisconception, NAME, TEXT, TEXT), max_size=1
    ).map(tuple),
    choices=st.lists(TEXT, max_size=2).map(tuple),
    rules=st.just((Rule("require", "call", "sum"),)), explain_back=TEXT, shared_solution=TEXT,
)  # fmt: skip
STEPS = st.lists(STEP, max_size=3, unique_by=lambda step: step.id).map(tuple)


# A whole lesson is much to generate on a busy machine.
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(TEXT, st.builds(TutorLesson, TEXT, STEPS))
def test_any_lesson_is_read_whatever_its_texts_look_like(text: str, lesson: TutorLesson) -> None:
    written = prompts.instructions(prompts.CourseText(text, text), lesson)
    assert parse(written) == as_read(lesson, "python")


LESSON = {"lesson": {"title": "Loops", "steps": [{"id": "one"}, {"id": "two", "kind": "quiz"}]}}


def instructions(data: object) -> str:
    return f"You are a tutor.\n\n{DATA}\n{json.dumps(data)}\n"


def test_an_unknown_step_is_taken_for_the_last() -> None:
    lesson = parse(instructions(LESSON))
    assert lesson.step("one").id == "one"
    assert lesson.step("gone").id == lesson.step("").id == "two"
    assert Lesson().step("one") == Step()


@pytest.mark.parametrize(
    "written",
    [
        "", "You are a pirate.", DATA, f"{DATA}\n", f"{DATA}\nno JSON", f"{DATA}\n[]",
        f"{DATA}\n{{}}", f'{DATA}\n{{"lesson": 3}}', instructions(LESSON) + "\nOne more line.",
    ],
)  # fmt: skip
def test_the_instructions_of_others_hold_no_lesson(written: str) -> None:
    assert parse(written) == Lesson()


def test_what_is_of_another_type_counts_as_absent() -> None:
    odd = {"title": 3, "steps": [3, {"id": [], "cases": "x", "rules": [1, "r"], "choices": {}}]}
    assert parse(instructions({"lesson": odd})) == Lesson(steps=(Step(rules=("r",)),))
