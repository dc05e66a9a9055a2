"""A dialogue whose every turn has the same length, and the two ways to hold it.

The model obeys what the student says: `00 calls …` is answered at once, `20 calls …` after twenty
calls of the tool, one response each. It says a word before its first call, as the real one does.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from unittest import mock

from openai import AsyncOpenAI, AsyncStream
from openai.types.responses import Response, ResponseStreamEvent

from tutor.emulator import Call, Output, Request, Say
from tutor.method import prompts
from tutor.method.tools import RUN
from tutor.protocol.calls import Payload
from tutor.protocol.events import Event, ModelFailed, ModelFinished, ModelReachable, ModelSpoke
from tutor.turn import history
from tutor.upstream.connection import Connection
from tutor.upstream.request import PendingRequest
from tutor.upstream.upstream import Upstream

PROGRAM = "def kilometres(days):\n    return sum(range(1, days))\n\n\nprint(kilometres(3))\n"
# As the model is told of it.
HELD = prompts.program(PROGRAM, {}, "python")
REPORT = json.dumps(
    {
        "status": "ok",
        "exit_code": 0,
        "stdout": "3\n",
        "stderr": "",
        "duration_ms": 31,
        "message": "",
    }
)
ANSWER = "It printed `3`. Which numbers does `range(1, 3)` give, one by one? Say them aloud. " * 3
ASIDE = "Let me run your program. What do you expect it to print?"
# As long as the instructions of a lesson of the sample course.
INSTRUCTIONS = "Ask, do not tell. One question at a time about what the program does. " * 65
FIELDS = prompts.request_fields(
    model="gpt-6-astra", instructions=INSTRUCTIONS, student_hash="0" * 64, cache_key="course/lesson"
)
PATIENCE_S = 60


class DialogueBroke(Exception):
    """The model did not answer."""


@dataclass(frozen=True)
class Turn:
    """One turn: bytes sent upstream in all its requests, and milliseconds from its beginning."""

    bytes: int
    first_ms: float
    whole_ms: float


class Way(Protocol):
    """One way to ask: the events of an answer, and how many bytes the question took."""

    async def ask(self, items: Sequence[Payload]) -> tuple[tuple[Payload, ...], float]:
        """The answer's items, and when its first text came (time.monotonic; 0: there was none)."""

    def sent(self) -> int:
        """Bytes sent so far, headers and frames around them not counted."""


def model(request: Request) -> list[Output]:
    """Call the tool as often as the student's last message says, then answer."""
    done = 0
    for item in reversed(request.items):
        if item.get("role") == "user":
            wanted = int(item["content"][0]["text"][:2])
            break
        done += item["type"] == "function_call_output"
    else:
        return [Say(ANSWER)]
    if done == wanted:
        return [Say(ANSWER)]
    arguments = json.dumps({"code": PROGRAM, "stdin": ""})
    call = Call(RUN, arguments)
    return [call] if done else [Say(ASIDE, phase="commentary"), call]


async def hold(way: Way, items: list[Payload], calls: int) -> Turn:
    """One turn with so many calls; `items`, the dialogue so far, grows by it."""
    before, begun, first = way.sent(), time.monotonic(), 0.0
    items.append(prompts.student_message(f"{calls:02} calls, please. Why is it wrong?", HELD))
    while True:
        answer, spoke = await way.ask(items)
        first = first or spoke
        items.extend(answer)
        step = history.next_step(items)
        if not isinstance(step, history.RunCalls):
            break
        ids = [items[place]["call_id"] for place in step.places]
        items += [
            {"type": "function_call_output", "call_id": call_id, "output": REPORT}
            for call_id in ids
        ]
    whole = time.monotonic() - begun
    return Turn(way.sent() - before, (first - begun) * 1000, whole * 1000)


