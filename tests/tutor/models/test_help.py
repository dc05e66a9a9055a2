"""The help before an attempt, frozen in its row when it is judged."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.models import Run
from tests.tutor.models.foundations import RIGHT, finish, keep, predict
from tests.tutor.models.methodical import PROGRAM, STEP, answer, asks, gives, hints, ran, say
from tutor.models import Attempt, Conversation, Moves, Workbook
from tutor.models.help import help_before
from tutor.protocol import frames

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]


def checked(conversation: Conversation, name: str, code: str, pasted: int = 0) -> Attempt:
    """A check that has been judged."""
    revision = conversation.works.get(step=STEP).revision
    tried = frames.CheckCode(
        type="check_code", id=name, step=STEP, code=code, base=revision, pasted=pasted
    )
    Workbook(conversation).attempt(tried)
    finish(Run.objects.get(key__endswith=f":check:{name}"), *RIGHT)
    Workbook(conversation).views()
    return conversation.attempts.get(client_id=name)


def test_an_attempt_without_help_says_nothing_of_it(conditions: Conversation) -> None:
    keep(conditions, STEP, PROGRAM)
    attempt = checked(conditions, "attempt-1", PROGRAM)
    assert attempt.help == {}
    assert len(attempt.code_hash) == 64


def test_hints_messages_predictions_and_a_paste_are_counted_and_stay_as_they_were(
    conditions: Conversation,
) -> None:
    keep(conditions, STEP, PROGRAM)
    ran(conditions, "my-run-1", PROGRAM)
    hints(conditions, "message-1")
    conditions.hints.update(created_at=conditions.hints.get().created_at - timedelta(minutes=5))
    number, _ = asks(conditions, "message-2")
    answer(conditions, number, "4")
    run = Run.objects.get(key__endswith=f"prediction.{number}")
    gives(run, 5)
    Moves(conditions).record_prediction(run)
    long = PROGRAM + "".join(f"x{one} = {one}\n" for one in range(20))
    attempt = checked(conditions, "attempt-1", long, pasted=len(long))
    expected = {"level": 1, "turns": 2, "predictions": {"wrong": 1}, "pasted": True}
    assert attempt.help == expected
    say(conditions, "message-3", code=None, step="which-comparison")
    # With this message the answer has reached the tutor too.
    assert checked(conditions, "attempt-2", "price = 3\n", pasted=10).help == {
        "level": 1, "turns": 3, "predictions": {"wrong": 1},
    }  # fmt: skip
    attempt.refresh_from_db()
    assert attempt.help == expected


def test_what_the_leak_gate_found_is_help_by_turns(conditions: Conversation) -> None:
    turns = [say(conditions, "message-1").turn]
    turns += [conditions.turns.create(number=one, state="done") for one in (2, 3, 4)]

    def found(turn: int, verdict: str, **more: Any) -> None:
        facts = {"step": STEP, "channel": "reply", "code_hash": "", "gate_version": 1} | more
        conditions.judgements.create(turn=turns[turn], verdict=verdict, **facts)

    # A reply is judged as far as it has come, again and again.
    found(0, "leak", held_back=True)
    found(0, "leak", held_back=True)
    found(1, "unsure", held_back=True)
    found(1, "leak")
    found(1, "leak")
    for turn in (0, 1, 2):
        found(turn, "partial")
    # None of these is help in this step.
    found(3, "ok")
    found(3, "unsure")
    found(3, "leak", step="two-ifs")
    found(3, "leak", held_back=True, wrong_at="2026-01-01T00:00Z")
    step = conditions.lesson.source().step(STEP)
    told = help_before(conditions, step, {}).to_json()
    assert told == {"turns": 1, "leaks": 1, "withheld": 2, "partial": 3}


def test_a_prediction_of_a_step_has_its_help_and_no_hash(conditions: Conversation) -> None:
    say(conditions, "message-1", code=None, step="two-ifs")
    predict(conditions, "6")
    finish(Run.objects.get(), stdout="6\n")
    Workbook(conditions).views()
    attempt = Attempt.objects.get()
    assert (attempt.help, attempt.code_hash) == ({"turns": 1}, "")
