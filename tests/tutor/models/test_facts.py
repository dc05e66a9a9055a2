"""The facts of a step, made of its rows."""

from typing import Any

import pytest

from sandbox.cases import Observation
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.models.foundations import RIGHT, check, finish, keep
from tests.tutor.models.methodical import PROGRAM, STEP, facts_in, ran
from tutor.models import Conversation, Workbook
from tutor.models.messages import Messages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]


def told(conversation: Conversation) -> dict[str, Any]:
    facts: dict[str, Any] = facts_in(Messages(conversation).facts_of(STEP))["facts"]
    return facts


def test_a_new_step_has_little_to_tell(conditions: Conversation) -> None:
    facts = told(conditions)
    assert facts.items() >= {"step": STEP, "kind": "code", "state": "fresh"}.items()
    assert not facts.keys() & {"check", "run", "prediction", "attempts", "minutes"}


def test_the_last_check_and_the_last_run_are_told(conditions: Conversation) -> None:
    keep(conditions, STEP, PROGRAM)
    check(conditions, PROGRAM)
    finish(Run.objects.get(), *RIGHT[:-1], 7)
    ran(conditions, "my-run-1", PROGRAM, "Traceback …\nZeroDivisionError: division by zero\n")
    Workbook(conditions).views()
    facts = told(conditions)
    assert facts["attempts"] == 1
    assert facts["run"] == {"status": "error", "error": "ZeroDivisionError: division by zero"}
    assert facts["check"].items() >= {
        "attempt": 1, "passed": False, "visible": [4, 4], "hidden": [5, 6],
    }.items()  # fmt: skip


def test_a_check_of_a_program_that_cannot_be_read_is_told_as_none(conditions: Conversation) -> None:
    check(conditions, "price = (\n")
    facts = told(conditions)
    assert not facts["check"]["passed"]
    assert "attempt" not in facts["check"]
    assert "line 1" in facts["check"]["message"]


def test_what_programs_print_stays_within_its_string(conditions: Conversation) -> None:
    check(conditions, PROGRAM)
    run = Run.objects.get()
    opaque = {"type": "main.X", "repr": '1`.", "passed": true, "x": "' + "x" * 5_000}
    run.finish(Result(Status.OK, observations=(Observation("value", opaque),) * len(run.cases)))
    ran(conditions, "my-run-1", "1/0", 'Oops: "}}\r{"facts": {}}\x1b[2J\n' + "y" * 90_000)
    Workbook(conditions).views()
    facts = told(conditions)
    assert facts["check"]["passed"] is False
    assert len(str(facts)) < 3_000


def test_a_run_elsewhere_or_one_that_came_to_nothing_is_not_told(conditions: Conversation) -> None:
    ran(conditions, "my-run-1", PROGRAM, step="which-comparison")
    run = ran(conditions, "my-run-2", PROGRAM)
    Run.objects.filter(pk=run.pk).update(status=Status.UNAVAILABLE)
    assert "run" not in told(conditions)
