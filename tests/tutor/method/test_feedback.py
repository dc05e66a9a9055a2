"""How attempts are judged, and what the student is told of it."""

from typing import Any

from courses.facts import Case, Choice, CodeStep, QuizStep, Rule
from tutor.method import feedback
from tutor.method.attempt_facts import PrintedFacts

STEP = CodeStep(
    id="double",
    kind="code",
    prompt="Double it.",
    starter="",
    solution="def double(n):\n    return n + n\n",
    visible=(Case("double(1)", "2"), Case("double(2)", "4", catches=("adds-two",))),
    hidden=(Case("double(4711)", "9422", catches=("adds-two",)), Case("double(0)", "0")),
    rules=(Rule("forbid", "construct", "loop"),),
)
PROGRAM = "def double(n):\n    return n + 2\n"


def value(number: int) -> dict[str, Any]:
    return {"ended": "value", "value": {"type": "int", "repr": str(number)}}


def test_a_check_tells_what_came_of_visible_cases_and_counts_the_hidden_ones() -> None:
    observations = [value(n) for n in (3, 4, 4713, 2)]
    judged = feedback.check(STEP, PROGRAM, observations, "python")
    shown = judged.facts
    assert [(case.call, case.passed) for case in shown.cases] == [
        ("double(1)", False), ("double(2)", True),
    ]  # fmt: skip
    assert (judged.passed, shown.hidden, shown.hidden_passed) == (False, 2, 0)
    assert judged.misconceptions == ("adds-two",)
    assert judged.is_attempt


def test_a_check_tells_no_expected_value_and_nothing_of_a_hidden_case() -> None:
    observations = [value(n) for n in (30, 40, 31415, 50)]
    told = str(feedback.check(STEP, PROGRAM, observations, "python").facts)
    for secret in ("4711", "9422", "31415", "n + n"):
        assert secret not in told
    assert "`2`" not in told
    assert "`30`" in told


def test_a_check_passes_when_every_case_is_right_and_every_rule_is_kept() -> None:
    observations = [value(n) for n in (2, 4, 9422, 0)]
    assert feedback.check(STEP, STEP.solution, observations, "python").passed
    looped = f"for n in []:\n    pass\n{STEP.solution}"
    judged = feedback.check(STEP, looped, observations, "python")
    assert (judged.passed, judged.facts.rules) == (
        False, ("The program must do without a loop.",),
    )  # fmt: skip


def test_too_few_observations_are_no_pass() -> None:
    assert not feedback.check(STEP, STEP.solution, [value(2)], "python").passed


def test_a_program_that_cannot_be_read_does_not_count() -> None:
    observations = [value(n) for n in (2, 4, 9422, 0)]
    assert not feedback.check(STEP, "def", observations, "python").is_attempt


def printed(*pieces: tuple[Any, str]) -> tuple[PrintedFacts, ...]:
    return tuple(PrintedFacts(stream=stream, text=text) for stream, text in pieces)


def test_a_prediction_is_right_if_it_is_what_was_printed_but_for_blanks_at_the_end() -> None:
    output = printed(("stdout", "1\n"), ("stderr", "never mind\n"), ("stdout", "2\n"))
    assert feedback.prediction("1  \n2", output).passed
    judged = feedback.prediction("1\n3", output)
    assert not judged.passed
    differs = judged.facts.differs
    assert differs
    assert (differs.line, differs.predicted, differs.printed) == (2, "3", "2")


def test_a_question_is_answered_by_all_right_choices_and_no_other() -> None:
    step = QuizStep(
        "which", "quiz", "Which?",
        (Choice("a", correct=True, because="Yes."), Choice("b", because="No."), Choice("c", True)),
    )  # fmt: skip
    assert feedback.choice(step, [2, 0]).passed
    assert not feedback.choice(step, [0]).passed
    wrong = feedback.choice(step, [0, 1])
    assert (wrong.passed, wrong.facts.because) == (False, ("Yes.", "No."))
