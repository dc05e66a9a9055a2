"""What the host makes of a container that runs test cases. No container."""

import json
from collections import deque
from typing import Any

import pytest

from sandbox.cases import CallCase, CaseJob, Observation, Raised, StdinCase
from sandbox.execution import Execution, NullObserver, Observer
from sandbox.inside.wire import (
    BEGIN,
    CANCEL,
    CASE,
    END,
    FILE,
    MOST_REPORT_BYTES,
    REPORT,
    STDERR,
    STDIN,
    STDOUT,
    WireError,
)
from sandbox.job import Job, Limits, Result, Status
from sandbox.observation import ObservationBuilder, read_report
from sandbox.outcome import EndReport
from sandbox.stream import Frame

ENDED: dict[str, Any] = {
    "cause": "", "exit_code": 0, "signal": None, "oom_kills": 0, "duration_ms": 1, "delayed_ms": 0,
    "cpu_ms": 1, "peak_memory_kb": 1, "stdout_bytes": 1, "stderr_bytes": 1,
}  # fmt: skip
CASES: tuple[CaseJob, ...] = (CallCase("f(1)"), CallCase("f(2)", "two"), StdinCase("three"))
INTEGER = {"type": "int", "repr": "3"}


def case(**changes: Any) -> Frame:
    return CASE, json.dumps(ENDED | changes).encode()


def end(**changes: Any) -> Frame:
    return END, json.dumps(ENDED | changes).encode()


def report(told: object) -> Frame:
    return REPORT, json.dumps(told).encode()


class Wire:
    """A container that says these frames, one at a time, and writes down what it is sent when."""

    def __init__(self, *frames: Frame) -> None:
        self._frames = deque(frames)
        # What either end said, in order: what is sent, and "CASE" for what is received.
        self.log: list[object] = []

    def send(self, kind: int, payload: bytes = b"") -> None:
        self.send_all([(kind, payload)])

    def send_all(self, frames: list[Frame]) -> None:
        self.log += frames

    def receive(self) -> list[Frame]:
        if not self._frames:
            raise WireError("gone")
        frame = self._frames.popleft()
        if frame[0] == CASE:
            self.log.append("CASE")
        return [frame]


def follow(wire: Wire, observer: Observer | None = None) -> Result:
    job = Job("", cases=CASES)
    execution = Execution(wire, job, observer or NullObserver())  # type: ignore[arg-type]
    try:
        return execution.run_to_end()
    except WireError:
        return execution.result_without_end(lambda: False)


def begin(call: str | None) -> Frame:
    return BEGIN, json.dumps({"call": call}).encode()


def test_a_case_is_sent_when_the_one_before_has_been_observed() -> None:
    wire = Wire((STDOUT, b"1"), case(), case(), case(), end())
    result = follow(wire)
    assert [each.ended for each in result.observations] == ["exited"] * 3
    assert wire.log == [
        (STDIN, b""), begin("f(1)"), "CASE",
        (STDIN, b"two"), (STDIN, b""), begin("f(2)"), "CASE",
        (STDIN, b"three"), (STDIN, b""), begin(None), "CASE",
    ]  # fmt: skip


def test_what_is_printed_and_reported_belongs_to_the_case_that_runs() -> None:
    raised = {"type": "ValueError", "message": "a\0b"}
    wire = Wire(
        (STDOUT, b"a\xc3"), (STDOUT, b"\xa4"), report({"ended": "value", "value": INTEGER}), case(),
        (STDERR, b"e\0"), report({"ended": "raised", "exception": raised}), case(exit_code=1),
        (STDOUT, b"c"), case(exit_code=4), end(),
    )  # fmt: skip
    first, second, third = follow(wire).observations
    assert first == Observation("value", INTEGER, stdout="aä", duration_ms=1)
    told = Raised("ValueError", "a�b")
    assert second == Observation("raised", None, told, 1, stderr="e�", duration_ms=1)
    assert third == Observation("exited", exit_code=4, stdout="c", duration_ms=1)


class Stops(NullObserver):
    """Stops the run when it is asked for the second time."""

    def __init__(self) -> None:
        self._asked = 0

    def cancelled(self) -> bool:
        self._asked += 1
        return self._asked > 1


