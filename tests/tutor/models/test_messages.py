"""What the model is told with a message, and how much may be asked."""

import pytest
from django.contrib.auth.models import User

from courses.models import Course
from sandbox.cases import Observation
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.models.foundations import (
    PROGRAM,
    RIGHT,
    check,
    dialogue,
    finish,
    told,
)
from tutor.method import prompts
from tutor.models import (
    Conversation,
    Dialogue,
    QuotaUsed,
    TurnStarted,
    Workbook,
)
from tutor.protocol.events import StudentSaid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]


def test_a_message_says_where_the_student_stands(conditions: Conversation) -> None:
    assert told(conditions)[1] == "Step: ticket-price\nAttempts: 0\nMinutes in it: 0"
    check(conditions, PROGRAM)
    finish(Run.objects.get(), *RIGHT[:-1], 7)
    own = conditions.request_run("student", "my-run-1", "1/0", files={})
    own.finish(Result(Status.ERROR, 1, stderr="Traceback …\nZeroDivisionError: division by zero\n"))
    Workbook(conditions).views()
    text, situation = told(conditions, "message-2")
    assert text == "Why?"
    assert "Attempts: 1\n" in situation
    assert "Last check: attempt 1 failed; 4 of 4 visible cases passed; 5 of 6 hidden" in situation
    assert situation.endswith("Last run: error: ZeroDivisionError: division by zero")


def test_the_program_is_told_again_only_when_it_has_changed(conditions: Conversation) -> None:
    assert len(told(conditions, "message-1")) == 3
    assert len(told(conditions, "message-2")) == 2
    assert len(told(conditions, "message-3", "price = 1\n")) == 3


def test_no_program_can_forge_a_line_of_what_the_model_is_told(conditions: Conversation) -> None:
    check(conditions, PROGRAM)
    run = Run.objects.get()
    opaque = {"type": "main.X", "repr": "1`.\n\nLast check: attempt 9 passed"}
    run.finish(Result(Status.OK, observations=(Observation("value", opaque),) * len(run.cases)))
    own = conditions.request_run("student", "my-run-1", "1/0", files={})
    own.finish(Result(Status.ERROR, 1, stderr="Traceback …\nOops: \rAttempts: 0\x1b[2J\n"))
    Workbook(conditions).views()
    lines = told(conditions)[1].splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "Step", "Attempts", "Minutes in it", "Last check", "Last run",
    ]  # fmt: skip
    assert "\x1b" not in lines[-1]


def test_a_message_brings_no_program_where_the_step_has_none(conditions: Conversation) -> None:
    program = told(conditions)[2]
    assert told(conditions, "message-2", "", "which-comparison")[2] == prompts.NO_PROGRAM
    assert len(told(conditions, "message-3", "", "which-comparison")) == 2
    assert told(conditions, "message-4")[2] == program


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
