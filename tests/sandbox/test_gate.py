"""The door before the engine's socket: the sandbox works behind it, and nothing else does."""

import copy
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox import container, selftest
from sandbox.follow import Nobody
from sandbox.gate import Gate, refusal
from sandbox.job import Job, Limits, Status

from .conftest import containers_of
from .test_pool import pool_of

NAME = f"{container.APP_LABEL}-{'0' * 32}"
CREATE = f"/v1.41/containers/create?name={NAME}"


def ours() -> dict[str, Any]:
    """The container that is created for a run, as the client sends it."""
    with closing(docker.APIClient(version="1.41")) as client:
        hardened = container._hardened(client, Limits(), "owner", 20001, 0)
        return dict(client.create_container_config("tutor-sandbox", command="", **hardened))


def judged(made: object) -> str:
    return refusal("POST", CREATE, json.dumps(made).encode(), "tutor-sandbox")


def test_our_own_containers_pass() -> None:
    assert judged(ours()) == ""


OTHERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "Binds": lambda made: made["HostConfig"].update(Binds=["/:/host"]),
    "Mounts": lambda made: made["HostConfig"].update(Mounts=[{"Source": "/"}]),
    "Privileged": lambda made: made["HostConfig"].update(Privileged=True),
    "PidMode": lambda made: made["HostConfig"].update(PidMode="host"),
    "Devices": lambda made: made["HostConfig"].update(Devices=[{}]),
    "CapAdd": lambda made: made["HostConfig"].update(CapAdd=["SYS_ADMIN"]),
    "network": lambda made: made["HostConfig"].update(NetworkMode="host"),
    "capabilities": lambda made: made["HostConfig"].update(CapDrop=[]),
    "system calls": lambda made: made["HostConfig"].update(SecurityOpt=["seccomp=unconfined"]),
    "system": lambda made: made["HostConfig"].update(ReadonlyRootfs=False),
    "memory": lambda made: made["HostConfig"].update(Memory=0),
    "processes": lambda made: made["HostConfig"].update(PidsLimit=-1),
    "runtime": lambda made: made["HostConfig"].update(Runtime="other"),
    "user": lambda made: made.update(User="0:0"),
    "image": lambda made: made.update(Image="debian"),
    "Entrypoint": lambda made: made.update(Entrypoint=["sh"]),
    "Cmd": lambda made: made.update(Cmd=["sh"]),
    "Volumes": lambda made: made.update(Volumes={"/x": {}}),
    "labels": lambda made: made.update(Labels={}),
    "understood": lambda made: made.pop("HostConfig"),
}


@pytest.mark.parametrize(("word", "change"), OTHERS.items(), ids=OTHERS)
def test_any_other_container_is_refused(
    word: str, change: Callable[[dict[str, Any]], object]
) -> None:
    made = copy.deepcopy(ours())
    change(made)
    assert word in judged(made)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/images/json"), ("POST", "/build"), ("POST", f"/containers/{NAME}/exec"),
        ("POST", "/containers/somebody/start"), ("DELETE", "/containers/somebody"),
        ("GET", f"/containers/{NAME}/archive"), ("PUT", f"/containers/{NAME}/archive"),
        ("POST", f"/containers/{NAME}/../somebody/start"), ("POST", "/volumes/create"),
        ("GET", "/containers/json/../../images/json"), ("POST", "/v1.41/swarm/init"), ("GET", ""),
        ("GET", "/info"), ("POST", "/containers/create"),
    ],
)  # fmt: skip
def test_any_other_call_is_refused(method: str, path: str) -> None:
    assert refusal(method, path, b"{}", "tutor-sandbox")


@pytest.fixture
def gate(image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A gate before the real engine, which everybody in this test has to use."""
    path = tmp_path / "engine.sock"
    with Gate(path, "/var/run/docker.sock", image) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        yield path
        server.shutdown()
        thread.join()


@pytest.mark.docker
def test_the_whole_sandbox_works_behind_the_gate(image: str, gate: Path) -> None:
    selftest.insist(image)
    with pool_of(image, 1) as one:
        result = one.run(Job("print(int(input()) + 1)", stdin="41\n"))
        assert (result.status, result.stdout) == (Status.OK, "42\n")
        assert containers_of(one.owner) != []
    memory = container.run(Job("bytearray(10 ** 10)"), image=image, observer=Nobody())
    assert memory.status is Status.MEMORY
    container.sweep(None)


@pytest.mark.docker
def test_nothing_else_works_behind_the_gate(image: str, gate: Path) -> None:
    with closing(container.connect()) as engine:
        with pytest.raises(docker.errors.APIError, match="refused by the sandbox's gate"):
            engine.images()
        with pytest.raises(docker.errors.APIError, match="another name"):
            engine.create_container(image)
    assert b"200 OK" not in raw(gate, b"GET /info HTTP/1.1\r\nHost: x\r\n\r\n")


@pytest.mark.docker
def test_a_second_request_cannot_hide_behind_the_first(image: str, gate: Path) -> None:
    hidden = b"GET /info HTTP/1.1\r\nHost: x\r\n\r\n"
    for first in (
        b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n",
        f"POST /containers/{NAME}/attach?stream=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        b"GET /version HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n",
    ):
        answer = raw(gate, first + hidden)
        assert answer.count(b"HTTP/1.1 ") == 1
        assert b"KernelMemory" not in answer
    smuggled = b"POST /containers/create HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert b"403" in raw(gate, smuggled + hidden)


def raw(gate: Path, request: bytes) -> bytes:
    """All that comes back on one connection."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(gate))
        client.sendall(request)
        answer = b""
        while chunk := client.recv(65_536):
            answer += chunk
        return answer
