"""The emulator's time: it runs like the real one, and can be put forward."""

import asyncio
import time
from collections.abc import Callable


class Alarm:
    """Something that happens at a moment of the clock; `cancel` it when it no longer matters."""

    def __init__(self, clock: "Clock", due: float, ring: Callable[[], None]) -> None:
        self._clock = clock
        # The moment, in the clock's seconds.
        self.due = due
        self._ring = ring
        # The loop's timer, which is set anew whenever the clock is put forward.
        self._timer: asyncio.TimerHandle | None = None

    def set(self) -> None:
        if self._timer:
            self._timer.cancel()
        delay = max(0.0, self.due - self._clock.elapsed())
        self._timer = asyncio.get_running_loop().call_later(delay, self._expire)

    def cancel(self) -> None:
        self._clock.alarms.discard(self)
        if self._timer:
            self._timer.cancel()

    def _expire(self) -> None:
        self._clock.alarms.discard(self)
        self._ring()


class Clock:
    """Real time plus what it was put forward by."""

    def __init__(self) -> None:
        # Seconds by which it was put forward in all.
        self.ahead_s = 0.0
        # What has not rung yet.
        self.alarms: set[Alarm] = set()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.ahead_s

    def elapsed(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.monotonic() + self.ahead_s

    def advance(self, seconds: float) -> None:
        """Put the clock forward; what falls due by it rings at once."""
        self.ahead_s += seconds
        for alarm in list(self.alarms):
            alarm.set()

    def at(self, delay_s: float, ring: Callable[[], None]) -> Alarm:
        """Call `ring` once, `delay_s` seconds from now."""
        alarm = Alarm(self, self.elapsed() + delay_s, ring)
        self.alarms.add(alarm)
        alarm.set()
        return alarm

    async def sleep(self, seconds: float) -> None:
        """Wait by this clock."""
        woken = asyncio.Event()
        alarm = self.at(seconds, woken.set)
        try:
            await woken.wait()
        finally:
            alarm.cancel()
