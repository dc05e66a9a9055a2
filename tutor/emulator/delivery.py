"""One response on its way to a client, at the model's pace and as far as its fault allows."""

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator, Awaitable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

from tutor.emulator import errors
from tutor.emulator.choice import bound
from tutor.emulator.clock import Clock
from tutor.emulator.errors import Frame, Refusal
from tutor.emulator.faults import Fault, Faults
from tutor.emulator.generation import Generation
from tutor.emulator.log import Exchange, RequestLog
from tutor.emulator.model import Model, Output
from tutor.emulator.protocol import Chain, ResponsesProtocol
from tutor.emulator.settings import Settings

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Server frames outside the official list that clients have met and must ignore.
UNKNOWN_EVENTS: Final[tuple[Frame, ...]] = (
    {"type": "codex.rate_limits", "rate_limits": {"primary": {"used_percent": 3}}},
    {"type": "responsesapi.websocket_timing", "timing": {}},
    {"type": "response.not_invented_yet", "sequence_number": 0},
)

TERMINAL: Final = {"response.completed", "response.failed", "response.incomplete"}
# How a response ended whose connection was ended by a fault.
CLOSED: Final = "closed"
SECONDS_PER_MINUTE: Final = 60


@dataclass(frozen=True)
class Pace:
    """How fast the model seems to be. Zeros: as fast as the machine."""

    first_token_s: float = 0.0
    tokens_per_s: float = 0.0

    @property
    def token_s(self) -> float:
        return 1 / self.tokens_per_s if self.tokens_per_s else 0.0


@dataclass
class Shared:
    """The state that all connections of one server share."""

    model: Model
    faults: Faults
    pace: Pace
    request_log: RequestLog
    settings: Settings
    clock: Clock = field(default_factory=Clock)
    # Responses that were asked to be stored, by id.
    stored: dict[str, Chain] = field(default_factory=dict)


class Sink(Protocol):
    """The destination of a response's frames."""

    async def send(self, frame: Frame) -> None: ...

    async def cut(self, code: int) -> None:
        """End the connection with a close code, or what comes nearest to it."""

    async def reach_limit(self, *, error: bool) -> None:
        """End the connection as at its time limit."""

    def stall(self) -> None:
        """Stop reading, even pings."""


