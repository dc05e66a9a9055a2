"""The official SDK in its two forms, as judges: its connection, and its session helper."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

from openai import AsyncOpenAI
from openai.lib.responses_websocket import (
    AsyncResponsesWebSocketLane,
    AsyncResponsesWebSocketSession,
    ResponsesWebSocketLimits,
)
from openai.resources.responses.responses import AsyncResponsesConnection

from tests.tutor.emulator.wire import PATIENCE_S, TERMINAL
from tutor.emulator import Emulator

LIMITS = ResponsesWebSocketLimits(
    max_lanes=8,
    max_events_per_lane=4096,
    max_events=8192,
    max_bytes_per_lane=1 << 24,
    max_bytes=1 << 25,
)


class Judge(Protocol):
    """One socket in the SDK's hands. A lane is named, or None for the default one."""

    async def create(self, lane: str | None = None, **fields: Any) -> None: ...

    async def steer(self, lane: str | None, response_id: str, text: str) -> None: ...

    async def recv(self, lane: str | None = None) -> Any:
        """The lane's next event."""


async def final(judge: Judge, lane: str | None = None) -> Any:
    """The terminal event of the lane's next response."""
    while True:
        event = await judge.recv(lane)
        if event.type in TERMINAL:
            return event


class ResponsesProtocol:
    """The connection alone: events come as they come, and are told apart by their lane."""

    def __init__(self, connection: AsyncResponsesConnection) -> None:
        self._connection = connection
        # Events that were read while another lane's was looked for.
        self._left: list[Any] = []

    async def create(self, lane: str | None = None, **fields: Any) -> None:
        if lane is not None:
            fields["stream_id"] = lane
        await self._connection.response.create(**fields)

    async def steer(self, lane: str | None, response_id: str, text: str) -> None:
        await self._connection.response.steer(previous_response_id=response_id, input=text)

    async def recv(self, lane: str | None = None) -> Any:
        for event in self._left:
            if event.stream_id == lane:
                self._left.remove(event)
                return event
        while True:
            event = await self._connection.recv()
            if getattr(event, "stream_id", None) == lane:
                return event
            self._left.append(event)


class Session:
    """The session helper, which keeps the lanes apart itself."""

    def __init__(self, session: AsyncResponsesWebSocketSession) -> None:
        self._session = session
        self._lanes: dict[str | None, AsyncResponsesWebSocketLane] = {None: session.default}

    def lane(self, name: str | None) -> AsyncResponsesWebSocketLane:
        if name not in self._lanes:
            self._lanes[name] = self._session.lane(name)
        return self._lanes[name]

    async def create(self, lane: str | None = None, **fields: Any) -> None:
        event: Any = {"type": "response.create", **fields}
        await self.lane(lane).send(event)

    async def steer(self, lane: str | None, response_id: str, text: str) -> None:
        await self.lane(lane).send(
            {"type": "response.steer", "previous_response_id": response_id, "input": text}
        )

    async def recv(self, lane: str | None = None) -> Any:
        return await self.lane(lane).recv()


@asynccontextmanager
async def _connected(server: Emulator) -> AsyncIterator[AsyncResponsesConnection]:
    options: Any = {"max_size": None}
    async with (
        asyncio.timeout(PATIENCE_S),
        AsyncOpenAI(base_url=server.base_url, api_key="any") as client,
        client.responses.connect(websocket_connection_options=options) as connection,
    ):
        yield connection


@asynccontextmanager
async def by_connection(server: Emulator) -> AsyncIterator[Judge]:
    async with _connected(server) as connection:
        yield ResponsesProtocol(connection)


@asynccontextmanager
async def by_session(server: Emulator) -> AsyncIterator[Judge]:
    async with (
        _connected(server) as connection,
        AsyncResponsesWebSocketSession(connection, limits=LIMITS) as session,
    ):
        yield Session(session)


Summon = Callable[[Emulator], AbstractAsyncContextManager[Judge]]
