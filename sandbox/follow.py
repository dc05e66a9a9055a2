"""One run as its host sees it, from the job to the end: what is printed, and whether to stop."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from .cases import Observation
from .files import MOST_FILES, OutputFile
from .inside.wire import CANCEL, CASE, END, FILE, STDERR, STDIN, STDOUT, WireError
from .job import Job, Result, Status
from .line import Line, Printed
from .transcript import Transcript, storable
from .verdict import STOPPED, End, out_of_memory, overdue, verdict

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
        # How many test cases there are, and what was observed of them so far.
        self._cases = len(job.cases)
        self._observations: list[Observation] = []
        self._observer = observer
        self._started = time.monotonic()
        session_s = limits.session_s if job.interactive else 0
        self._deadline = self._started + max(limits.wall_s, session_s) + GRACE_S
        # Who types; None if nobody does, or no more.
        self._typist: Any = observer if job.interactive and hasattr(observer, "typed") else None
        if job.interactive and self._typist is None:
            line.send(STDIN)
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
        while time.monotonic() < self._deadline:
            if not self._cancelled and self._observer.cancelled():
                self._cancelled = True
                self._deadline = min(self._deadline, time.monotonic() + GRACE_S)
                self._line.send(CANCEL)
            self._pass_typed()
            for kind, payload in self._line.receive():
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
        if len(self._observations) != self._cases:
            raise WireError(f"{len(self._observations)} observations of {self._cases} cases")
        files, observations = tuple(self._files), tuple(self._observations)
        result = self._with_texts(verdict(end, self._limits))
        return replace(result, observations=observations, files=files)

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

    def _observe(self, payload: bytes) -> None:
        try:
            self._observations.append(Observation.from_json(json.loads(payload)))
        except (ValueError, RecursionError) as error:
            raise WireError(f"an observation that cannot be read: {type(error).__name__}") from None

    def _pass_on(self, kind: int, payload: bytes) -> None:
        match kind:
            case _ if kind == STDOUT:
                self._tell("stdout", self._stdout.add(payload))
            case _ if kind == STDERR:
                self._tell("stderr", self._stderr.add(payload))
            case _ if kind == CASE and len(self._observations) < self._cases:
                self._observe(payload)
            case _ if kind == FILE and len(self._files) < MOST_FILES:
                self._files.append(OutputFile.parse(payload))
            case _:
                raise WireError(f"frame of kind {kind} in the middle of a run")

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
