"""Whether a lesson is judged, and the rows that say what came of it."""

from typing import Any

import pytest

from courses.models import Course
from sandbox.job import Result, Status
from tests.tutor.models.methodical import PROGRAM, STEP, say
from tests.tutor.models.test_views import tutors_run
from tutor.leaks.judgement import VERSION, Verdict
from tutor.leaks.judgement import Judgement as Found
from tutor.leaks.said import Channel, Said
from tutor.models import Conversation, Judgement, StepRun
from tutor.models.leak_gate import (
    MAX_KEPT_CHARS,
    MAX_SMALL,
    GatePolicy,
    gate_of,
    record,
    record_output,
)
from tutor.models.situations import situations

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]

ON = GatePolicy(judges=True, enforces=True)
LOG = GatePolicy(judges=True, enforces=False)
OFF = GatePolicy(judges=False, enforces=False)


def policy(conversation: Conversation, **policy: Any) -> Conversation:
    Course.objects.update(policy=policy)
    return Conversation.objects.get(pk=conversation.pk)


@pytest.mark.parametrize(
    ("site", "says", "expected"),
    [
        ("on", {}, ON),
        ("on", {"gate": "on"}, ON),
        ("on", {"gate": "log"}, LOG),
        ("log", {"gate": "on"}, LOG),
        ("off", {"gate": "on"}, OFF),
        ("on", {"support": "open"}, OFF),
        ("of", {}, ON),
        # A later release has more to say.
        ("on", {"gate": "log", "max_help": 3}, LOG),
    ],
)
def test_site_and_course_say_whether_a_lesson_is_judged(
    conditions: Conversation,
    settings: Any,
    site: str,
    says: dict[str, Any],
    expected: GatePolicy,
) -> None:
    settings.LEAK_GATE = site
    assert gate_of(policy(conditions, **says)) == expected


def test_a_lesson_in_which_nothing_is_left_to_solve_is_not_judged(
    conditions: Conversation, settings: Any, django_assert_max_num_queries: Any
) -> None:
    settings.LEAK_GATE = "on"
    say(conditions, "message-1", code=None, step="two-ifs")
    say(conditions, "message-2")
    conditions.works.filter(step=STEP).update(done_at="2026-01-01T00:00Z")
    assert gate_of(conditions) == ON
    conditions.works.update(done_at="2026-01-01T00:00Z")
    conditions = Conversation.objects.select_related("lesson__course").get()
    with django_assert_max_num_queries(1):
        assert gate_of(conditions) == OFF


def recorded(conversation: Conversation, found: Found, text: str = "use `<=`") -> Judgement:
    begun = say(conversation, "message-1")
    [situation, *_] = situations(conversation)
    said = Said(Channel.REPLY, text)
    record(conversation, begun.turn, said, situation, found, ms=12, held_back=True)
    return Judgement.objects.get()


def test_what_came_of_a_text_is_stored_with_all_it_took(conditions: Conversation) -> None:
    found = Found(Verdict.LEAK, "line", "price = 9\n", failing=4, programs=3, case_runs=7)
    row = recorded(conditions, found)
    [work] = conditions.works.filter(step=STEP)
    assert row.code_hash == work.hash("python")
    assert (row.step, row.channel, row.verdict, row.held_back) == (STEP, "reply", "leak", True)
    assert (row.text, row.way, row.mended) == ("use `<=`", "line", "price = 9\n")
    assert (row.failing, row.programs, row.case_runs, row.ms) == (4, 3, 7, 12)
    assert (row.gate_version, row.wrong_at, row.turn.number) == (VERSION, None, 1)


def test_a_text_that_solves_nothing_is_not_kept(conditions: Conversation) -> None:
    row = recorded(conditions, Found(Verdict.OK, "line", "price = 9\n", programs=3))
    assert (row.text, row.way, row.mended, row.programs) == ("", "", "", 3)


def test_whatever_was_judged_can_be_stored(conditions: Conversation) -> None:
    found = Found(Verdict.PARTIAL, "w" * 99, "\0" + "m" * 99_999, 10**6, 10**6, 10**6)
    row = recorded(conditions, found, "t" * 99_999 + "\ud800\0 the end")
    assert row.text.endswith("t?\N{REPLACEMENT CHARACTER} the end")
    assert row.mended.startswith("\N{REPLACEMENT CHARACTER}m")
    assert len(row.text) == len(row.mended) == MAX_KEPT_CHARS
    assert (row.failing, row.programs, row.case_runs) == (MAX_SMALL, MAX_SMALL, 10**6)


def test_what_a_run_printed_is_shown_or_withheld_once(conditions: Conversation) -> None:
    run = tutors_run(conditions)
    run.finish(Result(Status.OK, stdout="5\n"))
    assert not record_output(run, shown=False)
    StepRun.objects.update(output=StepRun.UNJUDGED)
    assert record_output(run, shown=False)
    assert not record_output(run, shown=True)
    assert StepRun.objects.get().output == StepRun.WITHHELD


def test_a_judgement_goes_with_its_conversation(conditions: Conversation) -> None:
    recorded(conditions, Found(Verdict.LEAK, "line", PROGRAM))
    conditions.delete()
    assert not Judgement.objects.exists()
