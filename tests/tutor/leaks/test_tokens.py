"""Tokens of code in whatever language."""

import time

import pytest

from tutor.leaks.tokens import flat, tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("if age<=12:", ["if", "age", "<=", "12", ":"]),
        ("x**=2.5", ["x", "**=", "2.5"]),
        ("'it\\'s' + \"a b\"", ["'it\\'s'", "+", '"a b"']),
        ("it's so", ["it", "'", "s", "so"]),
        ("a&&b===c++", ["a", "&&", "b", "===", "c", "++"]),
        ("größe", ["größe"]),
    ],
)
def test_a_text_has_tokens(text: str, found: list[str]) -> None:
    assert tokens(text) == found


def test_flat_is_without_blanks() -> None:
    assert flat(" a =\n\t1 ") == "a=1"


@pytest.mark.parametrize("text", ['"', '"a\\', "1.", "a"])
def test_no_text_takes_long(text: str) -> None:
    begun = time.process_time()
    tokens(text * (100_000 // len(text)))
    assert time.process_time() - begun < 0.5
