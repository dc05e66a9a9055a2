"""Edits applied: every reading of one, the likeliest among the first."""

from tutor.leaks.apply import does_nothing, likely_indents, programs_of
from tutor.leaks.edit import Edit, Verb
from tutor.leaks.program import Program

LOOP = Program("def f(xs):\n    for x in xs:\n        a = 0\n        a += x\n    return a")


def made(edit: Edit, program: Program = LOOP) -> list[str]:
    return list(programs_of(edit, program))


def test_replace_is_for_tokens_not_for_letters() -> None:
    [first, *_] = made(Edit(Verb.REPLACE, "a", "b", (3,)))
    assert "        b = 0" in first
    assert "return a" in first


def test_replace_in_a_line_that_does_not_have_it_is_tried_anywhere() -> None:
    assert any("a -= x" in one for one in made(Edit(Verb.REPLACE, "+=", "-=", (1,))))


def test_lines_together_are_replaced_by_a_block() -> None:
    [first, *_] = made(Edit(Verb.PUT, "", "a = sum(xs)", (2, 3, 4)))
    assert first == "def f(xs):\n    a = sum(xs)\n    return a"


def test_code_that_was_told_with_its_indentation_keeps_it() -> None:
    [first, *_] = made(Edit(Verb.PUT, "", "    return x\n    return a", (5,)))
    assert first.endswith("    return x\n    return a")


def test_a_colon_that_is_missing_is_put_at_the_end() -> None:
    program = Program("if x > 0\n    y = 1")
    assert made(Edit(Verb.PUT, "", ":", (1,)), program)[0] == "if x > 0:\n    y = 1"


def test_before_and_after_a_line() -> None:
    before = made(Edit(Verb.BEFORE, "", "b = 1", (2,)))[0]
    assert before.splitlines()[1] == "    b = 1"
    after = made(Edit(Verb.AFTER, "a += x", "b = 1"))
    assert any("        a += x\n        b = 1\n" in one for one in after)


def test_a_line_moves_and_takes_an_indentation_with_it() -> None:
    assert any(
        one.startswith("def f(xs):\n    a = 0\n    for x in xs:")
        for one in made(Edit(Verb.MOVE_ABOVE, lines=(3,), to=2))
    )
    assert made(Edit(Verb.MOVE_ABOVE, lines=(3,), to=77)) == []


def test_swap_of_lines_and_of_code() -> None:
    assert "        a += x\n        a = 0" in made(Edit(Verb.SWAP, lines=(3, 4)))[0]
    assert "for xs in x:" in made(Edit(Verb.SWAP, "x", "xs", ()), Program("for x in xs: pass"))[0]


def test_dedent_takes_a_line_out() -> None:
    inner = Program("def f(xs):\n    for x in xs:\n        y = x\n        return y")
    assert any(one.endswith("\n    return y") for one in made(Edit(Verb.DEDENT, lines=(4,)), inner))


def test_remove_by_line_and_by_code() -> None:
    assert made(Edit(Verb.REMOVE, lines=(3,))) == [LOOP.without((3,))]
    assert any("    a += x" not in one for one in made(Edit(Verb.REMOVE, "a += x")))


def test_what_does_nothing_is_not_put_in_place_of_a_line() -> None:
    assert does_nothing("x > 3")
    assert not does_nothing("print(x)")


def test_depths_begin_with_those_around() -> None:
    assert likely_indents(3, LOOP)[0] == " " * 8
