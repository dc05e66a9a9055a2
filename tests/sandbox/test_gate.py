"""The gate before the engine's socket: the sandbox works behind it, and nothing else does."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox import container, selftest
from sandbox.execution import NullObserver
from sandbox.job import Job, Status
from sandbox.spec import APP_LABEL, ContainerSpec

from .bodies import NAME, SPEC
from .conftest import containers_of
from .gates import (
    ENGINE,
    Engine,
    answer,
    opened,
    raw,
    request,
    status_of,
)
from .test_pool import pool_of

UPGRADE = ("Connection: Upgrade", "Upgrade: tcp")
ATTACH = "attach?stream=1&stdin=1&stdout=1&stderr=1"
REMOVE = "?v=True&link=False&force=True"


@pytest.fixture
def gate(image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A gate before the real engine, which everybody in this test has to use."""
    with opened(tmp_path, image) as path:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        yield path


@pytest.fixture
def engine() -> Iterator[docker.APIClient]:
    """The engine itself."""
    with closing(docker.APIClient(f"unix://{ENGINE}", version="auto")) as client:
        yield client


@contextmanager
def foreign(engine: docker.APIClient, image: str, name: str, **labels: str) -> Iterator[str]:
    """The id of a container that is not ours; its host name is a word that nobody may hear."""
    created = engine.create_container(image, name=name, labels=labels, hostname="canary")
    found: str = created["Id"]
    try:
        yield found
    finally:
        engine.remove_container(found, force=True)


def new_name() -> str:
    return f"{APP_LABEL}-{uuid.uuid4().hex}"


def body_of(spec: ContainerSpec) -> dict[str, Any]:
    deadline = int(time.time()) + 600
    body = spec.body()
    body["Labels"]["tutor.sandbox.deadline"] = str(deadline)
    return body


# What passes


@pytest.mark.docker
def test_the_whole_sandbox_works_behind_the_gate(image: str, gate: Path) -> None:
    selftest.require_healthy(image)
    with pool_of(image, 1) as one:
        result = one.run(Job("print(int(input()) + 1)", stdin="41\n"))
        assert (result.status, result.stdout) == (Status.OK, "42\n")
        assert containers_of(one.owner) != []
    memory = container.run(Job("bytearray(10 ** 10)"), image=image, observer=NullObserver())
    assert memory.status is Status.MEMORY
    container.sweep(None)


