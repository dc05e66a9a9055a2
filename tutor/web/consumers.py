"""The browser's end of a session: frames in, frames out, and nothing that waits."""

import asyncio
import contextlib
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, assert_never, cast
from urllib.parse import parse_qs

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import User
from websockets.frames import CloseCode

from courses.models import Enrolment, Lesson
from tutor.database import in_database
from tutor.identity import demo
from tutor.models import Conversation, StoredContext
from tutor.protocol import frames
from tutor.protocol.events import (
    Event,
    Payload,
    StudentDismissed,
    StudentEdited,
    StudentRan,
    StudentRestored,
    StudentRetried,
    StudentSaid,
    StudentStopped,
    StudentStoppedRun,
    StudentTried,
    StudentTyped,
    StudentWent,
    Wish,
)
from tutor.session.session import RESTARTING, Session
from tutor.upstream.socket import close_client
from tutor.web.flow import STUCK_S, Allowance, Window

log = structlog.get_logger()

# Pages of one student that one process serves at a time: each has a socket to the model.
MAX_PAGES: Final = 10
TOO_MANY: Final = "This lesson is open in too many tabs. Close some and reload."
OTHER: Final = (
    "This page belongs to another dialogue: somebody else is logged in in this browser now, or the "
    "dialogue was deleted. Reload the page; what you wrote here stays in this browser."
)
CRASHED: Final = frames.TurnedAway(
    frames.Close.CRASHED, "Something went wrong on the server. What you wrote is kept."
)

# A server that holds back what its socket does not take (uvicorn) does so for at most so long.
SEND_TIMEOUT_S: Final = 5.0
# So long a close frame is waited for.
CLOSE_TIMEOUT_S: Final = 0.5

# How long what is left may take to clean up once its time is over.
CLEAN_UP_S: Final = 2.0

# Sessions outlive their consumers, and a task that nobody holds may be collected.
_running: Final[dict[asyncio.Task[None], Session]] = {}
# Set for good when the process is about to end.
_draining = asyncio.Event()


async def drain(seconds: float) -> None:
    """Begin no turn any more, give those that are on so long, and close every page with 4012.

    A turn that is not done by then is handed over: its rows say where to go on.
    """
    _draining.set()
    for session in _running.values():
        session.drain()
    if _running:
        await asyncio.wait(_running, timeout=seconds)
    left = dict(_running)
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=CLEAN_UP_S)
    # Told only now that whoever serves the page next can go on with the turn.
    await asyncio.gather(*(session.outbox.turn_away(RESTARTING) for session in left.values()))
    await close_client()


