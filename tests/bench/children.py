"""The processes of a measurement: started here, watched here, ended here."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.running import ROOT

START_S = 60.0
STOP_S = 10.0
# Sockets and files per process: 1,200 students take two sockets each in the web process.
OPEN_FILES = 16_384


@dataclass(frozen=True)
class Child:
    """A process of ours that listens on `port`."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def cpu_s(self) -> float:
        """Seconds it has computed so far, over all its threads."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    @property
    def memory_kib(self) -> int:
        """Memory it occupies now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1])


@contextlib.contextmanager
def child(
    port: int, *arguments: str, env: dict[str, str], log: Path, checkout: Path = ROOT
) -> Iterator[Child]:
    """`python ARGUMENTS`, from the moment it listens on `port` to the end of the block."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=checkout, env=env, stdout=file, stderr=file
        )
    try:
        _wait_for(port, process, log)
        yield Child(process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def fake_model(
    port: int, env: dict[str, str], folder: Path
) -> contextlib.AbstractContextManager[Child]:
    """The model that costs next to nothing."""
    arguments = ("-m", "tests.bench.fake_model", "--port", str(port))
    return child(port, *arguments, env=env, log=folder / "model.log")


@contextlib.contextmanager
def scratch(name: str) -> Iterator[Path]:
    """A folder for the length of a block; BENCH_DIR says where, if not in the usual place."""
    base = os.environ.get("BENCH_DIR")
    with tempfile.TemporaryDirectory(prefix=f"bench-{name}-", dir=base) as folder:
        yield Path(folder)


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """What the children get: nothing of this machine's keys, no engine, their own data.

    Students ask as fast as they are answered: what bounds that is not what is measured.
    """
    own = {
        "DATA_DIR": str(folder),
        "DOCKER_HOST": "unix:///nonexistent",
        "QUESTIONS_PER_MINUTE": "0",
    }
    env = {**os.environ, **own, **settings}
    for name in ("OPENAI_API_KEY", "DATABASE_URL", "REDIS_URL"):
        env.pop(name, None)
    return env


def raise_open_files() -> None:
    """Let this process and its children have as many sockets as they may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < OPEN_FILES:
        wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"It ended before it listened:\n{log.read_text()[-2000:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"Nothing listens on port {port}:\n{log.read_text()[-2000:]}")
