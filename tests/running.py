"""The whole product as processes of its own, as bin/serve runs it, in a folder of its own."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bin.machine.serving import free_port
from tests import forked
from tests.forked import Forked
from tests.hurried import Waits
from tests.polling import wait_until
from tests.prepared import BEGIN, prepare, printed_by

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "courses" / "content" / "first-steps"
IMPORT = f"""
from io import StringIO
call_command("course", "import", {str(SAMPLE)!r}, stdout=StringIO())
"""
DEMO = "call_command('demo')\n"
# Makes students with these names and passwords. Their passwords are hashed a single time: the
# login that takes them hashes them again as it should.
STUDENTS = """
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from courses.models import Course, Enrolment
quick = PBKDF2PasswordHasher()
for name in {names!r}:
    student = User.objects.create(username=name, password=quick.encode(name, "salt", 1))
    Enrolment.objects.create(course=Course.objects.get(slug="first-steps"), student=student)
"""
START_S = 60.0
# Long enough for an engine that is busy with much else.
STOP_S = 30.0


@dataclass
class Classroom:
    """A classroom that serves. `web` and `emulator` may be killed and started again."""

    folder: Path
    port: int
    env: dict[str, str]
    web: Forked
    emulator: Forked
    # The sandbox worker; None where it is a thread of the web process.
    worker: Forked | None = None
    # Which server the web process is, and which constants it has instead of the usual ones.
    server: str = "daphne"
    waits: Waits = field(default_factory=dict)
    # What the script has printed that made the accounts.
    prepared: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def requests(self) -> list[dict[str, Any]]:
        """The emulator's log: what it was asked, in order."""
        return [json.loads(line) for line in whole_lines(self.folder / "emulator.jsonl")]

    def manage(self, *arguments: str) -> str:
        """What a management command prints."""
        return printed_by("tests.hurried:manage", arguments, {}, env=self.env)

    def script(self, statements: str) -> None:
        """Change the database from outside. SQLite only."""
        with contextlib.closing(sqlite3.connect(self.folder / "tutor.sqlite3", timeout=20)) as db:
            db.executescript(statements)

    def start_web(self, **settings: str) -> None:
        """Start the web process (again) and wait until it answers."""
        options = ["--port", str(self.port), "--server", self.server]
        env = {**self.env, **settings}
        self.web = _start(env, self.folder, "serve", *options, waits=self.waits)
        _answers(f"{self.url}/healthz", self.web)

    def order(self, name: str, **fields: Any) -> None:
        """Order something of the emulator: a fault of the next response, or what happens now."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.env['EMULATOR_PORT']}/emulator/faults",
            json.dumps({"name": name, **fields}).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(asked, timeout=5).close()  # noqa: S310  # the same

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database holds, seen from outside. SQLite only."""
        with contextlib.closing(sqlite3.connect(self.folder / "tutor.sqlite3", timeout=20)) as db:
            return db.execute(query, values).fetchall()

    def logged(self) -> str:
        """Everything web and emulator have written."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log*")))


@contextlib.contextmanager
def classroom(
    folder: Path,
    server: str = "daphne",
    people: str = DEMO,
    waits: Waits | None = None,
    **settings: str,
) -> Iterator[Classroom]:
    """A classroom with the sample course, for the length of a block.

    `people` is a script that makes accounts; `waits` are other constants of web process and worker.
    """
    # Set and empty: so no .env of a developer's brings in a key or a database.
    clean = {
        "DJANGO_SETTINGS_MODULE": "tutor.settings",
        "OPENAI_API_KEY": "",
        "OPENAI_BASE_URL": "",
        "HTTPS": "",
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    env = {**os.environ, **clean, "DATA_DIR": str(folder), **settings}
    port = free_port()
    env["EMULATOR_PORT"] = str(free_port())
    prepared = _prepared(env, IMPORT + people)
    emulator = start_emulator(env, folder)
    room = Classroom(folder, port, env, emulator, emulator, server=server, waits=waits or {})
    room.prepared = prepared
    try:
        if "REDIS_URL" in settings:
            room.worker = start_worker(env, folder, waits)
        room.start_web()
        yield room
    finally:
        for process in filter(None, (room.web, room.worker, room.emulator)):
            stop(process)


def _prepared(env: dict[str, str], script: str) -> str:
    """See to the database; what the script has printed."""
    if not env["DATABASE_URL"]:
        return prepare(Path(env["DATA_DIR"]), script)
    return printed_by("tests.hurried:execute", BEGIN + script, env=env)


def whole_lines(log: Path) -> list[str]:
    """The lines of a log, without one that its process is still writing; none without a log."""
    written = log.read_bytes() if log.exists() else b""
    return written[: written.rfind(b"\n") + 1].decode().splitlines()


def start_emulator(env: dict[str, str], folder: Path) -> Forked:
    """The scripted tutor, at the speed of a quick model. Its log begins anew, as do its numbers
    of sockets."""
    (folder / "emulator.jsonl").unlink(missing_ok=True)
    port = env["EMULATOR_PORT"]
    process = _start(
        env, folder, "emulator", "--port", port, "--log", str(folder / "emulator.jsonl"),
        "--first-token-ms", "20", "--tokens-per-second", "60",
    )  # fmt: skip
    _answers(f"http://127.0.0.1:{port}/healthz", process)
    return process


def start_worker(env: dict[str, str], folder: Path, waits: Waits | None = None) -> Forked:
    """A sandbox worker as a process of its own."""
    options = ("-A", "tutor", "worker", "-Q", "sandbox,typing,judging", "-P", "threads", "-c", "2")
    return forked.celery(*options, waits=waits or {}, env=env, log=folder / "worker.log")


def stop(process: Forked, number: int = signal.SIGTERM) -> int:
    """End a process and return its exit code."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def _start(
    env: dict[str, str],
    folder: Path,
    command: str,
    *arguments: str,
    waits: Waits | None = None,
) -> Forked:
    log = folder / f"{command}.log"
    return forked.manage(command, *arguments, waits=waits or {}, env=env, log=log)


def _answers(url: str, process: Forked) -> None:
    def does() -> bool:
        assert process.poll() is None, f"ended with {process.returncode} before it answered"
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  # our own process
            return True
        return False

    wait_until(does, START_S, f"{url} does not answer")
