"""What the outputs of runs say about a program, by the lesson's cases."""

import json
from typing import Any

import pytest

from tutor.method.tools import run_output
from tutor.practice.dialogue import Called
from tutor.practice.lesson import Case
from tutor.practice.outcomes import (
    BrokenOff,
    Crash,
    NotRun,
    Passed,
    Ran,
    Stopped,
    Verdict,
    WaitedForInput,
    Wrong,
    judge,
    observed,
)
from tutor.protocol.frames import CallView, RunView

SIX, ZERO = Case("f(3)", gives="6"), Case("f(0)", gives="0")
TYPED = Case("", "4\n", prints="16\n")


def run(report: dict[str, Any] | str, *calls: str, stdin: str = "") -> Called:
    output = report if isinstance(report, str) else json.dumps(report)
    arguments = {"code": "", "calls": list(calls), "stdin": stdin}
    return Called("execute_code", arguments, output, "p", "s")


def called(**outcomes: str) -> Called:
    """A run of f(3) and f(0), with these outcomes."""
    calls = {"three": "f(3)", "zero": "f(0)"}
    seen = [{"call": calls[name], "outcome": outcome} for name, outcome in outcomes.items()]
    return run({"status": "ok", "calls": seen}, *(one["call"] for one in seen))


def printed(text: str, **report: Any) -> Called:
    return run(
        {"status": "ok", "exit_code": 0, "stdout": text, "stderr": "", **report}, stdin="4\n"
    )


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (called(three="6", zero="0"), Passed()),
        (called(three="6", zero="None"), Wrong(ZERO, "None")),
        (called(three="6.0", zero="0"), Wrong(SIX, "6.0")),
        (called(three="None, and prints 6", zero="0"), Wrong(SIX, "None, and prints 6")),
        (called(three="raises KeyError: 'a: b'"), Crash("KeyError", "'a: b'", None, SIX)),
        (called(three="raises Stop"), Crash("Stop", "", None, SIX)),
        (called(three="does not end in time"), BrokenOff("timeout", SIX)),
        (called(three="uses more memory than there is"), BrokenOff("memory", SIX)),
        (called(three="6"), Ran()),
        (called(three="6", zero="was not run"), Ran()),
        (called(three="6", zero=""), Ran()),
    ],
)  # fmt: skip
def test_calls_are_compared_by_value(seen: Called, verdict: Verdict) -> None:
    assert judge([seen], [SIX, ZERO]) == verdict


def test_what_a_call_printed_counts_where_the_case_says_so() -> None:
    case = Case("f()", gives="None", prints="a\n")
    report = {"call": "f()", "outcome": "None, and prints a", "printed": "a\n"}
    assert judge([run({"status": "ok", "calls": [report]}, "f()")], [case]) == Passed()
    report["printed"] = "b"
    said = judge([run({"status": "ok", "calls": [report]}, "f()")], [case])
    assert said == Wrong(case, "b", printed=True)


@pytest.mark.parametrize(
    ("raises", "passed"), [("LookupError", True), ("KeyError", True), ("ValueError", False)]
)
def test_an_exception_that_is_asked_for_may_be_a_narrower_one(raises: str, passed: bool) -> None:
    verdict = judge([called(three="raises KeyError: 3")], [Case("f(3)", raises=raises)])
    assert (verdict == Passed()) is passed


def test_numbers_may_be_off_where_the_case_says_so() -> None:
    case = Case("f(3)", gives="0.3", about=0.01)
    assert judge([called(three="0.301")], [case]) == Passed()
    assert judge([called(three="0.32")], [case]) == Wrong(case, "0.32")


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (printed("16 \n\n"), Passed()),
        (printed("8\n"), Wrong(TYPED, "8\n", printed=True)),
        (printed("", status="timeout"), BrokenOff("timeout", TYPED)),
        (printed("", status="output_limit"), BrokenOff("output", TYPED)),
        (printed("", status="memory"), BrokenOff("memory", TYPED)),
        (printed("", status="crashed"), BrokenOff("stack", TYPED)),
        (printed("", status="idle"), WaitedForInput()),
        (printed("", status="cancelled"), Stopped()),
        (printed("", status="unavailable"), NotRun()),
        (printed("", status="sandbox_error"), NotRun()),
        (printed("", status="error", exit_code=None), NotRun()),
        (printed("16", status="error", exit_code=3), Passed()),
    ],
)  # fmt: skip
def test_whole_programs_are_compared_by_what_they_print(seen: Called, verdict: Verdict) -> None:
    assert judge([seen], [TYPED]) == verdict


TRACEBACK = """\
Traceback (most recent call last):
  File "/srv/main.py", line 4, in <module>
    f(1)
  File "/srv/main.py", line 2, in f
    return int(x)
  File "/usr/lib/python3.11/json/decoder.py", line 355, in raw_decode
    raise ValueError
json.decoder.JSONDecodeError: Expecting value: line 1
"""
NODE = """\
/srv/main.js:3
  sum.push(1);
      ^

TypeError: sum.push is not a function
    at Object.<anonymous> (/srv/main.js:3:7)

Node.js v18.19.0
"""


@pytest.mark.parametrize(
    ("stderr", "verdict"),
    [
        (TRACEBACK, Crash("JSONDecodeError", "Expecting value: line 1", 2, TYPED)),
        (NODE, Crash("TypeError", "sum.push is not a function", 3, TYPED)),
        ('  File "main.py", line 1\n    x = (\n        ^\nSyntaxError: \'(\' was never closed',
         Crash("SyntaxError", "'(' was never closed", 1, TYPED)),
        ("EOFError: EOF when reading a line", WaitedForInput()),
        ("?!", Crash("Exception", "", None, TYPED)),
    ],
)  # fmt: skip
def test_errors_of_interpreters_are_read(stderr: str, verdict: Verdict) -> None:
    assert judge([printed("", status="error", exit_code=1, stderr=stderr)], [TYPED]) == verdict


def test_the_first_case_that_is_wrong_in_the_order_of_the_lesson_counts() -> None:
    seen = [printed("8"), called(three="5", zero="1")]
    assert judge(seen, [SIX, TYPED]) == Wrong(SIX, "5")
    assert judge(seen, [TYPED, SIX]) == Wrong(TYPED, "8", printed=True)


def test_the_last_run_of_a_case_counts() -> None:
    assert judge([called(three="5"), called(three="6")], [SIX]) == Passed()


def test_without_cases_a_program_has_run() -> None:
    assert judge([printed("x")], []) == Ran()
    assert judge([], [SIX]) == Ran()


def test_a_case_is_observed_with_its_own_input() -> None:
    assert observed(TYPED, [printed("16")])
    assert not observed(TYPED, [run({"status": "ok"})])
    assert not observed(SIX, [printed("16")])
    assert observed(SIX, [called(three="6")])


@pytest.mark.parametrize("output", ["Traceback\nNameError: x", "NameError"])
def test_the_bare_text_of_another_tool_is_read(output: str) -> None:
    crashed = judge([run(output)], [])
    assert crashed == (Crash("NameError", "x") if "Traceback" in output else Ran())


def test_what_our_own_tool_answers_is_read() -> None:
    views = (CallView(call="f(3)", outcome="6", printed="hm"), CallView(call="f(0)", outcome="1"))
    view = RunView(id="call.1", by="tutor", code="", state="ok", exit_code=0, calls=views)
    output = run_output("call_1", view)["output"]
    assert judge([run(output, "f(3)", "f(0)")], [SIX, ZERO]) == Wrong(ZERO, "1")
