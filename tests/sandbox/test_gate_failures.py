"""The gate with engines that fail, and with clients that take their time."""

import json
import socket
import threading
import time
from pathlib import Path

import pytest

from sandbox.gate import http, server
from sandbox.spec import APP_LABEL
from tests.polling import wait_until

from .bodies import NAME
from .gates import (
    VERSION,
    Engine,
    answer,
    connected,
    opened,
    raw,
    request,
    rest_of,
    status_of,
)

UPGRADE = ("Connection: Upgrade", "Upgrade: tcp")
ATTACH = "attach?stream=1&stdin=1&stdout=1&stderr=1"
REMOVE = "?v=True&link=False&force=True"


# Engines that fail


INSPECTED = {"Id": "e" * 64, "Name": f"/{NAME}", "Config": {"Labels": {APP_LABEL: "run"}}}


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ([b"HTTP/1.1 1", b"01 x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhe", b"y"], 101),
        ([b"HTTP/1.1 4", b"09 101\r\nContent-Length: 6\r\n\r\ncanary"], 409),
        ([b"HTTP/1.1 500 101\r\nContent-Length: 6\r\n\r\ncanary"], 500),
        ([b"HTTP/1.1 200 OK\r\n\r\ncanary"], 502),
        ([b"canary 101 \r\n\r\n"], 502),
        ([b"HTTP/1.1 101 x\r\n" + b"X: canary\r\n" * 10_000], 502),
        ([], 502),
    ],
    ids=range(7),
)  # fmt: skip
def test_a_stream_begins_only_where_the_engine_has_agreed(
    tmp_path: Path, said: list[bytes], status: int
) -> None:
    engine = Engine({"/json": [answer(json.dumps(INSPECTED).encode())], "/attach": said})
    with engine.listening(tmp_path) as path, opened(tmp_path, engine=path) as gate:
        sent = request("POST", f"/containers/{NAME}/{ATTACH}", b"", *UPGRADE)
        heard = raw(gate, sent)
    assert status_of(heard) == status
    assert b"canary" not in heard
    assert heard.endswith(b"\r\n\r\nhey") == (status == 101)
    # By the id that was looked at.
    assert f"POST /v1.41/containers/{'e' * 64}/attach?".encode() in b"".join(engine.asked)


@pytest.mark.parametrize(
    "found",
    [
        {}, [], None, INSPECTED | {"Name": "/other"}, INSPECTED | {"Id": "../x"},
        INSPECTED | {"Config": {"Labels": None}}, INSPECTED | {"Config": {"Labels": {"x": "y"}}},
        INSPECTED | {"Config": {"Labels": {APP_LABEL: "other"}}},
    ],
    ids=str,
)  # fmt: skip
def test_what_was_not_found_to_be_ours_is_not_touched(tmp_path: Path, found: object) -> None:
    engine = Engine({"/json": [answer(json.dumps(found).encode())], "/containers/": [answer(b"")]})
    with engine.listening(tmp_path) as path, opened(tmp_path, engine=path) as gate:
        assert status_of(raw(gate, request("DELETE", f"/containers/{NAME}{REMOVE}"))) == 404
    assert b"DELETE" not in b"".join(engine.asked)


def test_an_engine_that_is_not_there_or_silent_is_told_within_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, engine=str(tmp_path / "nobody")) as gate:
        assert b"no engine is there" in raw(gate, request("GET", "/version"))
    monkeypatch.setattr(http, "ANSWER_S", 0.2)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent"))
        silent.listen()
        with opened(tmp_path, engine=str(tmp_path / "silent")) as gate:
            assert status_of(raw(gate, request("GET", "/version"))) == 502


@pytest.mark.parametrize("version", [b"[]", b"{}", b'{"ApiVersion": "1.41/../x"}', b"x" * 20])
def test_whoever_is_no_engine_is_asked_nothing_more(tmp_path: Path, version: bytes) -> None:
    engine = Engine({"/version": [answer(version)]})
    with engine.listening(tmp_path) as path, opened(tmp_path, engine=path) as gate:
        assert status_of(raw(gate, request("GET", "/containers/json"))) == 502
    assert len(engine.asked) == 1


# Clients that take their time


def test_a_request_has_arrived_whole_in_time_however_its_bytes_are_spread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REQUEST_S", 0.4)
    stop = threading.Event()
    with opened(tmp_path) as gate, connected(gate) as client:
        began = time.monotonic()

        def drip() -> None:
            for each in request("GET", "/version", b"", "X: " + "x" * 500):
                try:
                    client.sendall(bytes([each]))
                except OSError:
                    return
                if stop.wait(0.05):
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        said = rest_of(client)
        took = time.monotonic() - began
        stop.set()
        dripping.join()
    assert b"takes too long" in said
    assert took < 3


def test_more_connections_than_there_are_places_are_closed_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 3)
    engine = Engine({})
    with engine.listening(tmp_path) as path, opened(tmp_path, engine=path) as gate:
        idle = [connected(gate) for _ in range(3)]
        with connected(gate, 5) as late:  # less than it would be waited for
            assert late.recv(1) == b""
        for each in idle:
            each.close()
        wait_until(lambda: VERSION in answered(gate), 5)


def answered(gate: Path) -> bytes:
    """The version, or nothing where the gate is full."""
    try:
        return raw(gate, request("GET", "/version"))
    except OSError:
        return b""


def test_streams_leave_room_for_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_STREAMS", 2)
    open_end = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    leave = threading.Event()
    engine = Engine({"/events": [open_end]})
    telling = engine._answer

    def and_stays(client: socket.socket) -> None:
        if b"/events" in telling(client):
            leave.wait(10)

    monkeypatch.setattr(engine, "_answer", and_stays)
    with engine.listening(tmp_path) as path, opened(tmp_path, engine=path) as gate:
        streams = [connected(gate) for _ in range(2)]
        for each in streams:
            each.sendall(request("GET", "/events"))
            assert each.recv(100).startswith(b"HTTP/1.1 200 ")
        assert status_of(raw(gate, request("GET", "/events"))) == 503
        assert VERSION in raw(gate, request("GET", "/version"))
        for each in streams:
            each.close()
        wait_until(lambda: stream_begins(gate), 5)
        leave.set()


def stream_begins(gate: Path) -> bool:
    with connected(gate) as client:
        client.sendall(request("GET", "/events"))
        return client.recv(100).startswith(b"HTTP/1.1 200 ")
