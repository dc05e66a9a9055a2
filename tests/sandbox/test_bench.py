"""`manage.py sandbox bench`: the table, and programs by the folder."""

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from sandbox.bench.rivals import EPICBOX, epicbox
from sandbox.bench.table import FLOOR, PROMISED, Row, shown

from .test_command import sandbox

METHODS = {*PROMISED, FLOOR, "cold container", "docker exec in one container", EPICBOX}


@pytest.mark.docker
def test_the_table_has_every_method_measured_in_one_run(image: str) -> None:
    done = sandbox("bench", "--rounds", "1", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["method"]: row for row in json.loads(done.stdout)["rows"]}
    assert rows.keys() == METHODS
    assert "urllib3" in rows.pop(EPICBOX)["missing"]
    assert all(row["p50_ms"] > 0 and not row["missing"] for row in rows.values())
    assert rows[FLOOR]["times_floor"] == 1
    assert rows["pool, a container per run"]["p50_ms"] < rows["cold container"]["p50_ms"]


def test_a_method_that_could_not_be_measured_says_why() -> None:
    row = Row("through Celery and Redis", 0, 0, 0, 0, 0, 2, 0, "there is no redis-server")
    assert "not measured: there is no redis-server" in "\n".join(shown([row]))


def test_a_python_without_epicbox_is_named() -> None:
    with (
        pytest.raises(FileNotFoundError, match=f"{sys.executable} does not have epicbox"),
        epicbox("no-image", sys.executable),
    ):
        raise AssertionError("there is nothing to be measured")


@pytest.mark.docker
def test_programs_are_run_one_by_one_and_told_in_a_line_each(image: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("print('a')")
    (tmp_path / "b.py").write_text("raise SystemExit(3)")
    (tmp_path / "c.py").write_bytes(b"\xff")
    (tmp_path / "notes.txt").write_text("no program")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "z.py").symlink_to("z.py")
    done = sandbox("bench", "--programs", str(tmp_path))
    first, second, third, *odd = map(json.loads, done.stdout.splitlines())
    assert first["program"] == str(tmp_path / "a.py")
    assert (first["status"], first["exit_code"]) == ("ok", 0)
    assert first["stdout_sha256"] == hashlib.sha256(b"a\n").hexdigest()
    assert (second["status"], second["exit_code"]) == ("error", 3)
    assert [each["status"] for each in (third, *odd)] == ["refused"] * 3


@pytest.mark.parametrize("options", [("--rounds", "0"), ("--sustained", "-8")])
def test_what_is_done_less_than_once_is_refused(options: tuple[str, str]) -> None:
    done = sandbox("bench", *options)
    assert (done.returncode, "must be at least 1" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("options", [(), ("--programs", ".")])
def test_where_nothing_can_be_run_it_says_so_and_waits_for_nothing(options: tuple[str]) -> None:
    nowhere = {"DOCKER_HOST": "unix:///nonexistent.sock"}
    done = sandbox("bench", *options, environment=nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert "could not be measured: Code cannot be run at the moment" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.docker
def test_a_folder_without_programs_is_an_error(image: str, tmp_path: Path) -> None:
    assert "no .py below" in sandbox("bench", "--programs", str(tmp_path)).stderr
