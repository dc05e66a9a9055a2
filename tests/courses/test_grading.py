"""Observations against expectations. No sandbox, no database."""

import json
import re
import warnings
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses import observation as observed
from courses.audience import Rule
from courses.facts import Case, CodeStep, Variant
from courses.grading import (
    Difference,
    Grade,
    Reason,
    difference,
    grade_cases,
    grade_step,
    grade_variant,
    unreadable,
)
from tests.courses.observing import LITERALS, gave, observation, raised

STEP = CodeStep(
    id="double", kind="code", prompt="Write it.", starter="", solution="",
    visible=(Case("double(2)", "4"), Case("double(5)", "10", catches=("adds-two",))),
    hidden=(Case("double(21)", "42", catches=("adds-two", "other")),),
    rules=(Rule("forbid", "call", "sum"),),
)  # fmt: skip
RIGHT = [gave(4), gave(10), gave(42)]
PROGRAM = "def double(n):\n    return 2 * n\n"


def reason(case: Case, raw: Any) -> Reason:
    [verdict] = grade_cases([case], [raw])
    return verdict.reason


# Ends --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "raw", "expected"),
    [
        (Case("f()", raises="ValueError"), raised("ValueError"), Reason.PASSED),
        (Case("f()", raises="LookupError"), raised("KeyError", "'a'"), Reason.PASSED),
        (Case("f()", raises="KeyError"), raised("LookupError"), Reason.RAISED),
        (Case("f()", raises="TooFull"), raised("__main__.TooFull"), Reason.PASSED),
        (Case("f()", raises="shop.TooFull"), raised("bar.TooFull"), Reason.RAISED),
        (Case("f()", raises="shop.TooFull"), raised("TooFull"), Reason.PASSED),
        (Case("f()", raises="TooFull"), raised("TooFullError"), Reason.RAISED),
        (Case("f()", raises="ValueError", message="age"), raised("ValueError", "no age"),
         Reason.PASSED),
        (Case("f()", raises="ValueError", message="age"), raised("ValueError", "no name"),
         Reason.RAISED),
        (Case("f()", raises="ValueError"), gave(None), Reason.NO_EXCEPTION),
        (Case("f()", "4"), raised("ValueError"), Reason.RAISED),
        (Case("f()", "4"), observation("raised"), Reason.RAISED),
        (Case("f()", "4"), observation("value"), Reason.VALUE),
        (Case("f()", "4"), observation("timeout"), Reason.TIMEOUT),
        (Case("f()", "4"), observation("memory"), Reason.MEMORY),
        (Case("f()", "4"), observation("crashed"), Reason.CRASHED),
        (Case("f()", "4"), observation("output_limit"), Reason.OUTPUT_LIMIT),
        (Case("f()", "4"), observation("not_run"), Reason.NOT_RUN),
        (Case("f()", "4"), observation("exited", exit_code=0), Reason.EXITED),
        (Case(stdout="4"), observation("exited", exit_code=0, stdout="4\n"), Reason.PASSED),
        (Case(stdout="4"), observation("exited", exit_code=1, stdout="4\n"), Reason.EXITED),
        (Case(stdout="4"), observation("value", stdout="4\n"), Reason.PASSED),
        (Case(stdout="4"), observation("value", stdout="5\n"), Reason.OUTPUT),
        (Case("f()", "4", stdout="a"), gave(4, stdout="a\n"), Reason.PASSED),
        (Case("f()", "4", stdout="a"), gave(4), Reason.OUTPUT),
        (Case("f()", "4", stdout="a"), gave(5, stdout="a"), Reason.VALUE),
        (Case("f()", raises="ValueError", stdout="a"), raised("ValueError", stdout="a"),
         Reason.PASSED),
        (Case("f()", raises="ValueError", stdout="a"), raised("ValueError"), Reason.OUTPUT),
    ],
)  # fmt: skip
def test_a_case_ends_for_one_reason(case: Case, raw: Any, expected: Reason) -> None:
    assert reason(case, raw) is expected


