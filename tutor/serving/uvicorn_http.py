"""uvicorn's HTTP, bounded while it is read."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from tutor.database import in_database
from tutor.identity.visitor import may_upload
from tutor.serving import bounds

Message = dict[str, Any]
_waiting: Final = bounds.WaitingConnections()


class Connection(H11Protocol):
    """One connection: a deadline for each request, whole; uvicorn has none."""

    # When the request began (loop.time()), and the bytes that have come of it.
    _began = 0.0
    _bytes = 0
    # Of a request that is answered already, the bytes that came all the same.
    _surplus = 0
    # Runs out when the request must be complete; None while one is being answered.
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            line = transport.get_extra_info("socket")
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, bounds.UNREAD_S * 1000)
        self._begin()

    def data_received(self, data: bytes) -> None:
        """Something has come."""
        self._bytes += len(data)
        if self.cycle and self.cycle.response_complete and self.conn.their_state is h11.SEND_BODY:
            self._surplus += len(data)
            if self._surplus > bounds.MAX_SURPLUS_BYTES:
                self.transport.abort()
                return
        super().data_received(data)
        if not self._awaits_request:
            self._end()

    def on_response_complete(self) -> None:
        """A request is answered, perhaps before all of it has come."""
        super().on_response_complete()
        if self._timer is None and self._awaits_request and not self.transport.is_closing():
            self._begin()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """From here on it is a socket."""
        self._end()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._end()
        super().connection_lost(exc)

    @property
    def _awaits_request(self) -> bool:
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    def _begin(self) -> None:
        self._began, self._bytes, self._surplus = self.loop.time(), 0, 0
        self._timer = self.loop.call_later(bounds.GRACE_S, self._on_timer)
        _waiting.add(self, self.transport.abort)

    def _end(self) -> None:
        _waiting.remove(self)
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _on_timer(self) -> None:
        at, now = bounds.deadline(self._began, self._bytes), self.loop.time()
        if self.transport.get_write_buffer_size():  # the answer before is still being read
            at = now + bounds.GRACE_S
        if at > now:
            self._timer = self.loop.call_at(at, self._on_timer)
        else:
            self._timer = None
            self.transport.abort()


class BodyLimit:
    """Before the application: a request is refused as soon as it is known to be too large."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """An ASGI application."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        body = _Body(scope, receive, send)
        if await body.may_have(_content_length(scope)):
            await self._application(scope, body.receive, send)
        else:
            await body.refuse()


class _Body:
    """The body of one request."""

    def __init__(self, scope: Any, receive: Callable[[], Awaitable[Message]], send: Any) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        # The bytes that have come, and those that may.
        self._bytes = 0
        self._most = bounds.MAX_BODY_BYTES

    async def receive(self) -> Message:
        """For the application. Of a request that is too large it hears that the client is gone."""
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if await self.may_have(self._bytes):
            return message
        await self.refuse()
        return {"type": "http.disconnect"}

    async def may_have(self, length: int) -> bool:
        """False if so many bytes are too many. May ask the database."""
        most = bounds.most_body_bytes(self._scope["path"])
        if self._most < length <= most:
            named = (value for name, value in self._scope["headers"] if name == b"cookie")
            if await in_database(may_upload, b"; ".join(named).decode("latin1")):
                self._most = most
        return length <= self._most

    async def refuse(self) -> None:
        """Answer that the request is too large."""
        headers = [(b"content-type", b"text/plain")]
        headers.append((b"content-length", str(len(bounds.TOO_LARGE)).encode()))
        await self._send({"type": "http.response.start", "status": 413, "headers": headers})
        await self._send({"type": "http.response.body", "body": bounds.TOO_LARGE})


def _content_length(scope: Any) -> int:
    for name, value in cast("list[tuple[bytes, bytes]]", scope["headers"]):
        if name == b"content-length":
            with contextlib.suppress(ValueError):
                return int(value)
    return 0
