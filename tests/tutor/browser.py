"""A page without a page: what the tests put at the other end of the consumer."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from channels.testing import WebsocketCommunicator
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore

from courses.models import Lesson
from tests.page import Bases
from tutor.database import in_database
from tutor.protocol import frames
from tutor.web.consumers import ClassroomConsumer

PATIENCE_S = 10

_ids = itertools.count(1)


class Browser:
    """Speaks tutor/protocol/frames.py with a real consumer and remembers every frame it got."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self._communicator = communicator
        self.frames: list[dict[str, Any]] = []
        # What its editors started from.
        self.bases = Bases()

    async def send(self, kind: str, **fields: Any) -> None:
        """Send a frame. A program starts from what this page has heard of, unless `base` says."""
        await self._communicator.send_json_to(self.bases.complete({"type": kind, **fields}))

    async def send_text(self, text: str) -> None:
        await self._communicator.send_to(text_data=text)

    async def say(self, text: str, code: str = "print(1)\n", name: str = "") -> str:
        name = name or f"message-{next(_ids)}"
        await self.send("say", id=name, text=text, code=code)
        return name

    async def next(self, *types: str) -> dict[str, Any]:
        """The next frame of these types (any, if none are given); others are passed over."""
        while True:
            frame: dict[str, Any] = await self._communicator.receive_json_from(PATIENCE_S)
            self.frames.append(frame)
            self.bases.hear(frame)
            if not types or frame["type"] in types:
                return frame

    async def turn(self, state: str) -> dict[str, Any]:
        """Wait until the turn is in this state."""
        while (frame := await self.next("turn"))["state"] != state:
            pass
        return frame

    async def ready(self) -> None:
        """Wait until the tutor can answer."""
        while (await self.next("tutor"))["state"] != "ready":
            pass

    async def closed(self) -> int:
        """Wait for the end of the connection and return its code."""
        while True:
            output = await self._communicator.receive_output(PATIENCE_S)
            if output["type"] == "websocket.close":
                return int(output["code"])

    async def leave(self, code: int = 1000) -> None:
        """Be gone, with this close code."""
        await self._communicator.disconnect(code, timeout=PATIENCE_S)


def stored_session(user: User | AnonymousUser) -> SessionStore:
    """A log-in."""
    session = SessionStore()
    if isinstance(user, User):
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session


@asynccontextmanager
async def browser(
    user: User | AnonymousUser,
    lesson: Lesson | str,
    query: str = f"protocol={frames.PROTOCOL}",
    session: SessionStore | None = None,
) -> AsyncIterator[Browser]:
    """A page on `lesson`, connected; it leaves at the end of the block."""
    course, slug = (
        lesson.split("/") if isinstance(lesson, str) else (lesson.course.slug, lesson.slug)
    )
    communicator = WebsocketCommunicator(ClassroomConsumer.as_asgi(), f"/?{query}")
    scope: Any = communicator.scope
    scope["user"] = user
    scope["session"] = session or await in_database(stored_session, user)
    scope["url_route"] = {"kwargs": {"course": course, "lesson": slug}}
    connected, _ = await communicator.connect(PATIENCE_S)
    assert connected
    try:
        yield Browser(communicator)
    finally:
        await communicator.disconnect(timeout=PATIENCE_S)


async def sessions_over() -> None:
    """Wait until every session has stored what it had to store."""
    from tutor.web import consumers

    async with asyncio.timeout(PATIENCE_S):
        while consumers._running:
            await asyncio.wait(set(consumers._running))
