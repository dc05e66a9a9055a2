"""Predictions: which may be asked, and how an answer compares with what was observed."""

from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.observation import Observation, Raised, Value
from courses.steps import Case, Choice, CodeStep, ExplainStep, PredictStep, QuizStep, Step
from tests.tutor.method.happened import asked, checked, evidence, predicted
from tutor.method.evidence import Evidence, Verdict
from tutor.method.predictions import MAX_GAVE_CHARS, compare, outcome, refusal

PROGRAM = "def f(n):\n    return n + 1\n"
CODE: Step = CodeStep("double", "code", "Double it.", "", (), "")
PREDICT: Step = PredictStep("p", "predict", "What?", PROGRAM, "1\n")


def refused(
    happened: Evidence | None = None,
    call: str = "f(1)",
    step: Step = CODE,
    program: str = PROGRAM,
    language: str = "python",
) -> str:
    return refusal(happened or evidence(), step, call, program, language) or ""


# May it be asked ---------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["f(1)", "", "f( [1, 2] )[0] + 3", "[f(n) for n in range(3)]"])
def test_a_call_on_a_program_may_be_asked(call: str) -> None:
    assert refused(call=call) == ""


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        (evidence(predictions=[asked(10)]), "A prediction is open"),
        (evidence(predictions=[predicted(10, "right", "f(2)"), asked(20)]), "is open"),
        (evidence(predictions=[predicted(10, None, "f(2)")]), "not been compared yet"),
        (evidence(predictions=[predicted(10, "wrong", "f(2)")]), "said something"),
        (evidence(predictions=[predicted(10, "wrong", "f(2)", "x")]), "said something"),
        (evidence(predictions=[predicted(10, "wrong", "f(2)", said_since=True)]), ""),
        (evidence(predictions=[predicted(10, "right", "f(2)")]), ""),
        (evidence(predictions=[predicted(10, "none", "f(2)")]), ""),
        (evidence(predictions=[predicted(10, "not_run", "f(1)")]), ""),
        (evidence(predictions=[predicted(10, "right", "f(1)", "x")]), ""),
        (evidence(predictions=[predicted(10, "right", "f(1)")]), "said `2`, it gave `3`"),
        (evidence(predictions=[predicted(10, "right", "f( 1 )")]), "said `2`, it gave `3`"),
        (evidence(predictions=[predicted(10, "none", "f(1)")]), "did not know, it gave `3`"),
        (evidence(predictions=[predicted(9, "right"), predicted(20, "right", "")]), "gave `3`"),
    ],
)
def test_what_happened_may_forbid_it(happened: Evidence, said: str) -> None:
    assert said in refused(happened)
    assert bool(said) == bool(refused(happened))


@pytest.mark.parametrize(
    ("happened", "call", "is_refused"),
    [
        (evidence(checks=[checked(10, 1)]), "f( 1)", True),
        (evidence(checks=[checked(10, 1)]), "f(2)", False),  # a hidden case
        (evidence(checks=[checked(10, 1)]), "f(3)", False),
        (evidence(checks=[checked(10, 1, program="x")]), "f(1)", False),
        (evidence(checks=[checked(10, 0)]), "f(1)", False),
        (evidence(), "f(1)", False),
    ],
)
def test_what_a_check_of_the_program_has_shown_is_not_asked(
    happened: Evidence, call: str, is_refused: bool
) -> None:
    visible, hidden = (Case("f(1)", "2"),), (Case("f(2)", "3"),)
    step = CodeStep("double", "code", "Double it.", "", visible, "", hidden)
    assert ("has shown" in refused(happened, call, step)) == is_refused


def test_what_a_refusal_repeats_is_in_one_line_and_bounded() -> None:
    one = predicted(10, "right", answer="2\n" * 500, gave="x" * 2_000)
    said = refused(evidence(predictions=[one]))
    assert "\n" not in said
    assert len(said) < 600


