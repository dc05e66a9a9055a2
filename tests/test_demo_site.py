"""A site that was a demo and comes into real use: what its commands do, as processes."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bin.machine import environment, serving, steps
from bin.machine.serving import free_port
from tests.polling import wait_until
from tests.prepared import prepare
from tests.running import DEMO, IMPORT, ROOT, start_worker, stop
from tests.servers import redis

REAL = [
    {"OPENAI_API_KEY": "sk-real"},
    {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"},
    {"HTTPS": "true"},
]
NAMES = ("ada", "grace", "teacher")


@dataclass
class Site:
    """A site's data, and the environment that its commands have."""

    folder: Path
    env: dict[str, str]

    def manage(self, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        return self.run("manage.py", *arguments, **settings)

    def run(self, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, *words],
            cwd=ROOT, env={**self.env, **settings}, capture_output=True, text=True, timeout=120,
        )  # fmt: skip


def site_in(folder: Path) -> Site:
    # Set and empty: so no .env of a developer's brings anything in.
    names = (
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "HTTPS",
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
    )
    return Site(folder, {**os.environ, **dict.fromkeys(names, ""), "DATA_DIR": str(folder)})


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A demo with its accounts."""
    prepare(tmp_path, IMPORT + DEMO)
    return site_in(tmp_path)


@pytest.mark.parametrize("real", REAL, ids=lambda real: next(iter(real)))
def test_check_and_serve_refuse_what_a_demo_has_left_and_say_what_to_do(
    site: Site, real: dict[str, str]
) -> None:
    assert site.manage("check").returncode == 0, "it is a demo"
    for command in (["check"], ["serve", "--port", str(free_port())]):
        said = site.manage(*command, **real)
        assert said.returncode == 1
        assert "(tutor.E003)" in said.stderr
        assert "ada, grace, teacher" in said.stderr
        assert "manage.py demo --disable" in said.stderr
        assert "Traceback" not in said.stderr
    done = site.manage("demo", "--disable", **real)
    assert (done.returncode, done.stdout) == (0, "".join(f"disabled {name}\n" for name in NAMES))
    assert site.manage("check", **real).returncode == 0
    refused = site.manage("demo", **real)
    assert refused.returncode == 1
    assert refused.stderr.startswith("CommandError: This is no demo")
    assert site.manage("demo").returncode == 0
    assert site.manage("check", **real).returncode == 1


def test_a_worker_does_not_start_without_a_word(site: Site) -> None:
    with redis() as url:
        worker = start_worker(
            {**site.env, "OPENAI_API_KEY": "sk-real", "REDIS_URL": url}, site.folder
        )
        try:
            wait_until(lambda: "(tutor.E003)" in (site.folder / "worker.log").read_text(), 60)
        finally:
            stop(worker)


@pytest.mark.parametrize("table", [False, True])
def test_check_passes_where_there_is_no_database_yet_and_makes_none(
    tmp_path: Path, table: bool
) -> None:
    rows = tmp_path / "tutor.sqlite3"
    if table:
        rows.touch()
    said = site_in(tmp_path).manage("check", OPENAI_API_KEY="sk-real")
    assert (said.returncode, said.stderr) == (0, "")
    assert rows.exists() is table


def test_check_passes_where_the_database_cannot_be_reached(tmp_path: Path) -> None:
    nobody = f"postgres://tutor@127.0.0.1:{free_port()}/tutor"
    said = site_in(tmp_path).manage("check", OPENAI_API_KEY="sk-real", DATABASE_URL=nobody)
    assert (said.returncode, said.stderr) == (0, "")


# bin/serve


@pytest.fixture
def checkout(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The site as bin/serve meets it, its logs in a folder of their own."""
    monkeypatch.setattr(steps, "LOGS", tmp_path / "log")
    monkeypatch.setattr(environment, "PYTHON", Path(sys.executable))
    for name, value in site.env.items():
        monkeypatch.setenv(name, value)
    return site


def accounts_of(site: Site) -> dict[str, bool]:
    """The accounts, and whether they are active."""
    code = (
        "from django.contrib.auth.models import User;"
        "print(*(f'{u.username}={u.is_active}' for u in User.objects.all()))"
    )
    said = site.manage("shell", "-v0", "-c", code).stdout.split()
    return {name: active == "True" for name, _, active in (each.partition("=") for each in said)}


def test_serve_makes_and_names_the_accounts_of_a_demo(
    checkout: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts = serving.demo_accounts(serving.read_plan(), wanted=True)
    assert [line.split()[1] for line in accounts.splitlines()] == list(NAMES)
    assert capsys.readouterr().out.startswith("Demo accounts ........ there")


@pytest.mark.parametrize(
    ("real", "wanted"), [({}, False), (REAL[0], True), (REAL[1], False), (REAL[2], True)]
)
def test_serve_disables_them_without_a_demo_and_says_why(
    checkout: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    real: dict[str, str], wanted: bool,
) -> None:  # fmt: skip
    for name, value in real.items():
        monkeypatch.setenv(name, value)
    assert serving.demo_accounts(serving.read_plan(), wanted=wanted) == ""
    said = capsys.readouterr().out
    assert "ada, grace, teacher disabled" in said
    assert ("OPENAI_API_KEY, OPENAI_BASE_URL or HTTPS is set" in said) is bool(real)
    assert accounts_of(checkout) == dict.fromkeys(NAMES, False)
    serving.demo_accounts(serving.read_plan(), wanted=False)
    assert ".. none" in capsys.readouterr().out
