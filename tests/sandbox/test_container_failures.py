"""One container's life where the engine, the container or its owner fails."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sandbox import container, execution
from sandbox.inside.wire import WireError
from sandbox.job import Job, Limits, Status
from sandbox.owner import started
from sandbox.spec import APP_LABEL, DEADLINE_LABEL, OWNER_LABEL, ContainerSpec
from sandbox.stream import ContainerStream
from tests.polling import wait_until

from .conftest import Sandbox, containers_of
from .test_container import Follower

docker = pytest.mark.docker


@pytest.fixture
def sandbox(cold: Sandbox) -> Sandbox:
    """A container's whole life: each run has its own."""
    return cold


def test_no_engine_is_unavailable_and_said_within_two_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
    started = time.monotonic()
    result = container.run(Job("print(1)"), image="tutor-sandbox")
    assert time.monotonic() - started < 2
    assert result.status is Status.UNAVAILABLE
    assert "not available" in result.message


def test_an_engine_that_hangs_is_unavailable_within_three_seconds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = str(tmp_path / "engine.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        started = time.monotonic()
        assert container.run(Job("print(1)"), image="tutor-sandbox").status is Status.UNAVAILABLE
        assert time.monotonic() - started < 3


class NotAnEngine(BaseHTTPRequestHandler):
    """Some other web server: everything is fine with it, but it is not Docker."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"hello": "world"}')

    def log_message(self, *_: object) -> None:
        pass


def test_something_else_at_the_engines_address_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with HTTPServer(("127.0.0.1", 0), NotAnEngine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        result = container.run(Job("print(1)"), image="tutor-sandbox")
        server.shutdown()
    assert result.status is Status.UNAVAILABLE


@pytest.mark.parametrize("host", ["nonsense://", "tcp://127.0.0.1:1", "unix:///dev/null"])
def test_a_wrong_address_is_unavailable(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    assert container.run(Job("print(1)"), image="tutor-sandbox").status is Status.UNAVAILABLE
    assert container.sweep() == 0


@docker
def test_an_engine_that_comes_back_is_found(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as down:
        down.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
        assert sandbox.run("print(1)").status is Status.UNAVAILABLE
    assert sandbox.run("print(1)").status is Status.OK


@docker
def test_a_missing_image_is_unavailable_and_named(sandbox: Sandbox) -> None:
    missing = Sandbox("no-such-image", sandbox.owner)
    result = missing.run("print(1)")
    assert result.status is Status.UNAVAILABLE
    assert "no-such-image" in result.message


@docker
def test_a_container_killed_from_outside_is_a_failure_of_the_sandbox(sandbox: Sandbox) -> None:
    class Killer(Follower):
        def printed(self, stream: str, text: str) -> None:
            with closing(container.connect()) as engine:
                engine.kill(sandbox.left_over()[0])

    result = sandbox.run("print('x')\nwhile True: pass", observer=Killer(), limits=Limits(wall_s=9))
    assert result.status is Status.SANDBOX_ERROR
    assert "not to blame" in result.message
    assert result.stdout == "x\n"
    assert result.duration_ms > 0


@docker
def test_an_engine_lost_in_mid_run_keeps_what_was_printed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = Follower()
    receive = ContainerStream.receive

    def until_printed(line: ContainerStream) -> list[tuple[int, bytes]]:
        if follower.first.is_set():
            time.sleep(0.002)  # what has lasted is told in whole milliseconds
            raise WireError("the connection is gone")
        return receive(line)

    with monkeypatch.context() as lost:
        lost.setattr(ContainerStream, "receive", until_printed)
        limits = Limits(wall_s=9)  # on a busy machine a shorter limit is over before the loss
        result = sandbox.run("print('x')\nwhile True: pass", observer=follower, limits=limits)
    assert (result.status, result.stdout) == (Status.SANDBOX_ERROR, "x\n")
    assert result.duration_ms > 0


@docker
def test_a_supervisor_that_says_no_end_in_time_is_a_timeout_with_the_output(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as impatient:
        impatient.setattr(execution, "GRACE_S", -0.5)
        limits = Limits(wall_s=1.5)
        result = sandbox.run("print('x')\nwhile True: pass", limits=limits)
    assert (result.status, result.stdout) == (Status.TIMEOUT, "x\n")
    assert "1.5 s" in result.message


@docker
def test_what_an_observer_raises_is_not_taken_for_the_engines(sandbox: Sandbox) -> None:
    class Broken(Follower):
        def printed(self, stream: str, text: str) -> None:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        sandbox.run("print('x')\nwhile True: pass", observer=Broken())
    assert sandbox.left_over() == []


@docker
def test_an_image_with_an_impossible_name_is_unavailable(caplog: pytest.LogCaptureFixture) -> None:
    assert container.run(Job("print(1)"), image="no name").status is Status.UNAVAILABLE
    assert "a container with another image" in caplog.text


@docker
def test_an_image_without_a_supervisor_is_a_failure_of_the_sandbox(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = ContainerSpec.body

    def chatty(spec: ContainerSpec) -> dict[str, object]:
        return body(spec) | {"Entrypoint": ["echo", "hello"]}

    with monkeypatch.context() as wrong:
        wrong.setattr(ContainerSpec, "body", chatty)
        assert sandbox.run("print(1)").status is Status.SANDBOX_ERROR


OWNER_TO_KILL = """
import sys
from sandbox import container
from sandbox.execution import NullObserver
from sandbox.job import Job, Limits

class Aloud(NullObserver):
    def printed(self, stream, text):
        print(text, end="", flush=True)

image, owner = sys.argv[1:]
job = Job("print('begun')\\nwhile True: pass", limits=Limits(wall_s=60, cpu_s=60))
container.run(job, image=image, owner=owner, observer=Aloud())
"""


@docker
def test_nothing_is_left_when_the_owner_is_killed(image: str) -> None:
    owner = f"test-{os.getpid()}-{time.monotonic_ns()}"
    command = [sys.executable, "-c", OWNER_TO_KILL, image, owner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_until(lambda: not containers_of(owner), 5)


@docker
def test_a_sweep_takes_what_is_ours_overdue_or_of_the_dead_and_nothing_else(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other tests have sites on this engine, which sweep for the dead of their host too.
    host = f"host{time.monotonic_ns()}"
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    mine, other = f"test-{time.monotonic_ns()}-a", f"test-{time.monotonic_ns()}-b"
    name = f"bystander-{time.monotonic_ns()}"

    def leave(labels: dict[str, str]) -> str:
        created = engine.create_container(image, labels=labels)
        found: str = created["Id"]
        return found

    def exists(container_id: str) -> bool:
        return bool(engine.containers(all=True, filters={"id": container_id}))

    later, earlier = str(time.time() + 999), str(time.time() - 1)
    app, owner, deadline = APP_LABEL, OWNER_LABEL, DEADLINE_LABEL
    with closing(container.connect()) as engine:
        ours = leave({app: "run", owner: mine, deadline: later})
        overdue = leave({app: "run", owner: other, deadline: earlier})
        with subprocess.Popen(["true"]) as ended:
            ended.wait()
        dead = f"{host}-{ended.pid}-1-x"
        orphan = leave({app: "run", owner: dead, deadline: later})
        reborn = f"{host}-{os.getpid()}-1-x"
        predecessors = leave({app: "run", owner: reborn, deadline: later})
        alive = f"{host}-{os.getpid()}-{started(os.getpid())}-x"
        sibling = leave({app: "run", owner: alive, deadline: later})
        busy = leave({app: "run", owner: other, deadline: later})
        stranger = leave({"name": name})
        try:
            container.sweep(None)
            assert all(map(exists, (ours, orphan, predecessors)))
            assert not exists(overdue)
            assert container.sweep(mine) >= 1
            assert not any(map(exists, (ours, overdue, orphan, predecessors)))
            assert all(map(exists, (sibling, busy, stranger)))
            container.sweep(None)
            assert all(map(exists, (sibling, busy, stranger)))
        finally:
            for left in (sibling, busy, stranger):
                container._remove(engine, left)
