"""A test case on the wire: the frames that start it, and the observation made of its answers.

Whatever a program prints or reports is its own word, and may be anything.
"""

import contextlib
import json
import signal
from typing import Any

from .cases import (
    CallCase,
    CaseEnd,
    CaseJob,
    Observation,
    ObservationError,
    ProgramCase,
    Raised,
    storable_value,
)
from .inside import values
from .inside.cases import MOST_MESSAGE_CHARACTERS
from .inside.wire import (
    BEGIN,
    MOST_REPORT_BYTES,
    REPORT,
    STDOUT,
    TIME,
    TIME_MS,
    WireError,
    tail_bytes,
)
from .languages import DEFAULT, Language
from .outcome import EndReport, heap_is_full
from .stream import Frame, input_frames
from .stream_text import ErrorText, StreamText

# The end of a case, by the supervisor's cause.
CAUSES: dict[str, CaseEnd] = {
    "timeout": "timeout",
    "output": "output_limit",
    "cancelled": "not_run",
}
NOT_RUN = Observation("not_run")


def case_frames(case: CaseJob) -> list[Frame]:
    """The frames of one case: its input, then the expression."""
    call = case.call if isinstance(case, CallCase) else None
    return [*input_frames(case.stdin), (BEGIN, json.dumps({"call": call}).encode())]


def program_frames(tried: ProgramCase) -> list[Frame]:
    """The frames of one program of a series: its input and time, then itself and the expression."""
    call = tried.case.call if isinstance(tried.case, CallCase) else None
    begin = json.dumps({"call": call, "code": tried.program}).encode()
    time_ms = TIME_MS.pack(max(1, round(tried.wall_s * 1000)))
    return [*input_frames(tried.case.stdin), (TIME, time_ms), (BEGIN, begin)]


class ObservationBuilder:
    """Collects the frames of one case until its end."""

    def __init__(self, case: CaseJob, output_bytes: int, language: Language = DEFAULT) -> None:
        self._language = language
        self._calls = isinstance(case, CallCase)
        self._stdout = StreamText(output_bytes)
        self._stderr = ErrorText(output_bytes, tail_bytes(output_bytes))
        self._report = bytearray()

    def add(self, kind: int, payload: bytes) -> None:
        """Raises WireError if that is more than the supervisor may pass on."""
        if kind != REPORT:
            (self._stdout if kind == STDOUT else self._stderr).add(payload)
            return
        self._report += payload
        if len(self._report) > MOST_REPORT_BYTES + 1:
            raise WireError("more of a report than the supervisor may pass on")

    def end(self, end: EndReport) -> Observation:
        """The observation; raises WireError for an end that no case has."""
        if end.cause and end.cause not in CAUSES:
            raise WireError("a case that ended as no case does")
        self._stdout.end()
        self._stderr.end(end.stderr_bytes)
        ended, detail = self._end_of(end)
        if ended == "not_run":
            return NOT_RUN
        return Observation(
            ended,
            value=detail if ended == "value" else None,
            exception=detail if ended == "raised" else None,
            exit_code=end.exit_code if ended in {"raised", "exited"} else None,
            stdout=self._stdout.whole(),
            stderr=self._stderr.whole(),
            duration_ms=end.duration_ms,
        )

    def _end_of(self, end: EndReport) -> tuple[CaseEnd, Any]:
        """The case's end; with the value or the exception, where there is one.

        The exit code is the kernel's word. A report adds to it and never contradicts it: a program
        that is run for itself has no value, a value comes with exit code 0.
        """
        if end.cause:
            return CAUSES[end.cause], None
        if end.exit_code is None:
            is_full = heap_is_full(end, self._language, self._stderr.whole())
            return "memory" if is_full else _by_signal(end), None
        if not self._report:
            return "exited", None
        ended, detail = read_report(bytes(self._report)) or ("crashed", None)
        if not self._calls and ended != "raised":
            return "exited", None
        if ended == "value" and end.exit_code:
            return "crashed", None
        return ended, detail


def read_report(data: bytes) -> tuple[CaseEnd, Any] | None:
    """The report of a case's process, if it is whole and well-formed: a value as JSON beside
    "value", what was Raised beside "raised", None beside "exited"."""
    if len(data) > MOST_REPORT_BYTES:
        return None
    try:
        report = json.loads(data)
    except (ValueError, RecursionError):
        return None
    match report:
        case {"ended": "value", "value": value, **rest} if not rest and values.is_value(value):
            return "value", storable_value(value)
        case {"ended": "exited", **rest} if not rest:
            return "exited", None
        case {"ended": "raised", "exception": exception, **rest} if not rest:
            with contextlib.suppress(ObservationError):
                return "raised", Raised.from_json(exception).cut(MOST_MESSAGE_CHARACTERS)
    return None


def _by_signal(end: EndReport) -> CaseEnd:
    if end.signal == signal.SIGKILL and end.oom_kills:
        return "memory"
    # The hard limit of the CPU time, a second after the soft one, is a SIGKILL too.
    return "timeout" if end.signal == signal.SIGXCPU else "crashed"