class Socket:
    """Our own way: one warm socket, only what is new."""

    def __init__(self) -> None:
        self._items: Sequence[Payload] = ()
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._upstream = Upstream(FIELDS, self, self._events.put, self._take)
        self._sent = 0
        self._requests = 0
        # Keeps the socket open; None before `open`.
        self._running: asyncio.Task[None] | None = None
        frame = Connection._frame

        def counted(connection: Connection, request: PendingRequest, *, generate: bool) -> bytes:
            made = frame(connection, request, generate=generate)
            self._sent += len(made)
            return made

        self._counting = mock.patch.object(Connection, "_frame", counted)

    async def open(self, items: Sequence[Payload]) -> None:
        """Open the socket and warm it up with the dialogue so far."""
        self._items = items
        self._counting.start()
        self._running = asyncio.create_task(self._upstream.run())
        while not await self._next(ModelReachable):
            pass

    def _take(self, spoke: ModelSpoke) -> bool:
        self._events.put_nowait(spoke)
        return True

    def sent(self) -> int:
        """Bytes of all frames so far."""
        return self._sent

    async def close(self) -> None:
        """Close the socket."""
        if self._running:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._counting.stop()

    async def ask(self, items: Sequence[Payload]) -> tuple[tuple[Payload, ...], float]:
        """Ask over the socket."""
        self._items = items
        self._requests += 1
        asking = asyncio.create_task(self._upstream.ask(self._requests))
        first = 0.0
        while True:
            match await self._next(ModelSpoke, ModelFinished):
                case ModelSpoke():
                    first = first or time.monotonic()
                case ModelFinished(items=answer):
                    await asking
                    return answer, first

    async def payloads(self) -> list[Payload]:
        """The dialogue, as Upstream reads it."""
        return list(self._items)

    async def compact(self, *_: object) -> bool:
        """Nothing is ever compacted here."""
        return False

    async def omit_sealed(self) -> bool:
        """Nothing is sealed here."""
        return False

    async def _next(self, *kinds: type[Event]) -> Event:
        async with asyncio.timeout(PATIENCE_S):
            event = await self._events.get()
            while not isinstance(event, kinds):
                if isinstance(event, ModelFailed):
                    raise DialogueBroke(str(event))
                event = await self._events.get()
            return event


@asynccontextmanager
async def warm_socket(items: Sequence[Payload]) -> AsyncIterator[Socket]:
    """A socket that was warmed up with `items`, for the length of a block."""
    socket = Socket()
    try:
        await socket.open(items)
        yield socket
    finally:
        await socket.close()


class Http:
    """The usual way: one POST for each question, with everything in it, answered as SSE.

    With `plain` the SDK gets the body as it is; otherwise it walks through the whole input first,
    to translate what a caller may have given it in Python's own types.
    """

    def __init__(self, base_url: str, *, plain: bool = False) -> None:
        self._client = AsyncOpenAI(base_url=base_url, api_key="any", max_retries=0)
        self._plain = plain
        self._bytes = 0

    def sent(self) -> int:
        """Bytes of all bodies so far."""
        return self._bytes

    async def close(self) -> None:
        """Close the kept connection."""
        await self._client.close()

    async def ask(self, items: Sequence[Payload]) -> tuple[tuple[Payload, ...], float]:
        """Ask with the whole dialogue."""
        self._bytes += body_bytes(items)
        first, answer = 0.0, None
        async for event in await self._post(items):
            match event.type:
                case "response.output_text.delta":
                    first = first or time.monotonic()
                case "response.completed":
                    answer = event.response.output
        if answer is None:
            raise DialogueBroke("no response.completed")
        return tuple(item.model_dump(exclude_none=True) for item in answer), first

    async def _post(self, items: Sequence[Payload]) -> AsyncStream[ResponseStreamEvent]:
        fields: Any = {**FIELDS, "input": list(items)}
        if not self._plain:
            answer: AsyncStream[ResponseStreamEvent]
            answer = await self._client.responses.create(**fields, stream=True)
            return answer
        return await self._client.post(
            "/responses",
            body=fields | {"stream": True},
            cast_to=Response,
            stream=True,
            stream_cls=AsyncStream[ResponseStreamEvent],
        )


def body_bytes(items: Sequence[Payload]) -> int:
    """The size of a POST with full input, as the SDK writes it."""
    body = {**FIELDS, "input": list(items), "stream": True}
    return len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
