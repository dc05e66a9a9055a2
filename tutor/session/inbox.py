"""The inbox of a session: what its loop takes, one at a time."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from tutor.protocol.commands import StudentCommand
from tutor.protocol.events import Event
from tutor.session.leak_gate import OutputJudged
from tutor.session.notifications import AnswerOwned, Refresh
from tutor.session.runs import OutputEnded
from tutor.session.timers import RefreshTimer
from tutor.turn.live_answer import AnswerNews

# Events that wait. The model's reader is held back by it; a browser that fills it is cut off.
INBOX_EVENTS: Final = 256

Incoming = Event | StudentCommand | Refresh | OutputEnded | OutputJudged | AnswerNews | AnswerOwned


class Inbox:
    """The events of one session: its own come before those from outside, of which few may wait."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Incoming] = asyncio.Queue(INBOX_EVENTS)
        # Events raised while one is handled.
        self._own: deque[Incoming] = deque()
        self._refresh_timer = RefreshTimer(self._queue.empty, self.wake)

    async def put(self, event: Incoming) -> None:
        """Add an event from outside; waits while too many do."""
        await self._queue.put(event)

    def offer(self, event: Incoming) -> bool:
        """Add an event from outside without waiting. False if too many wait already."""
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            return False
        return True

    def give(self, event: Incoming) -> None:
        """Add an event of a task or a timer of the session's, without waiting."""
        if not self.offer(event):  # a full inbox wakes the loop as well
            self._own.append(event)

    def add(self, events: Iterable[Incoming]) -> None:
        """Add events that follow on the one that is handled; they are taken next."""
        self._own.extend(events)

    def wake(self) -> None:
        """Wake the loop; whatever has changed, it looks."""
        self.offer(Refresh())  # a full inbox wakes the loop as well

    async def next(self, refresh_in: Callable[[], float | None]) -> Incoming:
        """The next event: a Refresh at the latest in so many seconds, if that is not None."""
        if self._own:
            return self._own.popleft()
        if self._refresh_timer.pop_due():
            return Refresh()
        if (seconds := refresh_in()) is not None:
            self._refresh_timer.start(seconds)
        return await self._queue.get()

    def close(self) -> None:
        """Nothing is refreshed any more."""
        self._refresh_timer.cancel()
