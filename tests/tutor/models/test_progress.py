"""How far a student is, made of the rows."""

import importlib
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.facts import CourseSource, Skill
from courses.models import Course, Enrolment, Lesson
from sandbox.models import Run
from tests.conftest import sample
from tests.tutor.models.foundations import RIGHT, check, dialogue, finish, keep, predict, step_of
from tutor.method.progress import LessonProgress
from tutor.models import Conversation, Workbook, courses_of
from tutor.protocol import frames

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]


def lesson_of(student: User, slug: str) -> LessonProgress | None:
    found = [one for course in courses_of(student) for one in course.lessons if one.slug == slug]
    return found[0] if found else None


def states(student: User, slug: str) -> list[str]:
    found = lesson_of(student, slug)
    assert found
    return [step.state for step in found.steps]


def checked(conversation: Conversation, name: str, code: str) -> frames.AttemptView:
    """A check of the step ticket-price that passes."""
    base = conversation.works.get(step="ticket-price").revision
    tried = frames.CheckCode(
        type="check_code", id=name, step="ticket-price", code=code, base=base
    )  # fmt: skip
    Workbook(conversation).attempt(tried)
    run = Run.objects.get(key__endswith=f":check:{name}")
    finish(run, *RIGHT)
    view = Workbook(conversation).record_result(run)
    assert view
    assert view.passed
    return view


def hint(conversation: Conversation) -> None:
    conversation.hints.create(number=9, step="ticket-price", level=1, text="Look.", code_hash="h")


def test_a_prediction_that_was_wrong_is_made_and_a_right_answer_passes(
    conditions: Conversation, ada: User
) -> None:
    assert states(ada, "conditions") == ["begun", "new", "new"]
    predict(conditions, "over five\n")
    finish(Run.objects.get(), stdout="over five\nover ten\n")
    Workbook(conditions).views()
    Workbook(conditions).open_step("which-comparison")
    assert states(ada, "conditions") == ["passed", "begun", "new"]
    tried = frames.Choose(type="choose", id="choice-01", step="which-comparison", choices=(1, 2))
    assert not Workbook(conditions).attempt(tried).view.helped
    assert states(ada, "conditions") == ["passed", "passed", "new"]


def test_a_pass_after_a_hint_is_one_with_help_and_says_so(
    conditions: Conversation, ada: User
) -> None:
    Workbook(conditions).open_step("ticket-price")
    hint(conditions)
    assert checked(conditions, "check-01", "price = 1\n").helped
    assert step_of(conditions, "ticket-price").state == "passed_with_help"
    assert states(ada, "conditions")[2] == "passed_with_help"


def test_the_best_pass_counts_whichever_came_first(conditions: Conversation, ada: User) -> None:
    Workbook(conditions).open_step("ticket-price")
    assert not checked(conditions, "check-01", "price = 1\n").helped
    hint(conditions)
    assert checked(conditions, "check-02", "price = 2\n").helped
    assert states(ada, "conditions")[2] == "passed"
    conditions.works.filter(step="ticket-price").update(helped=True)
    conditions.hints.all().delete()
    assert not checked(conditions, "check-03", "price = 3\n").helped
    assert states(ada, "conditions")[2] == "passed"


def test_a_wrong_program_after_a_pass_takes_nothing_back(
    conditions: Conversation, ada: User
) -> None:
    Workbook(conditions).open_step("ticket-price")
    checked(conditions, "check-01", "price = 1\n")
    base = conditions.works.get(step="ticket-price").revision
    tried = frames.CheckCode(
        type="check_code", id="check-02", step="ticket-price", code="price = 2\n", base=base
    )
    Workbook(conditions).attempt(tried)
    finish(Run.objects.get(key__endswith=":check:check-02"), *[7] * len(RIGHT))
    Workbook(conditions).views()
    assert states(ada, "conditions")[2] == "passed"


def test_the_steps_are_those_of_the_version_that_was_begun(
    conditions: Conversation, ada: User, foundations: Course
) -> None:
    source = foundations.source()
    changed = tuple(
        replace(one, title="Another title", steps=one.steps[:1])
        if one.id in ("conditions", "loops")
        else one
        for one in source.lessons
    )
    Course.publish(replace(source, lessons=changed))
    begun, new = lesson_of(ada, "conditions"), lesson_of(ada, "loops")
    assert begun
    assert new
    assert (begun.title, len(begun.steps), begun.at) == ("What a ticket costs", 3, "two-ifs")
    assert (new.title, len(new.steps), new.worked_at) == ("Another title", 1, None)
    # The order is the author's of now.
    Course.publish(replace(source, lessons=tuple(reversed(changed))))
    slugs = [one.slug for course in courses_of(ada) for one in course.lessons]
    assert slugs.index("loops") < slugs.index("conditions")


def test_what_is_withdrawn_not_released_or_left_is_not_shown(
    conditions: Conversation, ada: User, foundations: Course
) -> None:
    assert lesson_of(ada, "conditions")
    rows = foundations.lessons.filter(slug="conditions")
    rows.update(released_at=timezone.now() + timedelta(days=1))
    assert lesson_of(ada, "conditions") is None
    rows.update(released_at=None, current=False)
    assert lesson_of(ada, "conditions") is None
    rows.update(current=True)
    Enrolment.objects.filter(course=foundations, student=ada).delete()
    assert lesson_of(ada, "conditions") is None


