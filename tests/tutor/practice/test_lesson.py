"""The tie between two rooms that do not import each other: the scripted tutor reads back what
`tutor.method` writes for the model. Whoever changes a heading or a form on one side fails here."""

from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.audience import Hint, Misconception, TutorCase, TutorLesson, TutorStep
from courses.facts import CourseSource
from courses.source import check, read
from tests.conftest import SAMPLE
from tests.courses.conftest import CourseFiles, rich_files
from tests.tutor.practice.student import INSTRUCTIONS
from tutor.method import prompts
from tutor.practice import lesson as reader
from tutor.practice.lesson import Case, Lesson, parse

__all__ = ["rich_files"]  # a fixture

SAMPLES = ("first-steps", "python-foundations", "javascript-first-steps")


def sample(name: str) -> CourseSource:
    course = read(SAMPLE.parent / name)
    assert isinstance(course, CourseSource)
    return course


def course_text(course: CourseSource) -> prompts.CourseText:
    policy = asdict(course.policy)
    return prompts.CourseText(course.title, course.instructions, course.language, **policy)


def facts(lesson: TutorLesson, step: TutorStep, max_hint_level: int | None) -> Lesson:
    """What of a step is for the scripted tutor: cases that are a call and its exact value."""
    exact = [
        case for case in step.cases
        if case == TutorCase(case.call, case.expect, catches=case.catches) and case.call
    ]  # fmt: skip
    return Lesson(
        title=lesson.title.strip(),
        cases=tuple(Case(case.call, case.expect) for case in exact if case.expect is not None),
        witnesses=tuple(one.witness for one in step.misconceptions if one.witness),
        hints=tuple(
            hint.text.strip()
            for hint in step.hints
            if max_hint_level is None or hint.level <= max_hint_level
        ),
    )


def assert_read_back(text: prompts.CourseText, lesson: TutorLesson) -> None:
    written = prompts.instructions(text, lesson)
    for step in lesson.steps:
        assert parse(written, step.id) == facts(lesson, step, text.max_hint_level)
    assert parse(written) == parse(written, lesson.steps[-1].id)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_lesson_is_read_back(name):
    course = sample(name)
    for lesson in course.lessons:
        assert_read_back(course_text(course), lesson.for_tutor())


def test_a_lesson_with_everything_is_read_back(rich_files: CourseFiles):
    course = check(rich_files.path).course
    assert course is not None
    for level in (None, 1, 2):
        text = prompts.CourseText(course.title, course.instructions, max_hint_level=level)
        assert_read_back(text, course.lessons[0].for_tutor())


def is_plain(text: str) -> bool:
    """Ours are the only headings, and nothing looks as if an entry went on behind its end."""
    lines = text.split("\n")
    forms = (reader.GIVES, reader.SHOWN_WRONG, "foretells")
    return not any(line.startswith("#") for line in lines) and not any(f in text for f in forms)


# With what Python, unlike the prompts, takes for the end of a line.
CHARS = st.characters(exclude_categories=["Cs"], exclude_characters="\n")
LINE = st.text(CHARS, min_size=1, max_size=30).filter(is_plain).filter(str.strip)
TEXT = st.text(st.one_of(CHARS, st.just("\n"), st.sampled_from("-`1. ")), max_size=80).filter(
    is_plain
)
NAME = st.text("az09-", min_size=1, max_size=6)
# What stands between backticks may hold some, though not at its end.
SPAN = LINE.filter(lambda text: not text.endswith("`"))

CASE = st.builds(
    TutorCase, call=st.one_of(SPAN, st.just("")), expect=st.one_of(st.none(), SPAN),
    stdin=st.sampled_from(["", "4\n"]), stdout=st.sampled_from([None, "9"]),
    raises=st.sampled_from(["", "TypeError"]), catches=st.lists(NAME, max_size=2).map(tuple),
    tolerance=st.sampled_from([0.0, 0.1]),
)  # fmt: skip
BELIEF = st.builds(Misconception, NAME, LINE, st.one_of(SPAN, st.just("")), st.just("3"))
HINT = st.builds(Hint, LINE, st.integers(1, 12), st.integers(0, 3), st.integers(0, 3))
STEP = st.builds(
    TutorStep, id=NAME, kind=st.sampled_from(["code", "explain", "predict", "quiz"]),
    title=st.one_of(st.just(""), LINE), prompt=TEXT, program=TEXT,
    cases=st.lists(CASE, max_size=3).map(tuple),
    misconceptions=st.lists(BELIEF, max_size=2).map(tuple),
    choices=st.lists(LINE, max_size=2).map(tuple), hints=st.lists(HINT, max_size=3).map(tuple),
    explain_back=TEXT, shared_solution=TEXT,
)  # fmt: skip
STEPS = st.lists(STEP, min_size=1, max_size=4, unique_by=lambda step: step.id).map(tuple)


# A whole lesson is much to generate on a busy machine.
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(LINE, TEXT, st.builds(TutorLesson, LINE, STEPS), st.one_of(st.none(), st.integers(1, 3)))
def test_any_lesson_is_read_back(title, instructions, lesson, level):
    assert_read_back(prompts.CourseText(title, instructions, max_hint_level=level), lesson)


RICH = TutorLesson(
    "Loops",
    (
        TutorStep(
            "one", "code", "First", "Write `f`.", cases=(TutorCase("f(1)", "2"),),
            misconceptions=(Misconception("off", "It ends there.", "range(3)"),),
            hints=(Hint("Count.", 1),),
        ),
        TutorStep("two", "quiz", "", "Choose."),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    "form",
    ["LESSON", "STEP", "SECTION", "CASES", "MISCONCEPTIONS", "HINTS", "GIVES", "SHOWN_WRONG"],
)
def test_another_heading_or_form_would_be_noticed(form, monkeypatch):
    monkeypatch.setattr(reader, form, "@@ ")
    with pytest.raises(AssertionError):
        assert_read_back(prompts.CourseText("Course", "Be kind."), RICH)


def test_a_prompt_may_have_headings_and_lists_of_its_own():
    prompt = "### Cases\n- `f(0)` gives `9`\n\n## Step by step\n1. Read.\n2. Think."
    first, second = RICH.steps
    lesson = TutorLesson("Loops", (TutorStep("one", "code", "", prompt, cases=first.cases), second))
    read_back = parse(prompts.instructions(prompts.CourseText("Course", ""), lesson), "one")
    assert read_back == Lesson("Loops", cases=(Case("f(1)", "2"),))


@pytest.mark.parametrize("instructions", ["", "You are a pirate.", "## Step one (code)\n### Cases"])
def test_the_instructions_of_others_hold_no_lesson(instructions):
    assert parse(instructions, "one") == Lesson()


def test_an_unknown_step_is_taken_for_the_last():
    written = prompts.instructions(prompts.CourseText("Course", ""), RICH)
    assert parse(written, "gone") == parse(written, "two") == Lesson("Loops")


def test_the_practice_lesson_is_read_from_its_instructions():
    lesson = parse(INSTRUCTIONS)
    assert lesson.title == "Every day counts"
    assert lesson.cases == (Case("kilometres(3)", "6"), Case("kilometres(0)", "0"))
    assert lesson.witnesses == ("list(range(1, 4))",)
    assert len(lesson.hints) == 3
