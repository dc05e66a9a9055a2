"""In which order it was printed and typed. No container."""

import json
from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import transcript
from sandbox.execution import Execution, NullObserver
from sandbox.inside.wire import END, STDERR, STDIN, STDOUT, WireError
from sandbox.job import Job, Limits, Result
from sandbox.transcript import STREAMS, Transcript, pieces

ENDED = {
    "cause": "", "exit_code": 0, "signal": None, "oom_kills": 0, "duration_ms": 1, "cpu_ms": 1,
    "peak_memory_kb": 1, "stdout_bytes": 1, "stderr_bytes": 1,
}  # fmt: skip
Chunk = tuple[int, bytes]


class Wire:
    """A container that says these chunks, one at a time, and then that it has ended.

    Without `ends` it is gone instead.
    """

    def __init__(self, *chunks: Chunk, ends: bool = True) -> None:
        self._chunks = deque(chunks)
        self._ends = ends
        self.sent: list[Chunk] = []

    def send(self, kind: int, payload: bytes = b"") -> None:
        self.sent.append((kind, payload))

    def receive(self) -> list[Chunk]:
        if self._chunks:
            return [self._chunks.popleft()]
        if not self._ends:
            raise WireError("gone")
        return [(END, json.dumps(ENDED).encode())]


class TypingObserver(NullObserver):
    """Types one of these each time it is asked, and sees what every page sees."""

    def __init__(self, *typed: str | None) -> None:
        self._typed = deque(typed)
        self.seen: list[tuple[str, str]] = []
        self.asked = 0

    def printed(self, stream: str, text: str) -> None:
        self.seen.append((stream, text))

    def typed(self) -> str | None:
        self.asked += 1
        return self._typed.popleft() if self._typed else ""


def follow(
    wire: Wire, observer: TypingObserver, *, interactive: bool = True, **limits: int
) -> Result:
    job = Job("", limits=Limits(**limits), interactive=interactive)
    execution = Execution(wire, job, observer)  # type: ignore[arg-type]
    try:
        return execution.run_to_end()
    except WireError:
        return execution.result_without_end(lambda: False)


def shown(result: Result) -> list[tuple[str, str]]:
    texts = {"stdout": result.stdout, "stderr": result.stderr, "stdin": result.typed}
    assert dict.fromkeys(texts, 0) | totals(result) == {
        stream: len(text) for stream, text in texts.items()
    }
    return pieces(result.order, texts)


def totals(result: Result) -> dict[str, int]:
    streams = {stream for stream, _ in result.order}
    return {each: sum(n for stream, n in result.order if stream == each) for each in streams}


def test_what_is_typed_stands_where_it_was_typed() -> None:
    wire = Wire((STDOUT, b"Name? "), (STDOUT, b"Hi\n"), (STDERR, b"!"), (STDERR, b"!"))
    observer = TypingObserver("", "Ada\n")
    result = follow(wire, observer)
    in_order = [("stdout", "Name? "), ("stdin", "Ada\n"), ("stdout", "Hi\n"), ("stderr", "!!")]
    assert shown(result) == in_order
    assert result.typed == "Ada\n"
    assert observer.seen == [*in_order[:3], ("stderr", "!"), ("stderr", "!")]
    assert wire.sent == [(STDIN, b"Ada\n")]


def test_a_character_that_comes_in_two_chunks_counts_where_it_is_complete() -> None:
    wire = Wire((STDOUT, b"a\xc3"), (STDERR, b"x"), (STDOUT, b"\xa4b"))
    result = follow(wire, TypingObserver())
    assert shown(result) == [("stdout", "a"), ("stderr", "x"), ("stdout", "äb")]


@pytest.mark.parametrize("ends", [True, False])
def test_half_a_character_at_the_end_counts_too(ends: bool) -> None:
    result = follow(Wire((STDOUT, b"a\xc3"), (STDERR, b"x"), ends=ends), TypingObserver())
    assert shown(result) == [("stdout", "a"), ("stderr", "x"), ("stdout", "�")]


def test_a_character_that_the_limit_cuts_counts_nowhere() -> None:
    result = follow(Wire((STDOUT, b"abc\xc3"), (STDERR, b"x")), TypingObserver(), output_bytes=4)
    assert shown(result) == [("stdout", "abc"), ("stderr", "x")]


def test_what_is_typed_is_cut_to_the_limit_and_then_the_input_ends() -> None:
    wire = Wire((STDOUT, b"? "), (STDOUT, b"? "), (STDOUT, b"? "))
    observer = TypingObserver("abc", "dä", "never")
    result = follow(wire, observer, stdin_bytes=5)
    assert result.typed == "abcd"
    assert wire.sent == [(STDIN, b"abc"), (STDIN, b"d"), (STDIN, b"")]
    assert observer.asked == 2
    assert sum(n for stream, n in result.order if stream == "stdin") == 4


def test_what_no_database_stores_is_typed_all_the_same() -> None:
    wire = Wire()
    result = follow(wire, TypingObserver("a\0b\ud800\n"))
    assert wire.sent == [(STDIN, b"a\0b?\n")]
    assert result.typed == "a�b?\n"
    assert shown(result) == [("stdin", "a�b?\n")]


def test_a_run_that_nobody_may_type_to_asks_nobody() -> None:
    observer = TypingObserver("x")
    result = follow(Wire((STDOUT, b"1")), observer, interactive=False)
    assert (observer.asked, result.typed, result.order) == (0, "", (("stdout", 1),))


def test_an_order_that_is_too_long_is_cut_and_right_as_far_as_it_goes() -> None:
    written = Transcript()
    for number in range(transcript.MOST_PIECES + 3):
        written.add(("stdout", "stderr")[number % 2], "x")
    written.add("stderr", "y")
    assert len(written.order()) == transcript.MOST_PIECES
    assert written.order()[-2:] == (("stdout", 1), ("stderr", 1))


def test_without_an_order_everything_is_there_all_the_same() -> None:
    texts = {"stdout": "out", "stderr": "err", "stdin": "in"}
    assert pieces((), texts) == [("stdout", "out"), ("stderr", "err"), ("stdin", "in")]
    assert pieces((("stderr", 3), ("stdout", 1)), texts)[:2] == [
        ("stderr", "err"),
        ("stdout", "out"),
    ]


@given(
    order=st.lists(st.tuples(st.sampled_from(STREAMS), st.integers(0, 9))),
    texts=st.fixed_dictionaries({stream: st.text(max_size=20) for stream in STREAMS}),
)
def test_pieces_are_all_of_it_exactly_once(
    order: list[tuple[str, int]], texts: dict[str, str]
) -> None:
    found = pieces(tuple(order), texts)
    for stream in STREAMS:
        assert "".join(text for name, text in found if name == stream) == texts[stream]
    assert all(text for _, text in found)
    assert all(one[0] != other[0] for one, other in pairwise(found))


@given(st.lists(st.tuples(st.sampled_from([STDOUT, STDERR]), st.binary(max_size=12)), max_size=20))
def test_counts_add_up_whatever_is_printed(chunks: list[Chunk]) -> None:
    result = follow(Wire(*chunks), TypingObserver(), output_bytes=300)
    shown(result)
    assert "\0" not in result.stdout + result.stderr
