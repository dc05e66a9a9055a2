"""The clock of a program to which somebody may type: it stands still only while nobody computes."""

from itertools import accumulate, chain
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.inside import running
from sandbox.inside.running import Program

JOB = {
    "wall_s": 10, "session_s": 600, "idle_s": 60, "interactive": True, "cases": 0, "series": False,
    "output_bytes": 4096, "output_stop_bytes": 65536,
}  # fmt: skip


def put_off(monkeypatch: pytest.MonkeyPatch, looks: list[tuple[float, float, bool]]) -> float:
    """By how many seconds a deadline is put off. Of each look: the seconds since the last one, what
    was computed in them, and whether a thread waits for input and no other computes."""
    times = iter(accumulate(chain([0.0], (each[0] for each in looks))))
    computed = iter(accumulate(chain([0.0], (each[1] for each in looks))))
    waits = iter(each[2] for each in looks)
    monkeypatch.setattr(running, "time", SimpleNamespace(monotonic=lambda: next(times)))
    monkeypatch.setattr(running, "_computed", lambda: next(computed))
    monkeypatch.setattr(running, "waits_for_input", lambda *_: next(waits))
    monkeypatch.setattr(running, "others", list)
    child: Any = SimpleNamespace(
        pid=0, stdin=0, stdout=1, stderr=2, report=3, input=4, received=0, input_ended=False
    )
    writer: Any = None
    program = Program(JOB, child, writer)
    for _ in looks:
        program.check_input()
    return float(program.deadline - JOB["wall_s"])


def test_who_waits_has_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert put_off(monkeypatch, [(0.1, 0, True)] * 50) == pytest.approx(5)


def test_what_is_computed_meanwhile_is_not_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert put_off(monkeypatch, [(0.1, 0.04, True)] * 50) == pytest.approx(3)


@pytest.mark.parametrize("seen_waiting", [True, False])
@pytest.mark.parametrize("processors", [2, 16])
def test_who_computes_on_many_processors_and_rests_then_has_no_more_time(
    monkeypatch: pytest.MonkeyPatch, processors: int, seen_waiting: bool
) -> None:
    """A container's share of a tenth of a second may be used up in a part of it, and a program
    has itself looked at whenever it prints."""
    burst = 0.1 / processors
    looks = [(burst, 0.1, seen_waiting), (0.1 - burst, 0.0, True)] * 50
    assert put_off(monkeypatch, looks) == pytest.approx(0)
