"""The history of a step's programs, as JSON for its student's page; see models/program_history.

Who may read it is who may open the lesson: see `admission`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from courses.steps import Step
from tutor.models import Conversation, starter
from tutor.models.programs import has_program
from tutor.protocol.frames import Close, TurnedAway
from tutor.turn.program_history import Text
from tutor.web import admission

P = ParamSpec("P")
NO_STEP: Final = "There is no program in this step."
NO_REVISION: Final = "This is not in the history any more."
STATUSES: Final = {Close.NOT_LOGGED_IN: 401, Close.NOT_ENROLLED: 403, Close.NO_LESSON: 404}


class _Refused(Exception):
    """The answer is this status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def _json(view: Callable[P, dict[str, Any]]) -> Callable[P, JsonResponse]:
    """A view of what `view` gives or refuses, which nobody but its student may keep or see."""

    @require_GET
    @cache_control(private=True, no_store=True)
    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> JsonResponse:
        try:
            return JsonResponse(view(*args, **kwargs))
        except _Refused as refused:
            return JsonResponse({"error": str(refused)}, status=refused.status)

    return answer


@_json
def revisions(request: HttpRequest, course: str, lesson: str, step: str) -> dict[str, Any]:
    """The entries without their texts, newest first; the last is the author's text, number 0."""
    conversation, content = _step_of(request, course, lesson, step)
    text, begun = Text(starter(content), {}), conversation.created_at
    first = {
        "number": 0, "begun_at": begun, "written_at": begun, "cause": "", "page": "", "device": "",
        "version": 0, "chars": text.chars, "lines": text.lines,
    }  # fmt: skip
    return {"revisions": [*conversation.history.filter(step=step).facts(), first]}


@_json
def revision(
    request: HttpRequest, course: str, lesson: str, step: str, number: int
) -> dict[str, Any]:
    """The text of one entry."""
    conversation, content = _step_of(request, course, lesson, step)
    if number:
        entry = conversation.history.filter(step=step, number=number).first()
        if entry is None:
            raise _Refused(404, NO_REVISION)
        return {"number": number, "code": entry.code, "files": entry.files}
    return {"number": 0, "code": starter(content), "files": {}}


def _step_of(
    request: HttpRequest, course: str, lesson: str, step: str
) -> tuple[Conversation, Step]:
    """The student's own dialogue, and a step of it that has a program. Raises _Refused."""
    try:
        admission.check(
            admission.Seat(request.user.pk, request.session.session_key or "", course, lesson)
        )
    except TurnedAway as why:
        raise _Refused(STATUSES[why.close], str(why)) from None
    begun = Conversation.objects.filter(
        student=request.user.pk, lesson__course__slug=course, lesson__slug=lesson
    )
    conversation = begun.select_related("lesson").first()
    if conversation is None:
        raise _Refused(404, NO_STEP)
    try:
        content = conversation.lesson.source().step(step)
    except KeyError:
        raise _Refused(404, NO_STEP) from None
    if not has_program(content):
        raise _Refused(404, NO_STEP)
    return conversation, content
