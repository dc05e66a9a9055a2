"""What reads as code without a mark, and what reads as words."""

import pytest

from tutor.leaks.plain_code import code_runs, is_code, is_surely_code


@pytest.mark.parametrize(
    "line",
    ["x = 1", "return total", "if x:", "else:", "elif x > 1:", "except ValueError:", "f(x)",
     "xs[0]", "n + 1", "for x in xs:", "while (n >= 0) {", "x++;", "pass", "total / count"],
)  # fmt: skip
def test_a_line_reads_as_code(line: str) -> None:
    assert is_code(line)


@pytest.mark.parametrize(
    "line",
    ["", "Yes", "Yes, no", "Note: this", "cats and dogs", "not this", "-1", "5", "e.g", "'text'",
     "What is it?", "Look at the loop.", "x" * 301 + " = 1"],
)  # fmt: skip
def test_a_line_reads_as_words(line: str) -> None:
    assert not is_code(line)


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        ("write total / len(marks) there", ["total / len(marks)"]),
        ("is x > 0 and y there", ["x > 0 and y", "x > 0"]),
        ("the call f(g(x), 1) there", ["f(g(x), 1)"]),
        ("take xs[0].name there", ["xs[0].name"]),
        ("cats and dogs", []),
        ("it is so (really)", []),
    ],
)
def test_code_is_found_between_words(words: str, runs: list[str]) -> None:
    assert list(code_runs(words)) == runs


@pytest.mark.parametrize(
    ("run", "sure"), [("either / or", False), ("than / there", False), ("n / 2", True)]
)
def test_words_between_signs_are_not_surely_code(run: str, sure: bool) -> None:
    assert is_surely_code(run) is sure
