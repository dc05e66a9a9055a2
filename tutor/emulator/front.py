"""The HTTP side of the one port: what is not a WebSocket. `websockets` itself reads only GET."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Response

NO_HEADERS: Final[Mapping[str, str]] = {}
MAX_HEAD_BYTES: Final = 64 * 1024
MAX_BODY_BYTES: Final = 32 * 1024 * 1024
# How long a connection may say nothing before it is a request.
OPEN_TIMEOUT_S: Final = 5
# How long it may say nothing between two requests.
KEEP_ALIVE_S: Final = 60


@dataclass(frozen=True)
class Post:
    """A request with a body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def reply(status: int, document: Any, headers: Mapping[str, str] = NO_HEADERS) -> Response:
    """A whole JSON response."""
    body = json.dumps(document).encode()
    whole = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return _response(status, {**whole, **headers}, body)


def stream() -> Response:
    """The head of a stream of server-sent events, which come in chunks."""
    headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
    return _response(HTTPStatus.OK, headers | {"Transfer-Encoding": "chunked"}, b"")


def _response(status: int, fields: Mapping[str, str], body: bytes) -> Response:
    headers = Headers({**fields, "Connection": "close"})
    return Response(status, HTTPStatus(status).phrase, headers, body)


def problem(
    status: int, message: str, code: str | None = None, headers: Mapping[str, str] = NO_HEADERS
) -> Response:
    """An error in the form the service gives it over HTTP."""
    kind = "invalid_request_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    error = {"message": message, "type": kind, "param": None, "code": code}
    return reply(status, {"error": error}, headers)


def unknown_path(method: str, path: str) -> Response:
    return problem(HTTPStatus.NOT_FOUND, f"Invalid URL ({method} {path})")


def no_key() -> Response:
    return problem(
        HTTPStatus.UNAUTHORIZED,
        "No API key, or not the right one, in the header 'Authorization: Bearer KEY'.",
        "invalid_api_key",
    )


def bearer(headers: Mapping[str, str]) -> str:
    """The key in `Authorization`, or an empty text."""
    value = headers.get("Authorization") or headers.get("authorization") or ""
    scheme, _, key = value.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


class Front(ServerConnection):
    """A connection whose first bytes decide: GET goes on to `websockets`, the rest to `answer`."""

    # Set by the emulator on a subclass of its own: what answers such a request, on this connection.
    answer: Callable[[Post, "Front"], Awaitable[None]]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # What has come in before it is decided whose it is; None afterwards.
        self._head: bytearray | None = bytearray()
        # Bytes without which it is no use to look again.
        self._needed = 0
        # Whether the connection stays for another request.
        self._keeps = False
        # The request, or the refusal, of a connection that is not websockets' own.
        self._post: asyncio.Future[Post | Response] = self.loop.create_future()

    def data_received(self, data: bytes) -> None:
        if self._head is None:
            super().data_received(data)
            return
        if self._post.done():
            return
        self._head += data
        if self._head.startswith(b"GET "):
            buffered, self._head = bytes(self._head), None
            super().data_received(buffered)
        elif len(self._head) >= max(len(b"GET "), self._needed):
            parsed = parse_post(bytes(self._head))
            if isinstance(parsed, int):
                self._needed = parsed
            else:
                self._post.set_result(parsed)
                self._head = bytearray()

    async def handshake(self, *args: Any, **options: Any) -> None:
        patience_s = OPEN_TIMEOUT_S
        while True:
            first: list[asyncio.Future[Any]]
            first = [self._post, self.request_rcvd, self.connection_lost_waiter]
            async with asyncio.timeout(patience_s):
                await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
                if not self._post.done():
                    await super().handshake(*args, **options)
                    return
            post = self._post.result()
            self._keeps = isinstance(post, Post) and post.headers.get("connection") != "close"
            await self._answer(post)
            if not self._keeps or self.transport.is_closing():
                break
            # The next request on the same connection.
            self._post, self._needed = self.loop.create_future(), 0
            patience_s = KEEP_ALIVE_S
        self.transport.close()
        await asyncio.shield(self.connection_lost_waiter)

    async def _answer(self, post: Post | Response) -> None:
        """Answer for as long as somebody listens."""
        if isinstance(post, Response):
            self.write(post)
            return
        answering = asyncio.ensure_future(type(self).answer(post, self))
        await asyncio.wait(
            [answering, self.connection_lost_waiter], return_when=asyncio.FIRST_COMPLETED
        )
        if not answering.done():
            answering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await answering

    # The answer

    def write(self, response: Response) -> None:
        """A whole response, or the head of a stream."""
        del response.headers["Connection"]
        response.headers["Connection"] = "keep-alive" if self._keeps else "close"
        self.transport.write(response.serialize())

    async def write_chunk(self, data: bytes) -> None:
        """One piece of a stream; an empty one ends it."""
        self.transport.write(b"%x\r\n%b\r\n" % (len(data), data))
        await self.drain()


def parse_post(data: bytes) -> Post | Response | int:
    """The request in these bytes, the refusal it deserves, or how many bytes it needs at least."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        too_long = len(data) > MAX_HEAD_BYTES
        return problem(431, "The request's headers are too long.") if too_long else 0
    first, *lines = head.decode("latin-1").split("\r\n")
    try:
        method, path, _version = first.split(" ")
    except ValueError:
        return problem(400, "This is not an HTTP request.")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdecimal():
        return problem(411, "A body needs a Content-Length.")
    if int(length) > MAX_BODY_BYTES:
        return problem(413, "The body is too large.")
    if len(body) < int(length):
        return len(head) + len(separator) + int(length)
    return Post(method, path.partition("?")[0], headers, body[: int(length)])
