"""The program that is run is the one that was read; and what its end means. No container."""

import ast
import json
import linecache
import os
import types

import pytest

from sandbox.inside import program
from sandbox.inside.hints import hint_for

SEEN = ast.dump(ast.parse("x = 'é'"))
# The same text whatever its comment says its bytes are.
TEXTS = {
    "plain": "x = 'é'",
    "latin-1": "# -*- coding: latin-1 -*-\nx = 'é'",
    "ascii": "# coding: ascii\nx = 'é'",
    "a coding that nobody has": "# vim: set fileencoding=nonsense :\nx = 'é'",
    "in the second line": "#!/usr/bin/python\n# coding: utf-16\nx = 'é'",
    "a coding that hides a line": "# coding: utf-7\nx = 'é' #+AAo-x = 1",
    "a byte order mark": "\ufeffx = 'é'",
    "a mark and a coding": "\ufeff# coding: latin-1\nx = 'é'",
    "lines that end in CR": "\r\rx = 'é'\r",
    "lines that end in both": "\r\nx = 'é'\r\n",
    "a form feed": "\x0cx = 'é'",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_program_is_the_text_whatever_the_text_says_of_itself(text: str) -> None:
    compiled = program.compile_program(text)
    assert isinstance(compiled, types.CodeType)
    names: dict[str, object] = {}
    exec(compiled, names)  # noqa: S102  # ours
    assert names["x"] == "é"
    assert ast.dump(ast.parse(text.removeprefix("\ufeff"))) == SEEN


@pytest.mark.parametrize("mark", ["\u2028", "\x0c", "\x1c", "\x85", "\x0b"])
def test_a_traceback_shows_the_line_that_the_compiler_means(mark: str) -> None:
    program.compile_program(f"x = '{mark}'\r\ny = 1\rz = 2")
    assert linecache.getline("main.py", 2) == "y = 1\n"
    assert linecache.getline("main.py", 3) == "z = 2"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (None, 0), (0, 0), (True, 1), (3, 3), (256, 0), (-1, 255), (2**63 - 1, 255), (-(2**63), 0),
        (10**30, 255), (2**63, 255), (2**64, 255), (-(10**30), 255), (1.0, 1), ("text", 1),
    ],
)  # fmt: skip
def test_exit_codes_are_those_of_python_itself(code: object, expected: int) -> None:
    assert program.exit_code(SystemExit(code)) == expected


@pytest.mark.parametrize(
    ("name", "warm"),
    [
        ("json.py", True), ("json.pyc", True), ("string.py", True), ("main.py", False),
        ("json.txt", False), ("json", False), ("helper.py", False), ("json.cpython-99.so", False),
    ],
)  # fmt: skip
def test_a_file_that_would_be_found_before_a_loaded_module_is_known(name: str, warm: bool) -> None:
    assert program.is_warm(name) is warm


def test_nothing_of_a_case_is_read_with_the_job() -> None:
    orders, way = os.pipe()
    os.write(way, program.encode_job({"code": "é"}) + b'{"call": "f()"}')
    os.close(way)
    assert json.loads(program.receive_job(orders)) == {"code": "é"}
    assert os.read(orders, 99) == b'{"call": "f()"}'
    assert program.receive_job(orders) == b""
    os.close(orders)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ramdom", "Did you mean 'random'?"),
        ("jsom", "Did you mean 'json'?"),
        ("tkinter", "'tkinter' is a part of Python that is left out here."),
        ("matplotlib", ""),
        ("os.nothing", ""),
    ],
)
def test_a_module_that_is_missing_is_not_said_to_be_another(name: str, said: str) -> None:
    told = hint_for(ModuleNotFoundError(f"No module named {name!r}", name=name))
    assert f"There is no module {name!r} here" in told
    assert said in told
    assert ("Did you mean" in told) == ("mean" in said)
