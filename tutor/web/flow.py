"""Flow control between a browser and us, either way. No clock, no I/O."""

from typing import Final

from tutor.protocol import frames

# A browser says how far it has read after so many characters …
CHECK_EVERY_CHARS: Final = 64 * 1024
# … gets no more of an answer while it is this far behind …
HOLD_CHARS: Final = 256 * 1024
# … and is cut off when it is as far behind as this, or far behind for this long.
MOST_UNREAD_CHARS: Final = 1024 * 1024
# One frame counts as no more than this: alone, it shall cut off nobody who reads.
MOST_COUNTED_CHARS: Final = MOST_UNREAD_CHARS // 2
STUCK_S: Final = 10.0

# The characters a browser may send at once, and those it may send each second from then on. A page
# that saves while somebody types sends a hundredth of it.
BURST_CHARS: Final = 1024 * 1024
CHARS_PER_S: Final = 128 * 1024
# A message counts at least this: reading it costs something; and at most: no more of it is kept.
LEAST_CHARS: Final = 512
MOST_CHARS: Final = frames.MAX_CODE_CHARS + frames.MAX_STDIN_CHARS


class SendWindow:
    """The characters that one browser has been sent and has not confirmed."""

    def __init__(self) -> None:
        # Sent, and confirmed by no check.
        self._unread = 0
        # Of that, what came after the last check.
        self._since = 0
        # Checks on their way: their id, and how much each one covers.
        self._checks: dict[int, int] = {}
        self._last_check = 0

    @property
    def is_behind(self) -> bool:
        """True while the browser should read before it is sent more of an answer."""
        return self._unread > HOLD_CHARS

    @property
    def is_full(self) -> bool:
        """True if the browser is too far behind to be served."""
        return self._unread > MOST_UNREAD_CHARS

    def sent(self, text: str) -> frames.Check | None:
        """Count a frame; the check that must follow it, if one is due."""
        counted = min(len(text), MOST_COUNTED_CHARS)
        self._unread += counted
        self._since += counted
        if self._since < CHECK_EVERY_CHARS:
            return None
        self._last_check += 1
        self._checks[self._last_check], self._since = self._since, 0
        return frames.Check(id=self._last_check)

    def checked(self, number: int) -> None:
        """The browser has read up to this check, and so up to those before it."""
        for check in [check for check in self._checks if check <= number]:
            self._unread -= self._checks.pop(check)


class TokenBucket:
    """The characters that one browser may still send. Times are seconds of any one clock."""

    def __init__(self, now: float) -> None:
        # The characters left in the bucket, as of `_at`.
        self._left = float(BURST_CHARS)
        self._at = now

    def take(self, chars: int, now: float) -> bool:
        """Count a message; False if it is more than may come."""
        self._left = min(BURST_CHARS, self._left + (now - self._at) * CHARS_PER_S)
        self._at = now
        self._left -= min(max(chars, LEAST_CHARS), MOST_CHARS)
        return self._left >= 0
