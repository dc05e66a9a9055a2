"""What a worker does while a container works: tell the output, look for a request to stop."""

import threading
import time

from django.conf import settings
from django.db import Error

from .models import Run
from .queue import RENEWALS_PER_LEASE
from .run_poller import Lookout, Seen, complain

# Output that follows within this many seconds of the last nudge is gathered.
GATHER_S = 0.05
# Seconds between two looks at the row; and at one of a program to which somebody may type.
LOOK_S = 0.25
TYPED_LOOK_S = 0.1

# Set when this process must let go of its containers now.
stopping = threading.Event()
# Set when it ends soon: what computes is waited for, who types is not.
leaving = threading.Event()

lookout = Lookout()


class Watch:
    """The observer of one claimed run. `cancelled` is asked often and also sends what is due."""

    def __init__(self, run: Run) -> None:
        self._run = run
        # Output that has not been told yet: (stream, text), in order.
        self._gathered: list[tuple[str, str]] = []
        self._told = 0.0
        now = time.monotonic()
        self._renew_at = now + settings.SANDBOX_LEASE_S / RENEWALS_PER_LEASE
        # Most programs are over before a look would be worth its time.
        self._look_from = now if run.interactive else now + LOOK_S
        self._cancelled = run.cancel_requested
        # Up to which row that was read which was typed, how much it was, and whether it was all.
        # A run that begins anew is typed everything again.
        self._read_to = self._read_bytes = 0
        self._input_ended = False

    def printed(self, stream: str, text: str) -> None:
        self._gathered.append((stream, text))
        self._tell_if_due()

    def cancelled(self) -> bool:
        self._tell_if_due()
        self._cancelled = self._cancelled or self._look().cancel_requested or not self._keep()
        return self._cancelled or self.is_cut_short()

    def is_cut_short(self) -> bool:
        """Whether it must end because this process does."""
        return stopping.is_set() or (self._run.interactive and leaving.is_set())

    def typed(self) -> str | None:
        if self._input_ended:
            return None
        seen = self._look()
        if seen.typed_bytes <= self._read_bytes and not seen.input_ended:
            return ""
        try:
            news = list(self._run.inputs.filter(pk__gt=self._read_to))
        except Error as error:
            complain(f"what is typed to run {self._run.pk}", error)
            return ""
        if news:
            self._read_to, self._input_ended = news[-1].pk, news[-1].ends
            self._read_bytes += sum(len(each.text.encode()) for each in news)
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

    def _look(self) -> Seen:
        if time.monotonic() < self._look_from:
            return Seen()
        return lookout.seen(self._run.pk, TYPED_LOOK_S if self._run.interactive else LOOK_S)

    def _keep(self) -> bool:
        """Renew the claim, if it is time to; False if it is lost."""
        if time.monotonic() < self._renew_at:
            return True
        self._renew_at = time.monotonic() + settings.SANDBOX_LEASE_S / RENEWALS_PER_LEASE
        try:
            return self._run.keep()
        except Error as error:
            complain(f"run {self._run.pk} cannot be kept", error)
            self._renew_at = time.monotonic() + LOOK_S
            return True
