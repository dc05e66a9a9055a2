"""A temporary site for one preview: its own folder, database and processes, gone when it is over.

The processes are those that a site has: `manage.py serve` with the sandbox worker in it, and the
emulator where no model is set. Each leads a session of its own, so that a Ctrl+C at the terminal
reaches the author's side alone; the kernel ends them if that is killed.
"""

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from courses.facts import CourseSource
from tutor.preview.seed import COURSE
from tutor.protocol.frames import PROTOCOL

HOST: Final = "127.0.0.1"
# Deadlines for a process to answer, on a slow machine, and to end.
START_S: Final = 90.0
STOP_S: Final = 15.0
POLL_INTERVAL_S: Final = 0.05
# Warm containers: one for the student's program and one for the tutor's.
POOL_SIZE: Final = 2
TAIL_LINES: Final = 15
LISTENS: Final = (
    re.compile(r"listens on http://[\w.]+:(\d+)/\w*\n"),
    re.compile(r'\{"port": (\d+), "event": "web\.listens".*\}\n'),
)
_PR_SET_PDEATHSIG: Final = 1


class StartFailed(Exception):
    """The site did not come up. The text says why, with the end of its log."""


@dataclass(frozen=True)
class Process:
    """One process of the site, and the file that its output goes to."""

    name: str
    popen: "subprocess.Popen[bytes]"
    log: Path

    def exit_reason(self) -> str:
        """Its exit code, with the end of its log; empty while it runs."""
        if self.popen.poll() is None:
            return ""
        return f"{self.name} has ended with code {self.popen.returncode}.{_log_tail(self.log)}"


@dataclass(frozen=True)
class TemporarySite:
    """A site that serves. `cookie` is the session of its one student."""

    address: str
    cookie: str
    web: Process

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the student's WebSocket."""
        return {"Cookie": self.cookie, "Origin": f"http://{self.address}"}

    def socket_of(self, course: str, lesson: str) -> str:
        """The address of the lesson's WebSocket."""
        return f"ws://{self.address}/ws/lessons/{course}/{lesson}?protocol={PROTOCOL}"


@contextlib.contextmanager
def serve_course(course: CourseSource) -> Iterator[TemporarySite]:
    """A site that teaches the course, for the length of a block. Raises StartFailed."""
    running: list[Process] = []
    with tempfile.TemporaryDirectory(prefix="preview-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            yield _start_all(course, folder, running)
        finally:
            _stop_all(running)


def _start_all(course: CourseSource, folder: Path, running: list[Process]) -> TemporarySite:
    """Starts everything; `running` gets the processes in the order in which they end."""
    env = environment(course, folder)
    if settings.USES_EMULATOR:
        emulator = _start("The practice tutor", ("emulator", "--port", "0"), env, folder)
        running.append(emulator)
    cookie = _seed(course, env)
    if settings.USES_EMULATOR:
        env["EMULATOR_PORT"] = _wait_for(lambda: _port_in(emulator.log), emulator)
    # Each takes a free port by itself and says which: one chosen here might be another's by then.
    web = _start("The classroom", ("serve", "--host", HOST, "--port", "0"), env, folder)
    running.insert(0, web)
    address = f"{HOST}:{_wait_for(lambda: _port_in(web.log), web)}"
    _wait_for(lambda: _served_address(address), web)
    return TemporarySite(address, cookie, web)


def environment(course: CourseSource, folder: Path) -> dict[str, str]:
    """The environment of its processes: this site's settings, with nothing of its data.

    Set and empty rather than absent: so a file `.env` cannot bring it back.
    """
    kind = course.image or course.language
    place = "" if kind == "python" else f"{kind.upper()}_"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tutor.settings",
        "PYTHONUNBUFFERED": "1",
        "DATA_DIR": str(folder),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "SECRET_KEY": "",
        "ALLOWED_HOSTS": HOST,
        "HTTPS": "false",
        "DRAIN_SECONDS": "1",
        "SANDBOX_POOL_SIZE": "0",
        f"SANDBOX_{place}POOL_SIZE": str(POOL_SIZE),
    }


def _seed(course: CourseSource, env: dict[str, str]) -> str:
    said = subprocess.run(
        [sys.executable, "-m", "tutor.preview.seed"],
        cwd=settings.BASE_DIR, env=env, input=COURSE.dump_json(course), capture_output=True,
        check=False,
    )  # fmt: skip
    if said.returncode:
        lines = said.stderr.decode(errors="replace").strip().splitlines()
        raise StartFailed(f"The course could not be put into it.{_last(lines)}")
    return said.stdout.decode()


def _start(name: str, arguments: tuple[str, ...], env: dict[str, str], folder: Path) -> Process:
    log = folder / f"{arguments[0]}.log"
    with log.open("wb") as file:
        popen = subprocess.Popen(  # noqa: S603  # our own command
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR, env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            start_new_session=True, preexec_fn=_dying_with_parent(),  # noqa: PLW1509  # one thread
        )  # fmt: skip
    return Process(name, popen, log)


def _dying_with_parent() -> Callable[[], None] | None:
    """A function for a new process that has the kernel end it when we die. Linux only."""
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def follow() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)  # it died before prctl took effect

    return follow


def _wait_for(found: Callable[[], str], process: Process) -> str:
    """Poll `found` until it returns a text. Raises StartFailed if the process ends or is late."""
    deadline = time.monotonic() + START_S
    while not (text := found()):
        if reason := process.exit_reason():
            raise StartFailed(reason)
        if time.monotonic() > deadline:
            message = f"{process.name} does not answer after {START_S:.0f} s."
            raise StartFailed(f"{message}{_log_tail(process.log)}")
        time.sleep(POLL_INTERVAL_S)
    return text


def _port_in(log: Path) -> str:
    """The port on which a process says that it listens: a line of the emulator's, or of a log."""
    text = log.read_text(errors="replace")
    for line in LISTENS:
        if said := line.search(text):
            return said[1]
    return ""


def _served_address(address: str) -> str:
    # A proxy of the environment has no business with this machine's own address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{address}/healthz", timeout=5):
            return address
    except OSError:
        return ""


def _log_tail(log: Path) -> str:
    return _last(log.read_text(errors="replace").strip().splitlines())


def _last(lines: list[str]) -> str:
    shown = "\n".join(f"  {line}" for line in lines[-TAIL_LINES:])
    return f" The end of its log:\n{shown}" if shown else ""


def _stop_all(running: list[Process]) -> None:
    """End the processes in this order; somebody who presses Ctrl+C meanwhile ends them at once."""
    hurry: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, lambda *_: hurry.append(1)) for number in numbers]
    for process in running:
        if process.popen.poll() is None:
            process.popen.terminate()
        deadline = time.monotonic() + STOP_S
        while process.popen.poll() is None and not hurry and time.monotonic() < deadline:
            time.sleep(POLL_INTERVAL_S)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.popen.pid, signal.SIGKILL)
        process.popen.wait()
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)