@pytest.mark.parametrize(
    ("step", "program"),
    [
        (QuizStep("q", "quiz", "Which?", (Choice("a"),)), PROGRAM),
        (ExplainStep("e", "explain", "Read."), PROGRAM),
        (CODE, ""),
        (CODE, " \n"),
    ],
)
def test_where_there_is_no_program_nothing_can_be_foretold(step: Step, program: str) -> None:
    assert "no program" in refused(step=step, program=program)


def test_a_program_to_read_can_be_asked_about() -> None:
    assert refused(step=ExplainStep("e", "explain", "Read.", program=PROGRAM)) == ""


def test_a_predict_step_has_its_own_prediction_first() -> None:
    assert "comes first" in refused(evidence(kind="predict"), step=PREDICT)
    tried = evidence(kind="predict", checks=[checked(10, 1)])
    assert refused(tried, step=PREDICT) == ""


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("f(", "'(' was never closed"),
        ("x = 1", "no Python expression"),
        ("import os", "no Python expression"),
        ("[" * 200, "no Python expression"),
        ("f('\0')", "no Python expression"),
        ("\ud800", "no Python expression"),
    ],
)
def test_a_call_that_does_not_parse_is_refused(call: str, said: str) -> None:
    assert said in refused(call=call)


def test_of_a_program_that_cannot_be_read_nothing_can_be_foretold() -> None:
    assert "cannot be read" in refused(program="def f(:\n")


def test_a_language_without_values_has_the_whole_program_only() -> None:
    assert "leave the call empty" in refused(language="javascript")
    assert refused(call="", language="javascript") == ""


# How it compares ---------------------------------------------------------------------------------


def value(type_: str, repr_: str, **seen: Any) -> Observation:
    return Observation("value", Value(type_, repr_), **seen)


def raised(type_: str, message: str = "", **seen: Any) -> Observation:
    return Observation("raised", exception=Raised(type_, message), **seen)


def ended(how: Any, **seen: Any) -> Observation:
    return Observation(how, **seen)


TWO = value("int", "2")
TEXT = value("str", "'ab'")
PAIR = Observation("value", Value("list", items=(Value("int", "1"), Value("str", "'a'"))))
NOTHING = value("NoneType", "None")
SHOWN = value("NoneType", "None", stdout="hi\n")


@pytest.mark.parametrize(
    ("answer", "observed", "verdict", "gave"),
    [
        ("2", TWO, "right", "2"),
        (" `2` ", TWO, "right", "2"),
        ("2.", TWO, "right", "2"),
        ("3", TWO, "wrong", "2"),
        ("2.0", TWO, "wrong", "2"),
        ("'2'", TWO, "wrong", "2"),
        ("True", value("int", "1"), "wrong", "1"),
        ("true", value("bool", "True"), "right", "True"),
        ("two", TWO, "wrong", "2"),
        ("inf", value("float", "inf"), "right", "inf"),
        ("range(0, 3)", value("range", "range(0, 3)"), "right", "range(0, 3)"),
        ("2.0", value("float", "2.0"), "right", "2.0"),
        ("2.", value("float", "2.0"), "right", "2.0"),
        ("'ab'", TEXT, "right", "'ab'"),
        ("“ab”", TEXT, "right", "'ab'"),
        ("ab", TEXT, "right", "'ab'"),
        ("abc", TEXT, "wrong", "'ab'"),
        ("2", value("str", "'2'"), "wrong", "'2'"),
        ("[1,'a']", PAIR, "right", "[1, 'a']"),
        ("(1, 'a')", PAIR, "wrong", "[1, 'a']"),
        ("['a', 1]", PAIR, "wrong", "[1, 'a']"),
        ("None", NOTHING, "right", "None"),
        ("nothing", NOTHING, "wrong", "None"),
        ("hi", SHOWN, "right", "None, and prints hi"),
        ("None", SHOWN, "right", "None, and prints hi"),
        ("ho", SHOWN, "wrong", "None, and prints hi"),
        ("hi", value("int", "2", stdout="hi\n"), "wrong", "2"),
        ("ValueError", raised("ValueError", "no"), "right", "raises ValueError: no"),
        ("Exception", raised("ValueError"), "right", "raises ValueError"),
        ("KeyError", raised("ValueError"), "wrong", "raises ValueError"),
        ("2", raised("ValueError"), "wrong", "raises ValueError"),
        ("ValueError", value("str", "'ValueError'"), "right", "'ValueError'"),
        ("ValueError", TWO, "wrong", "2"),
        ("ValueError", ended("raised"), "wrong", "raises an exception"),
        ("it never ends", ended("timeout"), "right", "does not end in time"),
        ("2", ended("timeout"), "wrong", "does not end in time"),
        ("endlos", ended("output_limit"), "right", "prints far too much"),
        ("2", ended("memory"), "wrong", "uses more memory than there is"),
        ("2", ended("crashed"), "wrong", "ends all of a sudden"),
        ("2", ended("exited", exit_code=3), "wrong", "ends the program with code 3"),
        ("2", ended("exited", exit_code=0), "wrong", "ends the program"),
        ("2", ended("not_run"), "not_run", "was not run"),
        (None, ended("not_run"), "not_run", "was not run"),
        ("2", ended("value"), "not_run", ""),
        (None, TWO, "none", "2"),
        ("I don't know", TWO, "none", "2"),
        ("keine Ahnung", raised("ValueError"), "none", "raises ValueError"),
        ("", TWO, "wrong", "2"),
    ],
)  # fmt: skip
def test_an_answer_about_a_call_compares_with_what_it_gave(
    answer: str | None, observed: Observation, verdict: Verdict, gave: str
) -> None:
    found = compare("f(1)", answer, observed, "python")
    assert (found.verdict, found.gave) == (verdict, gave)


