"""The browser's end of a session: frames in, frames out, and nothing that waits."""

import asyncio
import contextlib
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer

from tutor.database import is_unavailable
from tutor.protocol import frames
from tutor.session import storage
from tutor.session.session import RESTARTING, Session
from tutor.session.storage import Storage
from tutor.upstream.client import close_client
from tutor.web import admission
from tutor.web.events import event_of
from tutor.web.flow import STUCK_S, SendWindow, TokenBucket
from tutor.web.readiness import draining
from tutor.web.watch import watch

log = structlog.get_logger()

# Pages of one student that one process serves at a time: each has a socket to the model.
MAX_PAGES: Final = 10
TOO_MANY: Final = "This lesson is open in too many tabs. Close some and reload."
# What a page has not sent, the server knows nothing of, and promises nothing about.
CRASHED: Final = frames.TurnedAway(
    frames.Close.CRASHED, "Something went wrong on the server. The page connects again."
)
NOT_STORED: Final = frames.TurnedAway(frames.Close.CRASHED, storage.NOT_STORED)

# A server that holds back what its socket does not take (uvicorn) does so for at most so long.
SEND_TIMEOUT_S: Final = 5.0
# So long a close frame is waited for.
CLOSE_TIMEOUT_S: Final = 0.5

# How long sessions that are left may take to clean up once their time is over.
CLEAN_UP_S: Final = 2.0

# Sessions outlive their consumers, and a task that nobody holds may be collected.
_running: Final[dict[asyncio.Task[None], Session]] = {}
# The pages of each student: taken when a socket opens, not when its session has.
_pages: Final = Counter[int]()


async def drain(seconds: float) -> None:
    """Begin no turn any more, give those that are on so long, and close every page with 4012.

    A turn that is not done by then is handed over: its rows say where to go on.
    """
    draining.set()
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
    """One WebSocket of one page: `/ws/lessons/<course>/<lesson>?protocol=5`."""

    # None of that name: the session listens to the layer itself. A consumer that did too would end
    # with Redis, and cost one more channel.
    channel_layer_alias = "none"
    # The bounds on unread frames to the browser, and on frames from it.
    window: SendWindow
    bucket: TokenBucket
    # Since when it is behind (time.monotonic); None while it keeps up.
    _behind_since: float | None = None
    # The task that cuts it off for that, held so that it is not collected; None before.
    _leaving: asyncio.Future[None] | None = None
    # The student in whose number this page counts; None if it does not.
    _place: int | None = None
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
            watch.remove(self)
            self._leave_place()
            # disconnect() does not run when a handler has raised.
            if self.session:
                self.session.leave()
                log.info("page.left", conversation=self.session.conversation.pk)

    async def connect(self) -> None:
        """Open the student's conversation, or say why not: in a frame, then by a close code."""
        self.window = SendWindow()
        self.bucket = TokenBucket(_now())
        await self.accept()
        try:
            admission.check_protocol(self.scope)
            writer = admission.writer_of(self.scope)
            if draining.is_set():
                raise RESTARTING
            self._take_place()
            # Before it is asked whether they may be here: so no change after that is missed.
            watch.add(self, admission.seat_of(self.scope))
            opened = await Storage(self.show).call(admission.open_conversation, self.scope)
        except frames.TurnedAway as why:
            await self.turn_away(why)
            return
        if self.closing:  # they might not stay after all
            return
        self.session = Session(*opened, self, writer)
        task = asyncio.create_task(self._serve(self.session))
        _running[task] = self.session
        task.add_done_callback(_running.pop)
        if draining.is_set():  # since the dialogue was opened; others have been told
            self.session.drain()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Hand a frame to the session. A message that is none is answered, and the socket stays."""
        if self.session is None or self.closing:
            return
        if not self.bucket.take(len(text_data or bytes_data or ""), _now()):
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
        elif not self.session.put(event_of(frame)):
            await self._cut_off(frames.Close.FLOOD)

    async def disconnect(self, code: int) -> None:
        """The page is gone; the session ends by itself once its turn is stored."""
        if self.session:
            self.session.leave()

    async def _serve(self, session: Session) -> None:
        try:
            await session.run()
        except Exception as error:  # noqa: BLE001  # the outermost frame of a session
            await self._crashed("session.crashed", error)

    async def _crashed(self, what: str, error: Exception) -> None:
        # Not log.exception: the text of an error may quote what a student wrote.
        log.error(what, errors=list(_where(error)))
        await self.turn_away(NOT_STORED if is_unavailable(error) else CRASHED)

    def _take_place(self) -> None:
        """Count this page before anything is awaited. Raises TurnedAway if it is one too many."""
        user: Any = self.scope["user"]
        student: int | None = user.pk
        if student is None:
            return  # who is not logged in is turned away next
        if _pages[student] >= MAX_PAGES:
            raise frames.TurnedAway(frames.Close.TOO_MANY, TOO_MANY)
        _pages[student] += 1
        self._place = student

    def _leave_place(self) -> None:
        student, self._place = self._place, None
        if student is not None:
            _pages[student] -= 1
            if not _pages[student]:
                del _pages[student]

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
        """False while the browser has too much unread to be sent more of an answer.

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
        """Send the reason and close the connection."""
        await self.show(frames.Error(code=why.close.name.lower(), message=str(why)))
        await self._close(why.close)

    def admit(self) -> None:
        """Raises TurnedAway if the student may not go on any more."""
        admission.check(admission.seat_of(self.scope))

    # For the watch: see watch.WatchedPage

    async def revoke(self, why: frames.TurnedAway) -> None:
        """Turn the student away, who may not go on; a turn that is on is brought to its end."""
        try:
            await (self.session or self).turn_away(why)
        except Exception as error:  # noqa: BLE001  # one page's; there are others
            log.warning("page.not_revoked", errors=list(_where(error)))


def _now() -> float:
    return asyncio.get_running_loop().time()


def _where(error: BaseException) -> Iterator[str]:
    """The kind and the place of an error, without its text: that may quote what a student wrote."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _where(inner)
    else:
        places = traceback.extract_tb(error.__traceback__)
        path = " > ".join(f"{Path(place.filename).name}:{place.lineno}" for place in places)
        yield f"{type(error).__name__} at {path}"