@pytest.mark.parametrize(
    ("expected", "got", "first"),
    [
        ("a\nb\n", "a\nb", None),
        ("a\nb", "a  \nb\n\n\n", None),
        ("a\nb", "a\r\nb\r\n", None),
        ("a\nb", "a\nc", Difference(2, "b", "c")),
        ("a\nb", "a", Difference(2, "b", None)),
        ("a", "a\nb", Difference(2, None, "b")),
        ("a", " a", Difference(1, "a", " a")),
        ("", "\n", None),
        ("a\n\nb", "a\nb", Difference(2, "", "b")),
    ],
)
def test_two_outputs_differ_in_their_first_differing_line(
    expected: str, got: str, first: Difference | None
) -> None:
    assert difference(expected, got) == first


def test_a_verdict_says_what_came_and_apart_from_it_what_should() -> None:
    cases = [
        Case("f()", "[4]"), Case("f()", "0.5", tolerance=0.1),
        Case("f()", raises="KeyError", message="b"), Case(stdin="x", stdout="one\ntwo\n"),
    ]  # fmt: skip
    verdicts = grade_cases(
        cases,
        [gave((4, {"a"})), gave("x" * 300), raised("ValueError", "no"), gave(None, stdout="one")],
    )
    assert [verdict.got for verdict in verdicts] == [
        "It gave `(4, {'a'})`.",
        f"It gave `'{'x' * 198}…`.",
        "It raised `ValueError` with the message `no`.",
        "It printed nothing in line 2 any more.",
    ]
    assert [verdict.expected for verdict in verdicts] == [
        "It should give `[4]`.",
        "It should give `0.5` (up to 0.1).",
        "It should raise `KeyError` with `b` in its message.",
        "It should print `'one\\ntwo\\n'`.",
    ]
    assert verdicts[3].difference == Difference(2, "two", None)


# Many cases --------------------------------------------------------------------------------------


def test_a_program_passes_if_every_case_does() -> None:
    grade = grade_step(STEP, PROGRAM, RIGHT)
    assert grade.passed
    assert grade.misconceptions == ()
    told = grade.for_student()
    assert (told.passed, told.hidden, told.hidden_passed) == (True, 1, 1)


def test_a_failed_case_names_the_misconceptions_it_was_made_for() -> None:
    grade = grade_step(STEP, PROGRAM, [gave(4), gave(7), gave(23)])
    assert not grade.passed
    assert grade.misconceptions == ("adds-two", "other")
    assert [verdict.passed for verdict in grade.visible] == [True, False]
    told = grade.for_student()
    assert (told.passed, told.hidden, told.hidden_passed) == (False, 1, 0)


@pytest.mark.parametrize("count", [0, 1, 2, 4, 9])
def test_too_few_or_too_many_observations_are_no_pass(count: int) -> None:
    grade = grade_step(STEP, PROGRAM, (RIGHT * 3)[:count])
    assert not grade.passed
    assert not any(verdict.passed for verdict in (*grade.visible, *grade.hidden))


def test_a_program_that_breaks_a_rule_does_not_pass() -> None:
    grade = grade_step(STEP, "def double(n):\n    return sum([n, n])\n", RIGHT)
    assert not grade.passed
    assert grade.for_student().rules == ("The program must do without calling `sum`.",)


def test_a_program_that_does_not_parse_is_no_attempt() -> None:
    grade = grade_step(STEP, "def double(n)\n", RIGHT)
    assert (grade.passed, grade.is_attempt) == (False, False)
    assert grade_step(STEP, PROGRAM, []).is_attempt


def test_a_step_without_cases_is_never_passed() -> None:
    assert not Grade((), (), (), is_attempt=True).passed


def test_a_variant_has_its_own_cases_and_the_rules_of_its_step() -> None:
    variant = Variant("triple", "Triple it.", "", (Case("triple(2)", "6"),), "")
    assert grade_variant(STEP, variant, PROGRAM, [gave(6)]).passed
    assert not grade_variant(STEP, variant, "sum([])", [gave(6)]).passed


