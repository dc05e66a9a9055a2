"""Real servers for tests: PostgreSQL and Redis, each in a folder of its own, on loopback."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

from bin.machine.serving import free_port
from tests.polling import wait_until

START_S = 30.0


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """A Redis for the length of a block; its URL."""
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    try:
        _wait_for_port(port, server)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(START_S)


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL for the length of a block; the URL of an empty database."""
    with fallible_postgres() as server:
        yield server.url


class Postgres:
    """A PostgreSQL that may stand still, or be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._as_user = _unprivileged(folder)
        name = str(folder)
        initdb = [_program("initdb"), "-D", name, "-U", "tutor", "-A", "trust", "--no-sync"]
        command = [*self._as_user, *initdb]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
        self.start()

    @property
    def url(self) -> str:
        return f"postgres://tutor@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it (again) and wait until it serves."""
        name = str(self._folder)
        options = ["-D", name, "-p", str(self._port), "-h", "127.0.0.1", "-k", name, "-F"]
        command = [*self._as_user, _program("postgres"), *options]
        self._server = subprocess.Popen(command, cwd=self._folder, stderr=subprocess.DEVNULL)
        _wait_for_port(self._port, self._server)
        wait_until(self._serves, START_S, "PostgreSQL does not come up")

    def _serves(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url):
            return True
        return False

    def signal_all(self, number: int) -> None:
        """Send a signal to the server and the processes of its connections."""
        for pid in (self._server.pid, *self._children()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """End it at once, with all that it has begun."""
        self.signal_all(signal.SIGKILL)
        self._server.wait(START_S)

    def stop(self) -> None:
        """SIGINT: «fast» in PostgreSQL's words; SIGTERM would wait for its clients."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait(START_S)

    def _children(self) -> list[int]:
        pid = self._server.pid
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


@contextlib.contextmanager
def fallible_postgres() -> Iterator[Postgres]:
    """The same, for tests that disturb it."""
    with tempfile.TemporaryDirectory(prefix="tutor-postgres-") as name:
        server = Postgres(Path(name))
        try:
            yield server
        finally:
            server.stop()


def _program(name: str) -> str:
    """PostgreSQL's programs stand in a folder per version, outside the PATH on Debian."""
    found = shutil.which(name) or next(
        iter(sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None
    )
    assert found, f"{name} is missing: bin/test installs it"
    return str(found)


def _unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: the words that make it run as Debian's own user for it."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _wait_for_port(port: int, server: "subprocess.Popen[bytes]") -> None:
    def listens() -> bool:
        assert server.poll() is None, f"ended with {server.returncode} before it listened"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    wait_until(listens, START_S, f"nothing listens on port {port}")
