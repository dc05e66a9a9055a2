"""Observer of a series in a worker: has its batches from their rows, and answers them there."""

import time
from collections import deque
from collections.abc import Sequence

from django.db import Error
from django.utils import timezone

from .cases import Observation, ProgramCase
from .constants import SERIES_IDLE_S
from .models import Batch, Run
from .run_observer import RunObserver
from .run_poller import RunFlags, RunPoller, log_database_error

# Seconds between two reads of the rows of all series that are open here.
POLL_INTERVAL_S = 0.02

# Of this process, beside that of the other runs: it reads only while a series is open.
poller = RunPoller()


class BatchObserver(RunObserver):
    """Observer of one claimed series: the source of its programs. Nobody is told what they
    print."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._waiting: deque[Batch] = deque()
        # The batch that is tried; None between two.
        self._batch: Batch | None = None
        # How much had been asked for, and the last batch, when batches were last read.
        self._read_bytes = self._read_to = 0
        # When somebody last needed it. A series that has waited long may have nobody any more.
        waited = (timezone.now() - run.created_at).total_seconds()
        self._needed_at = time.monotonic() - max(waited, 0)

    def next_batch(self) -> Sequence[ProgramCase] | None:
        flags = self._flags()
        if flags.input_ended:
            return None
        if not self._waiting and flags.typed_bytes > self._read_bytes:
            self._read(flags)
        if self._waiting:
            self._batch = self._waiting.popleft()
            return self._batch.tried()
        idle = time.monotonic() - self._needed_at > SERIES_IDLE_S and flags.status
        return None if idle else ()

    def observed(self, observations: list[Observation]) -> None:
        assert self._batch
        batch, self._batch = self._batch, None
        batch.answer(observations)
        self._needed_at = time.monotonic()
        self._run.notify("run.tried", batch=batch.number)

    def cancelled(self) -> bool:
        # Between two batches the series ends when it is asked for the next one.
        return super().cancelled() or bool(self._batch and self._flags().input_ended)

    def _read(self, flags: RunFlags) -> None:
        try:
            found = list(self._run.batches.filter(number__gt=self._read_to).order_by("number"))
        except Error as error:
            log_database_error(f"what is asked of run {self._run.pk}", error)
            return
        self._read_bytes = flags.typed_bytes
        if found:
            self._read_to = found[-1].number
            self._waiting.extend(found)

    def _flags(self) -> RunFlags:
        return poller.flags(self._run.pk, POLL_INTERVAL_S)
