"""What help came before an attempt, as its row keeps it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.method.help import Help, is_large_paste

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    max_leaves=8,
)
FULL = Help(level=2, turns=3, predictions={"right": 1}, shown_solution=True, pasted=True)


def test_help_is_stored_and_read_back() -> None:
    assert Help().to_json() == {}
    assert Help(level=2).to_json() == {"level": 2}
    assert Help.from_json(FULL.to_json()) == FULL
    assert Help.from_json({}) == Help()


@pytest.mark.parametrize("stored", [None, [], "level", 5, {"colour": "red"}])
def test_a_row_that_is_none_reads_as_no_help(stored: Any) -> None:
    assert Help.from_json(stored) == Help()


def test_a_damaged_field_alone_is_lost() -> None:
    damaged = FULL.to_json() | {"level": "high", "predictions": {"right": -1}, "new": 1}
    assert Help.from_json(damaged) == Help(turns=3, shown_solution=True, pasted=True)


@given(JSON | st.dictionaries(st.sampled_from(list(vars(FULL))), JSON))
def test_no_row_makes_it_raise(stored: Any) -> None:
    read = Help.from_json(stored)
    assert Help.from_json(read.to_json()) == read


@pytest.mark.parametrize(
    ("pasted", "length", "is_large"),
    [
        (0, 0, False), (80, 0, False), (79, 79, False), (80, 80, True), (80, 133, True),
        (80, 134, False), (600, 1_000, True), (599, 1_000, False), (2_000, 1_000, True),
    ],
)  # fmt: skip
def test_a_large_paste_is_most_of_a_program(pasted: int, length: int, is_large: bool) -> None:
    assert is_large_paste(pasted, "x" * length) is is_large