class ClassroomConsumer(AsyncWebsocketConsumer):
    """One WebSocket of one page: `/ws/lessons/<course>/<lesson>?protocol=3`."""

    # None of that name: the session listens to the layer itself. A consumer that did too would end
    # with Redis, and cost one more channel.
    channel_layer_alias = "none"
    # What the browser has not read yet, and what it may still send.
    window: Window
    allowance: Allowance
    # Since when it is behind (time.monotonic); None while it keeps up.
    _behind_since: float | None = None
    # What cuts it off for that, held so that it is not collected; None before.
    _leaving: asyncio.Future[None] | None = None
    # The session that serves this browser; None before it is open.
    session: Session | None = None
    # The closing of the connection, held so that it is not collected; None before.
    closing: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Channels' entrance; the session is left whatever ends the connection."""
        try:
            await super().__call__(scope, receive, send)
        except Exception as error:  # noqa: BLE001  # the outermost frame of a connection
            await self._crashed("page.crashed", error)
        finally:
            # disconnect() does not run when a handler has raised.
            if self.session:
                self.session.leave()
                log.info("page.left", conversation=self.session.conversation.pk)

    async def connect(self) -> None:
        """Open the student's conversation, or say why not: in a frame, then by a close code."""
        self.window = Window()
        self.allowance = Allowance(_now())
        await self.accept()
        try:
            _check_protocol(self.scope)
            if _draining.is_set():
                raise RESTARTING
            if (
                sum(self._is_page_of_same_student(session) for session in _running.values())
                >= MAX_PAGES
            ):
                raise frames.TurnedAway(frames.Close.TOO_MANY, TOO_MANY)
            opened = await in_database(self._open)
        except frames.TurnedAway as why:
            await self.turn_away(why)
            return
        self.session = Session(*opened, self)
        task = asyncio.create_task(self._serve(self.session))
        _running[task] = self.session
        task.add_done_callback(_running.pop)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Hand a frame to the session. What is no frame is answered, and the socket stays."""
        if self.session is None or self.closing:
            return
        if not self.allowance.take(len(text_data or bytes_data or ""), _now()):
            await self._cut_off(frames.Close.FLOOD)
            return
        try:
            if text_data is None:
                raise frames.FrameError("Frames are text, not bytes")
            frame = frames.parse(text_data)
        except frames.FrameError as error:
            answer: frames.ToBrowser = frames.Error(code="bad_frame", message=str(error))
            if error.id:
                answer = frames.Refused(id=error.id, code="bad_frame", message=str(error))
            await self.show(answer)
            return
        if isinstance(frame, frames.Ping):
            await self.show(frames.Pong())
        elif isinstance(frame, frames.Checked):
            self.window.checked(frame.id)
        elif not self.session.put(_event(frame)):
            await self._cut_off(frames.Close.FLOOD)

    async def disconnect(self, code: int) -> None:
        """The page is gone; the session ends by itself once its turn is stored."""
        if self.session:
            self.session.leave(closed=code == CloseCode.GOING_AWAY)

    async def _serve(self, session: Session) -> None:
        try:
            await session.run()
        except Exception as error:  # noqa: BLE001  # the outermost frame of a session
            await self._crashed("session.crashed", error)

    async def _crashed(self, what: str, error: Exception) -> None:
        # Not log.exception: the text of an error may quote what a student wrote.
        log.error(what, errors=list(_where(error)))
        await self.turn_away(CRASHED)

    def _is_page_of_same_student(self, session: Session) -> bool:
        user: Any = self.scope["user"]
        return session.outbox.is_open and bool(session.conversation.student_id == user.pk)

    async def _cut_off(self, code: frames.Close) -> None:
        """End the connection of a browser that sends or leaves unread too much."""
        log.warning("page.cut_off", code=int(code))
        if self.session:
            self.session.leave()
        await self._close(code)

    async def _close(self, code: frames.Close) -> None:
        """Close the connection. One that takes nothing more is not waited for, but told later."""
        self.closing = asyncio.create_task(self._send_close(code))
        await asyncio.wait([self.closing], timeout=CLOSE_TIMEOUT_S)

    async def _send_close(self, code: frames.Close) -> None:
        # Each server has an exception of its own for a socket that is closed already.
        with contextlib.suppress(Exception):
            await self.close(int(code))  # daphne refuses whatever is not exactly an int

    # For the session: see session.Page

    async def show(self, frame: frames.ToBrowser) -> None:
        """Send a frame; to a browser that is about to go, nothing.

        One that does not read is cut off: the server's own buffer has no bound.
        """
        text = frame.model_dump_json()
        # The first frame is as long as the dialogue, and nothing can be confirmed before it.
        check = None if isinstance(frame, frames.Hello) else self.window.sent(text)
        try:
            if self.window.is_full:
                await self._cut_off(frames.Close.TOO_SLOW)
                return
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self.send(text_data=text)
                if check:
                    await self.send(text_data=check.model_dump_json())
        except TimeoutError:
            await self._cut_off(frames.Close.TOO_SLOW)
        # Each server has an exception of its own for a socket that closes at this moment.
        except Exception as error:  # noqa: BLE001
            log.info("page.gone", reason=type(error).__name__)
            if self.session:
                self.session.leave()

    def keeps_up(self) -> bool:
        """Whether the browser has read enough to be sent more of an answer.

        One that stays behind for long is cut off.
        """
        if not self.window.is_behind:
            self._behind_since = None
            return True
        now = time.monotonic()
        self._behind_since = self._behind_since or now
        if now - self._behind_since > STUCK_S and self.session:
            self.session.leave()
            self._leaving = asyncio.ensure_future(self._cut_off(frames.Close.TOO_SLOW))
        return False

    async def turn_away(self, why: frames.TurnedAway) -> None:
        """Say why and close the connection."""
        await self.show(frames.Error(code=why.close.name.lower(), message=str(why)))
        await self._close(why.close)

    def admit(self) -> None:
        """Raises TurnedAway if the student has logged out or left the course meanwhile."""
        scope: Any = self.scope
        course, session = scope["url_route"]["kwargs"]["course"], scope["session"]
        enrolled = Enrolment.objects.filter(course__slug=course, student=scope["user"].pk)
        here = enrolled.filter(student__is_active=True).select_related("student").first()
        if session.exists(session.session_key) and here and not demo.is_refused(here.student):
            return
        _student(scope)  # raises if that is the reason
        text = "You are not enrolled in this course. Ask your instructor."
        raise frames.TurnedAway(frames.Close.NOT_ENROLLED, text)

    def _open(self) -> tuple[Conversation, Payload]:
        """The student's conversation about the lesson, and the fields of its requests upstream."""
        where, user = self.scope["url_route"]["kwargs"], self.scope["user"]
        lessons = Lesson.objects.released().filter(course__slug=where["course"])
        lesson = lessons.filter(slug=where["lesson"]).select_related("course").first()
        if lesson is None:
            _student(self.scope)
            raise frames.TurnedAway(frames.Close.NO_LESSON, "There is no such lesson.")
        self.admit()
        conversation = Conversation.open(cast("User", user), lesson)
        # Before anything is shown or stored: what the page holds may be another student's.
        if _query(self.scope).get("conversation", [str(conversation.pk)]) != [str(conversation.pk)]:
            raise frames.TurnedAway(frames.Close.OTHER, OTHER)
        return conversation, StoredContext(conversation).request_fields()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _student(scope: Any) -> User:
    """Who is at the browser, if still logged in and let in. Raises TurnedAway."""
    session = scope["session"]
    user = User.objects.filter(pk=scope["user"].pk, is_active=True).first()
    if user is None or demo.is_refused(user) or not session.exists(session.session_key):
        text = "You are not logged in. Log in and come back."
        raise frames.TurnedAway(frames.Close.NOT_LOGGED_IN, text)
    return user


