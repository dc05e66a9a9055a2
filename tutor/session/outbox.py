"""The frames of a session to its browser: in order, and none once it has gone."""

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

from tutor.protocol import frames
from tutor.session.storage import Storage

P = ParamSpec("P")
R = TypeVar("R")


class Page(Protocol):
    """A browser, as its session needs it. Only `admit` raises."""

    async def show(self, frame: frames.ToBrowser) -> None:
        """Send a frame."""

    async def turn_away(self, why: frames.TurnedAway) -> None:
        """Send the reason and close the connection."""

    def admit(self) -> None:
        """Raises TurnedAway if the student may not go on. Asks the database."""

    def keeps_up(self) -> bool:
        """False while the browser has too much unread. Cuts one off that stays behind."""


class Outbox:
    """The way to one page, as long as it is there."""

    def __init__(self, page: Page) -> None:
        # The browser; None when it has gone.
        self._page: Page | None = page
        # The database, of whose outages the page is told.
        self.storage = Storage(self.show)
        # Called with every frame, also once the browser has gone.
        self.on_frame: Callable[[frames.ToBrowser], None] = _ignore

    @property
    def is_open(self) -> bool:
        """True until the browser has gone."""
        return self._page is not None

    @property
    def can_send(self) -> bool:
        """False while the browser is behind. True once it has gone: nothing is sent then."""
        return self._page is None or self._page.keeps_up()

    async def show(self, frame: frames.ToBrowser) -> None:
        """Send a frame after all that was shown before it."""
        self.on_frame(frame)
        if self._page:
            await self._page.show(frame)

    async def refuse(self, name: str, code: str, message: str) -> None:
        """Send why the frame `name` was not taken, or, if it is empty, a frame without a name."""
        if name:
            await self.show(frames.Refused(id=name, code=code, message=message))
        else:
            await self.show(frames.Error(code=code, message=message))

    async def if_still_enrolled(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of `call`, in the database, if the student may still do something here.

        Raises TurnedAway if not, and OutcomeUnknown.
        """

        def admit_and_call() -> R:
            if self._page:
                self._page.admit()
            return call(*args, **kwargs)

        return await self.storage.call_once(admit_and_call)

    async def turn_away(self, why: frames.TurnedAway) -> None:
        """Send the reason, close the connection, and forget the page."""
        page, self._page = self._page, None
        if page:
            await page.turn_away(why)

    def leave(self) -> None:
        """The browser has gone."""
        self._page = None


def _ignore(frame: frames.ToBrowser) -> None:
    """Nobody listens."""
