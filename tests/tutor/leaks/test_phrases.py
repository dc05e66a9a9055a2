"""Phrases of a language as patterns."""

import re

import pytest

from tutor.leaks.phrases import any_of


@pytest.mark.parametrize(
    ("phrases", "text", "found"),
    [
        (
            ["less than", "less than or equal to"],
            "less  than or equal to 3",
            "less  than or equal to",
        ),
        (["replac*"], "replacing it", "replacing"),
        (["in"], "inside", None),
        (["in"], "begin", None),
        (["rück* … ein"], "rücke die Zeile ein", "rücke die Zeile ein"),
        (["rück* … ein"], "rücke die Zeile. Ein", None),
    ],
)
def test_a_phrase_is_found(phrases: list[str], text: str, found: str | None) -> None:
    match = re.search(any_of(phrases), text)
    assert (match and match[0]) == found
