"""Words with which code or an edit may begin."""

import pytest

from tutor.leaks.triggers import begins_code_or_edit


@pytest.mark.parametrize(
    "words",
    [
        "`x`", "x`", "5", "n", "(n)", "n.", "my_total", "myTotal", "f(x)", "a.b", "x=1", "<", "->",
        "-", "-1", "**so**", "~~so~~", '"so"', "„so“", "'so", "$x$", "\\(x\\)", "<pre>", "≤", "∧",
        "#so", "|", "return", "else:", "Replace", "replaced,", "Swap", "indent", "dedenting",
        "colon", "at least", "less than", "more than or equal to", "line three", "third line",
        "ersetze", "Vertausche", "löschen", "rücke", "mindestens", "kleiner als", "dritten Zeile",
    ],
)  # fmt: skip
def test_it_is_a_trigger(words: str) -> None:
    assert begins_code_or_edit(words.split())


@pytest.mark.parametrize(
    "words",
    [
        "What", "happens", "a", "I", "it's", "rounds?", "step-by-step", "(really)", "at last",
        "Why", "least at", "third row", "Grenze", "Was passiert", "dazu?", "é",
    ],
)  # fmt: skip
def test_it_is_none(words: str) -> None:
    assert not begins_code_or_edit(words.split())
