"""The service's HTTP paths: the same rules as over the socket, without its memory.

A response over HTTP has a connection of its own, so that it can continue stored responses only.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from tutor.emulator import errors, http
from tutor.emulator.client import encode, new_id
from tutor.emulator.compaction import compact, retained
from tutor.emulator.delivery import TERMINAL, Delivery, Shared
from tutor.emulator.errors import Frame, Refusal
from tutor.emulator.faults import UNSENDABLE_CODES
from tutor.emulator.http import HTTPRequest, HTTPResponse
from tutor.emulator.http_connection import HTTPConnection
from tutor.emulator.log import Exchange, exchange
from tutor.emulator.protocol import Connection, Refused, Started, decode
from tutor.emulator.resource import read_tokens, usage

RESPONSES: Final = "/v1/responses"
MODELS: Final = "/v1/models"

# What a client may offer its users; every other name is taken as well.
KNOWN_MODELS: Final = ("gpt-6-astra", "gpt-6.1-sol", "gpt-6-luna", "gpt-5.6-sol")
MODELS_CREATED: Final = 1_780_000_000

# Fields of the socket's requests that HTTP does not have.
SOCKET_ONLY: Final = ("type", "stream_id", "generate")

# What a failed response is over HTTP, where it is not a stream; 400 for other codes.
STATUSES: Final = {"server_error": 500, "rate_limit_exceeded": 429, "vector_store_timeout": 504}


class Endpoints:
    """Answers requests that open no socket."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def get(self, request: HTTPRequest) -> HTTPResponse:
        path = request.path
        if path == MODELS:
            models = [_model(name) for name in KNOWN_MODELS]
            return http.reply(HTTPStatus.OK, {"object": "list", "data": models})
        if path.startswith(f"{MODELS}/"):
            return http.reply(HTTPStatus.OK, _model(path.removeprefix(f"{MODELS}/")))
        if path.startswith(f"{RESPONSES}/"):
            found = self.shared.stored.get(path.removeprefix(f"{RESPONSES}/"))
            if found:
                return http.reply(HTTPStatus.OK, found.resource)
            return _not_stored(path)
        return http.unknown_path(request)

    async def answer(self, request: HTTPRequest, connection: HTTPConnection, number: int) -> None:
        refused = self.shared.faults.for_request()
        if refused:
            message = "The emulator was told to refuse this request."
            connection.write(http.problem(refused, message, headers={"Retry-After": "1"}))
            return
        match (request.method, request.path):
            case ("POST", "/v1/responses"):
                await self._respond(request, connection, number)
            case ("POST", "/v1/responses/compact"):
                await asyncio.sleep(self.shared.pace.first_token_s)
                connection.write(self._read(request, number, self._compact))
            case ("POST", "/v1/responses/input_tokens"):
                connection.write(self._read(request, number, self._count))
            case ("DELETE", path) if path.startswith(f"{RESPONSES}/"):
                connection.write(self._delete(path))
            case _:
                connection.write(http.unknown_path(request))

    # Responses

    async def _respond(self, request: HTTPRequest, connection: HTTPConnection, number: int) -> None:
        body = decode(request.body.decode("utf-8", "replace"))
        wrong = _check(body)
        frame = {**(body or {}), "type": "response.create"}
        entry = self._asked(request, frame if body is not None else None, number)
        if wrong:
            self._refuse(connection, entry, wrong.frame(), wrong.code)
            return
        core = self._core()
        core.receive(frame, entry)
        (begun,) = core.begin(self.shared.clock.now())
        if isinstance(begun, Refused):
            self._refuse(connection, entry, begun.frame, begun.code)
            return
        assert isinstance(begun, Started)
        entry.response_id = begun.generation.id
        sink = Stream(connection) if frame.get("stream") else Whole(connection)
        outcome = "abandoned"
        try:
            outcome = await Delivery(self.shared, core, sink, begun.generation, entry).run()
            await sink.finish()
        finally:
            self.shared.journal.ended(entry, outcome)

    def _refuse(
        self, connection: HTTPConnection, entry: Exchange, error: Frame, code: str | None
    ) -> None:
        self.shared.journal.ended(entry, code or "invalid_request")
        connection.write(_problem(error))

    def _delete(self, path: str) -> HTTPResponse:
        response_id = path.removeprefix(f"{RESPONSES}/")
        if self.shared.stored.pop(response_id, None) is None:
            return _not_stored(path)
        deleted = {"id": response_id, "object": "response", "deleted": True}
        return http.reply(HTTPStatus.OK, deleted)

    # Compaction and counting

    def _read(
        self, request: HTTPRequest, number: int, answer: Callable[[Frame], Frame | Refusal]
    ) -> HTTPResponse:
        """Answer a request that no response comes of."""
        body = decode(request.body.decode("utf-8", "replace"))
        entry = self._asked(request, body, number)
        answered = errors.NO_JSON if body is None else answer(body)
        if isinstance(answered, Refusal):
            self.shared.journal.ended(entry, answered.code or "invalid_request")
            return _problem(answered.frame())
        self.shared.journal.ended(entry, "completed")
        return http.reply(HTTPStatus.OK, answered)

    def _compact(self, body: Frame) -> Frame | Refusal:
        found = self._core().look_up(body | {"generate": False})
        if isinstance(found, Refusal):
            return found
        create, chain = found
        items = chain.items + create.input
        if not items:
            return errors.missing("input")
        compaction = compact(items, new_id("cmp"))
        return {
            "id": new_id("resp"),
            "object": "response.compaction",
            "created_at": int(self.shared.clock.now()),
            "output": [*retained(items, new_id), compaction],
            "usage": usage(create, chain.items, [compaction]),
        }

    def _count(self, body: Frame) -> Frame | Refusal:
        model = body.get("model") or KNOWN_MODELS[0]
        found = self._core().look_up(body | {"generate": False, "model": model})
        if isinstance(found, Refusal):
            return found
        create, chain = found
        return {"object": "response.input_tokens", "input_tokens": read_tokens(create, chain.items)}

    def _core(self) -> Connection:
        # That a stream is not asked for is a rule of the socket.
        settings = replace(self.shared.settings, strict_openresponses=False)
        return Connection(new_id, self.shared.stored, lambda: settings)

    def _asked(self, request: HTTPRequest, frame: Frame | None, number: int) -> Exchange:
        kind = f"{request.method} {request.path}"
        entry = exchange(frame, len(request.body), number, self.shared.clock.now(), kind=kind)
        self.shared.journal.asked(entry)
        return entry


