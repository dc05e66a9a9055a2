"""Programs in students' messages."""

import pytest

from tutor.method.pasted import MAX_CHARS, pasted_program

FUNCTION = "def f(x):\n    return x + 1"


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{FUNCTION}\n```",
        f"Look:\n\n```python\n{FUNCTION}\n```\nWhy?",
        f"~~~\n{FUNCTION}\n~~~",
        f"```python\n{FUNCTION}",
        f"```\nold = 1\nprint(old)\n```\nand then\n```\n{FUNCTION}\n```",
        FUNCTION,
        f"My code is\n{FUNCTION}\nand it is wrong, isn't it?",
        f"Hello!\n\nThis:\n\n{FUNCTION}\n\nWhat now?",
    ],
)
def test_a_program_of_several_lines_is_found(text: str) -> None:
    found = pasted_program(text, "python")
    assert found is not None
    assert found.strip() == FUNCTION


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Why?",
        "yes\nok",
        "price = 5",
        "```\nprice = 5\n```",
        "I tried it twice.\nIt is still wrong: nothing comes.",
        "\0\nx = 1(",
    ],
)
def test_words_and_single_lines_are_no_program(text: str) -> None:
    assert pasted_program(text, "python") is None


def test_a_program_that_does_not_parse_is_found_in_a_fence_only() -> None:
    broken = "def f(x)\n    return x"
    assert pasted_program(f"```\n{broken}\n```", "python") == f"{broken}\n"
    assert pasted_program(broken, "python") is None


def test_without_a_parser_a_fence_is_needed() -> None:
    program = "let x = 1;\nconsole.log(x);"
    assert pasted_program(f"```js\n{program}\n```", "javascript") == f"{program}\n"
    assert pasted_program(program, "javascript") is None


def test_a_long_message_is_looked_at_in_part() -> None:
    assert pasted_program("x" * MAX_CHARS + f"\n{FUNCTION}", "python") is None
