"""The two forms of a response over HTTP: a stream of events, or one document at its end."""

from http import HTTPStatus
from typing import Final

from tutor.emulator import http
from tutor.emulator.delivery import TERMINAL
from tutor.emulator.errors import Frame
from tutor.emulator.faults import UNSENDABLE_CODES
from tutor.emulator.http import HTTPResponse
from tutor.emulator.http_connection import HTTPConnection
from tutor.emulator.websocket import encode

# The status of a document in the place of a failed response; 400 for other codes.
STATUSES: Final = {"server_error": 500, "rate_limit_exceeded": 429, "vector_store_timeout": 504}


class EventStream:
    """A response as server-sent events; an error before the first one is an HTTP error."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        # True once the head of the stream is out.
        self._begun = False
        # True once it has ended, or nobody listens any more.
        self._over = False

    async def send(self, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "error" and not self._begun:
            self._connection.write(error_response(frame))
            self._over = True
            return
        if not self._begun:
            self._connection.begin_stream()
            self._begun = True
        if kind == "error" and "error" in frame:
            frame = _flat(frame)
        await self._connection.write_chunk(f"event: {kind}\ndata: {encode(frame)}\n\n".encode())

    async def cut(self, code: int) -> None:
        self._over = True
        _cut(self._connection, code)

    async def reach_limit(self, *, error: bool) -> None:
        # Only sockets have a limit; what a stream can do is end.
        del error
        await self.cut(1000)

    def stall(self) -> None:
        """A stream has no pings: silence is all there is."""

    async def finish(self) -> None:
        if self._begun and not self._over:
            self._connection.end_stream()


class JSONDocument:
    """A response as one JSON document, once it has ended."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        # The document, or the error; None until it is known.
        self._answer: HTTPResponse | None = None

    async def send(self, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "error":
            self._answer = error_response(frame)
        elif kind == "response.failed":
            error = frame["response"]["error"]
            status = STATUSES.get(error["code"], 400)
            self._answer = http.problem(status, error["message"], error["code"])
        elif kind in TERMINAL or kind == "response.done":
            self._answer = http.reply(HTTPStatus.OK, frame["response"])

    async def cut(self, code: int) -> None:
        self._answer = None
        _cut(self._connection, code)

    async def reach_limit(self, *, error: bool) -> None:
        del error
        await self.cut(1000)

    def stall(self) -> None:
        """A stream has no pings: silence is all there is."""

    async def finish(self) -> None:
        if self._answer:
            self._connection.write(self._answer)


def error_response(frame: Frame) -> HTTPResponse:
    """The HTTP form of an `error` event; without a status it is an overload."""
    error = frame.get("error") or frame
    status = frame.get("status") or frame.get("status_code") or HTTPStatus.SERVICE_UNAVAILABLE
    headers = frame.get("headers") or error.get("headers") or {}
    document = {name: error.get(name) for name in ("message", "type", "param", "code")}
    return http.reply(int(status), {"error": document}, headers)


def _flat(frame: Frame) -> Frame:
    """An `error` event as it stands in a stream."""
    error = frame["error"]
    flat = {name: error[name] for name in ("code", "message", "param")}
    return {"type": "error", **flat, "sequence_number": frame.get("sequence_number", 0)}


def _cut(connection: HTTPConnection, code: int) -> None:
    if code in UNSENDABLE_CODES:
        connection.transport.abort()
    else:
        connection.transport.close()
