"""The pages that a process has open, looked at whether their students may still be there.

Whoever may not is turned away: soon where a notification says so (`tutor.web.changes`), and at the
next look at all of them where none comes.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

import structlog

from tutor.database import in_database
from tutor.protocol import frames
from tutor.session.notifications import Notifications
from tutor.web import changes
from tutor.web.admission import Seat, standings

log = structlog.get_logger()

# All pages are looked at this often.
LOOK_EVERY_S = 15.0
# Whoever seems to be out is looked at once more after so long: a view that changes a password
# stores it first, and only then its hash in the session that it was changed in.
SETTLE_S = 0.3


class WatchedPage(Protocol):
    """A page, as the watch needs it. Never raises."""

    async def revoke(self, why: frames.TurnedAway) -> None:
        """Turn the student away; a turn that is on goes on."""


class Watch:
    """The open pages of a process, by its one event loop. Runs while there are any."""

    def __init__(self) -> None:
        # Each page and its seat.
        self._seats: dict[WatchedPage, Seat] = {}
        # The tasks that look and listen; empty while no page is open.
        self._tasks: list[asyncio.Task[None]] = []
        # The students to be looked at before their time; None among them means all.
        self._changed: set[int | None] = set()
        # Set while there are any.
        self._nudged = asyncio.Event()

    def add(self, page: WatchedPage, seat: Seat) -> None:
        """Look at this page from now on."""
        self._seats[page] = seat
        if not self._tasks:
            self._nudged = asyncio.Event()  # of this loop
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._look())]

    def remove(self, page: WatchedPage) -> None:
        """Look at it no more. One that is not looked at is no error."""
        self._seats.pop(page, None)
        if not self._seats:
            for task in self._tasks:
                task.cancel()
            self._tasks = []
            self._changed.clear()

    async def _listen(self) -> None:
        notifications = Notifications(changes.GROUP)
        try:
            await notifications.join()
            while True:
                message = await notifications.message()
                self._changed.add(message.get("user"))
                self._nudged.set()
        finally:
            await notifications.leave()

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        all_at = loop.time() + LOOK_EVERY_S
        while True:
            try:
                async with asyncio.timeout_at(all_at):
                    await self._nudged.wait()
            except TimeoutError:
                self._changed.add(None)
            self._nudged.clear()
            changed, self._changed = self._changed, set()
            if None in changed:
                all_at = loop.time() + LOOK_EVERY_S
            try:
                await self._look_at(changed)
            except Exception as error:  # noqa: BLE001  # the outermost frame; looked at next time
                log.warning("watch.failed", reason=type(error).__name__)

    async def _look_at(self, students: Iterable[int | None]) -> None:
        asked = {
            page: seat
            for page, seat in self._seats.items()
            if None in students or seat.user in students
        }
        if not asked:
            return
        if refused := await _refused(asked):
            await asyncio.sleep(SETTLE_S)
            refused = await _refused({page: asked[page] for page in refused})
        if refused:
            log.info("pages.revoked", pages=len(refused))
            for page in refused:
                self._seats.pop(page, None)  # it is closed once, however long that takes
            await asyncio.gather(*(page.revoke(why) for page, why in refused.items()))


async def _refused(seats: Mapping[WatchedPage, Seat]) -> dict[WatchedPage, frames.TurnedAway]:
    """The pages whose students may not go on, and why."""
    found = await in_database(standings, list(set(seats.values())))
    return {page: why for page, seat in seats.items() if (why := found[seat].refusal())}


watch: Final = Watch()
