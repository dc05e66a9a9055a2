"""How far a browser is behind: counts what was sent and not yet confirmed. No clock, no I/O."""

from typing import Final

from tutor import frames

# A browser says how far it has read after so many characters …
CHECK_EVERY_CHARS: Final = 64 * 1024
# … and is cut off when it is this far behind.
MOST_UNREAD_CHARS: Final = 1024 * 1024


class Window:
    """What one browser has been sent, and what it has confirmed."""

    def __init__(self) -> None:
        # Sent, and confirmed by no check.
        self._unread = 0
        # Of that, what came after the last check.
        self._since = 0
        # Checks on their way: their id, and how much each one covers.
        self._checks: dict[int, int] = {}
        self._last_check = 0

    @property
    def is_full(self) -> bool:
        """Whether the browser is too far behind to be served."""
        return self._unread > MOST_UNREAD_CHARS

    def sent(self, text: str) -> frames.Check | None:
        """Count a frame; the check that must follow it, if one is due."""
        self._unread += len(text)
        self._since += len(text)
        if self._since < CHECK_EVERY_CHARS:
            return None
        self._last_check += 1
        self._checks[self._last_check], self._since = self._since, 0
        return frames.Check(id=self._last_check)

    def checked(self, number: int) -> None:
        """The browser has read up to this check, and so up to those before it."""
        for check in [check for check in self._checks if check <= number]:
            self._unread -= self._checks.pop(check)
