"""Attempts that the release before stored as frames: their pages show what they showed."""

import importlib
import json
from types import SimpleNamespace
from typing import Any

import pytest

from tests.tutor.models.old_rows import report_of

WELL_FORMED = ["check-01", "check-02", "predict-01", "choose-01", "failed-01", "unread-01"]
# The fields that frames have got since.
NEW = {"helped": False, "starting": False}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What has become of the attempts in old_attempts.py."""
    return report_of("old_attempts", request.param, tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("name", WELL_FORMED)
def test_the_frame_of_an_old_attempt_is_the_one_that_was_stored(migrated: Any, name: str) -> None:
    # Byte for byte, but for the order of keys, which not every database keeps, and what is new.
    as_stored = json.dumps(migrated["old"][name] | NEW, sort_keys=True)
    assert json.dumps(json.loads(migrated["frames"][name]), sort_keys=True) == as_stored


def test_no_row_holds_a_frame(migrated: Any) -> None:
    for name, (_, answer, feedback, _) in migrated["rows"].items():
        assert not {"id", "step", "state", "position", "number", "passed"} & feedback.keys(), name
        assert not {"base", "version", "page"} & answer.keys(), name
    state, answer, feedback, misconceptions = migrated["rows"]["check-01"]
    assert (state, misconceptions) == ("judged", ["adds-two"])
    assert answer == {"code": "price = 5", "files": {"menu.py": ""}}
    assert feedback.keys() == {"cases", "hidden", "hidden_passed", "rules"}
    assert migrated["rows"]["unread-01"][0] == "unread"
    assert migrated["rows"]["pending-01"][::2] == ["pending", {}]


def test_an_unknown_field_of_another_release_is_ignored_and_a_missing_one_has_its_default(
    migrated: Any,
) -> None:
    unknown = json.loads(migrated["frames"]["unknown-01"])
    hints = {"hints": ["Look at line 1."]}
    assert unknown | hints == migrated["old"]["unknown-01"] | NEW
    missing = json.loads(migrated["frames"]["missing-01"])
    assert (missing["state"], missing["number"], missing["message"]) == ("judged", 4, "")
    assert missing.keys() == (migrated["old"]["check-01"] | NEW).keys()


def test_a_damaged_row_is_shown_without_what_cannot_be_read(migrated: Any) -> None:
    damaged = json.loads(migrated["frames"]["damaged-01"])
    assert (damaged["cases"], damaged["message"], damaged["rules"]) == ([], "", ["One."])


def test_what_the_model_is_told_of_an_old_attempt_is_what_its_row_has(migrated: Any) -> None:
    assert migrated["facts"]["check-01"] == {
        "attempt": 1, "passed": False, "visible": [1, 2], "hidden": [5, 6],
        "failed": [{"input": "7\n", "got": "It printed nothing."}],
        "rules": ["The program must do without a loop."], "beliefs": ["adds-two"],
    }  # fmt: skip
    assert migrated["facts"]["predict-01"] == {
        "attempt": 1, "passed": False, "wrong_from_line": 2,
    }  # fmt: skip


def test_more_rows_than_are_turned_at_a_time_are_all_turned(migrated: Any) -> None:
    assert migrated["many"] == 1_001


def test_a_migration_that_was_cut_short_is_run_again(migrated: Any) -> None:
    assert migrated["twice"]


def test_there_is_a_way_back_to_the_frames_of_the_release_before(migrated: Any) -> None:
    for name in [*WELL_FORMED, "pending-01"]:
        assert migrated["back"][name] == migrated["old"][name], name
    assert migrated["again"]


def test_the_way_back_may_be_gone_twice() -> None:
    back = importlib.import_module("tutor.migrations.0013_feedback_facts")._to_frame
    row = SimpleNamespace(
        client_id="a", step="s", state="unread", number=None, passed=None, feedback={"message": "m"}
    )
    back(row)
    once = (row.state, dict(row.feedback))
    assert (once[0], once[1]["state"]) == ("failed", "unread")
    back(row)
    assert (row.state, row.feedback) == once
