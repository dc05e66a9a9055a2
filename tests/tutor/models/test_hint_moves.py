"""Hints in the rows: each rung once, for the tutor that asks and for the student."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.models import Run
from tests.tutor.models.foundations import keep
from tests.tutor.models.methodical import (
    STEP,
    ask_hint,
    facts_in,
    hints,
    ran,
    report,
    say,
)
from tutor.models import (
    Busy,
    Conversation,
    Dialogue,
    HintGiven,
    HintShown,
    Moves,
    NotAllowed,
    QuotaUsed,
    TurnStarted,
)
from tutor.protocol import frames
from tutor.protocol.calls import HintCall

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]

# A program that is not the starter, and a later one.
TRIED, LATER = "price = 1\n", "price = 2\n"


@pytest.fixture
def tried(conditions: Conversation) -> Conversation:
    """The student has run a program of her own: an honest attempt."""
    keep(conditions, STEP, TRIED)
    ran(conditions, "my-run-1", TRIED)
    return conditions


@pytest.fixture
def unauthored(tried: Conversation) -> Conversation:
    """The lesson has no hints: the model may write them."""
    for step in tried.lesson.document["steps"]:
        step.pop("hints", None)
    tried.lesson.digest = "without hints"
    tried.lesson.save()
    return tried


def shown(conversation: Conversation) -> list[frames.HintItem]:
    items = Dialogue(conversation).shown()
    return [item for item in items if isinstance(item, frames.HintItem)]


# The tutor asks


def test_a_hint_that_is_not_earned_is_refused_with_the_reason(conditions: Conversation) -> None:
    told = report(hints(conditions, "message-1"))
    assert (told["status"], told["allowed"]) == ("refused", 0)
    assert told["because"]
    assert not HintGiven.objects.exists()
    assert not shown(conditions)


def test_a_hint_is_given_once_for_its_call(tried: Conversation) -> None:
    output = hints(tried, "message-1")
    told = report(output)
    given = HintGiven.objects.get()
    assert told == {"status": "given", "item": given.number, "level": 1, "text": given.text}
    assert given.text.startswith("Be the computer")
    assert Moves(tried).make(HintCall(given.number, "c", 1)) == output
    [item] = shown(tried)
    assert (item.level, item.text, item.asked, item.stale) == (1, given.text, False, False)
    assert item.number == given.number + 1


def test_a_hint_is_bound_to_its_program(tried: Conversation) -> None:
    hints(tried, "message-1")
    keep(tried, STEP, LATER)
    assert shown(tried)[0].stale
    keep(tried, STEP, f"{TRIED}# once more\n")
    assert not shown(tried)[0].stale


def test_the_next_one_needs_something_new_and_its_author_s_rule(tried: Conversation) -> None:
    hints(tried, "message-1")
    assert report(hints(tried, "message-2", 1))["status"] == "refused"
    assert report(hints(tried, "message-3", 2))["status"] == "refused"
    HintGiven.objects.update(created_at=HintGiven.objects.get().created_at - timedelta(minutes=5))
    ran(tried, "my-run-2", LATER)
    # It is given after an attempt that counted, of which there is none.
    assert "attempt" in report(hints(tried, "message-4", 2))["because"]


def test_a_hint_that_the_author_did_not_write_is_the_model_s(unauthored: Conversation) -> None:
    told = report(hints(unauthored, "message-1"))
    assert told == {"status": "write", "item": HintGiven.objects.get().number, "level": 1}
    [item] = shown(unauthored)
    assert (item.level, item.text) == (1, "")


# The student asks


def test_the_author_s_hint_is_shown_at_once_and_the_model_hears_of_it(tried: Conversation) -> None:
    outcome = ask_hint(tried, "hint-0001", TRIED)
    assert isinstance(outcome, HintShown)
    assert outcome.written
    [view] = Dialogue(tried).views_of([outcome.item])
    assert isinstance(view, frames.HintItem)
    assert (view.level, view.asked, view.number) == (1, True, outcome.item.number)
    turn = outcome.item.turn
    assert (turn.state, turn.ended_at is not None) == ("done", True)
    told = facts_in(outcome.item.payload)
    assert told["hint"]["text"] == view.text
    assert told["facts"]["hints"]["given"] == 1
    assert "may" not in told["facts"]["hints"]
    # Sent again it is the same one; the dialogue goes on.
    again = ask_hint(tried, "hint-0001", TRIED)
    assert isinstance(again, HintShown)
    assert again.item == outcome.item
    assert HintGiven.objects.count() == 1
    assert isinstance(say(tried, "message-1", code=TRIED), TurnStarted)


def test_a_refused_hint_stores_nothing(conditions: Conversation) -> None:
    with pytest.raises(NotAllowed) as refused:
        ask_hint(conditions, "hint-0001", TRIED)
    assert refused.value.for_student
    assert refused.value.for_model
    assert not HintGiven.objects.exists()
    assert not conditions.items.exists()
    assert not conditions.works.filter(step=STEP).exists()


def test_a_hint_that_the_author_did_not_write_begins_a_turn(unauthored: Conversation) -> None:
    begun = ask_hint(unauthored, "hint-0001", TRIED)
    assert isinstance(begun, TurnStarted)
    assert begun.fence
    facts, wish = begun.items
    assert facts_in(facts.payload)["facts"]["hints"]["asked"] == {"level": 1, "write": True}
    assert wish.client_id == "hint-0001"
    assert wish.payload["content"][0]["text"] == "A hint, please."
    views = Dialogue(unauthored).views_of(begun.items)
    assert [view and view.kind for view in views] == ["hint", "student"]
    again = ask_hint(unauthored, "hint-0001", TRIED)
    assert isinstance(again, TurnStarted)
    assert (again.turn, [one.pk for one in again.items], again.fence) == (
        begun.turn, [wish.pk], None,
    )  # fmt: skip


def test_while_a_turn_is_on_no_hint_is_asked_for(tried: Conversation) -> None:
    say(tried, "message-1", code=TRIED)
    with pytest.raises(Busy):
        ask_hint(tried, "hint-0001", TRIED)


def test_a_hint_to_be_written_counts_as_a_question_and_the_author_s_does_not(
    unauthored: Conversation, ada: Any
) -> None:
    course = unauthored.lesson.course
    course.quotas = {"messages_per_lesson": 0}
    course.save()
    with pytest.raises(QuotaUsed):
        ask_hint(unauthored, "hint-0001", TRIED)
    assert not HintGiven.objects.exists()


def test_an_error_has_hints_of_its_own(tried: Conversation) -> None:
    keep(tried, STEP, "price = (\n")
    error = "  File “main.py”, line 1\nSyntaxError: '(' was never closed\n"
    ran(tried, "my-run-2", "price = (\n", error)
    assert Run.objects.filter(status="error").exists()
    told = report(hints(tried, "message-1"))
    assert told["status"] == "write"
    assert HintGiven.objects.get().ladder == "SyntaxError"
