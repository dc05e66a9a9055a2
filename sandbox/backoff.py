"""Exponential back-off from an engine whose containers do not start."""

import time

from .job import Result

# With this many failed starts in a row the engine is unhealthy: no run tries it again for a while,
# at first this long, in seconds, then twice as long each time.
UNHEALTHY_AFTER = 3
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0


class Backoff:
    """The failed starts of one pool, and the time of the next try. Guarded by the pool's lock."""

    def __init__(self, result: Result) -> None:
        # Failed starts: in a row, and ever.
        self.in_a_row = 0
        self.ever = 0
        # The result of a run that the last one has cost its container.
        self.result = result
        # The end of the pause, by time.monotonic().
        self._until = 0.0

    def record_success(self) -> None:
        self.in_a_row = 0

    def record_failure(self, result: Result) -> None:
        self._until = time.monotonic() + min(FIRST_PAUSE_S * 2**self.in_a_row, LONGEST_PAUSE_S)
        self.in_a_row += 1
        self.ever += 1
        self.result = result

    def is_unhealthy(self) -> bool:
        """True during the pause of an engine that has failed UNHEALTHY_AFTER times in a row."""
        return self.in_a_row >= UNHEALTHY_AFTER and time.monotonic() < self._until

    def allows_start(self, *, is_awaited: bool) -> bool:
        """False during a pause; a run that waits need not wait for its end until the engine is
        unhealthy."""
        tries = is_awaited and self.in_a_row < UNHEALTHY_AFTER
        return not self.in_a_row or tries or time.monotonic() >= self._until
