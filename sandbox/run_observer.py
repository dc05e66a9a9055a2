"""Observer of a run in a worker: publishes its output, polls its row for Stop, for input, for
whether somebody is there still, and for who has missed what it has printed."""

import threading
import time

from django.db import Error
from django.utils import timezone

from .constants import RUNNING
from .models import Run
from .run_poller import RunFlags, RunPoller, log_database_error
from .transcript import STREAMS, Transcript, pieces

# Seconds after the last notification during which output is gathered for the next one.
GATHER_S = 0.05
# Seconds between two reads of the row; and of the row of an interactive run.
POLL_INTERVAL_S = 0.25
INTERACTIVE_POLL_INTERVAL_S = 0.1
# So many seconds after a program has fallen silent the number of its last output is published once
# more, and again after twice as long each time: who has missed the end of it can know.
SILENCE_S = 1.0

# Seconds for which the mark that somebody is there must be seen to have run out: whoever could not
# renew it, because the database was away, is given the time to.
RETURN_S = 3.0

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
        # How many publications there were, and all that was printed and typed so far.
        self._seq = 0
        self._order = Transcript()
        self._texts: dict[str, list[str]] = {stream: [] for stream in STREAMS}
        # Which of those who have asked for it have been answered.
        self._replayed = 0
        # When the next reminder of the last number is due, after how long a silence.
        self._silence_s = SILENCE_S
        now = time.monotonic()
        # Most programs are over before a query would be worth its time.
        self._poll_from = now if run.interactive else now + POLL_INTERVAL_S
        self._cancelled = run.cancel_requested
        # Set when nobody is there any more to type; since when that has been seen, None before.
        self.is_left = False
        self._unwatched_since: float | None = None
        # The last row of input that was read, the bytes read so far, and whether that was all.
        # A run that begins anew is given everything again.
        self._read_to = self._read_bytes = 0
        self._input_ended = False

    def printed(self, stream: str, text: str) -> None:
        self._gathered.append((stream, text))
        self._order.add(stream, text)
        self._texts[stream].append(text)
        self._publish_if_due()

    def cancelled(self) -> bool:
        self._publish_if_due()
        if not self._cancelled:
            flags = self._flags()
            self.is_left = self._is_unwatched(flags)
            self._cancelled = flags.cancel_requested or self.is_left or self._is_lost(flags)
            if flags.replay_wanted > self._replayed and flags.fence == self._run.fence:
                self._replay(flags.replay_wanted)
        return self._cancelled or self.is_cut_short()

    def is_cut_short(self) -> bool:
        """True if the run must end because this process does."""
        waits = self._run.interactive or self._run.series
        return stopping.is_set() or (waits and draining.is_set())

    def awaits_start(self, starting: bool) -> None:
        """It waits for the sandbox, which is starting, or does so no more."""
        try:
            self._run.store_starting(starting=starting)
        except Error as error:
            log_database_error(f"whether run {self._run.pk} waits", error)
            return
        self._run.notify("run.started")

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
                self._seq += 1
                self._publish(stream, text)
                self._silence_s = SILENCE_S

    def _publish(self, stream: str, text: str) -> None:
        self._run.notify(
            "run.printed", fence=self._run.fence, seq=self._seq, stream=stream, text=text
        )
        self._published_at = time.monotonic()

    def _publish_if_due(self) -> None:
        silence = time.monotonic() - self._published_at
        if self._gathered and silence >= GATHER_S:
            self.publish_rest()
        elif self._seq and silence >= self._silence_s:
            self._silence_s *= 2
            self._publish("stdout", "")

    def _replay(self, wanted: int) -> None:
        """Store all that was printed so far, for those who have missed some of it."""
        self.publish_rest()
        texts = {stream: "".join(parts) for stream, parts in self._texts.items()}
        try:
            self._run.store_printed(pieces(self._order.order(), texts), self._seq)
        except Error as error:
            log_database_error(f"what run {self._run.pk} has printed", error)
            return
        self._replayed = wanted
        self._run.notify("run.so_far")

    def _flags(self) -> RunFlags:
        if time.monotonic() < self._poll_from:
            return RunFlags()
        every_s = INTERACTIVE_POLL_INTERVAL_S if self._run.interactive else POLL_INTERVAL_S
        return poller.flags(self._run.pk, every_s)

    def _is_lost(self, flags: RunFlags) -> bool:
        """Whether this claim is the run's no more. Flags of an earlier claim say nothing."""
        is_ours = flags.fence == self._run.fence
        return flags.fence > self._run.fence or (is_ours and flags.status != RUNNING)

    def _is_unwatched(self, flags: RunFlags) -> bool:
        """Whether nobody says any more that they are there, where somebody need be."""
        if flags.watched_until is None or flags.watched_until > timezone.now():
            self._unwatched_since = None
            return False
        self._unwatched_since = self._unwatched_since or time.monotonic()
        return time.monotonic() - self._unwatched_since >= RETURN_S
