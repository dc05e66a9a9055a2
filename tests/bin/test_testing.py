"""What bin/test runs, and where its tests write."""

from pathlib import Path

import pytest
from _pytest.mark.expression import Expression

from bin.machine import page, testing
from bin.machine.lanes import every
from bin.machine.steps import ROOT, StepFailed


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("DATABASE_URL=postgres://school", True),
        ("A=1\n export DATABASE_URL = x", True),
        ("# DATABASE_URL=x\nOTHER_DATABASE_URL=x", False),
    ],
)
def test_tests_never_write_into_the_database_of_a_developers_env_file(tmp_path, line, refused):
    dotenv = tmp_path / ".env"
    testing.refuse_database_of(dotenv)
    dotenv.write_text(line)
    if not refused:
        testing.refuse_database_of(dotenv)
        return
    with pytest.raises(StepFailed, match=r"\.env sets DATABASE_URL"):
        testing.refuse_database_of(dotenv)


MARKS = [(), ("docker",), ("browser",), ("browser", "docker"), ("failures",)]


@pytest.mark.parametrize("alone", ["", "slow", "real_model", "gateway"])
@pytest.mark.parametrize("marks", MARKS, ids=" and ".join)
def test_every_test_is_in_one_lane_and_only_soaks_and_peers_are_in_none(
    marks: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, alone: str
) -> None:
    if alone in ("real_model", "gateway") and marks:
        return  # those need nothing else
    monkeypatch.setattr(testing, "VAR", tmp_path)
    found = testing.lanes(page.Node("v24.0.0", {}), [])
    checks = [check for lane in every(found) for check in lane.checks if check.is_pytest]
    # python -m pytest -m EXPRESSION …; what may fail is tried under both servers.
    arguments = [check.argv[check.argv.index("pytest") :] for check in checks]
    chosen = {each[each.index("-m") + 1] for each in arguments}

    def has(mark: str, /, **_: object) -> bool:
        return mark in (*marks, alone)

    assert sum(Expression.compile(each).evaluate(has) for each in chosen) == (0 if alone else 1)


@pytest.mark.parametrize("mark", testing.FOLDERS)
def test_no_test_with_a_marker_stands_outside_the_folder_that_its_lane_looks_into(
    mark: str,
) -> None:
    tests = (ROOT / "tests").rglob("test_*.py")
    marked = [path for path in tests if f"mark.{mark}" in path.read_text()]
    assert marked
    folder = ROOT / testing.FOLDERS[mark]
    assert [path for path in marked if folder not in path.parents] == []


def test_lanes_have_folders_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(testing, "VAR", tmp_path)
    found = testing.lanes(page.Node("v24.0.0", {}), [])
    checks = [check for lane in every(found) for check in lane.checks if check.is_pytest]
    assert len({(check.env or {})["DATA_DIR"] for check in checks}) == len(checks) == 5


def test_a_lane_before_a_peer_names_a_lock_file_a_marker_and_its_python(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    monkeypatch.setattr(testing, "VAR", tmp_path)
    [lane] = testing.lanes(page.Node("v24.0.0", {}), ["-m", "gateway"])
    for name, (marker, variable) in testing.PEERS.items():
        assert (ROOT / "requirements" / f"{name}.txt").exists()
        assert any(each.startswith(f"{marker}:") for each in pytestconfig.getini("markers"))
        assert (lane.checks[0].env or {})[variable].endswith(f"{name}/bin/python")
