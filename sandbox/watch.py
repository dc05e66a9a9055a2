"""What a worker does while a container works: tell the output, look for a request to stop."""

import logging
import threading
import time

from django.db import Error

from .models import Run
from .queue import LEASE_S

logger = logging.getLogger(__name__)

# Output that follows within this many seconds of the last nudge is gathered.
GATHER_S = 0.05
# Seconds between two looks at the row.
LOOK_S = 0.25
# Seconds between two looks at what was typed.
TYPED_LOOK_S = 0.1

# Set when this process must let go of its containers now.
stopping = threading.Event()
# Set when it ends soon: what computes is waited for, who types is not.
leaving = threading.Event()


class Watch:
    """The observer of one claimed run. `cancelled` is asked often and also sends what is due."""

    def __init__(self, run: Run) -> None:
        self._run = run
        # Output that has not been told yet: (stream, text), in order.
        self._gathered: list[tuple[str, str]] = []
        self._told = 0.0
        self._looked = time.monotonic()
        self._renew_at = self._looked + LEASE_S / 3
        self._cancelled = run.cancel_requested
        # When to look for what was typed, up to which row that was read, and whether it was all.
        # A run that begins anew is typed everything again.
        self._look_typed_at = self._looked
        self._read_to = 0
        self._input_ended = False

    def printed(self, stream: str, text: str) -> None:
        self._gathered.append((stream, text))
        self._tell_if_due()

    def cancelled(self) -> bool:
        self._tell_if_due()
        if not self._cancelled and time.monotonic() - self._looked >= LOOK_S:
            self._cancelled = self._is_requested()
            self._looked = time.monotonic()
        return self._cancelled or self.is_cut_short()

    def is_cut_short(self) -> bool:
        """Whether it must end because this process does."""
        return stopping.is_set() or (self._run.interactive and leaving.is_set())

    def typed(self) -> str | None:
        if self._input_ended:
            return None
        if time.monotonic() < self._look_typed_at:
            return ""
        self._look_typed_at = time.monotonic() + TYPED_LOOK_S
        try:
            news = list(self._run.inputs.filter(pk__gt=self._read_to))
        except Error as error:
            logger.warning("what is typed to run %s: %s", self._run.pk, type(error).__name__)
            return ""
        if news:
            self._read_to, self._input_ended = news[-1].pk, news[-1].ends
        # The end is told the next time, after what came before it.
        return "".join(each.text for each in news)

    def tell_rest(self) -> None:
        """Say what is left. Neighbouring chunks of one stream become one nudge."""
        while self._gathered:
            stream, text = self._gathered.pop(0)
            while self._gathered and self._gathered[0][0] == stream:
                text += self._gathered.pop(0)[1]
            if text:
                self._run.tell("run.printed", stream=stream, text=text)
        self._told = time.monotonic()

    def _tell_if_due(self) -> None:
        if self._gathered and time.monotonic() - self._told >= GATHER_S:
            self.tell_rest()

    def _is_requested(self) -> bool:
        try:
            if time.monotonic() >= self._renew_at:
                self._renew_at = time.monotonic() + LEASE_S / 3
                return not self._run.keep()
            return Run.objects.filter(pk=self._run.pk, cancel_requested=True).exists()
        except Error as error:
            logger.warning("run %s cannot be looked up: %s", self._run.pk, type(error).__name__)
            return False
