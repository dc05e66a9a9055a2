"""The browser's end of a session: frames in, frames out, and nothing that waits."""

import asyncio
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, assert_never

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import User

from courses.models import Enrolment, Lesson
from tutor import frames
from tutor.database import in_database
from tutor.events import (
    Event,
    Payload,
    StudentEdited,
    StudentRan,
    StudentRetried,
    StudentSaid,
    StudentStopped,
    StudentStoppedRun,
)
from tutor.models import Conversation
from tutor.session import Session

log = structlog.get_logger()

# Sessions outlive their consumers, and a task that nobody holds may be collected.
_running: Final[set[asyncio.Task[None]]] = set()


class Turned(Exception):
    """There is no session for this browser: `code` closes the socket, the text says why."""

    def __init__(self, code: frames.Close, text: str) -> None:
        super().__init__(text)
        self.code = code


class ClassroomConsumer(AsyncWebsocketConsumer):
    """One WebSocket of one page: `/ws/lessons/<course>/<lesson>?protocol=1`."""

    # The session that serves this browser; None before it is open and after it failed.
    session: Session | None = None

    async def connect(self) -> None:
        """Open the student's conversation, or say why not: in a frame, then by a close code."""
        await self.accept()
        try:
            _check_protocol(self.scope["query_string"])
            where = self.scope["url_route"]["kwargs"]
            opened = await in_database(_open, self.scope["user"], where["course"], where["lesson"])
        except Turned as turned:
            await self._send(frames.Error(code=turned.code.name.lower(), message=str(turned)))
            await self.close(turned.code)
            return
        self.session = Session(*opened, self._send)
        task = asyncio.create_task(self._serve(self.session))
        _running.add(task)
        task.add_done_callback(_running.discard)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Hand a frame to the session. What is no frame is answered, and the socket stays."""
        if self.session is None:
            return
        try:
            if text_data is None:
                raise frames.FrameError("Frames are text, not bytes")
            frame = frames.parse(text_data)
        except frames.FrameError as error:
            await self._send(frames.Error(code="bad_frame", message=str(error)))
            return
        if isinstance(frame, frames.Ping):
            await self._send(frames.Pong())
        elif not self.session.put(_event(frame)):
            await self.close(frames.Close.FLOOD)

    async def disconnect(self, code: int) -> None:
        """The page is gone; the session ends by itself once its turn is stored."""
        if self.session:
            self.session.leave()

    async def _serve(self, session: Session) -> None:
        try:
            await session.run()
        except Exception as error:  # noqa: BLE001  # the outermost frame of a session
            # Not log.exception: the text of an error may quote what a student wrote.
            log.error("session.crashed", errors=list(_where(error)))  # noqa: TRY400
            await self.close(frames.Close.CRASHED)

    async def _send(self, frame: frames.ToBrowser) -> None:
        await self.send(text_data=frame.model_dump_json())


def _where(error: BaseException) -> Iterator[str]:
    """The kind and the place of an error, without its text: that may quote what a student wrote."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _where(inner)
    else:
        places = traceback.extract_tb(error.__traceback__)
        path = " > ".join(f"{Path(place.filename).name}:{place.lineno}" for place in places)
        yield f"{type(error).__name__} at {path}"


def _check_protocol(query: bytes) -> None:
    if f"protocol={frames.PROTOCOL}" not in query.decode().split("&"):
        text = "This page is older than the server. Reload it; nothing you wrote is lost."
        raise Turned(frames.Close.PROTOCOL, text)


def _open(user: Any, course: str, lesson: str) -> tuple[Conversation, Payload]:
    """The student's conversation about a lesson, and the fields of its requests upstream."""
    if not isinstance(user, User):
        raise Turned(frames.Close.NOT_LOGGED_IN, "You are not logged in. Log in and come back.")
    row = Lesson.objects.current().filter(course__slug=course, slug=lesson).first()
    if row is None:
        raise Turned(frames.Close.NO_LESSON, "There is no such lesson.")
    if not Enrolment.objects.filter(course=row.course_id, student=user).exists():
        text = "You are not enrolled in this course. Ask your instructor."
        raise Turned(frames.Close.NOT_ENROLLED, text)
    conversation = Conversation.open(user, row)
    return conversation, conversation.request_fields()


def _event(frame: frames.FromBrowser) -> Event:
    match frame:
        case frames.Say(id=id, text=text, code=code):
            return StudentSaid(id, text, code)
        case frames.RunCode(id=id, code=code, stdin=stdin):
            return StudentRan(id, code, stdin)
        case frames.Stop():
            return StudentStopped()
        case frames.Again():
            return StudentRetried()
        case frames.StopRun(id=id):
            return StudentStoppedRun(id)
        case frames.Edit(code=code):
            return StudentEdited(code)
        case frames.Ping():
            raise AssertionError("answered before")
        case _:
            assert_never(frame)