class Delivery:
    """Sends every frame of one response, when it is due."""

    def __init__(
        self,
        shared: Shared,
        core: ResponsesProtocol,
        sink: Sink,
        generation: Generation,
        entry: Exchange,
    ) -> None:
        self._shared = shared
        self._core = core
        self._sink = sink
        self._generation = generation
        # The log's entry for this response.
        self._entry = entry
        warm_up = not generation.create.generate
        # The fault of this response; None if it has none.
        self._fault = shared.faults.for_response(warm_up=warm_up)
        fault = self._fault
        # True once a fault has ended the connection; `run` may then be cancelled by its end.
        self.cut = False
        # The settings for this response.
        self._settings = fault.on(shared.settings) if fault else shared.settings
        # The model's answer, a pause or the end of a silence; None while it waits for nothing.
        self._waiting: asyncio.Future[Any] | None = None

    def stop(self) -> None:
        """The client wants no more: what is waited for is not waited for any longer."""
        if self._waiting:
            self._waiting.cancel()

    async def run(self) -> str:
        """Send the response; returns how it ended: completed, failed, incomplete, closed (by a
        fault) or an error code."""
        after = self._fault.applies_after if self._fault else None
        if self._fault and after == 0:
            outcome = await self._apply(self._fault)
            if outcome:
                return outcome
        kind, sent = "", 0
        async with aclosing(self._frames()) as frames:
            async for frame in frames:
                kind = frame["type"]
                sent += 1
                if kind in TERMINAL:
                    await self._end(frame, closes=sent == after)
                else:
                    await self._sink.send(frame)
                if sent != after or not self._fault:
                    continue
                # What has ended can't fail any more; its socket still can close.
                if kind in TERMINAL and self._fault.name != "close":
                    continue
                outcome = await self._apply(self._fault)
                if outcome:
                    return outcome
        return kind.removeprefix("response.")

    async def _end(self, frame: Frame, *, closes: bool = False) -> None:
        """Send a terminal event the way the settings want it; `closes`: the fault follows it."""
        if not (closes and self._fault and self._fault.name == "close"):
            # Written first: whoever has the event finds its line in the log.
            self._shared.request_log.close(self._entry, frame["type"].removeprefix("response."))
        old = frame | {"type": "response.done"}
        endings = {"once": (frame,), "twice": (frame, frame), "done": (old,), "both": (frame, old)}
        for ending in endings[self._settings.terminal]:
            await self._sink.send(ending)

    async def _frames(self) -> AsyncGenerator[Frame, None]:
        """Every frame, when it is due."""
        generation, core = self._generation, self._core
        generates = generation.create.generate
        if generates or self._settings.warm_up == "whole":
            for frame in generation.opening():
                yield frame
        if generates:
            for frame in generation.compaction():
                yield frame
            try:
                outputs = await self._ask()
            # A model is foreign code: its failure is an event. Its message may hold content.
            except Exception as error:  # noqa: BLE001
                logger.warning("The model function failed with %s.", type(error).__name__)
                yield core.fail(generation, "server_error", "The model function failed.")
                return
            await self._pause(self._shared.pace.first_token_s)
            async for frame in self._items(outputs):
                yield frame
        if not generation.ended:
            yield core.complete(generation, self._shared.clock.now())

    async def _ask(self) -> Iterable[Output]:
        """What the model says, within what the request allows; nothing if it is stopped."""
        create, request = self._generation.create, self._generation.request
        answer = self._shared.model(request)
        outputs = await self._wait(answer) if inspect.isawaitable(answer) else answer
        return bound(outputs or (), create.choice, request.tools, parallel=create.parallel)

    async def _items(self, outputs: Iterable[Output]) -> AsyncGenerator[Frame, None]:
        """The output items; the end too, where it comes early."""
        generation, core = self._generation, self._core
        token_s, loop = self._shared.pace.token_s, asyncio.get_running_loop()
        due = loop.time()
        for output in () if generation.stopped else outputs:
            if generation.steered:
                yield core.incomplete(generation, "steered")
                return
            for frame in generation.item(output):
                yield frame
                # Even without a pace, and when it is late, the reader gets its turn.
                due += token_s if "delta" in frame else 0
                await self._pause(due - loop.time() if token_s else 0.0)
                if generation.stopped:
                    break
            if generation.stopped or generation.full:
                break
        if generation.stopped or generation.full:
            for frame in generation.cut_short():
                yield frame
            yield core.incomplete(generation, None if generation.stopped else "max_output_tokens")

    async def _pause(self, seconds: float) -> None:
        if seconds <= 0 or self._generation.stopped:
            await asyncio.sleep(0)
            return
        # A future and not a task: there is one pause per token.
        loop = asyncio.get_running_loop()
        over: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(seconds, _end, over)
        try:
            await self._wait(over)
        finally:
            timer.cancel()

    async def _wait(self, awaited: Awaitable[T]) -> T | None:
        """What is awaited; None if the client wants no more before it is there."""
        self._waiting = waiting = asyncio.ensure_future(awaited)
        if self._generation.stopped:
            waiting.cancel()
        try:
            return await waiting
        except asyncio.CancelledError:
            task = asyncio.current_task()
            # Cancelled as a whole, or only what it waited for?
            if not self._generation.stopped or (task and task.cancelling()):
                raise
            return None
        finally:
            self._waiting = None

    async def _apply(self, fault: Fault) -> str:
        """Apply the fault; returns the response's outcome, empty if it goes on."""
        match fault.name:
            case "unknown_events":
                for frame in UNKNOWN_EVENTS:
                    await self._sink.send(frame)
                return ""
            case "silence" if fault.minutes:
                await self._wait(self._shared.clock.sleep(fault.minutes * SECONDS_PER_MINUTE))
                return ""
            case "silence" | "stall":
                if fault.name == "stall":
                    self._sink.stall()
                # Until the client leaves: then this is cancelled.
                await self._wait(asyncio.Event().wait())
            case "close":
                self.cut = True
                await self._sink.cut(fault.close_code)
                return CLOSED
            case "limit":
                self.cut = True
                await self._sink.reach_limit(error=self._settings.limit_error)
                return CLOSED
            case "failed" | "incomplete":
                return await self._end_early(fault)
            case "overloaded" | "rate_limited" | "error":
                return await self._refuse(fault)
        return ""

    async def _end_early(self, fault: Fault) -> str:
        generation = self._generation
        if fault.name == "failed":
            message = "The emulator was told to fail."
            await self._end(self._core.fail(generation, fault.code, message))
            return fault.name
        for frame in generation.cut_short():
            await self._sink.send(frame)
        await self._end(self._core.incomplete(generation, fault.reason))
        return fault.name

    async def _refuse(self, fault: Fault) -> str:
        match fault.name:
            case "rate_limited":
                refusal = errors.rate_limited(fault.retry_after_s)
            case "overloaded":
                refusal = errors.overloaded(fault.status or None)
            case _:
                refusal = Refusal(
                    "The emulator was told to fail.",
                    type="invalid_request_error" if fault.status // 100 == 4 else "server_error",
                    code=fault.code,
                    status=fault.status or None,
                )
        frame = self._core.refuse(self._generation, refusal)
        outcome = refusal.code or fault.name
        self._shared.request_log.close(self._entry, outcome)
        await self._sink.send(errors.formatted(frame, self._settings))
        return outcome


def _end(waiting: asyncio.Future[None]) -> None:
    # The timer may ring in the very moment in which it is no longer waited for.
    if not waiting.done():
        waiting.set_result(None)
