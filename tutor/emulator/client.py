"""One client's socket: reads whatever happens, and gives every running response a task."""

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
from tutor.emulator.protocol import Connection, Refused, Started, Told, decode

logger = logging.getLogger(__name__)

encode: Final = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Client:
    """The far end of one socket. `run` lasts as long as it is open."""

    def __init__(self, shared: Shared, websocket: ServerConnection, number: int) -> None:
        self.shared = shared
        self.websocket = websocket
        self.number = number
        self.core = Connection(new_id, shared.stored, lambda: shared.settings)
        # Running responses, and whatever else is on its way out.
        self._tasks: set[asyncio.Task[None]] = set()
        # What delivers each running response, by its id.
        self._deliveries: dict[str, Delivery] = {}
        # Requests without an outcome yet.
        self._open: list[Exchange] = []
        # Whether an error says that the connection's time is over.
        self._limit_error = True
        # Whether that is being said.
        self._leaving = False
        limit_s = shared.settings.limit_minutes * SECONDS_PER_MINUTE
        # Rings when the connection's time is over.
        self._alarm = shared.clock.at(limit_s, self.limit)

    async def run(self) -> None:
        try:
            async for message in self.websocket:
                await self._receive(message)
        except ConnectionClosed:
            pass
        finally:
            self._alarm.cancel()
            await self._cancel()
            for entry in list(self._open):
                self._close(entry, "abandoned")

    def limit(self, *, error: bool | None = None, waits: bool | None = None) -> None:
        """The connection's time is over: now, or once the running responses have ended."""
        settings = self.shared.settings
        self._limit_error = settings.limit_error if error is None else error
        self.core.over = True
        waits = settings.limit_waits if waits is None else waits
        if not (waits and self.core.running()):
            self._spawn(self._say_goodbye())

    # From the client

    async def _receive(self, message: str | bytes) -> None:
        frame = decode(message)
        size = len(message.encode() if isinstance(message, str) else message)
        entry = exchange(frame, size, self.number, self.shared.clock.now())
        self._open.append(entry)
        self.shared.journal.asked(entry)
        steers = entry.type == "response.steer"
        fail = self.shared.faults.for_steer() if steers else None
        received = self.core.receive(frame, tag=entry, fail_steer=fail)
        if isinstance(received, Refused):
            self._refuse(received)
        elif isinstance(received, Told):
            # At once, so that it stands between the events of the response as it was numbered.
            await self._tell(received)
            for generation in received.stopped:
                # One that has not begun yet will see by itself that it is stopped.
                if generation.id in self._deliveries:
                    self._deliveries[generation.id].stop()
            self._close(entry, received.frames[0]["type"] if received.frames else "stopped")
        self._begin()

    def _begin(self) -> None:
        for begun in self.core.begin(self.shared.clock.now()):
            match begun:
                case Refused():
                    self._refuse(begun)
                case Told():
                    self._spawn(self._tell(begun))
                case Started(generation=generation, tag=tag):
                    entry = tag or self._successor(generation)
                    entry.response_id = generation.id
                    self._spawn(self._respond(generation, entry))

    def _successor(self, generation: Generation) -> Exchange:
        """The journal's entry for a response that nobody asked for."""
        now = self.shared.clock.now()
        entry = exchange(generation.create.body, 0, self.number, now, kind="successor")
        self._open.append(entry)
        self.shared.journal.asked(entry)
        return entry

    def _refuse(self, refused: Refused) -> None:
        self._close(refused.tag, refused.code)
        self._spawn(self.send(errors.shaped(refused.frame, self.shared.settings)))

    # To the client

    async def _respond(self, generation: Generation, entry: Exchange) -> None:
        """One response from its first event on, and what follows it."""
        delivery = Delivery(self.shared, self.core, self, generation, entry)
        self._deliveries[generation.id] = delivery
        try:
            outcome = await delivery.run()
        finally:
            del self._deliveries[generation.id]
            if delivery.cut:
                self._close(entry, CLOSED)
        if delivery.cut:
            return
        self._close(entry, outcome)
        for frame in self.core.release(generation):
            await self.send(frame)
        self._begin()
        if self.core.over and not self.core.running():
            await self._say_goodbye()

    async def send(self, frame: Frame) -> None:
        await self.websocket.send(encode(frame))

    async def cut(self, code: int) -> None:
        if code in UNSENDABLE_CODES:
            self.websocket.transport.abort()
        else:
            await self.websocket.close(code, "The emulator was told to close.")

    def stall(self) -> None:
        self.websocket.transport.pause_reading()

    async def end_of_time(self, *, error: bool) -> None:
        self._limit_error = error
        self.core.over = True
        await self._say_goodbye()

    async def _say_goodbye(self) -> None:
        """Say that the time is over, in the middle of whatever runs, and close."""
        if self._leaving:
            return
        self._leaving = True
        await self._cancel()
        settings = self.shared.settings
        if self._limit_error:
            await self.send(errors.shaped(errors.CONNECTION_LIMIT.frame(), settings))
        await self.websocket.close(settings.limit_code)

    async def _tell(self, told: Told) -> None:
        for frame in told.frames:
            await self.send(frame)

    # Bookkeeping

    def _close(self, entry: Exchange, outcome: str) -> None:
        self._open.remove(entry)
        self.shared.journal.ended(entry, outcome)

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
