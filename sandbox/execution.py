"""One run as its host sees it, from the job to the end: what is printed, and whether to stop."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from .files import MOST_FILES, OutputFile
from .inside.wire import (
    CANCEL,
    CASE,
    END,
    FILE,
    HOST_S,
    REPORT,
    STDERR,
    STDIN,
    STDOUT,
    WireError,
)
from .job import Job, Result, Status
from .observing import NOT_RUN, Observing, case_frames
from .outcome import STOPPED, End, out_of_memory, overdue, verdict
from .stream import Frame, Line, Printed
from .transcript import Transcript, storable

if TYPE_CHECKING:
    from .cases import Observation

logger = logging.getLogger(__name__)

# Seconds past the program's own limit at which the host stops believing the supervisor.
GRACE_S = 2.0

SANDBOX_FAILED = (
    "The sandbox failed while it ran the program; the program is not to blame. Run it again."
)


class Observer(Protocol):
    """Who follows a run. Neither method may wait long; what one raises ends the run."""

    def printed(self, stream: str, text: str) -> None:
        """More of "stdout" or "stderr", in order, as it comes; "stdin" is what was typed."""

    def cancelled(self) -> bool:
        """Whether the run should be stopped; asked about twenty times a second."""


class Typist(Observer, Protocol):
    """Who follows an interactive run, and types. Nobody else is asked."""

    def typed(self) -> str | None:
        """What was typed since the last time; None when nothing more will come. Asked as often as
        `cancelled`."""


class Nobody:
    """The observer of a run that nobody follows."""

    def printed(self, stream: str, text: str) -> None:
        pass

    def cancelled(self) -> bool:
        return False


class Following:
    """Follows one run that has its job, and knows at any time what it has printed so far."""

    def __init__(self, line: Line, job: Job, observer: Observer) -> None:
        self._line = line
        self._limits = limits = job.limits
        # The test cases, what was observed of them so far, and the one that runs, or None.
        self._cases = job.cases
        self._observations: list[Observation] = []
        self._observing: Observing | None = None
        self._observer = observer
        self._started = time.monotonic()
        session_s = limits.session_s if job.interactive else 0
        self._deadline = self._started + max(limits.wall_s, session_s) + GRACE_S
        # When the host last listened, and for how long it may still do something else.
        self._heard = self._started
        self._patience = HOST_S
        # Who types; None if nobody does, or no more.
        self._typist: Any = observer if job.interactive and hasattr(observer, "typed") else None
        self._nobody_types = job.interactive and self._typist is None
        self._room_to_type = limits.stdin_bytes
        # What was passed on of it.
        self._typed: list[str] = []
        self._files: list[OutputFile] = []
        self._cancelled = False
        self._stdout = Printed(limits.output_bytes)
        self._stderr = Printed(limits.output_bytes)
        self._transcript = Transcript()

    def to_the_end(self) -> Result:
        """Pass on what is printed until END. The host's own deadline is the last word.

        Raises WireError when the other end is gone or out of its mind; `cut_short` then tells.
        """
        if self._nobody_types:
            self._line.send(STDIN)
        self._begin_case()
        while time.monotonic() < self._deadline:
            if not self._cancelled and self._observer.cancelled():
                self._cancelled = True
                self._deadline = min(self._deadline, time.monotonic() + GRACE_S)
                self._line.send(CANCEL)
            self._pass_typed()
            for kind, payload in self._receive():
                if kind == END:
                    return self._ended(End.parse(payload))
                self._pass_on(kind, payload)
        logger.warning("no end %s s after the limit: the container is killed", GRACE_S)
        return self._result(*self._too_late(), time.monotonic())

    def cut_short(self, memory_ran_out: Callable[[], bool]) -> Result:
        """The result of a run that has no END, with what it had printed by now.

        `memory_ran_out` may take its time; it is asked only where nothing else explains the end.
        """
        ended = time.monotonic()
        if self._cancelled or ended - self._started >= self._limits.wall_s:
            status, message = self._too_late()
        elif memory_ran_out():
            status, message = Status.MEMORY, out_of_memory(self._limits)
        else:
            status, message = Status.SANDBOX_ERROR, SANDBOX_FAILED
        return self._result(status, message, ended)

    def _ended(self, end: End) -> Result:
        missing = len(self._cases) - len(self._observations)
        if missing and not (self._cancelled and end.cause == "cancelled"):
            raise WireError(f"{len(self._observations)} observations of {len(self._cases)} cases")
        observations = (*self._observations, *[NOT_RUN] * missing)
        result = self._with_texts(verdict(end, self._limits))
        return replace(result, observations=observations, files=tuple(self._files))

    def _receive(self) -> list[Frame]:
        """What comes next. Between cases the supervisor waits for the host, so that what keeps the
        host from listening takes nothing off the time of all cases."""
        if self._cases:
            busy = min(time.monotonic() - self._heard, self._patience)
            self._deadline, self._patience = self._deadline + busy, self._patience - busy
        frames = self._line.receive()
        self._heard = time.monotonic()
        return frames

    def _begin_case(self) -> None:
        """Send the case whose turn it is, if there is one: the one before has been observed."""
        self._observing = None
        if self._cancelled or len(self._observations) == len(self._cases):
            return
        case = self._cases[len(self._observations)]
        self._observing = Observing(case, self._limits.case_output_bytes)
        self._line.send_all(case_frames(case))

    def _pass_typed(self) -> None:
        """What was typed; an empty frame is the end, and so is more than a program may read."""
        if self._typist is None:
            return
        text = self._typist.typed()
        data = b"" if text is None else text.encode("utf-8", "replace")
        # A character that the limit cuts in two is left out.
        passed = data[: self._room_to_type].decode("utf-8", "ignore")
        self._room_to_type -= min(len(data), self._room_to_type)
        if passed:
            self._line.send(STDIN, passed.encode())
            self._typed.append(storable(passed))
            self._tell("stdin", self._typed[-1])
        if text is None or not self._room_to_type:
            self._line.send(STDIN)
            self._typist = None

    def _tell(self, stream: str, text: str) -> None:
        self._transcript.add(stream, text)
        self._observer.printed(stream, text)

    def _pass_on(self, kind: int, payload: bytes) -> None:
        match kind:
            case _ if self._cases:
                self._observe(kind, payload)
            case _ if kind == STDOUT:
                self._tell("stdout", self._stdout.add(payload))
            case _ if kind == STDERR:
                self._tell("stderr", self._stderr.add(payload))
            case _ if kind == FILE and len(self._files) < MOST_FILES:
                self._files.append(OutputFile.parse(payload))
            case _:
                raise WireError(f"frame of kind {kind} in the middle of a run")

    def _observe(self, kind: int, payload: bytes) -> None:
        if self._observing is None or kind not in {STDOUT, STDERR, REPORT, CASE}:
            raise WireError(f"frame of kind {kind} when no case has it")
        if kind != CASE:
            self._observing.add(kind, payload)
            return
        self._observations.append(self._observing.end(End.parse(payload)))
        self._begin_case()

    def _too_late(self) -> tuple[Status, str]:
        if self._cancelled:
            return Status.CANCELLED, STOPPED
        return Status.TIMEOUT, overdue(self._limits)

    def _result(self, status: Status, message: str, ended: float) -> Result:
        result = Result(status, duration_ms=round((ended - self._started) * 1000), message=message)
        return self._with_texts(result)

    def _with_texts(self, result: Result) -> Result:
        """The result with all that was printed and typed. Asked once, at the end."""
        self._transcript.add("stdout", self._stdout.end())
        self._transcript.add("stderr", self._stderr.end())
        return replace(
            result,
            stdout=self._stdout.whole(),
            stderr=self._stderr.whole(),
            typed="".join(self._typed),
            order=self._transcript.order(),
        )
