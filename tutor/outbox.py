"""What leaves a session for its browser: in order, gathered, and to nobody once it has gone."""

import time
from typing import Final, Protocol

from tutor import frames
from tutor.database import in_database

# Pieces of an answer are gathered: the first goes out at once, the next one after this. Models
# send a piece every 20 ms or so: two in a frame cost a quarter less than one, and nobody sees it.
GATHER_S: Final = 0.040


class Page(Protocol):
    """A browser, as its session needs it. Only `admit` raises."""

    async def show(self, frame: frames.ToBrowser) -> None:
        """Send a frame."""

    async def turn_away(self, why: frames.TurnedAway) -> None:
        """Say why and close the connection."""

    def admit(self) -> None:
        """Raises TurnedAway if the student may not go on. Asks the database."""


class Outbox:
    """The way to one page."""

    def __init__(self, page: Page) -> None:
        # The browser; None when it has gone.
        self._page: Page | None = page
        # Pieces of the answer that wait to be sent, and when the last ones went out.
        self._gathered: frames.Delta | None = None
        self._sent_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether somebody is there."""
        return self._page is not None

    @property
    def due_in(self) -> float | None:
        """Seconds until what is gathered should be flushed; None if nothing is."""
        if self._gathered is None:
            return None
        return max(0.0, self._sent_at + GATHER_S - time.monotonic())

    async def show(self, frame: frames.ToBrowser) -> None:
        """Send a frame after all that was shown before it; a piece of an answer may wait."""
        if isinstance(frame, frames.Delta):
            await self._gather(frame)
            return
        await self.flush()
        if self._page:
            await self._page.show(frame)

    async def show_item(self, item: frames.Item | None) -> None:
        """Send a stored item; None is one that no page shows."""
        if item:
            await self.show(frames.ItemStored(item=item))

    async def flush(self) -> None:
        """Send what is gathered."""
        gathered, self._gathered = self._gathered, None
        if gathered and self._page:
            self._sent_at = time.monotonic()
            await self._page.show(gathered)

    async def admits(self) -> bool:
        """Whether the student may still do something here; if not, the page is told and closed."""
        if self._page is None:
            return False
        try:
            await in_database(self._page.admit)
        except frames.TurnedAway as why:
            await self.turn_away(why)
            return False
        return True

    async def turn_away(self, why: frames.TurnedAway) -> None:
        """Say why, close the connection, and forget the page."""
        page, self._page = self._page, None
        if page:
            await page.turn_away(why)

    def leave(self) -> None:
        """The browser has gone."""
        self._page = None

    async def _gather(self, delta: frames.Delta) -> None:
        before = self._gathered.text if self._gathered else ""
        self._gathered = delta.model_copy(update={"text": before + delta.text})
        if self.due_in == 0:
            await self.flush()