@pytest.mark.docker
def test_an_image_that_is_missing_is_named_as_without_the_gate(
    image: str, gate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    with opened(tmp_path / "other", "no-such-sandbox") as other:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{other}")
        result = container.run(Job("print(1)"), image="no-such-sandbox")
    assert "Its image 'no-such-sandbox' is missing." in result.message


# What does not


@pytest.mark.docker
def test_nothing_else_works_behind_the_gate(image: str, gate: Path) -> None:
    with closing(container.connect()) as behind:
        with pytest.raises(docker.errors.APIError, match="refused by the sandbox's gate"):
            behind.images()
        with pytest.raises(docker.errors.APIError, match="another name"):
            behind.create_container(image)
        with pytest.raises(docker.errors.APIError, match="other parameters"):
            behind.create_container_from_config(body_of(SPEC), new_name(), platform="linux/amd64")  # type: ignore[no-untyped-call]
    assert status_of(raw(gate, request("GET", "/info"))) == 403


@pytest.mark.docker
def test_a_second_request_cannot_hide_behind_the_first(image: str, gate: Path) -> None:
    hidden = b"GET /info HTTP/1.1\r\nHost: x\r\n\r\n"
    for first in (
        b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n",
        request("POST", f"/containers/{NAME}/{ATTACH}", b"", *UPGRADE),
        b"GET /version HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n",
    ):
        said = raw(gate, first + hidden)
        assert said.count(b"HTTP/1.1 ") == 1
        assert status_of(said) == 403
        assert b"KernelMemory" not in said
    smuggled = b"POST /containers/create HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert b"403" in raw(gate, smuggled + hidden)


@pytest.mark.parametrize(
    "head",
    [
        "Transfer-Encoding: chunked", "Transfer-Encoding: identity", "transfer-encoding : chunked",
        "Expect: 100-continue", "Content-Length: 7", "Content-Length: +0", "Content-Length: 0x0",
        "Host: other", "Trailer: x", "no header", "\0: x", " folded", "X: \0", "X: a\rb",
        "Content-Length:\u00a00", "X: " + "a" * 40_000,
    ],
)  # fmt: skip
def test_a_head_that_two_readers_take_differently_reaches_no_engine(
    tmp_path: Path, head: str
) -> None:
    engine = Engine({})
    with engine.listening(tmp_path) as path, opened(tmp_path, engine=path) as gate:
        assert status_of(raw(gate, request("GET", "/version", b"", head))) == 403
    assert engine.asked == []


def test_who_asks_for_a_head_alone_is_told_no_more(tmp_path: Path) -> None:
    with opened(tmp_path, engine="/nowhere") as gate:
        for sent in (request("HEAD", "/version"), request("HEAD", "/info", b"x")):
            answered = raw(gate, sent)
            assert status_of(answered) == 403
            assert answered.endswith(b"\r\n\r\n")
            assert b"Content-Length" not in answered


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /version HTTP/1.0\r\n\r\n", b"GET /version HTTP/1.1\r\n\r\n", b"GET /version\r\n\r\n",
        b"GET /version HTTP/2.0\r\nHost: x\r\n\r\n", b"GET  /version HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n", b"GET /ver sion HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://engine/version HTTP/1.1\r\nHost: x\r\n\r\n",
        request("POST", "/containers/create", b"x" * 70_000),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"CONNECT engine:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_plain_request_reaches_no_engine(tmp_path: Path, sent: bytes) -> None:
    engine = Engine({})
    with engine.listening(tmp_path) as path, opened(tmp_path, engine=path) as gate:
        assert status_of(raw(gate, sent)) == 403
    assert engine.asked == []


def test_the_engine_hears_nothing_of_the_clients_own_words(tmp_path: Path) -> None:
    engine = Engine({"/containers/json": [answer(b"[]")]})
    with engine.listening(tmp_path) as path, opened(tmp_path, engine=path) as gate:
        sent = request(
            "GET", "/containers/json?all=1", b"", "X-Registry-Auth: canary", "User-Agent: canary"
        )
        assert status_of(raw(gate, sent)) == 200
    asked = b"".join(engine.asked)
    assert b"canary" not in asked
    assert b"GET /v1.41/containers/json?all=1&filters=%7B%22label%22%3A" in asked


@pytest.mark.parametrize("version", ["1.24", "1.40", "1.42", "9.99"])
def test_no_client_chooses_the_version_of_the_api(tmp_path: Path, version: str) -> None:
    engine = Engine({"/containers/json": [answer(b"[]")]})
    with engine.listening(tmp_path) as path, opened(tmp_path, engine=path) as gate:
        assert status_of(raw(gate, request("GET", f"/v{version}/containers/json"))) == 403
        assert status_of(raw(gate, request("GET", "/v1.41/containers/json"))) == 200
    assert version.encode() not in b"".join(engine.asked)


# Other containers


@pytest.mark.docker
def test_a_container_with_a_name_like_ours_is_not_ours_without_the_label(
    image: str, gate: Path, engine: docker.APIClient
) -> None:
    name = new_name()
    with foreign(engine, image, name, other="label") as found:
        for sent in (
            request("GET", f"/containers/{name}/json"),
            request("POST", f"/containers/{name}/start"),
            request("POST", f"/containers/{name}/{ATTACH}", b"", *UPGRADE),
            request("DELETE", f"/containers/{name}{REMOVE}"),
        ):
            said = raw(gate, sent)
            assert status_of(said) == 404
            assert f"No such container: {name}".encode() in said
            assert b"canary" not in said
            assert found.encode() not in said
        taken = raw(
            gate,
            request("POST", f"/containers/create?name={name}", json.dumps(body_of(SPEC)).encode()),
        )
        assert status_of(taken) == 409
        assert found.encode() not in taken
        assert engine.inspect_container(found)["State"]["Status"] == "created"


@pytest.mark.docker
def test_lists_and_events_speak_of_our_containers_only(
    image: str, gate: Path, engine: docker.APIClient
) -> None:
    began = int(time.time())
    name, stranger = new_name(), f"stranger-{uuid.uuid4().hex}"
    with foreign(engine, image, stranger) as found, closing(container.connect()) as behind:
        behind.create_container_from_config(body_of(SPEC), name)  # type: ignore[no-untyped-call]
        listed = behind.containers(all=True)
        behind.remove_container(name, force=True, v=True)
        told = list(behind.events(since=began, until=int(time.time()) + 1, decode=True))
        for words in (listed, told):
            assert name in json.dumps(words)
            assert stranger not in json.dumps(words)
            assert found not in json.dumps(words)


FOREIGN: dict[str, Any] = {"Id": "f" * 64, "Names": ["/canary"], "Labels": {"x": "canary"}}
LISTED = {"Id": "0" * 64, "Names": [f"/{NAME}"], "Labels": {APP_LABEL: "run"}}


def event(name: str, **labels: str) -> bytes:
    told = {"Type": "container", "Action": "die", "Actor": {"Attributes": {"name": name, **labels}}}
    return json.dumps(told).encode() + b"\n"


def test_an_engine_that_forgets_the_filter_is_not_believed(tmp_path: Path) -> None:
    others = [FOREIGN | {"Labels": None}, FOREIGN, LISTED | {"Labels": {}, "Image": "canary"}]
    others += [LISTED | {"Names": [f"/{NAME}", "/canary"]}, LISTED | {"Names": ["/canary"]}]
    ours = event(NAME, **{APP_LABEL: "run"})
    lines = event("canary") + ours + event(NAME, x="canary") + b'{"canary": 1}\ncanary\n'
    engine = Engine(
        {
            "/containers/json": [answer(json.dumps([*others, LISTED]).encode())],
            "/events": [
                answer(lines, "200 OK")[:-60], answer(lines, "200 OK")[-60:],
            ],
        }
    )  # fmt: skip
    with engine.listening(tmp_path) as path, opened(tmp_path, engine=path) as gate:
        listed = raw(gate, request("GET", "/containers/json?all=1"))
        told = raw(gate, request("GET", "/events?since=0&until=1"))
    assert json.loads(listed.partition(b"\r\n\r\n")[2]) == [LISTED]
    assert ours in told
    assert b"canary" not in listed + told
