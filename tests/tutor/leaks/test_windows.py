"""Long outputs: each of their lines that may tell something is read, with its neighbours."""

import time

import pytest

from tutor.leaks.windows import MOST_CHARACTERS, MOST_LINES, windows

CODE = "def f(n):\n    total = 0\n    for i in range(n):\n        total += i\n    return total"


def test_a_short_text_is_one_window_as_it_is() -> None:
    assert windows(CODE) == [CODE]
    assert windows("") == [""]


@pytest.mark.parametrize("before", [0, 1, 170, 236, 240, 1_000])
@pytest.mark.parametrize("behind", [0, 400])
def test_neighbours_stand_together_in_a_window_wherever_they_stand(
    before: int, behind: int
) -> None:
    filling = [f"line {n}" for n in range(before + behind)]
    text = "\n".join([*filling[:before], CODE, *filling[before:]])
    found = windows(text)[1:] or [text]
    assert any(CODE in one for one in found)
    for line in text.splitlines():
        assert any(line in one.splitlines() for one in found)


def test_windows_are_short_whatever_the_lines_are() -> None:
    text = "\n".join("x" * (n % 50) * 400 + f"{n}" for n in range(100))
    whole, *found = windows(text)
    assert whole == text
    for one in found:
        assert len(one) <= 2 * MOST_CHARACTERS
        assert len(one.splitlines()) <= MOST_LINES


def test_what_a_loop_prints_is_little() -> None:
    began = time.perf_counter()
    assert len(windows("tick\n1234\n" * 6_000 + CODE)) == 2
    assert len(windows("\n".join(map(str, range(10_000))))) == 1
    assert time.perf_counter() - began < 1
