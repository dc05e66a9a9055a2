"""Observer of a run in a worker: publishes its output, polls its row for Stop and for input."""

import threading
import time

from django.db import Error

from .constants import RUNNING
from .models import Run
from .run_poller import RunFlags, RunPoller, log_database_error

# Seconds after the last notification during which output is gathered for the next one.
GATHER_S = 0.05
# Seconds between two reads of the row; and of the row of an interactive run.
POLL_INTERVAL_S = 0.25
INTERACTIVE_POLL_INTERVAL_S = 0.1

# Set when this process must let go of its containers now.
stopping = threading.Event()
# Set when this process ends soon: computing runs are waited for, no others.
draining = threading.Event()

# Of this process.
poller = RunPoller()


class RunObserver:
    """Observer of one claimed run. `cancelled` is asked often and also publishes what is due."""

    def __init__(self, run: Run) -> None:
        self._run = run
        # Output that has not been published yet: (stream, text), in order.
        self._gathered: list[tuple[str, str]] = []
        self._published_at = 0.0
        now = time.monotonic()
        # Most programs are over before a query would be worth its time.
        self._poll_from = now if run.interactive else now + POLL_INTERVAL_S
        self._cancelled = run.cancel_requested
        # The last row of input that was read, the bytes read so far, and whether that was all.
        # A run that begins anew is given everything again.
        self._read_to = self._read_bytes = 0
        self._input_ended = False

    def printed(self, stream: str, text: str) -> None:
        self._gathered.append((stream, text))
        self._publish_if_due()

    def cancelled(self) -> bool:
        self._publish_if_due()
        if not self._cancelled:
            flags = self._flags()
            self._cancelled = flags.cancel_requested or self._is_lost(flags)
        return self._cancelled or self.is_cut_short()

    def is_cut_short(self) -> bool:
        """True if the run must end because this process does."""
        waits = self._run.interactive or self._run.series
        return stopping.is_set() or (waits and draining.is_set())

    def typed(self) -> str | None:
        if self._input_ended:
            return None
        flags = self._flags()
        if flags.typed_bytes <= self._read_bytes and not flags.input_ended:
            return ""
        try:
            inputs = list(self._run.inputs.filter(pk__gt=self._read_to))
        except Error as error:
            log_database_error(f"what is typed to run {self._run.pk}", error)
            return ""
        if inputs:
            self._read_to, self._input_ended = inputs[-1].pk, inputs[-1].ends
            self._read_bytes += sum(len(each.text.encode()) for each in inputs)
        # The end is told the next time, after what came before it.
        return "".join(each.text for each in inputs)

    def publish_rest(self) -> None:
        """Publish what is left. Neighbouring chunks of one stream become one notification."""
        while self._gathered:
            stream, text = self._gathered.pop(0)
            while self._gathered and self._gathered[0][0] == stream:
                text += self._gathered.pop(0)[1]
            if text:
                self._run.notify("run.printed", stream=stream, text=text)
        self._published_at = time.monotonic()

    def _publish_if_due(self) -> None:
        if self._gathered and time.monotonic() - self._published_at >= GATHER_S:
            self.publish_rest()

    def _flags(self) -> RunFlags:
        if time.monotonic() < self._poll_from:
            return RunFlags()
        every_s = INTERACTIVE_POLL_INTERVAL_S if self._run.interactive else POLL_INTERVAL_S
        return poller.flags(self._run.pk, every_s)

    def _is_lost(self, flags: RunFlags) -> bool:
        """Whether this claim is the run's no more. Flags of an earlier claim say nothing."""
        is_ours = flags.fence == self._run.fence
        return flags.fence > self._run.fence or (is_ours and flags.status != RUNNING)