PRINTED = ended("exited", exit_code=0, stdout="1\n2\n")


@pytest.mark.parametrize(
    ("answer", "observed", "verdict", "gave"),
    [
        ("1\n2", PRINTED, "right", "1\n2"),
        ("1  \r\n2\n\n", PRINTED, "right", "1\n2"),
        ("1 2", PRINTED, "wrong", "1\n2"),
        ("1", PRINTED, "wrong", "1\n2"),
        ("5.", ended("exited", exit_code=0, stdout="5\n"), "right", "5"),
        ("5.", ended("value", stdout="5.\n"), "right", "5."),
        ("'a'", ended("value", stdout="a\n"), "wrong", "a"),
        ("nothing", ended("exited", exit_code=0), "wrong", ""),
        ("", ended("exited", exit_code=0), "right", ""),
        (None, PRINTED, "none", "1\n2"),
        ("1", ended("exited", exit_code=3, stdout="1\n"), "right",
         "1\nends the program with code 3"),
        ("1\nValueError", raised("ValueError", stdout="1\n"), "right", "1\nraises ValueError"),
        ("ValueError", raised("ValueError", stdout="1\n"), "right", "1\nraises ValueError"),
        ("1", raised("ValueError", stdout="1\n"), "wrong", "1\nraises ValueError"),
        ("2\nValueError", raised("ValueError", stdout="1\n"), "wrong", "1\nraises ValueError"),
        ("forever", ended("timeout"), "right", "does not end in time"),
        ("1\n…\nforever", ended("output_limit", stdout="1\n1\n"), "right",
         "1\n1\nprints far too much"),
        ("1", ended("output_limit", stdout="1\n"), "wrong", "1\nprints far too much"),
    ],
)  # fmt: skip
def test_an_answer_about_a_program_compares_with_what_it_printed(
    answer: str | None, observed: Observation, verdict: Verdict, gave: str
) -> None:
    found = compare("", answer, observed, "python")
    assert (found.verdict, found.gave) == (verdict, gave)


def test_in_another_language_the_error_is_the_one_that_the_interpreter_wrote() -> None:
    stderr = "/x/main.js:1\n…\n\nTypeError: no\n    at f (/x/main.js:1:1)\n"
    seen = ended("exited", exit_code=1, stdout="1\n", stderr=stderr)
    found = compare("", "1\nTypeError", seen, "javascript")
    assert (found.verdict, found.gave) == ("right", "1\nraises TypeError: no")
    assert compare("", "1", seen, "javascript").verdict == "wrong"


