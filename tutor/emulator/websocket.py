"""One open WebSocket: reads its messages at all times, and runs every response in a task."""

import asyncio
import logging
import secrets
from collections.abc import Coroutine
from json import JSONEncoder
from typing import Any, Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tutor.emulator import errors
from tutor.emulator.delivery import CLOSED, SECONDS_PER_MINUTE, Delivery, Shared
from tutor.emulator.errors import Frame
from tutor.emulator.faults import UNSENDABLE_CODES
from tutor.emulator.generation import Generation
from tutor.emulator.log import Exchange, exchange
from tutor.emulator.protocol import Notice, Refused, ResponsesProtocol, Started, decode

logger = logging.getLogger(__name__)

encode: Final = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class WebSocketHandler:
    """Serves one WebSocket. `run` lasts as long as it is open."""

    def __init__(self, shared: Shared, websocket: ServerConnection, number: int) -> None:
        self.shared = shared
        self.websocket = websocket
        self.number = number
        self.core = ResponsesProtocol(new_id, shared.stored, lambda: shared.settings)
        # Tasks of running responses, and of single frames on their way.
        self._tasks: set[asyncio.Task[None]] = set()
        # The delivery of each running response, by its id.
        self._deliveries: dict[str, Delivery] = {}
        # Requests without an outcome yet.
        self._unfinished: list[Exchange] = []
        # False if the connection ends at its limit without an error event.
        self._limit_error = True
        # True once it ends so.
        self._is_closing = False
        limit_s = shared.settings.limit_minutes * SECONDS_PER_MINUTE
        # Expires at the connection's time limit.
        self._limit_timer = shared.clock.call_later(limit_s, self.limit)

    async def run(self) -> None:
        try:
            async for message in self.websocket:
                await self._receive(message)
        except ConnectionClosed:
            pass
        finally:
            self._limit_timer.cancel()
            await self._cancel()
            for entry in list(self._unfinished):
                self._record_outcome(entry, "abandoned")

    def limit(self, *, error: bool | None = None, waits: bool | None = None) -> None:
        """Reach the time limit: close now, or once the running responses have ended."""
        settings = self.shared.settings
        self._limit_error = settings.limit_error if error is None else error
        self.core.over = True
        waits = settings.limit_waits if waits is None else waits
        if not (waits and self.core.running()):
            self._spawn(self._close_at_limit())

    # From the client

    async def _receive(self, message: str | bytes) -> None:
        frame = decode(message)
        size = len(message.encode() if isinstance(message, str) else message)
        entry = exchange(frame, size, self.number, self.shared.clock.now())
        self._unfinished.append(entry)
        self.shared.request_log.record(entry)
        steers = entry.type == "response.steer"
        fail = self.shared.faults.for_steer() if steers else None
        received = self.core.receive(frame, tag=entry, fail_steer=fail)
        if isinstance(received, Refused):
            self._refuse(received)
        elif isinstance(received, Notice):
            # At once, so that it stands between the events of the response as it was numbered.
            await self._send_notice(received)
            for generation in received.stopped:
                # One that has not begun yet will see by itself that it is stopped.
                if generation.id in self._deliveries:
                    self._deliveries[generation.id].stop()
            self._record_outcome(
                entry, received.frames[0]["type"] if received.frames else "stopped"
            )
        self._start_ready()

    def _start_ready(self) -> None:
        for begun in self.core.begin(self.shared.clock.now()):
            match begun:
                case Refused():
                    self._refuse(begun)
                case Notice():
                    self._spawn(self._send_notice(begun))
                case Started(generation=generation, tag=tag):
                    entry = tag or self._successor(generation)
                    entry.response_id = generation.id
                    self._spawn(self._respond(generation, entry))

    def _successor(self, generation: Generation) -> Exchange:
        """The log's entry for a response that nobody asked for."""
        now = self.shared.clock.now()
        entry = exchange(generation.create.body, 0, self.number, now, kind="successor")
        self._unfinished.append(entry)
        self.shared.request_log.record(entry)
        return entry

    def _refuse(self, refused: Refused) -> None:
        self._record_outcome(refused.tag, refused.code)
        self._spawn(self.send(errors.formatted(refused.frame, self.shared.settings)))

    # To the client

    async def _respond(self, generation: Generation, entry: Exchange) -> None:
        """Deliver one response; then start its successor, or the next request."""
        delivery = Delivery(self.shared, self.core, self, generation, entry)
        self._deliveries[generation.id] = delivery
        try:
            outcome = await delivery.run()
        finally:
            del self._deliveries[generation.id]
            if delivery.cut:
                self._record_outcome(entry, CLOSED)
        if delivery.cut:
            return
        self._record_outcome(entry, outcome)
        for frame in self.core.release(generation):
            await self.send(frame)
        self._start_ready()
        if self.core.over and not self.core.running():
            await self._close_at_limit()

    async def send(self, frame: Frame) -> None:
        await self.websocket.send(encode(frame))

    async def cut(self, code: int) -> None:
        if code in UNSENDABLE_CODES:
            self.websocket.transport.abort()
        else:
            await self.websocket.close(code, "The emulator was told to close.")

    def stall(self) -> None:
        self.websocket.transport.pause_reading()

    async def reach_limit(self, *, error: bool) -> None:
        self._limit_error = error
        self.core.over = True
        await self._close_at_limit()

    async def _close_at_limit(self) -> None:
        """Send the limit's error, in the middle of whatever runs, and close."""
        if self._is_closing:
            return
        self._is_closing = True
        await self._cancel()
        settings = self.shared.settings
        if self._limit_error:
            await self.send(errors.formatted(errors.CONNECTION_LIMIT.frame(), settings))
        await self.websocket.close(settings.limit_code)

    async def _send_notice(self, notice: Notice) -> None:
        for frame in notice.frames:
            await self.send(frame)

    # Bookkeeping

    def _record_outcome(self, entry: Exchange, outcome: str) -> None:
        self._unfinished.remove(entry)
        self.shared.request_log.close(entry, outcome)

    async def _cancel(self) -> None:
        """End all tasks but the one that asks."""
        others = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

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


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(25)}"
