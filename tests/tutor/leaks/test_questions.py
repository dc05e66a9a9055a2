"""Code that is only asked about."""

import pytest

from tutor.leaks.questions import asked_code, weighed_code
from tutor.leaks.said import Channel, Said


def weighed(text: str) -> set[str]:
    return set(weighed_code(Said(Channel.REPLY, text)))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("What is the difference between `/` and `//`?", {"/", "//"}),
        ("Is there a difference between `=!` and `!=`?", {"!="}),
        ("How does `and` differ from `or`?", {"and", "or"}),
        ("Would you use `and`, `or`, or `xor` there?", {"and", "or", "xor"}),
        ("Is it `<` or `<=`?", {"<", "<="}),
        ("What does `=` do, and what does `==` do?", {"=", "=="}),
        ("What does `%` stand for?", {"%"}),
        ("Was ist der Unterschied zwischen `=` und `==`?", {"=", "=="}),
        ("Brauchst du `<` oder `<=`?", {"<", "<="}),
        ("Was bedeutet `//`?", {"//"}),
    ],
)
def test_signs_that_a_question_weighs(text: str, codes: set[str]) -> None:
    assert weighed(text) == codes


@pytest.mark.parametrize(
    "text",
    [
        "Have you tried `>=`?",
        "What if you wrote `>=` in line 2?",
        "What does line 3 give with `>=` in it?",
        "What does the `>=` mean in line 3?",
        "What is the difference between `n > 0` and `n >= 0`?",
        "The difference between `>` and `>=` is your fault.",
        "What is the difference between `>` and `>=`? Write `>=`, not `>`.",
    ],
)
def test_what_is_told_is_not_weighed(text: str) -> None:
    assert weighed(text) == set()


def test_all_code_in_questions_is_asked() -> None:
    said = Said(Channel.REPLY, "Take `a + b`. What is `c + d`?")
    assert asked_code(said) == {"c + d"}