@pytest.mark.parametrize(
    "answer",
    [
        "[" * 1_000, "[" * 100_000, "10**9**9", "9" * 1_000, "9" * 100_000, "-" * 1_000,
        "{" * 50 + "}" * 50, "0x" + "f" * 990, "1e999999", "'" * 999, "{[]}", "\0", "\ud800",
        "a" * 1_000_000, "ValueError " * 10_000, "I don't know " * 10_000, "(" * 100 + ")" * 100,
        "1" + "+1" * 400, "[" * 90 + "]" * 90, "{1:" * 60 + "1" + "}" * 60, "never " * 20_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("call", ["f(1)", ""])
def test_no_answer_is_too_much_to_compare(call: str, answer: str) -> None:
    begun = process_time()
    for observed in (TWO, TEXT, SHOWN, PRINTED, raised("ValueError"), ended("timeout")):
        assert compare(call, answer, observed, "python").verdict == "wrong"
    assert process_time() - begun < 1.0


@pytest.mark.parametrize("call", ["f(1)", ""])
def test_of_megabytes_the_beginning_is_kept_with_a_mark(call: str) -> None:
    for observed in (
        value("NoneType", "None", stdout="x" * 3_000_000),
        raised("ValueError", "x" * 3_000_000),
        raised("V" * 3_000_000),
    ):
        gave = compare(call, "2", observed, "python").gave
        assert len(gave) == MAX_GAVE_CHARS
        assert gave.endswith("…")
    assert len(compare("f(1)", "2", value("str", repr("x" * 9_000)), "python").gave) == 200


def test_what_came_of_a_call_is_told_without_an_answer() -> None:
    assert outcome("f(1)", PAIR) == "[1, 'a']"
    assert outcome("", PRINTED) == "1\n2"


ENDS = st.sampled_from(
    ["value", "raised", "exited", "timeout", "memory", "crashed", "not_run", "output_limit"]
)
VALUES = st.none() | st.builds(
    Value, st.sampled_from(["int", "str", "list", "NoneType", "x"]), st.none() | st.text(max_size=5)
)


@given(
    call=st.sampled_from(["", "f(1)"]),
    answer=st.none() | st.text(max_size=30) | st.integers().map(str),
    seen=st.builds(
        Observation,
        ended=ENDS,
        value=VALUES,
        exception=st.none() | st.builds(Raised, st.text(max_size=9), st.text(max_size=9)),
        exit_code=st.none() | st.integers(0, 255),
        stdout=st.text(max_size=9),
        stderr=st.text(max_size=9),
    ),
    language=st.sampled_from(["python", "javascript", "no-longer-there"]),
)
def test_whatever_was_observed_has_a_verdict(
    call: str, answer: str | None, seen: Observation, language: str
) -> None:
    verdict = compare(call, answer, seen, language).verdict
    assert (verdict == "not_run") >= (seen.ended == "not_run")
    if answer is None:
        assert verdict in ("none", "not_run")


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=5),
        lambda one: (
            st.lists(one, max_size=3)
            | st.tuples(one, one)
            | st.dictionaries(st.text(max_size=3), one, max_size=3)
        ),
        max_leaves=6,
    )
)
def test_the_value_itself_is_always_the_right_answer(it: Any) -> None:
    assert compare("f(1)", repr(it), Observation("value", seen_as(it)), "python").verdict == "right"


def seen_as(it: Any) -> Value:
    """A value as the sandbox tells it."""
    kind = type(it).__name__
    if isinstance(it, dict):
        return Value(kind, entries=tuple((seen_as(k), seen_as(v)) for k, v in it.items()))
    if isinstance(it, list | tuple):
        return Value(kind, items=tuple(map(seen_as, it)))
    return Value(kind, repr(it))
