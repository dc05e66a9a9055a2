"""Execution of one job in a container, as its host sees it: frames in, a Result out."""

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
    tail_bytes,
)
from .job import Job, Result, Status
from .observation import NOT_RUN, ObservationBuilder, case_frames
from .outcome import STOPPED, EndReport, heap_is_full, out_of_memory, overdue, result_of
from .stream import ContainerStream, Frame
from .stream_text import ErrorText, StreamText
from .text import storable
from .transcript import Transcript

if TYPE_CHECKING:
    from .cases import Observation

logger = logging.getLogger(__name__)

# Seconds past the program's own limit at which the host stops believing the supervisor.
GRACE_S = 2.0

SANDBOX_FAILED = (
    "The sandbox failed while it ran the program; the program is not to blame. Run it again."
)


class Observer(Protocol):
    """Follows a run. Neither method may wait long; what one raises ends the run."""

    def printed(self, stream: str, text: str) -> None:
        """More of "stdout" or "stderr", in order, as it comes; "stdin" is what was typed."""

    def cancelled(self) -> bool:
        """True once the run is to be stopped; asked about twenty times a second."""


class InteractiveObserver(Observer, Protocol):
    """Follows an interactive run, and has its input. Nobody else is asked."""

    def typed(self) -> str | None:
        """What was typed since the last time; None when nothing more will come. Asked as often as
        `cancelled`."""


class NullObserver:
    """The observer of a run that nobody follows."""

    def printed(self, stream: str, text: str) -> None:
        pass

    def cancelled(self) -> bool:
        return False


class Execution:
    """One run that has its job: relays output and input, and holds what was printed so far."""

    def __init__(self, stream: ContainerStream, job: Job, observer: Observer) -> None:
        self._stream = stream
        self._limits = limits = job.limits
        self._language = job.language
        # The test cases, what was observed of them so far, and the one that runs, or None.
        self._cases = job.cases
        self._observations: list[Observation] = []
        self._builder: ObservationBuilder | None = None
        self._observer = observer
        self._started = time.monotonic()
        self._deadline = self._started + max(limits.wall_s, job.session_s) + GRACE_S
        # When the host last listened, and for how long it may still do something else.
        self._received_at = self._started
        self._patience = HOST_S
        # The source of input; None if there is none, or no more.
        types = job.interactive and hasattr(observer, "typed")
        self._input_observer: Any = observer if types else None
        self._input_is_closed = job.interactive and self._input_observer is None
        self._input_room = limits.stdin_bytes
        # What was passed on of it.
        self._typed: list[str] = []
        self._files: list[OutputFile] = []
        self._cancelled = False
        self._stdout = StreamText(limits.output_bytes)
        self._stderr = ErrorText(limits.output_bytes, tail_bytes(limits.output_bytes))
        self._transcript = Transcript()

    def run_to_end(self) -> Result:
        """Relay output until END, at the latest until the host's own deadline.

        Raises WireError when the other end is gone or breaks the protocol: `result_without_end`.
        """
        if self._input_is_closed:
            self._stream.send(STDIN)
        self._begin_case()
        while time.monotonic() < self._deadline:
            if not self._cancelled and self._observer.cancelled():
                self._cancelled = True
                self._deadline = min(self._deadline, time.monotonic() + GRACE_S)
                self._stream.send(CANCEL)
            self._pass_typed()
            for kind, payload in self._receive():
                if kind == END:
                    return self._ended(EndReport.parse(payload))
                self._pass_on(kind, payload)
        logger.warning("no end %s s after the limit: the container is killed", GRACE_S)
        return self._result(*self._too_late(), time.monotonic())

    def result_without_end(self, memory_ran_out: Callable[[], bool]) -> Result:
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

    def _ended(self, end: EndReport) -> Result:
        missing = len(self._cases) - len(self._observations)
        if missing and not (self._cancelled and end.cause == "cancelled"):
            raise WireError(f"{len(self._observations)} observations of {len(self._cases)} cases")
        observations = (*self._observations, *[NOT_RUN] * missing)
        self._end_texts(end.stderr_bytes)
        is_full = heap_is_full(end, self._language, self._stderr.whole())
        result = self._with_texts(result_of(end, self._limits, heap_is_full=is_full))
        return replace(result, observations=observations, files=tuple(self._files))

    def _receive(self) -> list[Frame]:
        """The next frames. Between cases the supervisor waits for the host, so that what keeps the
        host from listening takes nothing off the time of all cases."""
        if self._cases:
            busy = min(time.monotonic() - self._received_at, self._patience)
            self._deadline, self._patience = self._deadline + busy, self._patience - busy
        frames = self._stream.receive()
        self._received_at = time.monotonic()
        return frames

    def _begin_case(self) -> None:
        """Send the case whose turn it is, if there is one: the one before has been observed."""
        self._builder = None
        if self._cancelled or len(self._observations) == len(self._cases):
            return
        case = self._cases[len(self._observations)]
        most = self._limits.case_output_bytes
        self._builder = ObservationBuilder(case, most, self._language)
        self._stream.send_all(case_frames(case))

    def _pass_typed(self) -> None:
        """Pass input on; an empty frame is its end, and so is more than a program may read."""
        if self._input_observer is None:
            return
        text = self._input_observer.typed()
        data = b"" if text is None else text.encode("utf-8", "replace")
        # A character that the limit cuts in two is left out.
        passed = data[: self._input_room].decode("utf-8", "ignore")
        self._input_room -= min(len(data), self._input_room)
        if passed:
            self._stream.send(STDIN, passed.encode())
            self._typed.append(storable(passed))
            self._tell("stdin", self._typed[-1])
        if text is None or not self._input_room:
            self._stream.send(STDIN)
            self._input_observer = None

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
        if self._builder is None or kind not in {STDOUT, STDERR, REPORT, CASE}:
            raise WireError(f"frame of kind {kind} when no case has it")
        if kind != CASE:
            self._builder.add(kind, payload)
            return
        self._observations.append(self._builder.end(EndReport.parse(payload)))
        self._begin_case()

    def _too_late(self) -> tuple[Status, str]:
        if self._cancelled:
            return Status.CANCELLED, STOPPED
        return Status.TIMEOUT, overdue(self._limits)

    def _result(self, status: Status, message: str, ended: float) -> Result:
        self._end_texts()
        result = Result(status, duration_ms=round((ended - self._started) * 1000), message=message)
        return self._with_texts(result)

    def _end_texts(self, stderr_bytes: int = 0) -> None:
        """No more will come; `stderr_bytes` were written in all, if that is known."""
        self._transcript.add("stdout", self._stdout.end())
        self._transcript.add("stderr", self._stderr.end(stderr_bytes))

    def _with_texts(self, result: Result) -> Result:
        """The result with all that was printed and typed."""
        return replace(
            result,
            stdout=self._stdout.whole(),
            stderr=self._stderr.whole(),
            typed="".join(self._typed),
            order=self._transcript.order(),
        )
