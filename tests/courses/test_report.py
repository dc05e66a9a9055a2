"""Problems as people and programs read them."""

from pathlib import PurePath

import pytest

from courses.problems import Problem
from courses.report import EXCERPT_CHARS, as_github, as_text, excerpt

TEXT = "one\n\ttwo: 2\nthree\n"


@pytest.mark.parametrize(
    ("line", "column", "shown"),
    [
        (1, 2, ["  1 | one", "    |  ^"]),
        (2, 2, ["  1 | one", "  2 |  two: 2", "    |  ^"]),
        (3, 1, ["  2 |  two: 2", "  3 | three", "    | ^"]),
        (4, 1, ["  3 | three", "  4 |", "    | ^"]),
        (9, 1, []),
    ],
)
def test_a_frame_shows_the_line_before_the_line_and_the_place(
    line: int, column: int, shown: list[str]
) -> None:
    assert excerpt(Problem("a.yaml", line, column, "No."), TEXT).splitlines() == shown


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "a" * 5_000 + "X" + "b" * 5_000
    line, caret = excerpt(Problem("a.yaml", 1, 5_001, "No."), text).splitlines()
    assert len(line) < EXCERPT_CHARS + 10
    assert line[caret.index("^")] == "X"


def test_an_empty_file_has_no_frame() -> None:
    assert as_text([Problem("a.yaml", 1, 1, "Empty.")], {"a.yaml": ""}, PurePath("c")) == (
        "c/a.yaml:1:1: Empty.\n"
    )


def test_what_would_be_a_command_of_githubs_is_escaped() -> None:
    problem = Problem("a,b:c.yaml", 1, 2, "100% wrong\n::error::no", severity="warning")
    assert as_github([problem], PurePath("c")) == (
        "::warning file=c/a%2Cb%3Ac.yaml,line=1,col=2::100%25 wrong%0A::error::no\n"
    )
