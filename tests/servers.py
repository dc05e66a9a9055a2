"""Real servers for tests: PostgreSQL and Redis, each in a folder of its own, on loopback."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tutor-postgres-") as name:
        folder = Path(name)
        as_user = _unprivileged(folder)
        initdb = [_program("initdb"), "-D", name, "-U", "tutor", "-A", "trust", "--no-sync"]
        subprocess.run([*as_user, *initdb], check=True, capture_output=True, cwd=folder)
        options = ["-D", name, "-p", str(port), "-h", "127.0.0.1", "-k", name, "-F"]
        server = subprocess.Popen(
            [*as_user, _program("postgres"), *options], cwd=folder, stderr=subprocess.DEVNULL
        )
        try:
            _wait_for_port(port, server)
            yield f"postgres://tutor@127.0.0.1:{port}/postgres"
        finally:
            # SIGINT: «fast» in PostgreSQL's words; SIGTERM would wait for its clients.
            server.send_signal(2)
            server.wait(START_S)


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
