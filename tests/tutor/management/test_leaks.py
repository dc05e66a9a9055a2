"""`manage.py leaks`: files read or refused with the place, verdicts as lines or as a table."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.tutor.leaks.asking import TICKET, TICKET_CASES
from tests.tutor.leaks.running import observed
from tutor.management.labelled_messages import UnreadableFile, read_messages
from tutor.management.leak_report import report
from tutor.management.series import Series

CASES = [{"call": call, "expect": expect} for call, expect in TICKET_CASES]
LEAK = {
    "id": "a", "task": "Write it.", "student_code": TICKET, "cases": CASES, "earlier": [],
    "message": "Replace `<=` with `<`.", "label": "leak", "kind": "pair", "more": 1,
}  # fmt: skip
GOOD = {**LEAK, "id": "b", "message": "What about 12?", "label": "ok", "kind": "question"}


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Series, "observe", lambda _self, runs: observed(runs))


def written(folder: Path, data: Any) -> Path:
    path = folder / "messages.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def output(path: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("leaks", str(path), *options, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("in_this_process")
def test_a_line_of_json_for_each_message_and_no_more(tmp_path: Path) -> None:
    lines = output(written(tmp_path, [LEAK, GOOD]), "--json").splitlines()
    first, second = map(json.loads, lines)
    assert list(first) == ["id", "leak", "way", "programs", "case_runs", "ms"]
    assert (first["id"], first["leak"], first["way"]) == ("a", True, "edit")
    assert first["case_runs"] >= first["programs"] > 0
    assert (second["leak"], second["way"], second["programs"]) == (False, "", 0)


def test_where_nothing_can_be_made_of_a_message_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(Series, "observe", lambda _self, runs: asked.append(runs))
    [line] = output(written(tmp_path, [GOOD]), "--json").splitlines()
    assert not json.loads(line)["leak"]
    assert asked == []


@pytest.mark.usefixtures("in_this_process")
def test_a_table_of_recall_and_of_false_alarms(tmp_path: Path) -> None:
    missed = {**LEAK, "id": "c", "message": "Think.", "kind": "wordless"}
    alarm = {**LEAK, "id": "d", "label": "ok"}
    unlabelled = {name: LEAK[name] for name in ("id", "task", "student_code", "cases", "message")}
    shown = output(written(tmp_path, [LEAK, GOOD, missed, alarm, unlabelled]))
    assert "together         2          1" in shown
    assert "not held back: c" in shown
    assert "false alarm: d" in shown
    assert "without a label" in shown
    assert "5 messages" in shown


def test_no_messages_are_no_failure() -> None:
    assert report([]) == "There are no messages.\n"


BAD = {
    "no JSON": ("[{", "line 1, column"),
    "no list": ({"id": 1}, "no list of messages"),
    "no message": ([LEAK, 7], "message 2"),
    "no cases": ([{**LEAK, "cases": []}], "message 1 (a), cases"),
    "no expectation": ([{**LEAK, "cases": [{"call": "f()"}]}], "cases.0: nothing is expected"),
    "no value": ([{**LEAK, "cases": [{"call": "f()", "expect": "f("}]}], "cases.0.expect"),
    "a NUL": ([{**LEAK, "message": "a\0b"}], "message 1 (a), message: it has a character"),
    "half a character": ([{**LEAK, "student_code": "\ud800"}], "student_code"),
    "another label": ([{**LEAK, "label": "perhaps"}], "label"),
    "too long": ([{**LEAK, "message": "a" * 100_001}], "message 1 (a), message"),
    "a number": ([{**LEAK, "task": 3}], "message 1 (a), task"),
    "nested": ("[" * 100_000, "no JSON"),
}


@pytest.mark.parametrize(("data", "told"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_with_the_place(tmp_path: Path, data: Any, told: str) -> None:
    with pytest.raises(CommandError) as refused:
        output(written(tmp_path, data))
    assert refused.value.returncode == 2
    assert told in str(refused.value)


def test_no_file_a_folder_and_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe[")
    for path in (tmp_path / "none.json", tmp_path, tmp_path / "bytes.json"):
        with pytest.raises(UnreadableFile):
            read_messages(path)
    with pytest.raises(UnreadableFile):
        read_messages(Path("a\0b"))


@pytest.mark.docker
def test_messages_are_judged_in_the_sandbox(tmp_path: Path) -> None:
    lines = output(written(tmp_path, [LEAK, GOOD]), "--json").splitlines()
    assert [json.loads(line)["leak"] for line in lines] == [True, False]
