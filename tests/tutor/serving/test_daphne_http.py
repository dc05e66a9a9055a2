"""Requests bounded while they are read, under daphne: without a server, on a line in memory."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from tests.polling import wait_here_until
from tutor.serving import bounds, daphne_http
from tutor.serving.daphne_http import Channel, Factory


class Line(StringTransport):  # type: ignore[misc]  # Twisted's types are left out
    """A client's connection."""

    aborted = False

    def abortConnection(self) -> None:  # noqa: N802  # Twisted's name
        self.aborted = True


class Server:
    """What daphne's server is to a request: it is asked for an application."""

    root_path, request_buffer_size, proxy_forwarded_address_header = "", 8192, None

    def __init__(self) -> None:
        self.scopes: list[Any] = []
        self.bodies: list[asyncio.Queue[Any]] = []

    def protocol_connected(self, protocol: Any) -> None: ...

    def protocol_disconnected(self, protocol: Any) -> None: ...

    def create_application(self, protocol: Any, scope: Any) -> Any:
        self.scopes.append(scope)
        self.bodies.append(asyncio.Queue())
        return self.bodies[-1]


class Connected:
    """A channel with a client, and a clock of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, factory: Factory | None = None) -> None:
        self.clock = Clock()
        monkeypatch.setattr(daphne_http, "_now", self.clock.seconds)
        self.server = Server()
        self.factory = factory or Factory(self.server)
        self.channel = Channel()
        self.channel.factory = self.factory
        self.channel.callLater = self.clock.callLater
        self.line = Line()
        self.channel.makeConnection(self.line)

    def send(self, *lines: str, body: bytes = b"") -> None:
        self.channel.dataReceived("\r\n".join([*lines, "", ""]).encode() + body)

    @property
    def answered(self) -> bytes:
        return bytes(self.line.value())


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Connected]:
    """A client of a site that takes ten bytes, and twenty from who uploads."""
    monkeypatch.setattr(bounds, "MAX_BODY_BYTES", 10)
    monkeypatch.setattr(daphne_http.Request, "_most", 10)
    monkeypatch.setattr(bounds, "MAX_UPLOAD_BYTES", 20)
    monkeypatch.setattr(daphne_http, "may_upload", lambda cookies: cookies == "teacher")
    connected = Connected(monkeypatch)
    yield connected
    connected.channel.connectionLost(Failure(ConnectionDone()))


async def test_a_body_that_says_it_is_too_large_is_refused_at_once(client: Connected) -> None:
    client.send("POST /login/ HTTP/1.1", "Content-Length: 11")
    assert client.answered.startswith(b"HTTP/1.1 413 ")
    client.channel.dataReceived(b"x" * 11)
    assert client.server.scopes == []


async def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_large(
    client: Connected,
) -> None:
    client.send("POST /login/ HTTP/1.1", "Transfer-Encoding: chunked", body=b"6\r\nxxxxxx\r\n")
    assert client.answered == b""
    client.channel.dataReceived(b"6\r\nxxxxxx\r\n0\r\n\r\n")
    assert client.answered.startswith(b"HTTP/1.1 413 ")
    assert client.server.scopes == []


async def test_what_comes_after_a_refusal_is_read_for_a_while_and_not_kept(
    client: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_SURPLUS_BYTES", 100)
    client.send("POST /login/ HTTP/1.1", "Content-Length: 1000000")
    client.channel.dataReceived(b"x" * 100)
    assert not client.line.aborted
    client.channel.dataReceived(b"x")
    assert client.line.aborted


async def test_who_sends_nothing_after_a_refusal_is_cut_off(client: Connected) -> None:
    client.send("POST /login/ HTTP/1.1", "Content-Length: 11")
    client.clock.advance(bounds.SURPLUS_S + 0.1)
    assert client.line.aborted


@pytest.mark.parametrize(("cookie", "served"), [("teacher", True), ("student", False)])
async def test_an_upload_may_be_larger_but_only_from_who_may_upload(
    client: Connected, cookie: str, served: bool
) -> None:
    path = "POST /admin/courses/upload/add/?x=1 HTTP/1.1"
    client.send(path, f"Cookie: {cookie}", "Content-Length: 18")
    assert client.line.producerState == "paused"  # until the database has answered
    await wait_here_until(lambda: client.line.producerState != "paused", 5)
    client.channel.dataReceived(b"x" * 18)
    assert bool(client.server.scopes) is served
    assert client.answered.startswith(b"HTTP/1.1 413 ") is not served


async def test_a_request_has_a_deadline_whatever_trickles_in(client: Connected) -> None:
    client.channel.dataReceived(b"GET / HTTP/1.1\r\nX-Slow: ")
    for _ in range(int(bounds.GRACE_S) - 1):
        client.clock.advance(1)
        client.channel.dataReceived(b"x")
    assert not client.line.aborted
    client.clock.advance(1.1)
    assert client.line.aborted


async def test_a_body_that_comes_steadily_has_the_time_it_needs(
    client: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daphne_http.Request, "_most", bounds.MAX_UPLOAD_BYTES)
    monkeypatch.setattr(bounds, "LEAST_BYTES_PER_S", 1)
    client.send("POST / HTTP/1.1", "Content-Length: 19")
    for _ in range(18):
        client.clock.advance(2)
        client.channel.dataReceived(b"x")
    assert not client.line.aborted


async def test_who_is_answered_has_the_same_time_for_the_next_request(client: Connected) -> None:
    client.send("GET / HTTP/1.1")
    client.clock.advance(10 * bounds.GRACE_S)  # an answer may take long
    assert len(client.factory.waiting) == 0
    assert not client.line.aborted
    client.channel.requests[0].finish()
    client.clock.advance(bounds.GRACE_S - 1)
    assert not client.line.aborted
    client.clock.advance(1.1)
    assert client.line.aborted


async def test_a_client_does_not_say_where_the_site_is(client: Connected) -> None:
    client.send("GET / HTTP/1.1", "Daphne-Root-Path: /evil", "daphne-root-path: /worse")
    [scope] = client.server.scopes
    assert scope["root_path"] == ""


async def test_many_idle_connections_make_room(
    client: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_WAITING", 1)
    other = Connected(monkeypatch, client.factory)
    assert (client.line.aborted, other.line.aborted) == (True, False)
