"""The evidence of a step: what its rows say, with a few bounded queries."""

from typing import Any

import pytest

from sandbox.models import Run
from tests.tutor.models.foundations import RIGHT, check, finish, keep
from tests.tutor.models.methodical import PROGRAM, STEP, answer, asks, gives, ran, say
from tutor.method.program_hash import program_hash
from tutor.models import Conversation, Dialogue, Moves, Workbook
from tutor.models.evidence import MAX_RUNS, history

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]


def step(conversation: Conversation) -> Any:
    return conversation.lesson.source().step(STEP)


def test_runs_and_checks_are_told_with_hash_and_error(conditions: Conversation) -> None:
    keep(conditions, STEP, PROGRAM)
    ran(conditions, "my-run-1", PROGRAM)
    ran(conditions, "my-run-2", "1/0", "Traceback …\nZeroDivisionError: division by zero\n")
    ran(conditions, "my-run-3", "exit", "Nothing that looks like an error.\n")
    check(conditions, PROGRAM)
    finish(Run.objects.get(origin="check"), *RIGHT[:-1], 7)
    Workbook(conditions).views()
    check(conditions, "price = (\n", "attempt-2")
    seen = history(conditions, step(conditions)).evidence
    assert [run.error for run in seen.runs] == ["", "ZeroDivisionError", ""]
    mine = program_hash(PROGRAM, {}, "python")
    assert seen.runs[0].code_hash == mine
    one, two = seen.checks
    assert (one.code_hash, one.number, one.passed, one.cases_passed, one.error) == (
        mine, 1, False, 9, "",
    )  # fmt: skip
    assert (two.number, two.error) == (0, "SyntaxError")
    assert seen.code_hash != seen.starter_hash


def test_of_many_runs_the_newest_are_read(conditions: Conversation) -> None:
    for number in range(MAX_RUNS + 3):
        ran(conditions, f"my-run-{number}", f"x = {number}\n")
    seen = history(conditions, step(conditions)).evidence.runs
    assert len(seen) == MAX_RUNS
    assert seen[-1].code_hash == program_hash(f"x = {MAX_RUNS + 2}\n", {}, "python")


def test_what_the_student_says_after_a_comparison_is_told(conditions: Conversation) -> None:
    number, _ = asks(conditions, "message-1")
    answer(conditions, number, "4")
    gives(Run.objects.get(), 5)
    Moves(conditions).record_prediction(Run.objects.get())
    begun = Dialogue(conditions).take_over()
    assert begun
    assert begun.fence
    [asked] = history(conditions, step(conditions)).evidence.predictions
    # The answer itself came to the tutor after the comparison.
    assert (asked.verdict, asked.gave, asked.said_since) == ("wrong", "5", False)
    conditions.turns.update(state="done")
    conditions.release(begun.fence)
    say(conditions, "message-2", "Oh.", code=None)
    assert history(conditions, step(conditions)).evidence.predictions[0].said_since


def test_a_history_is_read_with_few_queries(
    conditions: Conversation, django_assert_num_queries: Any
) -> None:
    work = conditions.works.create(step=STEP, code=PROGRAM)
    # Attempts, runs, predictions, hints.
    with django_assert_num_queries(4):
        history(conditions, step(conditions), work)
    asks(conditions, "message-1")
    with django_assert_num_queries(4):
        history(conditions, step(conditions), work)
