"""From a program's end to the result that its student reads. Pure."""

import json
import signal
from dataclasses import dataclass

from .cases import MOST_EXIT_CODE, MOST_NUMBER, within
from .inside.wire import WireError
from .job import KIB, MIB, Limits, Result, Status
from .languages import Language

# A program that has computed, or was ready to, for less than this share of its wall clock was
# waiting. What it was not let does count: on a busy machine a loop may get next to nothing.
BUSY_SHARE = 0.1
# With less CPU time than this share of its limit a program was not ended by that limit. Low for the
# signal of the limit, for which the kernel counts in ticks: on a busy machine far too many.
USED_UP_SHARE: dict[int | None, float] = {signal.SIGXCPU: 0.5, signal.SIGKILL: 0.9}
HEAP_FULL = "The program needed more memory than there is. Is something growing without end?"
STOPPED = "The program was stopped on request."
STOPPED_EARLY = "The program was stopped before it started."


@dataclass(frozen=True)
class EndReport:
    """The supervisor's report of an end. `cause` is empty if the program ended by itself.

    `cpu_ms` is of all its processes, the other numbers are of the program or the container.
    """

    cause: str
    exit_code: int | None
    signal: int | None
    oom_kills: int
    duration_ms: int
    # For how long it was ready to compute and was not let, where its time ran out.
    delayed_ms: int
    cpu_ms: int
    peak_memory_kb: int
    stdout_bytes: int
    stderr_bytes: int

    @classmethod
    def parse(cls, payload: bytes) -> "EndReport":
        """Raises WireError if it is not what the supervisor writes."""
        try:
            end = cls(**json.loads(payload))
        except (ValueError, TypeError, RecursionError):
            raise WireError("an end that cannot be read") from None
        numbers = (
            end.oom_kills, end.duration_ms, end.delayed_ms, end.cpu_ms, end.peak_memory_kb,
            end.stdout_bytes, end.stderr_bytes,
        )  # fmt: skip
        if not (
            isinstance(end.cause, str)
            and end.cause in {"", "timeout", "cancelled", "output", "idle"}
            and all(within(MOST_NUMBER, number) for number in numbers)
            and (end.exit_code is None or within(MOST_EXIT_CODE, end.exit_code))
            and (end.signal is None or within(signal.NSIG - 1, end.signal))
            and (end.exit_code is None) != (end.signal is None)
        ):
            raise WireError("an end that cannot be read")
        return end


def heap_is_full(end: EndReport, language: Language, stderr: str) -> bool:
    """True if the interpreter has ended itself because its own memory is full: it says so, which
    the program can say too, and ends by a signal."""
    said = any(words in stderr for words in language.full_heap)
    return said and end.signal is not None and not end.cause


def result_of(end: EndReport, limits: Limits, *, heap_is_full: bool = False) -> Result:
    """The result without its texts, with a sentence where those alone do not explain the end."""
    status, message = (Status.MEMORY, HEAP_FULL) if heap_is_full else _status_of(end, limits)
    own_end = status in (Status.OK, Status.ERROR)
    notes = [message, *_remarks(end, limits, own_end)]
    return Result(
        status=status,
        exit_code=end.exit_code if own_end else None,
        duration_ms=end.duration_ms,
        message=" ".join(note for note in notes if note),
        peak_memory_kb=end.peak_memory_kb,
        cpu_ms=end.cpu_ms,
    )


def _status_of(end: EndReport, limits: Limits) -> tuple[Status, str]:
    match end.cause:
        case "timeout":
            return Status.TIMEOUT, _out_of_time(end, limits)
        case "idle":
            return Status.IDLE, (
                f"The program waited {limits.idle_s:g} s for somebody to type, and nobody did. "
                "Run it again and answer its question, or give it its input beforehand."
            )
        case "cancelled":
            return Status.CANCELLED, STOPPED
        case "output":
            return Status.OUTPUT_LIMIT, (
                "The program was stopped because it printed far too much. "
                "Is there a loop that prints and never ends?"
            )
    if end.exit_code is not None:
        return (Status.ERROR if end.exit_code else Status.OK), ""
    return _by_signal(end, limits)


def _by_signal(end: EndReport, limits: Limits) -> tuple[Status, str]:
    if end.signal == signal.SIGKILL and end.oom_kills:
        return Status.MEMORY, out_of_memory(limits)
    share = USED_UP_SHARE.get(end.signal)
    if share and end.cpu_ms >= share * limits.cpu_s * 1000:
        return Status.TIMEOUT, _looping(limits.cpu_s)
    return Status.CRASHED, f"The program crashed: it was ended by {_signal_name(end.signal)}."


def _out_of_time(end: EndReport, limits: Limits) -> str:
    if end.cpu_ms + end.delayed_ms >= BUSY_SHARE * end.duration_ms:
        return _looping(limits.wall_s)
    return f"{overdue(limits)} Most of that time it was waiting."


def overdue(limits: Limits) -> str:
    return f"The program was stopped after {limits.wall_s:g} s, the longest a run may take."


def out_of_memory(limits: Limits) -> str:
    return (
        f"The program was stopped because it used more than {limits.memory_bytes // MIB} MB of "
        "memory. Is something growing without end?"
    )


def _looping(seconds: float) -> str:
    return (
        f"The program was stopped after {seconds:g} s because it was still running. "
        "Is there a loop that never ends?"
    )


def _remarks(end: EndReport, limits: Limits, own_end: bool) -> list[str]:
    remarks = []
    if own_end and end.oom_kills:
        remarks.append("One of the processes it started was stopped because memory ran out.")
    kept = f"{limits.output_bytes // KIB} KiB"
    if end.stdout_bytes > limits.output_bytes:
        remarks.append(f"The output is cut after the first {kept}.")
    if end.stderr_bytes > limits.output_bytes:
        remarks.append(f"Of the error output the beginning and the end are kept, {kept} in all.")
    return remarks


def _signal_name(number: int | None) -> str:
    if number == signal.SIGSEGV:
        return "a segmentation fault (SIGSEGV)"
    try:
        return signal.Signals(number or 0).name
    except ValueError:
        return f"signal {number}"
