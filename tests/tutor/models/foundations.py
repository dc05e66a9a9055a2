"""Lessons of a sample course, and what a student and the sandbox do in them."""

from typing import Any

from django.contrib.auth.models import User

from courses.models import Course, Enrolment
from sandbox.cases import Observation
from sandbox.job import Result, Status
from sandbox.models import Run
from tutor.models import (
    Conversation,
    Dialogue,
    TurnStarted,
    Workbook,
)
from tutor.protocol import frames
from tutor.protocol.commands import StudentEdited
from tutor.protocol.events import StudentSaid


def dialogue(course: Course, slug: str, student: User) -> Conversation:
    Enrolment.objects.get_or_create(course=course, student=student)
    return Conversation.open(student, course.lessons.current().get(slug=slug))


def check(conversation: Conversation, code: str, name: str = "attempt-1") -> frames.AttemptView:
    tried = frames.CheckCode(type="check_code", id=name, step="ticket-price", code=code, base=0)
    return Workbook(conversation).attempt(tried).view


def predict(conversation: Conversation, text: str) -> frames.AttemptView:
    tried = frames.Predict(type="predict", id="prediction-1", step="two-ifs", text=text)
    return Workbook(conversation).attempt(tried).view


def keep(
    conversation: Conversation, step: str, code: str, files: dict[str, str] | None = None
) -> None:
    base = step_of(conversation, step).revision
    Workbook(conversation).save_program(StudentEdited("edit-0001", code, step, files or {}, base))


def finish(run: Run, *prices: int, status: Status = Status.OK, **facts: Any) -> None:
    """Play the sandbox: each case has given a price."""
    observations = tuple(
        Observation("value", {"type": "int", "repr": str(price)}) for price in prices
    )
    run.finish(Result(status, observations=observations, **facts))


def step_of(conversation: Conversation, name: str) -> frames.StepView:
    return next(view for view in Workbook(conversation).views() if view.id == name)


RIGHT = (0, 5, 9, 6, 0, 5, 5, 9, 9, 6)
PROGRAM = "age = int(input())\nprice = 0\n"


def told(
    conversation: Conversation,
    name: str = "message-1",
    code: str = PROGRAM,
    step: str = "ticket-price",
) -> list[str]:
    said = StudentSaid(name, "Why?", code, step=step)
    begun = Dialogue(conversation).say(said)
    assert isinstance(begun, TurnStarted)
    assert begun.fence
    conversation.turns.update(state="done")
    conversation.release(begun.fence)
    return [part["text"] for part in begun.items[-1].payload["content"]]
