"""Timers of a session: those of its turn, and the one by which rows are reread."""

import asyncio
from collections.abc import Callable

from tutor.protocol.gate import StartTimer, TimerRang


class TurnTimers:
    """The timers of a turn: they ring once; `ring` takes the event."""

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


class RefreshTimer:
    """Says when rows are to be reread: at intervals, also while much else is to be done.

    `wake` wakes who waits for events; `is_idle` says that there are none.
    """

    def __init__(self, is_idle: Callable[[], bool], wake: Callable[[], None]) -> None:
        self._is_idle = is_idle
        self._wake = wake
        # Runs until the next refresh; None while nothing is awaited.
        self._running: asyncio.TimerHandle | None = None
        # True if it has run out while there were other events.
        self._is_due = False

    def start(self, delay: float) -> None:
        """Run out in so many seconds, unless it is running."""
        if self._running is None:
            self._running = asyncio.get_running_loop().call_later(delay, self._run_out)

    def pop_due(self) -> bool:
        """Whether it has run out unheard."""
        is_due, self._is_due = self._is_due, False
        return is_due

    def cancel(self) -> None:
        """Run no more."""
        if self._running:
            self._running.cancel()

    def _run_out(self) -> None:
        self._running = None
        if self._is_idle():
            self._wake()
        else:
            self._is_due = True