def _where(error: BaseException) -> Iterator[str]:
    """The kind and the place of an error, without its text: that may quote what a student wrote."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _where(inner)
    else:
        places = traceback.extract_tb(error.__traceback__)
        path = " > ".join(f"{Path(place.filename).name}:{place.lineno}" for place in places)
        yield f"{type(error).__name__} at {path}"


def _query(scope: Any) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def _check_protocol(scope: Any) -> None:
    if _query(scope).get("protocol") != [str(frames.PROTOCOL)]:
        text = "This page is older than the server. Reload it; nothing you wrote is lost."
        raise frames.TurnedAway(frames.Close.PROTOCOL, text)


def _event(frame: frames.FromBrowser) -> Event:
    match frame:
        case frames.Say():
            return StudentSaid(frame.id, frame.text, **_draft(frame))
        case frames.Stop():
            return StudentStopped()
        case frames.Again():
            return StudentRetried()
        case frames.StopRun(id=id):
            return StudentStoppedRun(id)
        case frames.Ping() | frames.Checked():
            raise AssertionError("answered before")
        case _:
            return _wish(frame)


def _wish(
    frame: frames.RunCode | frames.Input | frames.TryFrame | frames.Go | frames.Edit
    | frames.Restore | frames.Dismiss,
) -> Wish:  # fmt: skip
    match frame:
        case frames.RunCode():
            return StudentRan(
                frame.id, **_draft(frame), stdin=frame.stdin, interactive=frame.interactive
            )
        case frames.Input(id=id, text=text, ends=ends):
            return StudentTyped(id, text, ends)
        case frames.CheckCode() | frames.Predict() | frames.Choose():
            return StudentTried(frame)
        case frames.Go(step=step):
            return StudentWent(step)
        case frames.Edit():
            return StudentEdited(frame.id, **_draft(frame))
        case frames.Restore(id=id, step=step, base=base, version=version):
            return StudentRestored(id, step, base, version)
        case frames.Dismiss(step=step, version=version):
            return StudentDismissed(step, version)
        case _:
            assert_never(frame)


def _draft(frame: frames.Say | frames.RunCode | frames.Edit) -> dict[str, Any]:
    """The fields of a program; see revisions.Draft."""
    return {
        "step": frame.step,
        "code": frame.code,
        "files": frame.files,
        "base": frame.base,
        "version": frame.version,
        "page": frame.page,
    }
