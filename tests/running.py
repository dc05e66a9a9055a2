"""The whole product as processes of its own, as bin/serve runs it, in a folder of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import free_port

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "courses" / "content" / "first-steps"
START_S = 60.0
STOP_S = 15.0


@dataclass
class Classroom:
    """A classroom that serves. `web` and `emulator` may be killed and started again."""

    folder: Path
    port: int
    env: dict[str, str]
    web: subprocess.Popen[str]
    emulator: subprocess.Popen[str]
    # The sandbox worker; None where it is a thread of the web process.
    worker: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def requests(self) -> list[dict[str, Any]]:
        """The emulator's log: what it was asked, in order."""
        log = self.folder / "emulator.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def manage(self, *arguments: str) -> str:
        """What a management command prints."""
        said = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return said.stdout

    def start_web(self) -> None:
        """Start the web process (again) and wait until it answers."""
        self.web = _start(self.env, self.folder, "serve", "--port", str(self.port))
        _answers(f"{self.url}/healthz", self.web)

    def logged(self) -> str:
        """Everything web and emulator have written."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log*")))


@contextlib.contextmanager
def classroom(folder: Path, **settings: str) -> Iterator[Classroom]:
    """A classroom with the sample course and the demo accounts, for the length of a block."""
    # Set and empty: so no .env of a developer's brings in a key or a database.
    clean = {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": "", "DATABASE_URL": "", "REDIS_URL": ""}
    env = {**os.environ, **clean, "DATA_DIR": str(folder), **settings}
    port = free_port()
    env["EMULATOR_PORT"] = str(free_port())
    for command in (["migrate", "-v0"], ["course", "import", str(SAMPLE)], ["demo"]):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT, env=env, check=True, capture_output=True,
        )  # fmt: skip
    emulator = start_emulator(env, folder)
    room = Classroom(folder, port, env, emulator, emulator)
    try:
        if "REDIS_URL" in settings:
            room.worker = start_worker(env, folder)
        room.start_web()
        yield room
    finally:
        for process in filter(None, (room.web, room.worker, room.emulator)):
            stop(process)


def start_emulator(env: dict[str, str], folder: Path) -> subprocess.Popen[str]:
    """The scripted tutor, at the speed of a quick model."""
    port = env["EMULATOR_PORT"]
    process = _start(
        env, folder, "emulator", "--port", port, "--log", str(folder / "emulator.jsonl"),
        "--first-token-ms", "20", "--tokens-per-second", "60",
    )  # fmt: skip
    _answers(f"http://127.0.0.1:{port}/healthz", process)
    return process


def start_worker(env: dict[str, str], folder: Path) -> subprocess.Popen[str]:
    """A sandbox worker as a process of its own."""
    with (folder / "worker.log").open("a") as log:
        options = ["-A", "tutor", "worker", "-Q", "sandbox", "-P", "threads", "-c", "2"]
        return subprocess.Popen[str](
            [sys.executable, "-m", "celery", *options],
            cwd=ROOT, env=env, stdout=log, stderr=log, text=True,
        )  # fmt: skip


def stop(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> int:
    """End a process and return its exit code."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def _start(
    env: dict[str, str], folder: Path, command: str, *arguments: str
) -> subprocess.Popen[str]:
    with (folder / f"{command}.log").open("a") as log:
        return subprocess.Popen[str](
            [sys.executable, "manage.py", command, *arguments],
            cwd=ROOT, env=env, stdout=log, stderr=log, text=True,
        )  # fmt: skip


def _answers(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"ended with {process.returncode} before it answered"
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(url, timeout=5)  # noqa: S310  # our own process
            return
        time.sleep(0.05)
    raise AssertionError(f"{url} does not answer")
