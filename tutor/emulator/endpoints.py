"""The service's HTTP paths: the same rules as over the socket, without its memory.

A response over HTTP has a connection of its own, so that it can continue stored responses only.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from tutor.emulator import errors, http
from tutor.emulator.compaction import compact, retained
from tutor.emulator.delivery import Delivery, Shared
from tutor.emulator.errors import Frame, Refusal
from tutor.emulator.http import HTTPRequest, HTTPResponse
from tutor.emulator.http_connection import HTTPConnection
from tutor.emulator.http_sinks import EventStream, JSONDocument, error_response
from tutor.emulator.log import Exchange, exchange
from tutor.emulator.protocol import Refused, ResponsesProtocol, Started, decode
from tutor.emulator.resource import read_tokens, usage
from tutor.emulator.websocket import new_id

RESPONSES: Final = "/v1/responses"
MODELS: Final = "/v1/models"

# What a client may offer its users; every other name is taken as well.
KNOWN_MODELS: Final = ("gpt-6-astra", "gpt-6.1-sol", "gpt-6-luna", "gpt-5.6-sol")
MODELS_CREATED: Final = 1_780_000_000

# Fields of the socket's requests that HTTP does not have.
SOCKET_ONLY: Final = ("type", "stream_id", "generate")


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
        entry = self._logged(request, frame if body is not None else None, number)
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
        sink = EventStream(connection) if frame.get("stream") else JSONDocument(connection)
        outcome = "abandoned"
        try:
            outcome = await Delivery(self.shared, core, sink, begun.generation, entry).run()
            await sink.finish()
        finally:
            self.shared.request_log.close(entry, outcome)

    def _refuse(
        self, connection: HTTPConnection, entry: Exchange, error: Frame, code: str | None
    ) -> None:
        self.shared.request_log.close(entry, code or "invalid_request")
        connection.write(error_response(error))

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
        entry = self._logged(request, body, number)
        answered = errors.NO_JSON if body is None else answer(body)
        if isinstance(answered, Refusal):
            self.shared.request_log.close(entry, answered.code or "invalid_request")
            return error_response(answered.frame())
        self.shared.request_log.close(entry, "completed")
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

    def _core(self) -> ResponsesProtocol:
        # That a stream is not asked for is a rule of the socket.
        settings = replace(self.shared.settings, strict_openresponses=False)
        return ResponsesProtocol(new_id, self.shared.stored, lambda: settings)

    def _logged(self, request: HTTPRequest, frame: Frame | None, number: int) -> Exchange:
        kind = f"{request.method} {request.path}"
        entry = exchange(frame, len(request.body), number, self.shared.clock.now(), kind=kind)
        self.shared.request_log.record(entry)
        return entry


def _check(body: Frame | None) -> Refusal | None:
    if body is None:
        return errors.NO_JSON
    found = [name for name in SOCKET_ONLY if name in body]
    return errors.unknown_parameter(found[0]) if found else None


def _not_stored(path: str) -> HTTPResponse:
    response_id = path.removeprefix(f"{RESPONSES}/")
    return http.problem(HTTPStatus.NOT_FOUND, f"Response with id '{response_id}' not found.")


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": MODELS_CREATED, "owned_by": "emulator"}
