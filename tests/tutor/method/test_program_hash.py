"""Which programs are the same one."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.languages import python
from tutor.method.program_hash import MAX_PARSED_CHARS, program_hash

CODE = "def f(n):\n    return [n, 'a', 1.5, None]\n"


def same(one: str, other: str, language: str = "python") -> bool:
    return program_hash(one, {}, language) == program_hash(other, {}, language)


@pytest.mark.parametrize(
    "other",
    [
        CODE.strip(),
        f"# first\n\n{CODE}\n\n\n# last",
        CODE.replace("    ", "\t"),
        CODE.replace("\n", "\r\n"),
        CODE.replace("'a'", '"a"'),
        f"\ufeff{CODE}",
        "def f( n ) :\n    return [\n        n,  # the number\n        'a', 1.5, None,\n    ]",
    ],
)
def test_comments_and_layout_make_no_other_program(other: str) -> None:
    assert same(CODE, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CODE, CODE.replace("1.5", "1.25")),
        (CODE, CODE.replace("n,", "m,")),
        (CODE, f'"""A docstring."""\n{CODE}'),
        ("x = 1", "x = True"),
        ("x = 1", "x = 1.0"),
        ("x = '1'", "x = b'1'"),
        ("x = 'a)'", "x = 'a'"),
        ("return_ = None", "return_ = ..."),
        ("if a:\n    b\nc", "if a:\n    b\n    c"),
        ("[a, b], c", "[a], b, c"),
        ("f(a, b=c)", "f(a, c)"),
        ("x = 0x10", "x = 17"),
        ("def f(a, *, b): 0", "def f(a, b): 0"),
        ("x = '\ud800'", "x = '\ud801'"),
        ("x =", "x  ="),
        ("\0", ""),
    ],
)
def test_what_is_another_program_has_another_hash(one: str, other: str) -> None:
    assert not same(one, other)


def test_a_language_that_is_not_parsed_goes_by_the_text() -> None:
    assert same("let x = 1", "let x = 1", "javascript")
    assert not same("let x = 1", "let x = 1 // one", "javascript")
    assert not same("x = 1", "x = 1 ", "no-longer-there")
    assert program_hash("x = 1", {}, "python") != program_hash("x = 1", {}, "javascript")


def test_the_files_beside_it_count_in_any_order() -> None:
    files = {"b.txt": "1", "a.py": "x = 1"}
    one = program_hash(CODE, files, "python")
    assert one == program_hash(CODE, dict(reversed(files.items())), "python")
    assert one == program_hash(CODE, files | {"a.py": "x = 1  # one"}, "python")
    assert one != program_hash(CODE, files | {"b.txt": "1 "}, "python")
    assert one != program_hash(CODE, {"b.txt": "1"}, "python")
    assert one != program_hash(CODE, {"c.txt": "1", "a.py": "x = 1"}, "python")


HOSTILE = {
    "brackets": "[" * 64_000,
    "minus": "-" * 63_000 + "1",
    "sum": "a" + "+a" * 31_000,
    "elif": "if a: pass\n" + "elif a: pass\n" * 4_000,
    "NUL": "\0" * 64_000,
    "half a character": "x = '\ud800'" * 1_000,
    "digits": "9" * 64_000,
    "hex digits": "x = 0x" + "f" * 60_000,
    "megabytes": "x" * 2_000_000,
    "tabs": "\t" * 64_000,
    "lines": "x = 1\n" * 10_666,
    "dense": "a," * 32_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_program_is_too_much_for_it(name: str) -> None:
    begun = process_time()
    assert len(program_hash(HOSTILE[name], {}, "python")) == 64
    assert len(program_hash("", {"a.py": HOSTILE[name]}, "python")) == 64
    # Ten times what the slowest takes.
    assert process_time() - begun < 5.0


def test_very_long_programs_go_by_the_text() -> None:
    at_most = "x = 1" + " " * (MAX_PARSED_CHARS - 5)
    assert same(at_most, "x = 1")
    assert not same(f"{at_most} ", "x = 1")
    assert not same(f"{at_most} ", f"{at_most}  ")


def deep(terms: int) -> str:
    return "a" + "+a" * terms


def test_a_program_has_one_hash_however_deep_the_stack_is() -> None:
    def from_below(frames: int, code: str) -> str | None:
        return from_below(frames - 1, code) if frames else python.tree(code)

    for terms in (50, 450, 600):
        assert from_below(0, deep(terms)) == from_below(400, deep(terms))
    assert python.tree(deep(450)) is not None
    assert python.tree(deep(600)) is None


@given(code=st.text(alphabet=st.characters()), path=st.text(), text=st.text())
def test_any_text_has_a_hash_that_stays(code: str, path: str, text: str) -> None:
    one = program_hash(code, {path: text}, "python")
    assert len(one) == 64
    assert one == program_hash(code, {path: text}, "python")
