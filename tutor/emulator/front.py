"""The HTTP side of the one port: what is not a WebSocket. `websockets` itself reads only GET."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

MAX_HEAD_BYTES: Final = 64 * 1024
MAX_BODY_BYTES: Final = 1024 * 1024


@dataclass(frozen=True)
class Post:
    """A request with a body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def reply(status: int, document: Any) -> Response:
    """A whole JSON response, after which the socket closes."""
    body = json.dumps(document).encode()
    headers = Headers()
    headers["Content-Type"] = "application/json"
    headers["Content-Length"] = str(len(body))
    headers["Connection"] = "close"
    return Response(status, HTTPStatus(status).phrase, headers, body)


def problem(status: int, message: str, code: str | None = None) -> Response:
    """An error in the form the service gives it over HTTP."""
    kind = "invalid_request_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    error = {"message": message, "type": kind, "param": None, "code": code}
    return reply(status, {"error": error})


def path_of(request: Request) -> str:
    """The path without its query, which is ignored everywhere."""
    return request.path.partition("?")[0]


def bearer(headers: Headers) -> str:
    """The key in `Authorization`, or an empty text."""
    scheme, _, key = headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


class Front(ServerConnection):
    """A connection whose first bytes decide: GET goes on to `websockets`, the rest to `answer`."""

    # Set by the emulator on a subclass of its own: what answers a request with a body.
    answer: Callable[[Post], Awaitable[Response]]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # What has come in before it is decided whose it is; None afterwards.
        self._head: bytearray | None = bytearray()
        # The request, or the refusal, of a connection that is not websockets' own.
        self._post: asyncio.Future[Post | Response] = self.loop.create_future()

    def data_received(self, data: bytes) -> None:
        if self._head is None:
            super().data_received(data)
            return
        self._head += data
        if self._head.startswith(b"GET "):
            buffered, self._head = bytes(self._head), None
            super().data_received(buffered)
        elif len(self._head) >= len(b"GET ") and not self._post.done():
            parsed = parse_post(bytes(self._head))
            if parsed:
                self._post.set_result(parsed)

    async def handshake(self, *args: Any, **options: Any) -> None:
        first: list[asyncio.Future[Any]]
        first = [self._post, self.request_rcvd, self.connection_lost_waiter]
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        if not self._post.done():
            await super().handshake(*args, **options)
            return
        post = self._post.result()
        response = post if isinstance(post, Response) else await type(self).answer(post)
        self.transport.write(response.serialize())
        self.transport.close()
        await asyncio.shield(self.connection_lost_waiter)


def parse_post(data: bytes) -> Post | Response | None:
    """The request in these bytes, None while it is incomplete, or the refusal it deserves."""
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        too_long = len(data) > MAX_HEAD_BYTES
        return problem(431, "The request's headers are too long.") if too_long else None
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
        return None
    return Post(method, path.partition("?")[0], headers, body[: int(length)])
