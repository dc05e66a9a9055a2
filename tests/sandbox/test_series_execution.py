"""A series as its host sees it, before a supervisor that the test plays. No container."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from sandbox import series_execution
from sandbox.cases import CallCase, Observation, ProgramCase, StdinCase
from sandbox.inside.supervisor import NOTHING
from sandbox.inside.wire import (
    BEGIN,
    CASE,
    END,
    FILE,
    NONCE,
    READY,
    STDIN,
    STDOUT,
    TIME,
    TIME_MS,
    Frames,
    encode,
)
from sandbox.job import Limits, Status
from sandbox.languages import PYTHON
from sandbox.observation import program_frames
from sandbox.series_execution import SeriesExecution
from sandbox.stream import ContainerStream

LIMITS = Limits(session_s=30)
FINE = NOTHING | {"exit_code": 0, "signal": None}


class Supervisor:
    """The other end of the wire."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._frames = Frames(NONCE, STDIN, TIME, BEGIN)
        self._arrived: list[tuple[int, bytes]] = []
        self.nonce = b""

    def say(self, kind: int, payload: bytes = b"") -> None:
        frame = encode(kind, payload)
        self._line.sendall(b"\1\0\0\0" + len(frame).to_bytes(4, "big") + frame)

    def end(self, kind: int = CASE, **facts: Any) -> None:
        self.say(kind, self.nonce + json.dumps(FINE | facts).encode())

    def next(self) -> tuple[int, bytes]:
        while not self._arrived:
            if not (data := self._line.recv(2**16)):
                raise ConnectionError("the host is gone")
            self._arrived += self._frames.feed(data)
        return self._arrived.pop(0)

    def next_program(self) -> tuple[str, float]:
        """What is run next, and for how many seconds."""
        time_s = 0.0
        while True:
            match self.next():
                case (kind, payload) if kind == TIME:
                    time_s = TIME_MS.unpack(payload)[0] / 1000
                case (kind, payload) if kind == BEGIN:
                    return json.loads(payload)["code"], time_s


Play = Callable[[Supervisor], None]


class Source:
    """Gives one batch after the other; then no more."""

    def __init__(self, *batches: Sequence[ProgramCase], stops_after: int = 10**9) -> None:
        self._batches = list(batches)
        self._left = stops_after
        self.seen: list[list[Observation]] = []

    def next_batch(self) -> Sequence[ProgramCase] | None:
        return self._batches.pop(0) if self._batches else None

    def observed(self, observations: list[Observation]) -> None:
        self.seen.append(observations)

    def cancelled(self) -> bool:
        self._left -= 1
        return self._left < 0


