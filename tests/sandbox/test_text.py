"""Texts made fit for a database or a person."""

import pytest

from courses import text as courses_text
from sandbox import text

STRANGE = ["a\0b", "\ud83d\ude00", "a\ud800", "\x1b[31m", "a\nb\tc", "\u202eabc", "é😀"]


@pytest.mark.parametrize("given", STRANGE)
def test_what_any_database_takes_has_as_many_characters(given: str) -> None:
    made = text.storable(given)
    assert len(made) == len(given)
    assert "\0" not in made
    assert made.encode().decode() == made
    assert text.storable(made) == made


@pytest.mark.parametrize("given", STRANGE)
def test_what_is_printable_is_a_line_that_does_nothing_to_a_terminal(given: str) -> None:
    made = text.printable(given)
    assert len(made) == len(given)
    assert made.isprintable()
    # Both apps have it, and neither knows the other.
    assert courses_text.printable(given) == made


def test_some_characters_may_stay_and_others_become_a_space() -> None:
    assert courses_text.printable("a\n\0b", keep="\n") == "a\n\N{REPLACEMENT CHARACTER}b"
    assert courses_text.printable("a\tb", instead=" ") == "a b"