class Stream:
    """A response as server-sent events; an error before the first one is an HTTP error."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        # Whether the head of the stream is out.
        self._begun = False
        # Whether it has ended, or nobody listens any more.
        self._over = False

    async def send(self, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "error" and not self._begun:
            self._connection.write(_problem(frame))
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

    async def end_of_time(self, *, error: bool) -> None:
        # Only sockets have a limit; what a stream can do is end.
        del error
        await self.cut(1000)

    def stall(self) -> None:
        """A stream has no pings: silence is all there is."""

    async def finish(self) -> None:
        if self._begun and not self._over:
            self._connection.end_stream()


class Whole:
    """A response as one JSON document, once it has ended."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        # The document, or the error; None until it is known.
        self._answer: HTTPResponse | None = None

    async def send(self, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "error":
            self._answer = _problem(frame)
        elif kind == "response.failed":
            error = frame["response"]["error"]
            status = STATUSES.get(error["code"], 400)
            self._answer = http.problem(status, error["message"], error["code"])
        elif kind in TERMINAL or kind == "response.done":
            self._answer = http.reply(HTTPStatus.OK, frame["response"])

    async def cut(self, code: int) -> None:
        self._answer = None
        _cut(self._connection, code)

    async def end_of_time(self, *, error: bool) -> None:
        del error
        await self.cut(1000)

    def stall(self) -> None:
        """A stream has no pings: silence is all there is."""

    async def finish(self) -> None:
        if self._answer:
            self._connection.write(self._answer)


def _check(body: Frame | None) -> Refusal | None:
    if body is None:
        return errors.NO_JSON
    found = [name for name in SOCKET_ONLY if name in body]
    return errors.unknown_parameter(found[0]) if found else None


def _problem(frame: Frame) -> HTTPResponse:
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


def _not_stored(path: str) -> HTTPResponse:
    response_id = path.removeprefix(f"{RESPONSES}/")
    return http.problem(HTTPStatus.NOT_FOUND, f"Response with id '{response_id}' not found.")


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": MODELS_CREATED, "owned_by": "emulator"}
