"""Fragments put into a program."""

from itertools import islice

from tutor.leaks.program import Program
from tutor.leaks.splice import is_whole, likeliest, spliced

PROGRAM = Program("def f(n):\n    if n > 3:\n        return 1\n    return n + 2")


def first(code: str, count: int, program: Program = PROGRAM) -> list[str]:
    return list(islice(spliced(code, program), count))


def test_a_function_takes_the_place_of_its_namesake() -> None:
    [one] = first("def f(n):\n    return 0", 1)
    assert one == "def f(n):\n    return 0"


def test_a_function_with_another_name_is_renamed() -> None:
    assert any("def f(m):" in one for one in first("def g(m):\n    return 0", 4))


def test_the_head_of_a_function_is_a_line() -> None:
    assert not is_whole(Program("def f(n, m):"))
    assert first("def f(n, m):", 1)[0].startswith("def f(n, m):\n    if n > 3:")


def test_a_line_takes_the_place_of_the_one_that_it_resembles() -> None:
    assert "    return n + 3" in first("return n + 3", 1)[0].splitlines()


def test_an_operator_for_those_of_its_kind_first() -> None:
    assert "n >= 3" in first(">=", 1)[0]


def test_an_expression_for_an_expression() -> None:
    assert any("if n > 4:" in one for one in first("n > 4", 6))


def test_several_lines_in_place_of_those_that_they_resemble() -> None:
    code = "if n >= 3:\n    return 1"
    assert first(code, 1)[0] == PROGRAM.text.replace("> 3", ">= 3")


def test_tokens_of_a_program_that_cannot_be_parsed() -> None:
    broken = Program("def f(n):\n    return n +* 2")
    assert any("return n + 2" in one for one in spliced("n + 2", broken))


def test_a_part_of_a_line_for_what_it_resembles() -> None:
    assert any("if n >= 3:" in one for one in spliced("if n >=", PROGRAM))


def test_a_call_with_dots_is_put_around_expressions() -> None:
    assert any("return int(n) + 2" in one for one in spliced("int(...)", PROGRAM))


def test_the_likeliest_are_few() -> None:
    assert 0 < len(list(likeliest("return n + 3", PROGRAM))) <= 12