def test_after_a_stop_no_case_is_sent_and_the_rest_counts_as_not_run() -> None:
    wire = Wire((STDOUT, b"1"), case(), end(cause="cancelled"))
    result = follow(wire, Stops())
    assert result.status is Status.CANCELLED
    assert [each.ended for each in result.observations] == ["exited", "not_run", "not_run"]
    assert wire.log == [(STDIN, b""), begin("f(1)"), (CANCEL, b""), "CASE"]


@pytest.mark.parametrize(
    "frames",
    [
        [case(), case(), end()],
        [case(), end(cause="cancelled")],
        [case(), case(), case(), case(), end()],
        [case(), case(), case(), (STDOUT, b"x"), end()],
        [(CASE, b"{}")], [(CASE, b"[")], [(CASE, b"[" * 100_000)], [case(cause="idle")],
        [case(more=1)], [case(exit_code="0")],
        [(FILE, b"{}\n")],
        [(STDOUT, bytes(16 * 1024 + 1)), case(), case(), case(), end()],
        [(REPORT, bytes(MOST_REPORT_BYTES + 2)), case(), case(), case(), end()],
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_fit_counts_for_nothing(frames: list[Frame]) -> None:
    result = follow(Wire(*frames))
    assert (result.status, result.observations) == (Status.SANDBOX_ERROR, ())


def observed(one: CaseJob, *frames: Frame, **ends: Any) -> Observation:
    observing = ObservationBuilder(one, 8)
    for frame in frames:
        observing.add(*frame)
    return observing.end(EndReport.parse(case(**ends)[1]))


CALL, WHOLE = CallCase("f()"), StdinCase("")
FORGED_EXIT = report({"ended": "exited", "exit_code": 0})
VALUE = report({"ended": "value", "value": INTEGER})


def test_no_report_changes_how_a_process_has_ended() -> None:
    for one in (CALL, WHOLE):
        for forged in (FORGED_EXIT, VALUE, report({"ended": "exited"}), (REPORT, b"[" * 9999)):
            for exit_code in (1, 77):
                found = observed(one, forged, exit_code=exit_code)
                assert found.ended in {"exited", "crashed"}
                assert found.exit_code in {exit_code, None}
        killed = observed(one, VALUE, exit_code=None, signal=11)
        assert (killed.ended, killed.value) == ("crashed", None)
        late = observed(one, VALUE, cause="timeout", exit_code=None, signal=9)
        assert (late.ended, late.value) == ("timeout", None)
    assert observed(WHOLE, VALUE).ended == "exited"
    assert observed(CALL, VALUE).value == INTEGER


def test_a_character_that_the_limit_cuts_is_left_out() -> None:
    assert observed(WHOLE, (STDOUT, b"1234567\xc3")).stdout == "1234567"
    assert observed(WHOLE, (STDOUT, b"123456\xc3")).stdout == "123456�"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"3", b'{"ended": "value"}', b'{"ended": "passed"}', b"[" * 100_000, b"{}{}",
        b'{"ended": "value", "value": {"type": "int", "repr": "1"}, "stdout": ""}',
        b'{"ended": "raised", "exception": null}', b'{"ended": "exited", "exit_code": 0}',
        b'{"ended": "raised", "exception": {"type": "E", "message": 1}}', b"\xff", b"1" * 9999,
        b'{"ended": "exited"}' + b" " * MOST_REPORT_BYTES,
    ],
    ids=lambda data: str(data[:40]),
)  # fmt: skip
def test_a_report_that_a_program_has_made_up_is_none(data: bytes) -> None:
    assert read_report(data) is None


def test_a_text_that_no_database_holds_can_be_reported_and_is_kept_as_it_can_be() -> None:
    told = {"ended": "raised", "exception": {"type": "E\0", "message": "\ud800" * 2000}}
    assert read_report(json.dumps(told).encode()) == ("raised", Raised("E�", "?" * 1000))


def test_limits_of_one_case_are_those_of_the_job() -> None:
    wire = Wire((STDOUT, bytes(40_000)), case(), case(), case(), end())
    job = Job("", cases=CASES, limits=Limits(case_output_bytes=40_000))
    execution = Execution(wire, job, NullObserver())  # type: ignore[arg-type]
    assert len(execution.run_to_end().observations[0].stdout) == 40_000