def test_a_student_is_not_told_what_was_expected_nor_anything_of_hidden_cases() -> None:
    for observations in (RIGHT, [gave(4), gave(7), gave(23)], []):
        told = json.dumps(asdict(grade_step(STEP, PROGRAM, observations).for_student()))
        for secret in ("should", "double(21)", "42", "adds-two", "expect"):
            assert secret not in told
    wrong = json.dumps(asdict(grade_step(STEP, PROGRAM, [gave(4), gave(7)]).for_student()))
    assert "10" not in wrong


# Programs that cannot be read --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (PROGRAM, ""),
        ("", ""),
        ("\ufeffx = 1\n", ""),
        ("x = 'é'\r\nprint(x)\r\n", ""),
        ("def f(:\n    pass\n", "Python cannot read line 1: invalid syntax."),
        ("x = 1\n\ny = (2\n", "Python cannot read line 3: '(' was never closed."),
        ("x = 1\nreturn x\n", "Python cannot read line 2: 'return' outside function."),
        ("for n in []:\npass\n", (
            "Python cannot read line 2: expected an indented block after 'for' statement on line 1."
        )),
        ("x = 1\ny = '\0'\n", "Python cannot read line 2: it contains a NUL character."),
        ("x = '\ud800'\n", "Python cannot read line 1: it contains half a character."),
        ("-" * 50_000 + "1", "Python cannot read the program: it is nested too deeply."),
        ("1" + "+1" * 30_000, "Python cannot read the program: it is nested too deeply."),
        ("x = 1\n" * 20_000,
         "Python cannot read the program: it is longer than 64,000 characters."),
    ],
)  # fmt: skip
def test_a_student_is_told_where_a_program_cannot_be_read(program: str, said: str) -> None:
    assert unreadable(program) == said
    assert grade_step(STEP, program, RIGHT).is_attempt == (not said)


def test_a_reason_that_quotes_a_long_name_is_cut() -> None:
    name = "n" * 1_000
    said = unreadable(f"def f({name}, {name}):\n    pass\n")
    assert said.startswith("Python cannot read line 1: duplicate argument 'nnn")
    assert said.endswith("n….")
    assert len(said) == len("Python cannot read line 1: .") + 200


def test_a_program_in_another_language_is_run_to_see_whether_it_can_be_read() -> None:
    assert unreadable("let = (", "javascript") == ""


@given(st.text() | st.text(st.sampled_from("()[]{}:,'\"\\\n\t f=1\0\ud800#@")))
def test_any_text_at_all_can_be_read_or_is_said_not_to_be_in_a_sentence(program: str) -> None:
    said = unreadable(program)
    assert not said or re.fullmatch(r"Python cannot read (line \d+|the program): .+\.", said)
    assert said.isprintable()
    assert grade_step(STEP, program, []).is_attempt == (not said)


def test_what_a_program_warns_of_is_nothing_to_us() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert unreadable("x = '\\d'\nx is 1\n") == ""


# Anything at all ---------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["ended", "value", "type", "repr", "items", "entries", "exception", "message", "stdout"]
        ),
        inner | st.sampled_from(["value", "raised", "int", "list", "dict", "4", "set"]),
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=300)
@given(
    raw=st.lists(JSON, max_size=3)
    | st.lists(
        st.builds(lambda value: observation("value", value=value), JSON), min_size=2, max_size=2
    ),
    expect=LITERALS.map(repr),
)
def test_no_observation_makes_grading_fail_nor_a_case_pass_by_chance(
    raw: list[Any], expect: str
) -> None:
    for verdict in grade_cases([Case("f()", expect), Case("g()", "'never made'")], raw):
        assert verdict.got.endswith(".")
    assert not verdict.passed


def test_a_value_without_end_is_no_observation() -> None:
    value: dict[str, Any] = {"type": "int", "repr": "4"}
    for _ in range(100_000):
        value = {"type": "list", "items": [value]}
    assert reason(Case("f()", "[[4]]"), observation("value", value=value)) is Reason.NOT_RUN


def test_what_is_deep_or_long_is_shown_cut() -> None:
    value: Any = 4
    for _ in range(50):
        value = [value]
    found = observed.parse(gave(value))
    assert found is not None
    assert found.value is not None
    assert found.value.shown() == "[" * 20 + "…" + "]" * 20
