"""Where the model may ask once its answer was withheld: a place and no more."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.method.withheld import MAX_LINES, Place, changed_line

PROGRAM = "total = 0\nfor x in xs:\n    if x > 3:\n        total += x\nprint(total)\n"


@pytest.mark.parametrize(
    ("mended", "line"),
    [
        (PROGRAM, 0),
        (PROGRAM.replace("> 3", ">= 3"), 3),
        (PROGRAM.replace("> 3", ">= 3").replace("print(total)", "print(total + 1)"), 3),
        (PROGRAM.replace("print(total)\n", ""), 5),
        # Put in: the line before it; at the beginning the first one.
        (PROGRAM.replace("print", "total += 1\nprint"), 4),
        (f"import math\n{PROGRAM}", 1),
        (f"{PROGRAM}print(1)\n", 5),
        # Blanks make no other line.
        (PROGRAM.replace("0\n", "0  \n\n\n"), 0),
        # Replaced, not mended.
        ("def f():\n    return 1\n", 0),
        ("", 0),
    ],
)
def test_the_first_line_that_was_mended_is_found(mended: str, line: int) -> None:
    assert changed_line(PROGRAM, mended) == line


def test_without_a_program_there_is_no_line() -> None:
    assert changed_line("", PROGRAM) == changed_line("\n \n", PROGRAM) == 0


def test_a_very_long_program_is_not_compared() -> None:
    long = "x = 1\n" * (MAX_LINES + 1)
    begun = time.perf_counter()
    assert changed_line(long, long + "y = 2\n") == 0
    assert time.perf_counter() - begun < 1


@given(st.text("ab\n "), st.text("ab\n "))
def test_a_line_that_is_told_is_one_of_the_program(program: str, mended: str) -> None:
    assert 0 <= changed_line(program, mended) <= len(program.splitlines())


def test_a_case_is_told_by_what_it_has() -> None:
    assert Place().failed == ""
    assert Place(call="find(5)").failed == "find(5)"
    assert Place(stdin="4\n").failed == "4"
    assert Place(call="price", stdin="4\n").failed == "price with the input 4"
