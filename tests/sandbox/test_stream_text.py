"""Output as text: what is kept of it, where it is cut, what of a printed stack is left out."""

import pytest

from sandbox.inside.wire import WireError
from sandbox.stream_text import ErrorText, StackFilter, StreamText

STACK = """\
Current thread 0x1 (most recent call first):
  File "main.py", line 3 in f
  File "/opt/sandbox/inside/program.py", line 180 in execute
  File "/opt/sandbox/__main__.py", line 12 in <module>
the end
  File "/opt/sandbox/inside/program.py", line 180, in execute
    exec(program, names)
    ^^^^
  File "main.py", line 3, in <module>
    1 / 0
"""
SHOWN = """\
Current thread 0x1 (most recent call first):
  File "main.py", line 3 in f
the end
  File "main.py", line 3, in <module>
    1 / 0
"""


def error_text(data: bytes, *, limit: int = 12, tail: int = 4, written: int = 0) -> str:
    text = ErrorText(limit, tail)
    passed = [text.add(data[place : place + 3]) for place in range(0, len(data), 3)]
    passed.append(text.end(written or len(data)))
    assert "".join(passed) == text.whole()
    return text.whole()


def test_a_character_that_the_limit_cuts_is_left_out() -> None:
    text = StreamText(4)
    assert [text.add("xéé".encode()[:4]), text.end()] == ["xé", ""]


def test_the_beginning_and_the_end_of_an_error_are_kept() -> None:
    assert error_text(b"12345678wxyz", written=1_000_012) == (
        "12345678\n… 1,000,000 bytes are left out …\nwxyz"
    )
    assert error_text(b"1234567\nwxyz", written=13) == "1234567\n… 1 bytes are left out …\nwxyz"


@pytest.mark.parametrize("text", ["", "short", "12345678", "12345678wxyz", "1234567éxy", "1éééé"])
def test_nothing_is_marked_where_nothing_is_missing(text: str) -> None:
    assert error_text(text.encode()) == text


def test_characters_that_the_gap_cuts_are_left_out() -> None:
    assert error_text(b"1234567\xc3" + b"\x9f\x80yz", written=99) == (
        "1234567\n… 87 bytes are left out …\nyz"
    )


def test_a_text_without_an_end_is_what_has_come() -> None:
    text = ErrorText(12, 4)
    assert [text.add(b"1234567\xc3"), text.end(0)] == ["1234567", ""]


def test_more_than_the_limit_is_an_error_of_the_wire() -> None:
    text = ErrorText(12, 4)
    text.add(b"x" * 12)
    with pytest.raises(WireError):
        text.add(b"x")


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_frames_of_the_supervisor_are_left_out_however_they_come(size: int) -> None:
    stack = StackFilter()
    pieces = [STACK[place : place + size] for place in range(0, len(STACK), size)]
    assert "".join([*map(stack.passed, pieces), stack.passed("", last=True)]) == SHOWN


def test_only_what_may_become_such_a_line_is_held_back() -> None:
    stack = StackFilter()
    assert [stack.passed(each) for each in ("Name? ", '  File "/opt/', "\n", "  Fi", "nd")] == [
        "Name? ", '  File "/opt/', "\n", "", "  Find",
    ]  # fmt: skip
    assert stack.passed('\n  File "/opt/sand') == "\n"
    assert stack.passed("", last=True) == '  File "/opt/sand'