def test_nobody_sees_the_progress_of_another_student(
    conditions: Conversation, foundations: Course, stranger: User
) -> None:
    assert courses_of(stranger) == ()
    Enrolment.objects.create(course=foundations, student=stranger)
    found = lesson_of(stranger, "conditions")
    assert found
    assert (found.state, found.worked_at, found.at) == ("new", None, "")


def test_whoever_goes_writes_or_tries_works_in_the_lesson(
    conditions: Conversation, foundations: Course, ada: User
) -> None:
    other = dialogue(foundations, "loops", ada)
    for work in (
        lambda: Workbook(conditions).open_step("ticket-price"),
        lambda: keep(conditions, "ticket-price", "price = 4\n"),
        lambda: check(conditions, "price = 4\n"),
    ):
        Conversation.objects.filter(pk=conditions.pk).update(updated_at="2026-01-01T00:00Z")
        Conversation.objects.filter(pk=other.pk).update(updated_at="2026-01-02T00:00Z")
        work()
        assert Conversation.objects.latest("updated_at") == conditions


def large(lessons: int) -> CourseSource:
    """A course of so many lessons, each with the three steps of one."""
    source = sample("python-foundations")
    [one] = [one for one in source.lessons if one.id == "conditions"]
    copies = tuple(replace(one, id=f"lesson-{number}") for number in range(lessons))
    return replace(source, id="large", lessons=copies, skills=(Skill("conditions", "If"),))


def test_the_number_of_queries_does_not_grow_with_lessons_and_dialogues(ada: User) -> None:
    counts = []
    for lessons in (2, 40):
        course = Course.publish(large(lessons)).course
        for lesson in course.lessons.current():
            dialogue(course, lesson.slug, ada)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            progress = courses_of(ada)
        assert sum(len(course.lessons) for course in progress) >= lessons
        counts.append(len(queries))
    assert counts == [4, 4]


# Older rows

BEFORE: Any = importlib.import_module("tutor.migrations.0022_work_helped_before")


@pytest.mark.parametrize(
    ("attempts", "helped"),
    [
        ([], False),  # a text
        ([(True, {})], False),
        ([(True, {"turns": 3, "pasted": True, "withheld": 1})], False),
        ([(True, {"level": 2})], True),
        ([(False, {}), (True, {"level": 2})], True),  # what did not pass says nothing
        ([(True, {"level": 2}), (True, {})], False),  # the best counts
        ([(False, {"leaks": 1})], True),  # a prediction that was wrong
        ([(False, {})], False),
    ],
)
def test_older_passes_are_with_help_as_their_attempts_tell(attempts: Any, helped: bool) -> None:
    assert BEFORE.helped(attempts) is helped


def test_the_migration_fills_what_is_not_known_in_batches(
    conditions: Conversation, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BEFORE, "ROWS_AT_A_TIME", 2)
    now = timezone.now()
    for number, (stored, known) in enumerate(
        [({}, None), ({"level": 1}, None), ({"level": 1}, False), ({"partial": 1}, None)]
    ):
        step = f"step-{number}"
        conditions.works.create(step=step, done_at=now, helped=known)
        conditions.attempts.create(
            step=step, client_id=step, answer={}, state="judged", passed=True, help=stored
        )
    BEFORE.derive(apps, SimpleNamespace(connection=connection))
    found = dict(conditions.works.order_by("pk").values_list("step", "helped"))
    assert found == {
        "two-ifs": None, "step-0": False, "step-1": True, "step-2": False, "step-3": True,
    }  # fmt: skip


def test_what_a_release_before_passes_while_two_run_is_passed(conditions: Conversation) -> None:
    conditions.works.update(done_at=timezone.now(), helped=None)
    assert step_of(conditions, "two-ifs").state == "passed"


def test_a_help_of_the_migration_is_the_help_of_the_method() -> None:
    from tutor.method.help import Help  # the module under comparison

    for stored in ({}, {"level": 1}, {"leaks": 1}, {"partial": 2}, {"withheld": 1}, {"turns": 1},
                   {"shown_solution": True}, {"shown_solution": True, "turns": 1}):  # fmt: skip
        assert BEFORE.is_help(stored) is Help.from_json(stored).is_help


def test_a_lesson_has_at_most_one_dialogue_of_two_versions_shown(
    conditions: Conversation, ada: User
) -> None:
    """A renamed lesson may leave two; the page opens the one that was worked in last."""
    older = Lesson.objects.get(pk=conditions.lesson_id)
    older.pk, older.digest, older.current = None, "0" * 64, False
    older.save()
    other = Conversation.objects.create(student=ada, lesson=older)
    other.visit(older.source().steps[2])
    current = Lesson.objects.get(slug="conditions", current=True)
    assert Conversation.open(ada, current) == other
    found = lesson_of(ada, "conditions")
    assert found
    assert found.at == "ticket-price"
