"""From an end to a result: no container, no clock."""

import json
import signal
from dataclasses import asdict, replace

import pytest

from sandbox.inside.wire import WireError
from sandbox.job import Limits, Result, Status
from sandbox.languages import JAVASCRIPT, PYTHON
from sandbox.outcome import EndReport, heap_is_full, result_of

FINE = EndReport(
    cause="", exit_code=0, signal=None, oom_kills=0, duration_ms=12, delayed_ms=0, cpu_ms=10,
    peak_memory_kb=9000, stdout_bytes=3, stderr_bytes=0,
)  # fmt: skip
KILLED = replace(FINE, exit_code=None, signal=signal.SIGKILL)


def ended(end: EndReport) -> Result:
    return result_of(end, Limits())


def test_a_program_that_ends_by_itself_needs_no_words() -> None:
    assert ended(FINE) == Result(Status.OK, 0, "", "", 12, "", 9000, 10)
    assert ended(replace(FINE, exit_code=3)) == Result(Status.ERROR, 3, "", "", 12, "", 9000, 10)


@pytest.mark.parametrize(
    ("end", "status", "words"),
    [
        (
            replace(KILLED, cause="timeout", duration_ms=10_020, cpu_ms=9_000),
            Status.TIMEOUT,
            "loop",
        ),
        (
            replace(KILLED, cause="timeout", duration_ms=10_020, cpu_ms=20),
            Status.TIMEOUT,
            "waiting",
        ),
        # Ready to compute on a machine that was busy with other things is not waiting.
        (
            replace(KILLED, cause="timeout", duration_ms=10_020, cpu_ms=20, delayed_ms=9_000),
            Status.TIMEOUT,
            "loop",
        ),
        (replace(KILLED, cause="cancelled"), Status.CANCELLED, "on request"),
        (replace(KILLED, cause="output"), Status.OUTPUT_LIMIT, "printed far too much"),
        (replace(KILLED, oom_kills=1), Status.MEMORY, "256 MB"),
        (replace(KILLED, cpu_ms=9_000), Status.TIMEOUT, "8 s"),
        (replace(KILLED, signal=signal.SIGXCPU, cpu_ms=8_000), Status.TIMEOUT, "8 s"),
        # On a busy machine the kernel's ticks say so early.
        (replace(KILLED, signal=signal.SIGXCPU, cpu_ms=6_900), Status.TIMEOUT, "8 s"),
        (replace(KILLED, cpu_ms=6_900), Status.CRASHED, "SIGKILL"),
        (replace(KILLED, signal=signal.SIGXCPU, cpu_ms=4), Status.CRASHED, "SIGXCPU"),
        (KILLED, Status.CRASHED, "SIGKILL"),
        (replace(KILLED, signal=signal.SIGSEGV), Status.CRASHED, "segmentation fault"),
        (replace(KILLED, signal=63), Status.CRASHED, "signal 63"),
    ],
)
def test_every_other_end_is_explained_and_has_no_exit_code(
    end: EndReport, status: Status, words: str
) -> None:
    result = ended(end)
    assert result.status is status
    assert result.exit_code is None
    assert words in result.message


def test_what_was_lost_on_the_way_is_mentioned() -> None:
    assert "memory ran out" in ended(replace(FINE, oom_kills=2)).message
    assert "64 KiB" in ended(replace(FINE, stdout_bytes=65_537)).message
    assert ended(replace(FINE, stdout_bytes=65_536)).message == ""
    assert "beginning and the end" in ended(replace(FINE, stderr_bytes=65_537)).message


ABORTED = replace(FINE, exit_code=None, signal=signal.SIGABRT)


@pytest.mark.parametrize(
    ("end", "said", "full"),
    [
        (ABORTED, "FATAL ERROR: … - JavaScript heap out of memory", True),
        (replace(ABORTED, signal=signal.SIGTRAP), "# Fatal JavaScript invalid size error 9", True),
        (ABORTED, "assertion failed", False),
        (FINE, "JavaScript heap out of memory", False),
        (replace(ABORTED, cause="timeout"), "JavaScript heap out of memory", False),
    ],
)
def test_an_interpreter_that_gives_up_for_memory_has_not_crashed(
    end: EndReport, said: str, full: bool
) -> None:
    assert heap_is_full(end, JAVASCRIPT, said) is full
    assert not heap_is_full(end, PYTHON, said)
    result = result_of(end, Limits(), heap_is_full=True)
    assert (result.status, "more memory" in result.message) == (Status.MEMORY, True)


# Fields of an END that no supervisor sends, or no column holds.
WRONG: list[dict[str, object]] = [
    {"cpu_ms": 2**31},
    {"peak_memory_kb": -1},
    {"duration_ms": True},
    {"oom_kills": 1.0},
    {"stdout_bytes": 10**30},
    {"exit_code": 256},
    {"exit_code": False},
    {"exit_code": None},
    {"signal": 9},
    {"cause": []},
    {"exit_code": None, "signal": 65},
    {"exit_code": None, "signal": -9},
]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        json.dumps(asdict(FINE) | {"cause": "grade: full marks"}).encode(),
        json.dumps(asdict(FINE) | {"exit_code": "0"}).encode(),
        json.dumps(asdict(FINE) | {"duration_ms": None}).encode(),
        json.dumps(asdict(FINE) | {"more": 1}).encode(),
        *(json.dumps(asdict(FINE) | wrong).encode() for wrong in WRONG),
    ],
)
def test_an_end_that_no_supervisor_writes_is_an_error_of_the_wire(payload: bytes) -> None:
    with pytest.raises(WireError):
        EndReport.parse(payload)


def test_an_end_survives_the_wire() -> None:
    assert EndReport.parse(json.dumps(asdict(FINE)).encode()) == FINE
