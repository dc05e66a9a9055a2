"""Execution of a series in a container, as its host sees it: programs in, observations out."""

import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from .cases import Observation, ProgramCase
from .execution import SANDBOX_FAILED
from .inside.wire import CASE, END, REPORT, STDERR, STDOUT, WireError
from .job import Limits, Result, Status
from .languages import Language
from .observation import ObservationBuilder, program_frames
from .outcome import STOPPED, EndReport
from .stream import ContainerStream, Frame

logger = logging.getLogger(__name__)

# So many bytes of programs wait in the container's pipe at most, but for one program.
AHEAD_BYTES = 48 * 1024
# Seconds past a program's own limit at which the host stops believing the supervisor: above what
# that may need to end what has forked without end.
GRACE_S = 5.0
# The longest wait for frames, in seconds: how often the observer is asked.
POLL_INTERVAL_S = 0.02

TOO_LONG = "The series of programs was ended: it has lasted as long as one may."
UNCLEARED = "The series of programs was ended: a program has left what cannot be cleared away."
TOO_LATE = "The series of programs was ended: a program did not stop at its limit."


class SeriesObserver(Protocol):
    """Has the programs of a series. No method may wait long; what one raises ends the series."""

    def next_batch(self) -> Sequence[ProgramCase] | None:
        """What to try next, empty while there is nothing; None when nothing more will come."""

    def observed(self, observations: list[Observation]) -> None:
        """What came of the batch given last: one for each, in order, or fewer as the series is
        over."""

    def cancelled(self) -> bool:
        """True once the series is to be stopped at once, whatever runs."""


class SeriesExecution:
    """One series that has its job. `result` is None until it is over; nothing is tried then."""

    def __init__(self, stream: ContainerStream, limits: Limits, language: Language) -> None:
        self._stream = stream
        self._limits = limits
        self._language = language
        self._started = time.monotonic()
        # What has arrived and was not looked at yet.
        self._frames: deque[Frame] = deque()
        self.result: Result | None = None

    def run_to_end(self, observer: SeriesObserver) -> Result:
        """Try what the observer has until it has no more. Raises nothing but what it raises."""
        while not self.result:
            if observer.cancelled():
                return self._end(Status.CANCELLED, STOPPED)
            batch = observer.next_batch()
            if batch is None:
                return self.close()
            if batch:
                observer.observed(self.observe(batch, observer))
            else:
                self._idle()
        return self.result

    def observe(
        self, batch: Sequence[ProgramCase], observer: SeriesObserver | None = None
    ) -> list[Observation]:
        """One observation for each, in order; fewer where the series ends before."""
        observed: list[Observation] = []
        try:
            self._observe(batch, observed, observer)
        except WireError as error:
            self._fail(error)
        return observed

    def close(self) -> Result:
        """End the series. The container may be removed, and nothing is waited for."""
        return self.result or self._end(Status.OK, "")

    def _observe(
        self,
        batch: Sequence[ProgramCase],
        observed: list[Observation],
        observer: SeriesObserver | None,
    ) -> None:
        """Add to `observed` what is seen of the batch, and return early where the series ends."""
        unsent, on_its_way = deque(batch), deque[int]()
        while len(observed) < len(batch) and not self.result:
            self._send_ahead(unsent, on_its_way)
            observation = self._observe_one(batch[len(observed)], observer)
            if observation:
                observed.append(observation)
                on_its_way.popleft()

    def _send_ahead(self, unsent: deque[ProgramCase], on_its_way: deque[int]) -> None:
        """Send programs, so that the container never waits for one; note how long each is."""
        frames: list[Frame] = []
        while unsent and (not on_its_way or sum(on_its_way) < AHEAD_BYTES):
            its_frames = program_frames(unsent.popleft())
            on_its_way.append(sum(len(payload) for _, payload in its_frames))
            frames += its_frames
        if frames:
            self._stream.send_all(frames)

    def _observe_one(
        self, tried: ProgramCase, observer: SeriesObserver | None
    ) -> Observation | None:
        """What is seen of the program that runs now; None where the series ends."""
        builder = ObservationBuilder(tried.case, self._limits.case_output_bytes, self._language)
        until = time.monotonic() + tried.wall_s + GRACE_S
        while not self.result:
            if observer and observer.cancelled():
                self._end(Status.CANCELLED, STOPPED)
            elif frame := self._next_frame():
                kind, payload = frame
                if kind == CASE:
                    return builder.end(EndReport.parse(payload))
                self._add(builder, kind, payload)
            elif time.monotonic() > until:
                self._end(Status.TIMEOUT, TOO_LATE)
        return None

    def _add(self, builder: ObservationBuilder, kind: int, payload: bytes) -> None:
        if kind == END:
            self._end(Status.SANDBOX_ERROR, UNCLEARED)
        elif kind in {STDOUT, STDERR, REPORT}:
            builder.add(kind, payload)
        else:
            raise WireError(f"frame of kind {kind} in a series")

    def _idle(self) -> None:
        """Wait a moment between two batches, in which a container has nothing to say but END."""
        try:
            if frame := self._next_frame():
                if frame[0] != END:
                    raise WireError(f"frame of kind {frame[0]} between two batches")
                self._end(Status.SANDBOX_ERROR, UNCLEARED)
        except WireError as error:
            self._fail(error)
        if not self.result and time.monotonic() - self._started >= self._limits.session_s:
            self._end(Status.TIMEOUT, TOO_LONG)

    def _next_frame(self) -> Frame | None:
        if not self._frames:
            self._frames.extend(self._stream.receive(POLL_INTERVAL_S))
        return self._frames.popleft() if self._frames else None

    def _fail(self, error: WireError) -> None:
        # Its text says what happened; a traceback would add nothing.
        logger.error("sandbox failed: %s", error)
        self._end(Status.SANDBOX_ERROR, SANDBOX_FAILED)

    def _end(self, status: Status, message: str) -> Result:
        took = round((time.monotonic() - self._started) * 1000)
        self.result = Result(status, duration_ms=took, message=message)
        return self.result
