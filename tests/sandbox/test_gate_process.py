"""The gate's process: it knows none of the site's secrets, and turns no burst of clients away."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sandbox import container
from sandbox.gate.process import KEPT
from sandbox.gate.server import MOST_CONNECTIONS, Gate
from tests.polling import wait_until

from .gates import raw, request, status_of

ROOT = Path(__file__).parents[2]
SECRETS = {
    "SECRET_KEY": "canary-key", "DATABASE_URL": "postgres://canary:canary@nowhere/x",
    "OPENAI_API_KEY": "canary-model", "REDIS_URL": "redis://:canary@nowhere/0",
    "POSTGRES_PASSWORD": "canary", "SOMETHING_ELSE": "canary",
}  # fmt: skip
COMMANDS = {
    "manage.py": [str(ROOT / "manage.py"), "sandbox", "gate"],
    "module": ["-m", "sandbox.gate"],
}


@contextmanager
def started(command: Sequence[str], folder: Path) -> Iterator[tuple[int, Path]]:
    """The process and its socket, once somebody listens there."""
    listen = folder / "gate.sock"
    environment = {
        "PATH": os.environ["PATH"], "DATA_DIR": str(folder), "PYTHONPATH": str(ROOT), **SECRETS,
    }  # fmt: skip
    del environment["DATABASE_URL"]  # Django would look for its driver
    argv = [sys.executable, *command, "--listen", str(listen), "--engine", str(folder / "engine")]
    with subprocess.Popen(argv, cwd=folder, env=environment) as process:
        try:
            wait_until(listen.exists, 20)
            yield process.pid, listen
        finally:
            process.terminate()
            process.wait(10)
    assert process.returncode == 0


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_its_environment_and_memory_hold_no_secret(command: list[str], tmp_path: Path) -> None:
    with started(command, tmp_path) as (pid, listen):
        proc = Path(f"/proc/{pid}")
        environment = dict(
            entry.split("=", 1)
            for entry in (proc / "environ").read_text().split("\0")
            if "=" in entry
        )
        assert set(environment) <= set(KEPT)
        assert b"canary" not in (proc / "cmdline").read_bytes()
        assert not any("canary" in value for value in environment.values())
        assert b"canary" not in memory_of(proc)
        assert status_of(raw(listen, request("GET", "/info"))) == 403
        opened = opened_files(proc)
        assert opened
        assert not [name for name in opened if "sqlite" in name or "secret" in name]


def opened_files(proc: Path) -> list[str]:
    """All that the process has open; what it closes meanwhile, such as a client's socket, is left
    out."""
    found = []
    for each in (proc / "fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(str(each.readlink()))
    return found


def memory_of(proc: Path) -> bytes:
    """All that the process may write to: its heap, its stack and its data."""
    found = bytearray()
    with (proc / "mem").open("rb") as memory:
        for line in (proc / "maps").read_text().splitlines():
            span, rights, *_ = line.split()
            if rights.startswith("rw"):
                begin, end = (int(each, 16) for each in span.split("-"))
                memory.seek(begin)
                found += memory.read(end - begin)
    return bytes(found)


def test_it_loads_nothing_of_the_site() -> None:
    program = "import sys, sandbox.gate.__main__; print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    packages = {name.partition(".")[0] for name in said.stdout.split()}
    assert (
        packages & {"django", "tutor", "courses", "environ", "celery", "docker", "requests"}
        == set()
    )
    assert {"sandbox", "h11"} <= packages


def test_it_may_open_as_many_files_as_all_connections_need(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024), hard))
    try:
        with started(COMMANDS["module"], tmp_path) as (pid, _):
            allowed, _ = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert allowed > 2 * MOST_CONNECTIONS


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with started(COMMANDS["module"], tmp_path) as (pid, _):
        began = time.monotonic()
        os.kill(pid, signal.SIGTERM)
    assert time.monotonic() - began < 5


def test_a_place_that_cannot_be_listened_at_is_named(tmp_path: Path) -> None:
    listen = tmp_path / "nowhere" / "gate.sock"
    for command in COMMANDS.values():
        said = subprocess.run(
            [sys.executable, *command, "--listen", str(listen)],
            cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip
        assert said.returncode == 1
        assert said.stderr == f"{listen}: No such file or directory\n"


def test_a_site_tells_it_the_image_and_no_more(tmp_path: Path) -> None:
    program = (
        "import json, os, sys\n"
        "os.execve = lambda path, argv, environment: print(json.dumps([argv, environment]))\n"
        "sys.argv = ['manage.py', 'sandbox', 'gate', '--listen', 'a/b']\n"
        "exec(open('manage.py').read())"
    )
    environment = SECRETS | {
        "DATABASE_URL": "", "PATH": "/bin", "DATA_DIR": str(tmp_path), "SANDBOX_IMAGE": "mine",
    }  # fmt: skip
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    argv, passed = json.loads(said.stdout)
    assert argv[1:] == [
        "-m", "sandbox.gate", f"--listen={ROOT / 'a/b'}", "--engine=/var/run/docker.sock",
        "--image=mine",
    ]  # fmt: skip
    assert set(passed) <= set(KEPT)


def test_a_burst_of_clients_is_not_sent_away(tmp_path: Path) -> None:
    """Nobody has been let in yet: all of them wait at the door."""
    with contextlib.ExitStack() as clients, Gate(tmp_path / "gate", "/nowhere", "image"):
        for _ in range(MOST_CONNECTIONS):
            client = clients.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            client.connect(str(tmp_path / "gate"))


def first_in(server: socket.socket) -> None:
    server.accept()[0].close()


def test_who_is_sent_away_for_a_moment_knocks_again(tmp_path: Path) -> None:
    path = tmp_path / "engine"
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as first:
        server.bind(str(path))
        server.listen(0)
        first.connect(str(path))
        # Let in, the first one makes room.
        opens = threading.Timer(0.3, first_in, [server])
        opens.start()
        container._check_socket(f"unix://{path}")
        opens.join()


def test_who_is_sent_away_for_good_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "CONNECT_S", 0.2)
    path = tmp_path / "engine"
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as first:
        server.bind(str(path))
        server.listen(0)
        first.connect(str(path))
        with pytest.raises(BlockingIOError):
            container._check_socket(f"unix://{path}")
