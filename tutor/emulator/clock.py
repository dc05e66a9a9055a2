"""The emulator's time: it runs like the real one, and can be put forward."""

import asyncio
import time
from collections.abc import Callable


class Timer:
    """A callback at a moment of the clock, until it is cancelled."""

    def __init__(self, clock: "Clock", due: float, callback: Callable[[], None]) -> None:
        self._clock = clock
        # The moment, in the clock's seconds.
        self.due = due
        self._callback = callback
        # The loop's timer, set anew whenever the clock is put forward.
        self._handle: asyncio.TimerHandle | None = None

    def set(self) -> None:
        if self._handle:
            self._handle.cancel()
        delay = max(0.0, self.due - self._clock.elapsed())
        self._handle = asyncio.get_running_loop().call_later(delay, self._expire)

    def cancel(self) -> None:
        self._clock.timers.discard(self)
        if self._handle:
            self._handle.cancel()

    def _expire(self) -> None:
        self._clock.timers.discard(self)
        self._callback()


class Clock:
    """Real time plus what it was put forward by."""

    def __init__(self) -> None:
        # Seconds that it was put forward in all.
        self.offset_s = 0.0
        # Timers that have not expired.
        self.timers: set[Timer] = set()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.offset_s

    def elapsed(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.monotonic() + self.offset_s

    def advance(self, seconds: float) -> None:
        """Put the clock forward; timers that fall due expire at once."""
        self.offset_s += seconds
        for timer in list(self.timers):
            timer.set()

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` once, `delay_s` seconds from now."""
        timer = Timer(self, self.elapsed() + delay_s, callback)
        self.timers.add(timer)
        timer.set()
        return timer

    async def sleep(self, seconds: float) -> None:
        """Wait by this clock."""
        woken = asyncio.Event()
        timer = self.call_later(seconds, woken.set)
        try:
            await woken.wait()
        finally:
            timer.cancel()
