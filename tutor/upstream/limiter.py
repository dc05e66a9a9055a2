"""A limit on concurrent questions: those above it wait in a queue, and know their position."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

OnPosition = Callable[[int], Awaitable[None]]


class ConcurrencyLimiter:
    """At most `slots` questions are under way; all others wait, first come first served."""

    def __init__(self, slots: int) -> None:
        self._free = slots
        # Those who wait, in order; set when it is their turn.
        self._waiting: deque[asyncio.Future[None]] = deque()
        # Set when the queue has moved; replaced each time.
        self._moved = asyncio.Event()
        # Until when nobody may begin, in the loop's time: the API has asked for a pause.
        self._paused_until = 0.0

    def pause(self, seconds: float) -> None:
        """Let nobody begin for so long."""
        until = asyncio.get_running_loop().time() + seconds
        self._paused_until = max(self._paused_until, until)

    @contextlib.asynccontextmanager
    async def slot(self, on_position: OnPosition) -> AsyncIterator[None]:
        """A slot for the length of the block. While there is none, `on_position` gets the position
        in the queue, from 1; 0 when the wait is over.
        """
        await self._enter(on_position)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, on_position: OnPosition) -> None:
        if self._free > 0 and not self._waiting:
            self._free -= 1
        else:
            await self._wait(on_position)
        try:
            loop = asyncio.get_running_loop()
            # In a loop: the pause may be prolonged meanwhile.
            while (pause_s := self._paused_until - loop.time()) > 0:  # noqa: ASYNC110
                await asyncio.sleep(pause_s)
        except asyncio.CancelledError:
            self._leave()
            raise

    async def _wait(self, on_position: OnPosition) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        told = 0
        try:
            while not turn.done():
                position = self._waiting.index(turn) + 1
                if position != told:
                    told = position
                    await on_position(position)
                moved = asyncio.ensure_future(self._moved.wait())
                try:
                    await asyncio.wait((turn, moved), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    moved.cancel()
            await on_position(0)
        except BaseException:
            if turn.done():
                self._leave()  # the place was ours already
            else:
                self._waiting.remove(turn)
                self._move()
            raise

    def _leave(self) -> None:
        if self._waiting:
            self._waiting.popleft().set_result(None)
            self._move()
        else:
            self._free += 1

    def _move(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
