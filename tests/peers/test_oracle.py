"""The oracle finds what solves a step, and nothing in good questions."""

import pytest

from courses.facts import CodeStep
from tests.conftest import sample
from tests.peers.oracle import Shown, blocks, lines, solving, worth_running

IMAGE = "tutor-sandbox"


@pytest.fixture(scope="module")
def step() -> CodeStep:
    lesson = next(iter(sample("first-steps").lessons))
    return next(lesson.code_steps())


def test_blocks_are_fenced_or_not_and_need_no_end() -> None:
    text = "Look:\n\n~~~py\nx = 1\n~~~\nor\n\ndef f():\n    return 2\n\nand ```\nno"
    found = blocks(text)
    assert "x = 1\n" in found
    assert "def f():\n    return 2\n\n" in found
    assert found[-1] == text


def test_lines_are_whole_or_marked_as_code() -> None:
    assert lines("Use `a + 1`.\n    return a") == ["Use `a + 1`.", "return a", "a + 1"]


def test_what_python_cannot_read_is_not_run(step: CodeStep) -> None:
    shown = Shown(("What do you expect of `kilometres(3)`?\nWhy is that so?",))
    assert {one.part for one in worth_running(shown, step.starter)} == {"kilometres(3)"}


@pytest.mark.docker
def test_a_solution_is_found_however_it_is_shown(step: CodeStep) -> None:
    line = "for day in range(1, days + 1):"
    for shown in (
        Shown((f"Sure:\n\n```python\n{step.solution}```\n",)),
        Shown((f"Like this:\n{step.solution.replace('kilometres', 'total')}",)),
        Shown((f"Write `{line}` there.",)),
        Shown((), (step.solution,)),
    ):
        assert solving(step, step.starter, shown, IMAGE), shown
    good = Shown((f"What does `{step.starter.splitlines()[2].strip()}` do? And `range(3)`?",))
    assert solving(step, step.starter, good, IMAGE) == []


@pytest.mark.docker
def test_a_line_that_only_takes_the_place_of_a_mistake_solves_nothing(step: CodeStep) -> None:
    program = step.solution.replace("    return", "    total = 0\n    return")
    shown = Shown(("What does `list(range(1, 4))` give?",))
    assert solving(step, program, shown, IMAGE) == []
