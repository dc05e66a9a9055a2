"""The timers of a turn."""

import asyncio
from collections.abc import Callable

from tutor.protocol.gate import StartTimer, TimerRang


class Timers:
    """Timers that ring once; `ring` takes the event."""

    def __init__(self, ring: Callable[[TimerRang], None]) -> None:
        self._ring = ring
        # Those that may not have rung.
        self._running: list[asyncio.TimerHandle] = []

    def start(self, timer: StartTimer) -> None:
        """Ring when its time is over."""
        loop = asyncio.get_running_loop()
        self._running = [one for one in self._running if one.when() > loop.time()]
        rang = TimerRang(timer.request, timer.timer)
        self._running.append(loop.call_later(timer.after_s, self._ring, rang))

    def cancel(self) -> None:
        """Let none ring any more."""
        for handle in self._running:
            handle.cancel()
        self._running = []
