"""A site that was a demo and comes into real use: what its commands do, as processes."""

import contextlib
import json
import os
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bin.machine import environment, serving, steps
from bin.machine.serving import free_port
from tests.polling import wait_until
from tests.prepared import prepare, printed_by
from tests.running import DEMO, IMPORT, start_worker, stop
from tests.servers import redis

REAL = [
    {"OPENAI_API_KEY": "sk-real"},
    {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"},
    {"HTTPS": "true"},
]
NAMES = ("ada", "grace", "teacher")


# A password is hashed once: whether it is the public one costs most of what these commands do.
QUICK = """
from django.contrib.auth.hashers import PBKDF2PasswordHasher
PBKDF2PasswordHasher.iterations = 1
"""
# Commands of manage.py, one after the other: loading Django takes longer than most of them.
COMMANDS = f"""{QUICK}
import contextlib, io, json, sys
from django.core.management import ManagementUtility

said = []
for words in json.loads(sys.argv[1]):
    code, out, err = 0, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            ManagementUtility(["manage.py", *words]).execute()
        except SystemExit as ended:
            code = ended.code or 0
    said.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(said))
"""


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Site:
    """A site's data, and the environment that its commands have."""

    folder: Path
    env: dict[str, str]

    def manage(self, *commands: str, **settings: str) -> list[Said]:
        """What these commands of manage.py say, one after the other, in one process."""
        words = json.dumps([command.split() for command in commands])
        env = {**self.env, **settings}
        printed = printed_by("tests.hurried:execute", COMMANDS, words, env=env)
        return [Said(*each) for each in json.loads(printed)]

    def accounts(self) -> dict[str, bool]:
        """The accounts, and whether they are active."""
        with contextlib.closing(sqlite3.connect(self.folder / "tutor.sqlite3")) as rows:
            found = rows.execute("SELECT username, is_active FROM auth_user").fetchall()
        return {name: bool(active) for name, active in found}


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
    prepare(tmp_path, IMPORT + QUICK + DEMO)
    return site_in(tmp_path)


def test_check_and_serve_refuse_what_a_demo_has_left_and_say_what_to_do(site: Site) -> None:
    (check,) = site.manage("check")
    assert check.code == 0, "it is a demo"
    for real in REAL:
        serve = f"serve --port {free_port()}"
        *refused, disable, check, demo = site.manage(
            "check", serve, "demo --disable", "check", "demo", **real
        )
        for said in refused:
            assert said.code == 1, real
            assert "(tutor.E003)" in said.err
            assert "ada, grace, teacher" in said.err
            assert "manage.py demo --disable" in said.err
            assert "Traceback" not in said.err
        assert (disable.code, disable.out) == (0, "".join(f"disabled {name}\n" for name in NAMES))
        assert check.code == 0, real
        assert demo.code == 1
        assert demo.err.startswith("CommandError: This is no demo")
        # It is one again; the next of REAL meets what it has left.
        (demo,) = site.manage("demo")
        assert demo.code == 0
    (check,) = site.manage("check", **REAL[0])
    assert check.code == 1


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
    (said,) = site_in(tmp_path).manage("check", OPENAI_API_KEY="sk-real")
    assert (said.code, said.err) == (0, "")
    assert rows.exists() is table


def test_check_passes_where_the_database_cannot_be_reached(tmp_path: Path) -> None:
    nobody = f"postgres://tutor@127.0.0.1:{free_port()}/tutor"
    (said,) = site_in(tmp_path).manage("check", OPENAI_API_KEY="sk-real", DATABASE_URL=nobody)
    assert (said.code, said.err) == (0, "")


# bin/serve


@pytest.fixture
def checkout(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The site as bin/serve meets it, its logs in a folder of their own."""
    monkeypatch.setattr(steps, "LOGS", tmp_path / "log")
    monkeypatch.setattr(environment, "PYTHON", Path(sys.executable))
    for name, value in site.env.items():
        monkeypatch.setenv(name, value)
    return site


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
    assert checkout.accounts() == dict.fromkeys(NAMES, False)
    serving.demo_accounts(serving.read_plan(), wanted=False)
    assert ".. none" in capsys.readouterr().out
