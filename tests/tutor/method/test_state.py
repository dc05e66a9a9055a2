"""The state of a step: a table, and what holds whatever has happened."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tutor.method.happened import (
    STARTER,
    any_evidence,
    asked,
    at,
    checked,
    evidence,
    hinted,
    predicted,
    ran,
    unread,
)
from tutor.method.evidence import Evidence
from tutor.method.state import State, state_of

PASSED = checked(50, 1, 3, passed=True)
TABLE: list[tuple[State, Evidence]] = [
    ("fresh", evidence(code_hash=STARTER)),
    ("fresh", evidence(code_hash="")),
    ("trying", evidence()),
    ("trying", evidence(code_hash=STARTER, runs=[ran(10, STARTER)])),
    ("trying", evidence(checks=[checked(10, 1)])),
    ("trying", evidence(checks=[unread(10), unread(20), unread(30)])),
    ("trying", evidence(predictions=[predicted(10, "none")])),
    ("trying", evidence(predictions=[predicted(10, "not_run")])),
    ("trying", evidence(predictions=[predicted(10, None)])),
    ("committed", evidence(predictions=[asked(10)])),
    ("committed", evidence(kind="explain", predictions=[asked(10)])),
    ("committed", evidence(is_done=True, checks=[PASSED], predictions=[asked(60)])),
    ("committed", evidence(predictions=[predicted(10, "wrong"), asked(60)])),
    ("surprised", evidence(predictions=[predicted(10, "wrong")])),
    ("surprised", evidence(predictions=[predicted(10, "right"), predicted(20, "wrong")])),
    ("surprised", evidence(predictions=[predicted(10, "wrong"), predicted(20, "none")])),
    ("surprised", evidence(predictions=[predicted(10, "wrong"),
                                        predicted(20, "right", program="x")])),
    ("surprised", evidence(checks=[checked(n, n) for n in (1, 2, 3)],
                           predictions=[predicted(20, "wrong")])),
    ("trying", evidence(predictions=[predicted(10, "wrong", program="x")])),
    ("consistent", evidence(predictions=[predicted(10, "right")])),
    ("consistent", evidence(predictions=[predicted(10, "wrong"), predicted(20, "right")])),
    ("consistent", evidence(checks=[checked(n, n) for n in (1, 2, 3)],
                            predictions=[predicted(20, "right")])),
    ("stuck", evidence(checks=[checked(10, 1), checked(20, 2)])),
    ("stuck", evidence(checks=[checked(10, 1, 2), checked(20, 2, 1), checked(30, 3, 2)])),
    ("stuck", evidence(predictions=[predicted(10, "right")],
                       checks=[checked(20, 1), checked(30, 2)])),
    ("trying", evidence(checks=[checked(10, 1, 1), checked(20, 2, 2), checked(30, 3, 2)])),
    ("trying", evidence(checks=[checked(10, 1), checked(20, 1), checked(30, 1)])),
    ("passed", evidence(is_done=True, checks=[PASSED])),
    ("passed", evidence(is_done=True, predictions=[predicted(60, "wrong")])),
    ("reading", evidence(kind="explain")),
    ("reading", evidence(kind="explain", is_done=True)),
    ("fresh", evidence(kind="quiz", code_hash="", starter_hash="")),
    ("trying", evidence(kind="predict", code_hash=STARTER, checks=[checked(10, 1)])),
]  # fmt: skip


@pytest.mark.parametrize(("state", "happened"), TABLE)
def test_the_state_follows_from_what_happened(state: State, happened: Evidence) -> None:
    assert state_of(happened, at(100)) == state


def test_the_table_has_every_state() -> None:
    assert {state for state, _ in TABLE} == set(get_args(State))


@pytest.mark.parametrize(
    ("happened", "since"),
    [
        (evidence(), 0),
        (evidence(runs=[ran(100)], hints=[hinted(200, 1)]), 0),
        (evidence(checks=[checked(60, 1)]), 0),
        (evidence(checks=[checked(60, 1, 1)]), 60),
        (evidence(checks=[checked(60, 1, 1), checked(90, 2, 1)]), 60),
        (evidence(predictions=[predicted(70, "right")]), 70),
        (evidence(predictions=[predicted(70, "wrong", program="x")]), 70),
        (evidence(predictions=[predicted(70, "none")]), 0),
    ],
)
def test_eight_minutes_without_a_gain_are_stuck(happened: Evidence, since: int) -> None:
    assert state_of(happened, at(since + 479)) != "stuck"
    assert state_of(happened, at(since + 480)) == "stuck"


def test_who_has_tried_nothing_is_not_stuck() -> None:
    assert state_of(evidence(code_hash=STARTER), at(86_400)) == "fresh"


@given(any_evidence(), st.integers(0, 3_000))
def test_every_evidence_has_one_state(happened: Evidence, seconds: int) -> None:
    state = state_of(happened, at(seconds))
    assert state in get_args(State)
    assert (state == "committed") == (happened.open_prediction is not None)
    if state != "committed":
        assert (state == "reading") == (happened.kind == "explain")
        if happened.kind != "explain":
            assert (state == "passed") == happened.is_done
    # Time alone makes nothing but stuck of it.
    assert state_of(happened, at(seconds + 10_000)) in (state, "stuck")
