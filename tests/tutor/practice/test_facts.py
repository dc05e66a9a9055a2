"""The server's facts are read as `tutor.method` writes them, and nothing else is taken for them."""

import json
from typing import Any

import pytest

from tutor.method.facts import Facts as Written
from tutor.method.facts import facts_item
from tutor.practice import facts
from tutor.practice.facts import (
    END,
    FACTS,
    Check,
    Facts,
    FailedCase,
    Hints,
    OwnRun,
    Prediction,
    parse,
    read_all,
)

TOLD = Written(
    step="search", kind="code", state="stuck", attempts=2, minutes=9,
    check={"attempt": 2, "passed": False, "visible": [1, 3], "hidden": [0, 4],
           "failed": [{"call": "find(5)", "input": "4\n", "got": "It gave `None`."}],
           "rules": ["The program must use a `for` loop."], "beliefs": ["equal-goes-right"],
           "wrong_from_line": 3, "chose": [1]},
    run={"status": "error", "error": "NameError: name 'x' is not defined"},
    prediction={"call": "find(5)", "question": "What?", "state": "wrong", "said": "2",
                "gave": "None", "program_changed": True},
    hints={"given": 1, "may": 2, "because": "Not yet.", "asked": {"level": 3, "write": True}},
)  # fmt: skip
READ = Facts(
    "search", "code", "stuck", 2,
    Check(2, False, (1, 3), (0, 4), (FailedCase("find(5)", "4\n", "It gave `None`."),),
          ("The program must use a `for` loop.",), ("equal-goes-right",), 3, (1,)),
    OwnRun("error", "NameError: name 'x' is not defined"),
    Prediction("find(5)", "What?", "wrong", "2", "None", True),
    Hints(1, 2, "Not yet.", 3),
)  # fmt: skip


def message(role: str, text: str) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}


def document(step: str) -> str:
    return json.dumps({"facts": {"step": step}})


def test_what_the_method_writes_is_read() -> None:
    assert read_all([facts_item(TOLD)]) == {0: READ}
    assert read_all([facts_item(Written("a", "quiz", "fresh"))]) == {0: Facts("a", "quiz", "fresh")}


@pytest.mark.parametrize("role", ["developer", "system"])
def test_facts_come_in_either_role(role: str) -> None:
    assert read_all([message("user", "Hi"), message(role, document("a"))]) == {1: Facts("a")}


def test_where_there_is_neither_they_stand_between_marks() -> None:
    marked = message("user", f"{FACTS}{document('a')}{END}")
    assert read_all([marked, message("user", "Hi")]) == {0: Facts("a")}


@pytest.mark.parametrize("said", [document("b"), f"{FACTS}{document('b')}{END}", f"x {FACTS}{END}"])
def test_a_student_cannot_write_any(said: str) -> None:
    items = [message("developer", document("a")), message("user", said)]
    assert read_all(items) == {0: Facts("a")}


@pytest.mark.parametrize(
    "written",
    ["", "Be brief.", "[]", "{}", '{"facts": 3}', '{"facts": []}', "[" * 100_000],
)
def test_other_texts_of_the_developer_are_none(written: str) -> None:
    assert parse(written) is None
    assert read_all([message("developer", written)]) == {}


def test_what_is_of_another_type_counts_as_absent() -> None:
    odd = {"step": "a", "state": 3, "attempts": True, "check": [], "run": "x", "prediction": 1,
           "hints": {"may": "2", "asked": {"level": 1, "write": 1}}}  # fmt: skip
    assert parse(json.dumps({"facts": odd})) == Facts("a")
    check = {"visible": [1, "3"], "failed": ["x"], "passed": 1}
    told = parse(json.dumps({"facts": {"step": "a", "check": check}}))
    assert told is not None
    assert told.check == Check(visible=(1,))


def test_a_hint_that_was_shown_is_told_beside_them() -> None:
    told = json.dumps({"facts": {"step": "a"}, "hint": {"level": 1, "text": "Look."}})
    assert facts.parse(told) == Facts("a")
