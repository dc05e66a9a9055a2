"""`python -m tests.bench.sandbox`: the table, and programs by the folder."""

import hashlib
import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from sandbox.languages import PYTHON
from tests.bench.sandbox.methods import ROOT, Measurement
from tests.bench.sandbox.rivals import EPICBOX, epicbox
from tests.bench.sandbox.table import FLOOR, Row, as_json, measure, shown
from tests.sandbox.conftest import image_for


@pytest.fixture
def image() -> str:
    return image_for(PYTHON)


def bench(
    *options: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.bench.sandbox", *options],
        cwd=ROOT, capture_output=True, text=True, env=os.environ | (environment or {}),
    )  # fmt: skip


def takes(*milliseconds: float) -> AbstractContextManager[Measurement]:
    """A method that takes so long, one time after the other."""
    return nullcontext(iter(milliseconds).__next__)


class Missing(AbstractContextManager[Measurement]):
    """A method that cannot be opened here."""

    def __enter__(self) -> Measurement:
        raise FileNotFoundError("it needs urllib3 < 2")

    def __exit__(self, *_: object) -> None:
        raise AssertionError("it was never opened")


def test_every_method_is_measured_once_per_round_after_one_that_warms_up() -> None:
    settled: list[None] = []
    wanted = {
        FLOOR: takes(99, 10, 20, 30),
        "pool, a container per run": takes(99, 12, 10, 11),
        "cold container": takes(99, 300, 100, 200),
        EPICBOX: Missing(),
    }
    rows = {row.method: row for row in measure(wanted, 3, lambda: settled.append(None))}
    assert rows.keys() == wanted.keys()
    assert len(settled) == 4 * 3
    pool = rows["pool, a container per run"]
    assert (pool.min_ms, pool.p50_ms, pool.p95_ms, pool.rounds) == (10, 11, 12, 3)
    assert (pool.times_floor, pool.times_floor_p95, pool.promised) == (0.55, 0.6, 0.6)
    assert (rows[FLOOR].times_floor, rows["cold container"].times_floor) == (1, 10)
    assert (rows[EPICBOX].missing, rows[EPICBOX].rounds) == ("it needs urllib3 < 2", 0)
    printed = json.loads(as_json([*rows.values()]))
    assert [row["method"] for row in printed["rows"]] == [*rows]


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
    done = bench("--programs", str(tmp_path))
    first, second, third, *odd = map(json.loads, done.stdout.splitlines())
    assert first["program"] == str(tmp_path / "a.py")
    assert (first["status"], first["exit_code"]) == ("ok", 0)
    assert first["stdout_sha256"] == hashlib.sha256(b"a\n").hexdigest()
    assert (second["status"], second["exit_code"]) == ("error", 3)
    assert [each["status"] for each in (third, *odd)] == ["refused"] * 3


@pytest.mark.parametrize("options", [("--rounds", "0"), ("--sustained", "-8"), ("--series", "0")])
def test_what_is_done_less_than_once_is_refused(options: tuple[str, str]) -> None:
    done = bench(*options)
    assert (done.returncode, "must be at least 1" in done.stderr) == (2, True)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("options", [(), ("--programs", ".")])
def test_where_nothing_can_be_run_it_says_so_and_waits_for_nothing(options: tuple[str]) -> None:
    nowhere = {"DOCKER_HOST": "unix:///nonexistent.sock"}
    done = bench(*options, environment=nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert "could not be measured: Code cannot be run at the moment" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.docker
def test_a_folder_without_programs_is_an_error(image: str, tmp_path: Path) -> None:
    assert "no .py below" in bench("--programs", str(tmp_path)).stderr
