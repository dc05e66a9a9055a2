"""Texts made fit for a message."""

import pytest

from courses.text import cut


@pytest.mark.parametrize(("text", "shown"), [("", ""), ("abc", "abc"), ("abcd", "ab…")])
def test_a_text_that_is_cut_says_so(text: str, shown: str) -> None:
    assert cut(text, 3) == shown
