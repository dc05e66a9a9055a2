"""The guard before every run: what it would show while the student has yet to predict it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from courses.facts import PredictStep
from tutor.method.program_hash import program_hash
from tutor.models.attempts import Attempt

if TYPE_CHECKING:
    from tutor.models.conversation import Conversation

OPEN: Final = "The tutor's question is open: say first what you expect, or that you don't know."
OPEN_FOR_MODEL: Final = "A prediction is open: nothing is run before the student has answered."
PREDICT: Final = "This program is to be predicted first, in the step “{}”."
PREDICT_FOR_MODEL: Final = "The student has not made the prediction of the step {} yet."


class NotAllowed(Exception):
    """The student's state does not allow it; nothing was written. Both texts say why."""

    def __init__(self, for_student: str, for_model: str = "") -> None:
        super().__init__(for_student)
        self.for_student = for_student
        self.for_model = for_model or for_student


def check_run(
    conversation: Conversation, step: str, code: str, *, by: Literal["student", "tutor"]
) -> None:
    """Raises NotAllowed if a run of a program in `step` would show what is to be predicted.

    That is while the tutor's question about the step, or about this program, is open; and for the
    program of a predict step before the student's own prediction there. The tutor's program is
    also one that only holds it. The conversation must be locked.
    """
    check_open(conversation, step, code, by=by)
    for one in _unpredicted(conversation):
        if one.id == step or _shows(conversation, one.program, code, by=by):
            raise NotAllowed(PREDICT.format(one.title or one.id), PREDICT_FOR_MODEL.format(one.id))


def check_open(
    conversation: Conversation,
    step: str,
    code: str,
    *,
    by: Literal["student", "tutor"] = "student",
) -> None:
    """Raises NotAllowed while a question about `step`, or about this program, is open."""
    asked = conversation.predictions.filter(answered_at=None).values_list("step", "code")
    if any(there == step or _shows(conversation, about, code, by=by) for there, about in asked):
        raise NotAllowed(OPEN, OPEN_FOR_MODEL)


def _shows(
    conversation: Conversation, program: str, code: str, *, by: Literal["student", "tutor"]
) -> bool:
    """Whether a run of `code` in another step than its own shows what `program` does."""
    language = conversation.lesson.course.language
    # Files are another step's: the program alone tells.
    if program_hash(program, {}, language) == program_hash(code, {}, language):
        return True
    return by == "tutor" and bool(program.strip()) and program.strip() in code


def _unpredicted(conversation: Conversation) -> list[PredictStep]:
    """The predict steps of the lesson in which the student has not made the prediction yet."""
    steps = [one for one in conversation.lesson.source().steps if isinstance(one, PredictStep)]
    if not steps:
        return []
    # One that is pending may yet be stopped, and made anew.
    made = conversation.attempts.filter(step__in=[one.id for one in steps], state=Attempt.JUDGED)
    done = set(made.values_list("step", flat=True))
    return [one for one in steps if one.id not in done]
