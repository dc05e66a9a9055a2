"""What the model is told with a message, and how much may be asked."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Course
from tests.tutor.models.foundations import PROGRAM, check, dialogue, told
from tests.tutor.models.methodical import facts_in, say
from tutor.method import prompts
from tutor.models import (
    Conversation,
    Dialogue,
    QuotaUsed,
    TurnStarted,
)
from tutor.protocol.actions import SaveFacts, SaveWaiting
from tutor.protocol.events import StudentSaid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]


def test_facts_stand_before_a_message_and_tell_where_the_student_stands(
    conditions: Conversation,
) -> None:
    begun = say(conditions, "message-1")
    assert isinstance(begun, TurnStarted)
    facts, message = begun.items
    assert (facts.kind, message.kind) == ("facts", "student")
    assert facts_in(facts.payload)["facts"]["step"] == "ticket-price"
    assert [view and view.kind for view in Dialogue(conditions).views_of(begun.items)] == [
        None, "student",
    ]  # fmt: skip
    assert [one.kind for one in Dialogue(conditions).shown()] == ["student"]


def test_messages_that_waited_stand_behind_the_facts_of_the_last_one(
    conditions: Conversation,
) -> None:
    first = say(conditions, "message-1")
    say(conditions, "message-2", code="price = 2\n")
    say(conditions, "message-3", code="", step="which-comparison")
    [facts, *said] = Dialogue(conditions).store(first.fence, first.turn, [SaveWaiting()])
    assert facts_in(facts.payload)["facts"]["step"] == "which-comparison"
    assert [one.client_id for one in said] == ["message-2", "message-3"]
    assert not Dialogue(conditions).store(first.fence, first.turn, [SaveWaiting()])


def test_messages_that_were_steered_stand_alone_and_facts_can_follow(
    conditions: Conversation,
) -> None:
    begun = say(conditions, "message-1")
    say(conditions, "message-2", code="price = 2\n")
    actions: list[Any] = [SaveWaiting(("message-2",)), SaveFacts()]
    said, facts = Dialogue(conditions).store(begun.fence, begun.turn, actions)
    assert (said.client_id, facts.kind) == ("message-2", "facts")
    assert facts_in(facts.payload)["facts"]["state"] == "trying"


def test_the_program_is_told_again_only_when_it_has_changed(conditions: Conversation) -> None:
    assert len(told(conditions, "message-1")) == 2
    assert len(told(conditions, "message-2")) == 1
    assert len(told(conditions, "message-3", "price = 1\n")) == 2


def test_a_message_brings_no_program_where_the_step_has_none(conditions: Conversation) -> None:
    program = told(conditions)[1]
    assert told(conditions, "message-2", "", "which-comparison")[1] == prompts.NO_PROGRAM
    assert len(told(conditions, "message-3", "", "which-comparison")) == 1
    assert told(conditions, "message-4")[1] == program


# How much may be asked


def test_what_waits_in_another_lesson_counts_for_the_day(foundations: Course, ada: User) -> None:
    foundations.quotas = {"messages_per_day": 2}
    foundations.save()
    conversation = dialogue(foundations, "conditions", ada)
    for name in ("message-1", "message-2"):
        Dialogue(conversation).say(StudentSaid(name, "Why?", PROGRAM, step="ticket-price"))
    assert conversation.waiting.count() == 1
    with pytest.raises(QuotaUsed):
        Dialogue(dialogue(foundations, "loops", ada)).say(StudentSaid("message-3", "Why?", ""))


@pytest.mark.parametrize("quota", ["messages_per_day", "messages_per_lesson"])
def test_a_course_may_limit_how_much_is_asked_but_not_what_is_run(
    foundations: Course, ada: User, quota: str
) -> None:
    foundations.quotas = {quota: 2}
    foundations.save()
    conversation = dialogue(foundations, "conditions", ada)
    told(conversation, "message-1")
    told(conversation, "message-2")
    with pytest.raises(QuotaUsed, match="2 times"):
        told(conversation, "message-3")
    check(conversation, PROGRAM)
    # Another course does not count at all; another lesson has a count of its own, but not a day.
    lesson = Course.objects.get(slug="first-steps").lessons.current().earliest("position")
    said = StudentSaid("message-5", "Why?", "")
    assert isinstance(Dialogue(Conversation.open(ada, lesson)).say(said), TurnStarted)
    other = dialogue(foundations, "loops", ada)
    said = StudentSaid("message-4", "Why?", "", step="countdown")
    if quota == "messages_per_day":
        with pytest.raises(QuotaUsed, match="24 hours"):
            Dialogue(other).say(said)
    else:
        assert isinstance(Dialogue(other).say(said), TurnStarted)
