"""One request to the server, over a WebSocket or over HTTP, and what came of it. Never raises for
what a server or a network does; every wait has an end.
"""

import asyncio
import contextlib
import json
import re
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, Protocol

from openai import APIConnectionError, APIStatusError, AsyncOpenAI, OpenAIError
from openai.resources.responses.responses import AsyncResponsesConnection
from websockets.exceptions import InvalidStatus, WebSocketException

from tutor.protocol.calls import Payload
from tutor.upstream import http
from tutor.upstream.request import PendingRequest
from tutor.upstream.sansio import parse
from tutor.upstream.sansio.causes import KEY_REFUSED
from tutor.upstream.transport import CONNECTION_OPTIONS

# So much of a server's own words is shown.
MAX_WORDS: Final = 200
ENDLESS: Final = "the answer had begun, and was not at its end in time"
# What a socket, its handshake, a name that does not resolve, or an address that is none, may raise.
FAULTS: Final = (OSError, WebSocketException, OpenAIError, ValueError)


class Kind(Enum):
    """Why there is no answer."""

    UNREACHABLE = auto()
    KEY_REFUSED = auto()
    NOT_THERE = auto()  # no such endpoint, or no such model
    TIMEOUT = auto()
    BROKEN = auto()  # the connection ended before the answer
    REFUSED = auto()


@dataclass(frozen=True)
class Failure:
    """There is no answer; `words` are the server's or the network's."""

    kind: Kind
    words: str

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Answer:
    """What came of a request: the response, or a failure."""

    result: parse.ResponseDone | Failure
    seconds: float
    # From the request to the first piece of the text; None if there was none.
    first_word_s: float | None = None

    @property
    def text(self) -> str:
        """All that was said."""
        if isinstance(self.result, Failure):
            return ""
        parts = [part for item in self.result.items for part in item.get("content") or []]
        return " ".join(str(part.get("text") or "") for part in parts if isinstance(part, dict))


class Way(Protocol):
    """One of the two ways. `chains`: whether a request may tell only what is new."""

    chains: bool

    def events(self, body: Payload) -> AsyncGenerator[bytes, None]: ...


class SocketWay:
    """Over an open WebSocket."""

    chains = True

    def __init__(self, opened: AsyncResponsesConnection) -> None:
        self._opened = opened

    async def events(self, body: Payload) -> AsyncGenerator[bytes, None]:
        await self.send({"type": "response.create", **body})
        while True:
            yield await self._opened.recv_bytes()

    async def send(self, frame: Payload) -> None:
        await self._opened.send_raw(json.dumps(frame))


class HttpWay:
    """A request each over HTTP, answered by a stream of events."""

    chains = False

    def __init__(self, client: AsyncOpenAI) -> None:
        self._client = client

    async def events(self, body: Payload) -> AsyncGenerator[bytes, None]:
        create = self._client.responses.with_streaming_response.create
        extra: Any = body
        async with create(stream=True, extra_body=extra) as response:
            async for event in http.data(response.iter_bytes()):
                yield event


@contextlib.asynccontextmanager
async def open_socket(client: AsyncOpenAI, within_s: float) -> AsyncIterator[SocketWay | Failure]:
    """A WebSocket to the server for the length of a block, or why there is none."""
    options: Any = {**CONNECTION_OPTIONS, "open_timeout": within_s}
    async with contextlib.AsyncExitStack() as stack:
        way: SocketWay | Failure
        try:
            async with asyncio.timeout(within_s):
                connect = client.responses.connect(websocket_connection_options=options)
                way = SocketWay(await stack.enter_async_context(connect))
        except (*FAULTS, TimeoutError) as error:
            way = failure_of(error)
        yield way


async def ask(way: Way, body: Payload, within_s: float) -> Answer:
    """Send the request and wait for the end of the response."""
    began = time.monotonic()
    first: float | None = None
    request = PendingRequest([], has_own_stream=True)
    said = b""
    try:
        async with (
            asyncio.timeout(within_s),
            contextlib.aclosing(way.events(body)) as events,
        ):
            async for said in events:
                event = parse.parse_event(said)
                if event is None or isinstance(event, parse.UnknownEvent):
                    continue
                if isinstance(event, parse.TextDelta) and first is None:
                    first = time.monotonic() - began
                await request.receive(event)
                if request.outcome.done():
                    break
    except TimeoutError as error:
        failure = failure_of(error) if first is None else Failure(Kind.TIMEOUT, ENDLESS)
        return Answer(failure, time.monotonic() - began, first)
    except FAULTS as error:
        return Answer(failure_of(error), time.monotonic() - began, first)
    return Answer(_result(request, said), time.monotonic() - began, first)


def _result(request: PendingRequest, said: bytes) -> parse.ResponseDone | Failure:
    if not request.outcome.done():
        return Failure(Kind.BROKEN, "the connection ended in the middle of the answer")
    outcome = request.outcome.result()
    if isinstance(outcome, parse.ResponseDone):
        return outcome
    return Failure(
        _kind(0, outcome.code, said.decode(errors="replace")), _words(said, outcome.code)
    )


def failure_of(error: BaseException) -> Failure:
    """What an exception of the network's or the SDK's stands for."""
    match error:
        case InvalidStatus():
            status = error.response.status_code
            return Failure(_kind(status), f"the handshake was refused with {status}")
        case APIStatusError():
            body = json.dumps(error.body) if error.body else ""
            words = _words(body.encode(), "")
            kind = _kind(error.status_code, body=body)
            return Failure(kind, f"refused with {error.status_code}{words and ': '}{words}")
        case TimeoutError():
            return Failure(Kind.TIMEOUT, "nothing came in time")
        case APIConnectionError() if error.__cause__ is not None:
            return Failure(Kind.UNREACHABLE, _reason(error.__cause__))
        case ssl.SSLError() | OSError() | APIConnectionError():
            return Failure(Kind.UNREACHABLE, _reason(error))
        case WebSocketException() | OpenAIError():
            return Failure(Kind.BROKEN, _reason(error))
        case _:
            return Failure(Kind.UNREACHABLE, f"the address is none: {_short(str(error))}")


def _kind(status: int, code: str = "", body: str = "") -> Kind:
    if status in KEY_REFUSED or re.search(r"invalid_api_key|unauthori[sz]ed", f"{code} {body}"):
        return Kind.KEY_REFUSED
    if status in http.NOT_THERE or re.search(
        r"model_not_found|invalid model", f"{code} {body}", re.IGNORECASE
    ):
        return Kind.NOT_THERE
    return Kind.REFUSED


def _words(raw: bytes, code: str) -> str:
    """What a server says of a refusal: the text of its error, and the code before it."""
    try:
        event = json.loads(raw)
        error = event.get("error") or (event.get("response") or {}).get("error") or event
        text = (
            error.get("message") or error.get("detail") or "" if isinstance(error, dict) else error
        )
        code = (
            str(error.get("code") or error.get("type") or code) if isinstance(error, dict) else code
        )
    except (ValueError, AttributeError):
        text = raw.decode(errors="replace")
    return _short(": ".join(filter(None, (code, str(text)))))


def _reason(error: BaseException) -> str:
    return _short(str(error) or type(error).__name__)


def _short(text: str) -> str:
    text = " ".join(text.split())
    printable = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
    return printable if len(printable) <= MAX_WORDS else printable[:MAX_WORDS] + "…"
