"""What help came before an attempt, as its row keeps it."""

import pytest

from tutor.method.help import Help, is_large_paste

FULL = Help(level=2, turns=3, predictions={"right": 1}, shown_solution=True, pasted=True,
            leaks=1, withheld=2, partial=3)  # fmt: skip


def test_what_there_was_is_stored() -> None:
    assert Help().to_json() == {}
    assert Help(level=2).to_json() == {"level": 2}
    assert FULL.to_json() == vars(FULL)


@pytest.mark.parametrize(
    ("pasted", "length", "is_large"),
    [
        (0, 0, False), (80, 0, False), (79, 79, False), (80, 80, True), (80, 133, True),
        (80, 134, False), (600, 1_000, True), (599, 1_000, False), (2_000, 1_000, True),
    ],
)  # fmt: skip
def test_a_large_paste_is_most_of_a_program(pasted: int, length: int, is_large: bool) -> None:
    assert is_large_paste(pasted, "x" * length) is is_large
