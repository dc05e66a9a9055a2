"""Programs in JavaScript: graded by what they print, and by what node says of their end."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.audience import Rule
from courses.facts import Case, CodeStep, Variant
from courses.grading import Grade, Reason, grade_step, grade_variant
from tests.courses.observing import observation

SCRIPT = CodeStep(
    id="add", kind="code", prompt="Add.", starter="", solution="",
    visible=(Case(stdin="1 2", stdout="3", catches=("texts",)), Case(stdin="", stdout="")),
    hidden=(Case(stdin="4 5", stdout="9"),),
    # None can stand in a course in JavaScript; if one did, no program would be parsed for it.
    rules=(Rule("require", "call", "print"),),
)  # fmt: skip
# As node 18 and 20 write it.
REFUSED = """\
/home/main.js:3
let x = ;
        ^

SyntaxError: Unexpected token ';'
    at internalCompileFunction (node:internal/vm:76:18)
    at wrapSafe (node:internal/modules/cjs/loader:1283:20)

Node.js v18.20.4
"""
FAILED = """\
/home/main.js:1
x.y
^

ReferenceError: x is not defined
    at Object.<anonymous> (/home/main.js:1:1)
    at Module._compile (node:internal/modules/cjs/loader:1521:14)
"""
PARSED_JSON = """\
<anonymous_script>:1
{

SyntaxError: Expected property name or '}' in JSON at position 1
    at JSON.parse (<anonymous>)
    at Object.<anonymous> (/home/main.js:1:6)
"""


def ended(code: int = 0, *, stdout: str = "", stderr: str = "") -> dict[str, Any]:
    """A program as a whole that ended by itself."""
    return observation("exited", exit_code=code, stdout=stdout, stderr=stderr)


def grade_script(observations: list[Any], program: str = "let x = ;") -> Grade:
    return grade_step(SCRIPT, program, observations, language="javascript")


def test_a_program_in_javascript_passes_by_what_it_prints() -> None:
    grade = grade_script([ended(stdout="3\n"), ended(), ended(stdout="9\n")])
    assert (grade.passed, grade.is_attempt, grade.broken) == (True, True, ())
    grade = grade_script([ended(stdout="12\n"), ended(), ended(stdout="9\n")])
    assert (grade.passed, grade.is_attempt, grade.misconceptions) == (False, True, ("texts",))
    assert grade.visible[0].got == "Line 1 of what it printed is `12`."


@pytest.mark.parametrize(
    ("stderr", "is_attempt"),
    [
        (REFUSED, False),
        (REFUSED.replace("at internalCompileFunction (node:internal/vm", (
            "at wrapSafe (node:internal/modules/cjs/loader"
        )), False),
        (f"(node:7) Warning: To load an ES module …\n{REFUSED}", False),
        (REFUSED.replace("/home/main.js:3", "file:///home/main.js:3"), False),
        (REFUSED.replace("/home/main.js", "/home/shop.js"), True),
        (REFUSED.replace("SyntaxError", "TypeError"), True),
        (REFUSED.replace("    at ", "    by "), True),
        (PARSED_JSON, True),
        (f"/home/main.js:1\n{PARSED_JSON}", True),
        (FAILED, True),
        ("", True),
        ("SyntaxError", True),
    ],
)  # fmt: skip
def test_a_syntax_error_in_javascript_is_no_attempt(stderr: str, is_attempt: bool) -> None:
    grade = grade_script([ended(1, stderr=stderr)] * 3)
    assert (grade.passed, grade.is_attempt) == (False, is_attempt)


@pytest.mark.parametrize(
    "other",
    [
        ended(stderr=REFUSED), ended(2, stderr=REFUSED), ended(1, stdout="3", stderr=REFUSED),
        observation("timeout", stderr=REFUSED), ended(stdout="3"), None,
    ],
)  # fmt: skip
def test_a_syntax_error_shows_in_every_case_or_it_is_none(other: Any) -> None:
    refused = ended(1, stderr=REFUSED)
    assert not grade_script([refused] * 3).is_attempt
    assert grade_script([refused, other, refused]).is_attempt
    assert grade_script([]).is_attempt


def test_python_is_not_asked_about_javascript_nor_node_about_python() -> None:
    assert grade_script([ended(1, stderr=FAILED)] * 3).is_attempt
    in_python = grade_step(
        SCRIPT, "def double(n):\n    return 2 * n\n", [ended(1, stderr=REFUSED)] * 3
    )
    assert in_python.is_attempt
    assert in_python.visible[0].reason is Reason.EXITED
    variant = Variant("v", "", "", (Case(stdout="1"),), "")
    graded = grade_variant(SCRIPT, variant, "let", [ended(stdout="1")], language="javascript")
    assert graded.passed
    refused = [ended(1, stderr=REFUSED)]
    assert not grade_variant(SCRIPT, variant, "", refused, language="javascript").is_attempt


def test_the_error_that_ended_a_program_in_javascript_is_told_by_name() -> None:
    printed_before = f"Error: mine\n    at me\n{FAILED}"
    for stderr in (FAILED, printed_before):
        verdict = grade_script([ended(1, stderr=stderr)] * 3).visible[0]
        assert verdict.reason is Reason.RAISED
        assert verdict.got == "It raised `ReferenceError` with the message `x is not defined`."
    verdict = grade_script([ended(1, stderr="no\n")] * 3).visible[0]
    assert (verdict.reason, verdict.got) == (Reason.EXITED, "It ended the program with code 1.")
    verdict = grade_script([ended(3, stderr=FAILED)] * 3).visible[0]
    assert verdict.got == "It ended the program with code 3."


@given(st.text() | st.text(st.sampled_from("\n at(:/main.js1)SyntaxError node:internal")))
def test_whatever_a_program_writes_beside_its_output_it_is_graded(stderr: str) -> None:
    grade = grade_script([ended(1, stderr=stderr)] * 3)
    assert not grade.passed
    assert grade.visible[0].got.endswith(".")
