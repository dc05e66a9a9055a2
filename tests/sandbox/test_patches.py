"""Programs of a batch as JSON, in both directions. Pure."""

import pytest

from sandbox import patches
from sandbox.cases import CallCase, ProgramCase, StdinCase

BASE = "def f(x):\n    return x\n"


@pytest.mark.parametrize(
    ("base", "text", "expected"),
    [
        (BASE, BASE, (len(BASE), len(BASE), "")),
        ("", "new", (0, 0, "new")),
        ("old", "", (0, 3, "")),
        ("return x", "return x + 1", (8, 8, " + 1")),
        ("a + b", "a - b", (2, 3, "-")),
        # What both have in common counts once, before or behind.
        ("aa", "aaa", (2, 2, "a")),
        ("aaa", "aa", (2, 3, "")),
        ("abab", "ab", (2, 4, "")),
    ],
)
def test_a_patch_is_the_shortest_middle_that_differs(
    base: str, text: str, expected: tuple[int, int, str]
) -> None:
    start, end, middle = found = patches.difference(base, text)
    assert found == expected
    assert base[:start] + middle + base[end:] == text


def test_what_is_asked_comes_back_and_what_is_shared_travels_once() -> None:
    call, stdin = CallCase("f(1)", "1\n"), StdinCase("x" * 1000)
    mended = BASE.replace("x\n", "x + 1\n")
    tried = [
        ProgramCase(program, case, 0.5)
        for program in (BASE, mended, BASE)
        for case in (call, stdin)
    ]
    data = patches.to_json(BASE, tried)
    assert patches.from_json(data) == tried
    assert len(str(data)) < 1400
    assert (len(data["programs"]), len(data["cases"])) == (2, 2)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"base": "", "programs": [], "cases": []},
        {"base": "", "programs": [[0, 0]], "cases": [], "tried": []},
        {"base": "", "programs": [[0, "1", ""]], "cases": [], "tried": []},
        {"base": "", "programs": [], "cases": [{"call": 1}], "tried": []},
        {"base": "", "programs": [], "cases": [], "tried": [[0, 0, 1.0]]},
    ],
)
def test_a_row_of_another_shape_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the one kind of error that is promised
        patches.from_json(data)
