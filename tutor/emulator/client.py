"""One client's connection: reads whatever happens, and gives every running response a task."""

import asyncio
import inspect
import json
import logging
import secrets
import time
from collections.abc import AsyncGenerator, Coroutine, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tutor.emulator import errors
from tutor.emulator.errors import Frame
from tutor.emulator.faults import UNSENDABLE_CODES, Fault, Faults
from tutor.emulator.generation import Generation
from tutor.emulator.log import Exchange, Journal, exchange
from tutor.emulator.model import Model, Output
from tutor.emulator.protocol import Chain, Connection, Refused, Started, decode

logger = logging.getLogger(__name__)

# Server frames outside the official list that clients have met and must ignore.
UNKNOWN_EVENTS: Final[tuple[Frame, ...]] = (
    {"type": "codex.rate_limits", "rate_limits": {"primary": {"used_percent": 3}}},
    {"type": "responsesapi.websocket_timing", "timing": {}},
    {"type": "response.not_invented_yet", "sequence_number": 0},
)


TERMINAL: Final = {"response.completed", "response.failed", "response.incomplete"}


@dataclass(frozen=True)
class Pace:
    """How fast the model seems to be. Zeros: as fast as the machine."""

    first_token_s: float = 0.0
    tokens_per_s: float = 0.0

    @property
    def token_s(self) -> float:
        return 1 / self.tokens_per_s if self.tokens_per_s else 0.0


@dataclass(frozen=True)
class Shared:
    """What all connections of one server have in common."""

    model: Model
    faults: Faults
    pace: Pace
    journal: Journal
    # Responses that were asked to be stored, by id.
    stored: dict[str, Chain]


class Client:
    """The far end of one socket. `run` lasts as long as it is open."""

    def __init__(self, shared: Shared, websocket: ServerConnection, number: int) -> None:
        self.shared = shared
        self.websocket = websocket
        self.number = number
        self.core = Connection(_new_id, shared.stored)
        # Running responses, and refusals on their way out.
        self._tasks: set[asyncio.Task[None]] = set()
        # Requests without an outcome yet.
        self._open: list[Exchange] = []

    async def run(self) -> None:
        try:
            async for message in self.websocket:
                self._receive(message)
        except ConnectionClosed:
            pass
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for entry in list(self._open):
                self._close(entry, "abandoned")

    # From the client

    def _receive(self, message: str | bytes) -> None:
        frame = decode(message)
        size = len(message.encode() if isinstance(message, str) else message)
        entry = exchange(frame, size, self.number, time.time())
        self._open.append(entry)
        self.shared.journal.asked(entry)
        received = self.core.receive(frame, tag=entry)
        if isinstance(received, Refused):
            self._refuse(received)
        self._begin()

    def _begin(self) -> None:
        for begun in self.core.begin(time.time()):
            match begun:
                case Refused():
                    self._refuse(begun)
                case Started(generation=generation, tag=entry):
                    entry.response_id = generation.id
                    self._spawn(self._respond(generation, entry))

    def _refuse(self, refused: Refused) -> None:
        self._close(refused.tag, refused.code)
        self._spawn(self._send(refused.frame))

    # To the client

    async def _respond(self, generation: Generation, entry: Exchange) -> None:
        """Send one response, as far as its fault allows, and make way for the next."""
        fault = self.shared.faults.for_response(warm_up=not generation.create.generate)
        if fault and fault.strikes_after == 0 and await self._strike(fault, generation, entry):
            return
        kind, sent = "", 0
        async with aclosing(self._frames(generation)) as frames:
            async for frame in frames:
                await self._send(frame)
                kind, sent = frame["type"], sent + 1
                due = fault and fault.strikes_after == sent
                # What has ended can't fail any more; its socket still can close.
                if not fault or not due or (kind in TERMINAL and fault.name != "close"):
                    continue
                if await self._strike(fault, generation, entry):
                    return
        self._finish(generation, entry, kind.removeprefix("response."))

    async def _frames(self, generation: Generation) -> AsyncGenerator[Frame, None]:
        """Every frame of a response, at the model's pace."""
        pace = self.shared.pace
        for frame in generation.opening():
            yield frame
        if generation.create.generate:
            try:
                outputs = await _ask(self.shared.model, generation)
            # A model is foreign code: its failure is an event. Its message may hold content.
            except Exception as error:  # noqa: BLE001
                logger.warning("The model function failed with %s.", type(error).__name__)
                yield self.core.fail(generation, "server_error", "The model function failed.")
                return
            await asyncio.sleep(pace.first_token_s)
            for output in outputs:
                for frame in generation.item(output):
                    yield frame
                    # Even without a pace the reader gets its turn.
                    await asyncio.sleep(pace.token_s if "delta" in frame else 0)
        yield self.core.complete(generation, time.time())

    async def _strike(self, fault: Fault, generation: Generation, entry: Exchange) -> bool:
        """Let the fault happen; whether the response ends by it."""
        core = self.core
        match fault.name:
            case "unknown_events":
                for frame in UNKNOWN_EVENTS:
                    await self._send(frame)
                return False
            case "silence":
                await self.websocket.wait_closed()
                return True
            case "close":
                self._close(entry, "closed")
                await self._cut(fault.close_code)
                return True
            case "failed":
                last = core.fail(generation, fault.code, "The emulator was told to fail.")
            case "incomplete":
                for frame in generation.cut_short():
                    await self._send(frame)
                last = core.incomplete(generation, fault.reason)
            case "overloaded":
                last = core.refuse(generation, errors.OVERLOADED)
            case "rate_limited":
                last = core.refuse(generation, errors.rate_limited(fault.retry_after_s))
        await self._send(last)
        code = last["error"]["code"] if "error" in last else fault.name
        self._finish(generation, entry, code)
        return True

    def _finish(self, generation: Generation, entry: Exchange, outcome: str) -> None:
        self._close(entry, outcome)
        self.core.release(generation)
        self._begin()

    async def _cut(self, code: int) -> None:
        if code in UNSENDABLE_CODES:
            self.websocket.transport.abort()
        else:
            await self.websocket.close(code, "The emulator was told to close.")

    async def _send(self, frame: Frame) -> None:
        await self.websocket.send(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))

    # Bookkeeping

    def _close(self, entry: Exchange, outcome: str) -> None:
        entry.outcome = outcome
        self._open.remove(entry)
        self.shared.journal.ended(entry)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error and not isinstance(error, ConnectionClosed):
            logger.error("A response broke off: %s.", type(error).__name__)
            self.websocket.transport.abort()


async def _ask(model: Model, generation: Generation) -> Iterable[Output]:
    answer = model(generation.request)
    return await answer if inspect.isawaitable(answer) else answer


def _new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(25)}"
