"""Where a student is, and where to go on: tables."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from tutor.method.help import Help
from tutor.method.progress import (
    CourseProgress,
    LessonProgress,
    Place,
    StepProgress,
    StepState,
    after_pass,
    last_worked_first,
    lesson_state,
    place_after,
    place_to_go_on,
)

# A letter for each state.
LETTERS: dict[str, StepState] = {
    "n": "new", "b": "begun", "p": "passed", "h": "passed_with_help",
}  # fmt: skip


def lesson(slug: str, states: str, at: str = "", day: int = 0, **more: Any) -> LessonProgress:
    """A lesson with the steps 1, 2, … in these states, worked in on that day; 0 is never."""
    steps = tuple(
        StepProgress(str(number), "", "code", LETTERS[one]) for number, one in enumerate(states, 1)
    )
    when = datetime(2026, 1, day, tzinfo=UTC) if day else None
    return LessonProgress(slug, slug, "", steps, at=at, worked_at=when, **more)


def course(slug: str, *lessons: LessonProgress, **more: Any) -> CourseProgress:
    return CourseProgress(slug, slug, "", lessons, **more)


def told(place: Place | None) -> str:
    """The place as course/lesson/step."""
    if place is None:
        return "nothing"
    return "/".join((place.course.slug, place.lesson.slug, place.step.id if place.step else "-"))


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ("n", "new"), ("nnn", "new"), ("bn", "begun"), ("np", "begun"), ("hb", "begun"),
        ("p", "passed"), ("ppp", "passed"), ("pph", "passed_with_help"), ("h", "passed_with_help"),
    ],
)  # fmt: skip
def test_the_state_of_a_lesson_is_that_of_its_steps(states: str, state: StepState) -> None:
    assert lesson("l", states).state == lesson_state([LETTERS[one] for one in states]) == state


def test_the_best_pass_of_a_step_counts() -> None:
    after = {
        (state, helped): after_pass(state, helped=helped)
        for state in get_args(StepState)
        for helped in (False, True)
    }
    assert {state for (_, helped), state in after.items() if not helped} == {"passed"}
    assert {state: end for (state, helped), end in after.items() if helped} == {
        "new": "passed_with_help",
        "begun": "passed_with_help",
        "passed": "passed",
        "passed_with_help": "passed_with_help",
    }


@pytest.mark.parametrize(
    ("help_before", "counts"),
    [
        (Help(), False),
        (Help(turns=9, predictions={"wrong": 3}), False),
        (Help(withheld=2), False),
        (Help(pasted=True), False),
        (Help(shown_solution=True), False),
        (Help(shown_solution=True, turns=1), True),
        (Help(level=1), True),
        (Help(leaks=1), True),
        (Help(partial=1), True),
    ],
)
def test_what_counts_as_help(help_before: Help, counts: bool) -> None:
    assert help_before.is_help is counts
    newer = help_before.to_json() | {"of_a_newer_release": 1}
    assert Help.from_json(newer) == help_before


@pytest.mark.parametrize(
    ("states", "at", "step"),
    [
        ("bnn", "1", "1"),  # the one that is shown is not passed
        ("pnn", "1", "2"),
        ("pbp", "3", "2"),  # left behind
        ("bpn", "2", "3"),  # ahead comes before behind
        ("bph", "2", "1"),
        ("bn", "gone", "1"),
        ("bn", "", "1"),
        ("php", "2", None),
    ],
)
def test_the_next_step_is_ahead_or_else_one_that_was_left(
    states: str, at: str, step: str | None
) -> None:
    found = lesson("l", states, at).next_step()
    assert (found and found.id) == step


@pytest.mark.parametrize(
    ("courses", "place"),
    [
        # Nothing was begun: the first lesson of the first course.
        ([course("a", lesson("x", "nn"), lesson("y", "n"))], "a/x/1"),
        # The lesson worked in last.
        ([course("a", lesson("x", "bn", "1", 1), lesson("y", "pb", "2", 2))], "a/y/2"),
        # It is passed: the next one in the author's order, then one that was left.
        ([course("a", lesson("x", "b", "1", 1), lesson("y", "p", "1", 2), lesson("z", "n"))],
         "a/z/1"),
        ([course("a", lesson("x", "b", "1", 1), lesson("y", "h", "1", 2), lesson("z", "p"))],
         "a/x/1"),
        # Its course is passed: the other one that was worked in last.
        ([course("a", lesson("x", "b", "1", 1)), course("b", lesson("x", "b", "1", 2)),
          course("c", lesson("x", "p", "1", 3))], "b/x/1"),
        ([course("a", lesson("x", "p", "1", 1))], "nothing"),
        ([course("a")], "nothing"),
        ([], "nothing"),
    ],
)  # fmt: skip
def test_where_to_go_on(courses: Sequence[CourseProgress], place: str) -> None:
    assert told(place_to_go_on(courses)) == place


@pytest.mark.parametrize(
    ("after", "place"),
    [
        ("a/1", "a/3/2"),  # 2 is passed
        ("a/2", "a/3/2"),
        ("a/3", "a/4/1"),
        ("a/4", "a/1/1"),  # round to what was left
        ("a/gone", "a/1/1"),
        ("b/1", "a/1/1"),  # nothing left there: the other course
        ("gone/1", "a/1/1"),
    ],
)
def test_what_comes_after_a_lesson(after: str, place: str) -> None:
    courses = [
        course("a", lesson("1", "b", "1", 1), lesson("2", "ph"), lesson("3", "pn", "2", 2),
               lesson("4", "n")),
        course("b", lesson("1", "p", "1", 3)),
    ]  # fmt: skip
    assert told(place_after(courses, *after.split("/"))) == place


def test_the_lesson_itself_comes_last_if_it_was_left() -> None:
    courses = [course("a", lesson("1", "bp", "2", 1), lesson("2", "p"))]
    assert told(place_after(courses, "a", "1")) == "a/1/1"


def test_the_course_worked_in_last_is_first_and_new_ones_keep_their_order() -> None:
    courses = [course("a"), course("b", lesson("x", "b", "1", 1)), course("c"),
               course("d", lesson("x", "p", "1", 2))]  # fmt: skip
    assert [one.slug for one in last_worked_first(courses)] == ["d", "b", "a", "c"]


def test_a_skill_is_passed_with_all_lessons_that_practise_it() -> None:
    made = course(
        "a",
        lesson("1", "p", skills=("loops", "unknown")),
        lesson("2", "bn", skills=("lists", "loops")),
        lesson("3", "h", skills=("names",)),
        lesson("4", "n", skills=("files",)),
        skills=(("names", "Names"), ("loops", "Loops"), ("lists", "Lists"), ("files", "Files"),
                ("nowhere", "Nowhere")),
    )  # fmt: skip
    assert [(skill.title, skill.state) for skill in made.skill_states()] == [
        ("Names", "passed"), ("Loops", "practised"), ("Lists", "practised"), ("Files", "new"),
    ]  # fmt: skip
    # In the order of the course.
    assert made.titles_of(made.lessons[1]) == ("Loops", "Lists")
    assert (made.passed_lessons, made.passed_steps, made.all_steps) == (2, 2, 5)
