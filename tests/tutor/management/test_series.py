"""Programs tried for commands: in order, each once, whatever becomes of their container."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.conf import settings

from courses.audience import File
from courses.facts import Case, CaseLimits
from sandbox.cases import ProgramCase
from sandbox.image.build import ensure_image
from sandbox.series import SeriesError, Try
from tests.tutor.management.inprocess import Seen, SeriesHere
from tutor.leaks.judgement import Judgement, Judging, ProgramRun, Verdict
from tutor.management.series import NoSandbox, Series, judged

ONE, TWO = Case("f()", "1"), Case("f(1)", "2")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> SeriesHere:
    return SeriesHere(monkeypatch)


def program(value: int) -> str:
    return f"def f(n=0):\n    return {value} + n\n"


def values(observed: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[one.get("value", one["ended"]) for one in each] for each in observed]


def test_nothing_is_started_before_something_is_tried(here: SeriesHere) -> None:
    with Series("python", [File("a.txt", "A")]) as series:
        assert here.opened == []
        series.observe([])
        assert here.opened == []
        series.observe([ProgramRun(program(1), (ONE,), 1.0)])
        series.observe([ProgramRun(program(2), (ONE,), 1.0)])
    assert here.opened == [[("a.txt", "A")]]


def test_what_was_tried_is_not_tried_again(here: SeriesHere) -> None:
    runs = [ProgramRun(program(1), (ONE, TWO), 1.0), ProgramRun(program(5), (ONE,), 1.0)]
    with Series("python") as series:
        first = series.observe(runs)
        again = series.observe([runs[1], ProgramRun(program(5), (TWO, ONE), 1.0)])
    assert len(here.tried) == 4
    assert first[1] == again[0]
    assert again[1][1] == first[1][0]
    assert [len(each) for each in first] == [2, 1]


class Ending:
    """A sandbox in which programs with the word "end" end their container, "once" or always."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.ended: set[str] = set()

    @contextlib.contextmanager
    def open(self, *_: Any, **__: Any) -> Iterator[Try]:
        yield self.tried

    def tried(self, batch: Sequence[ProgramCase]) -> list[Any]:
        self.calls.append(len(batch))
        count = next((n for n, one in enumerate(batch) if self.ends(one.program)), len(batch))
        return [Seen({"ended": "value", "value": one.program}) for one in batch[:count]]

    def ends(self, program: str) -> bool:
        if "end" not in program or ("once" in program and program in self.ended):
            return False
        self.ended.add(program)
        return True


def test_a_program_that_ends_the_container_twice_has_not_ended_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox = Ending()
    monkeypatch.setattr("tutor.management.series.open_series", sandbox.open)
    with Series("python") as series:
        runs = [
            ProgramRun(text, (ONE,), 1.0) for text in ("a", "b", "end", "end once", "end 2", "d")
        ]
        seen = series.observe(runs)
    assert values(seen) == [["a"], ["b"], ["timeout"], ["end once"], ["timeout"], ["d"]]
    assert max(sandbox.calls) == 6
    assert len(sandbox.calls) <= 9


def test_without_a_sandbox_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: Any, **__: Any) -> Any:
        raise SeriesError("There is no engine.")

    monkeypatch.setattr("tutor.management.series.open_series", closed)
    with Series("python") as series, pytest.raises(NoSandbox, match="no engine"):
        series.observe([ProgramRun("1", (ONE,), 1.0)])


def judging(rounds: int) -> Judging:
    """Has one program run in each round, and is content with them."""
    for n in range(rounds):
        [[seen]] = yield [ProgramRun(program(n), (ONE,), 1.0)]
        assert seen["ended"] == "value"
    return Judgement(Verdict.PARTIAL, programs=rounds)


def test_a_judgement_is_driven_to_its_end(here: SeriesHere) -> None:
    with Series("python") as series:
        assert judged(judging(3), series, time.monotonic() + 60) == Judgement(
            Verdict.PARTIAL, programs=3
        )
        assert judged(judging(0), series, time.monotonic() - 1).verdict is Verdict.PARTIAL
    assert len(here.tried) == 3


def test_a_judgement_that_takes_too_long_is_unsure(here: SeriesHere) -> None:
    with Series("python") as series:
        assert judged(judging(3), series, time.monotonic()).verdict is Verdict.UNSURE
    assert here.tried == []


@pytest.mark.docker
def test_programs_are_tried_in_the_sandbox_with_files_and_limits() -> None:
    ensure_image(settings.SANDBOX_IMAGE, print)
    reads = "def f(n=0):\n    return open('a.txt').read()\n"
    endless = "def f(n=0):\n    while True:\n        pass\n"
    limits = CaseLimits(time_s=0.3)
    with Series("python", [File("a.txt", "A")], limits) as series:
        runs = [ProgramRun(text, (ONE,), 0.3) for text in (reads, endless, reads, "def f(")]
        seen = series.observe(runs)
    assert [[one["ended"] for one in each] for each in seen] == [
        ["value"], ["timeout"], ["value"], ["raised"],
    ]  # fmt: skip