@pytest.fixture
def played() -> Iterator[Callable[[Play], SeriesExecution]]:
    """A series whose supervisor does as `play` says."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(10)
    threads: list[threading.Thread] = []

    def begin(play: Play) -> SeriesExecution:
        supervisor = Supervisor(theirs)

        def run() -> None:
            supervisor.say(READY)
            supervisor.nonce = supervisor.next()[1]
            play(supervisor)

        threads.append(threading.Thread(target=run))
        threads[0].start()
        line.expect_ready()
        return SeriesExecution(line, LIMITS, PYTHON)

    with ContainerStream(ours) as line:
        yield begin
    for thread in threads:
        thread.join()
    theirs.close()


def programs(*codes: str, wall_s: float = 0.5) -> list[ProgramCase]:
    return [ProgramCase(code, StdinCase("in"), wall_s) for code in codes]


def test_programs_are_sent_ahead_and_observed_in_order(
    played: Callable[[Play], SeriesExecution],
) -> None:
    got: list[tuple[str, float]] = []

    def play(supervisor: Supervisor) -> None:
        got.extend(supervisor.next_program() for _ in range(3))  # before any has ended
        for code, _ in got:
            supervisor.say(STDOUT, code.encode())
            supervisor.end()

    source = Source(programs("a", "b"), [])
    execution = played(play)
    observed = execution.observe(programs("a", "b", "c"), source)
    assert got == [("a", 0.5), ("b", 0.5), ("c", 0.5)]
    assert [each.stdout for each in observed] == ["a", "b", "c"]
    assert execution.close().status is Status.OK


def test_no_more_is_sent_ahead_than_the_pipe_holds(
    played: Callable[[Play], SeriesExecution], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series_execution, "AHEAD_BYTES", 1000)
    ahead: list[int] = []

    def play(supervisor: Supervisor) -> None:
        for number in range(4):
            supervisor.next_program()
            if number == 0:
                supervisor._line.settimeout(0.2)
                supervisor.next_program()
                with pytest.raises(TimeoutError):
                    supervisor.next_program()
                ahead.append(number)
                supervisor._line.settimeout(10)
                supervisor.end()
            supervisor.end()
            if number == 2:
                return

    observed = played(play).observe(programs(*["x" * 600] * 4))
    assert (len(observed), ahead) == (4, [0])


def test_a_whole_series_goes_through_its_observer(
    played: Callable[[Play], SeriesExecution],
) -> None:
    def play(supervisor: Supervisor) -> None:
        for _ in range(3):
            supervisor.next_program()
            supervisor.end()

    source = Source(programs("a", "b"), [], programs("c"))
    result = played(play).run_to_end(source)
    assert (result.status, result.message) == (Status.OK, "")
    assert [len(each) for each in source.seen] == [2, 1]


ENDS = {
    "the supervisor cannot clear away": (lambda one: one.end(END), "sandbox_error", "cleared"),
    "it says what no series has": (lambda one: one.say(FILE, b"x"), "sandbox_error", "failed"),
    "an end without its proof": (lambda one: one.say(CASE, b"x" * 50), "sandbox_error", "failed"),
    "an end that no program has": (
        lambda one: one.end(cause="idle"),
        "sandbox_error",
        "failed",
    ),
    "it goes": (lambda one: one._line.shutdown(socket.SHUT_RDWR), "sandbox_error", "failed"),
    "it says nothing": (lambda _: None, "timeout", "limit"),
}


@pytest.mark.parametrize(("last", "status", "words"), ENDS.values(), ids=ENDS)
def test_a_series_that_breaks_answers_with_what_was_seen_and_tries_nothing_more(
    played: Callable[[Play], SeriesExecution],
    monkeypatch: pytest.MonkeyPatch,
    last: Play,
    status: str,
    words: str,
) -> None:
    monkeypatch.setattr(series_execution, "GRACE_S", 0.1)

    def play(supervisor: Supervisor) -> None:
        supervisor.next_program()
        supervisor.end()
        supervisor.next_program()
        last(supervisor)

    source = Source(programs("a", "b", "c", wall_s=0.1), programs("d"))
    result = played(play).run_to_end(source)
    assert (result.status, words in result.message) == (status, True)
    # What arrives together with something that must not be said is lost with it.
    seen = [[each.ended for each in batch] for batch in source.seen]
    assert seen in ([["exited"]], [[]])
    assert source.next_batch()


def test_a_container_that_goes_between_two_batches_ends_the_series(
    played: Callable[[Play], SeriesExecution],
) -> None:
    def play(supervisor: Supervisor) -> None:
        supervisor._line.shutdown(socket.SHUT_RDWR)

    source = Source(*[[]] * 1000)
    assert played(play).run_to_end(source).status is Status.SANDBOX_ERROR


def test_a_series_lasts_no_longer_than_it_may(
    played: Callable[[Play], SeriesExecution], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.series_execution.POLL_INTERVAL_S", 0.001)
    execution = played(lambda _: None)
    execution._started -= LIMITS.session_s
    result = execution.run_to_end(Source(*[[]] * 1000))
    assert (result.status, "as long as" in result.message) == (Status.TIMEOUT, True)


def test_who_stops_it_does_not_wait_for_the_program_that_runs(
    played: Callable[[Play], SeriesExecution],
) -> None:
    def play(supervisor: Supervisor) -> None:
        supervisor.next_program()
        supervisor.end()
        supervisor.next_program()

    source = Source(programs("a", "b", wall_s=9), stops_after=20)
    result = played(play).run_to_end(source)
    assert (result.status, result.duration_ms < 5000) == (Status.CANCELLED, True)
    assert len(source.seen) == 1


def test_a_call_travels_beside_its_program() -> None:
    frames = program_frames(ProgramCase("x = 1", CallCase("x", "in"), 0.25))
    assert frames == [
        (STDIN, b"in"), (STDIN, b""), (TIME, TIME_MS.pack(250)),
        (BEGIN, b'{"call": "x", "code": "x = 1"}'),
    ]  # fmt: skip
