"""One connection, many requests: chunks, requests sent ahead, handshakes, and who leaves."""

import asyncio
import json
import logging

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection

from tests.polling import wait_here_until
from tests.tutor.emulator.raw import (
    BODY,
    FRAME,
    GET,
    HANDSHAKE,
    POST,
    STREAMED,
    chunked,
    count,
    failures_are_logged,
    posted,
    raw,
)
from tests.tutor.emulator.wire import PATIENCE_S, dial
from tutor import emulator
from tutor.emulator import Fault, http_connection
from tutor.emulator.http import MAX_BODY_BYTES
from tutor.emulator.http_connection import MAX_UNREAD_BYTES
from tutor.emulator.server import websockets_logger


@pytest.fixture(autouse=True)
def no_traceback(caplog):
    with failures_are_logged(caplog):
        yield


async def test_a_body_in_chunks_is_read():
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(chunked(BODY))
        status, body = await client.answer()
        assert (status, json.loads(body)["status"]) == (200, "completed")
        await client.send(chunked(BODY))
        assert (await client.answer())[0] == 200


async def test_who_asks_whether_to_go_on_is_told_so():
    async with emulator.serve(model=count) as server, raw(server) as client:
        head, _, body = posted(BODY, b"Expect: 100-continue").partition(b"\r\n\r\n")
        await client.send(head + b"\r\n\r\n")
        assert (await client.head())[0] == 100
        await client.send(body)
        assert (await client.answer())[0] == 200


async def test_who_asks_to_go_on_with_too_much_is_refused():
    head = POST + b"Content-Length: %d\r\n" % (MAX_BODY_BYTES + 1)
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(head + b"Expect: 100-continue\r\n\r\n")
        assert (await client.head())[0] == 413


async def test_a_folded_header_is_one_line_of_the_same_header():
    data = posted(BODY, b"X-Folded: a,\r\n  Content-Length: 0")
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(data)
        assert (await client.answer())[0] == 200


async def test_two_equal_lengths_are_one():
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(posted(BODY, b"Content-Length: %d" % len(BODY)))
        assert (await client.answer())[0] == 200


async def test_requests_sent_ahead_are_answered_in_their_order():
    wrong = posted(b"{}")
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(posted() + wrong + GET + b"\r\n" + posted())
        statuses = [(await client.answer())[0] for _ in range(4)]
    assert statuses == [200, 400, 200, 200]
    assert [entry.outcome for entry in server.requests] == [
        "completed", "missing_required_parameter", "completed",
    ]  # fmt: skip


async def test_more_than_fits_may_be_sent_ahead(monkeypatch):
    unread: list[int] = []
    monkeypatch.setattr(
        http_connection.HTTPConnection, "_store", noting(unread, http_connection.HTTPConnection)
    )
    long = posted(BODY.replace(b"Hi", b"x" * MAX_UNREAD_BYTES))
    async with emulator.serve(model=count) as server, raw(server) as client:
        for _ in range(8):
            client.writer.write(long)
        statuses = [(await client.answer())[0] for _ in range(8)]
    assert statuses == [200] * 8
    assert max(unread) < MAX_UNREAD_BYTES + 2 * len(long)


def noting(sizes: list[int], connection: type[http_connection.HTTPConnection]):
    store = connection._store

    def _store(self: http_connection.HTTPConnection, data: bytes) -> None:
        store(self, data)
        sizes.append(len(self._unread))

    return _store


async def test_a_malformed_request_sent_ahead_does_not_spoil_the_one_before():
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(posted() + b"nonsense\r\n\r\n" + posted())
        assert (await client.answer())[0] == 200
        assert (await client.answer())[0] == 400
        assert await client.rest() == b""
    assert len(server.requests) == 1


async def test_a_stream_and_another_request_on_one_connection():
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(posted(STREAMED))
        status, head = await client.head()
        assert (status, b"transfer-encoding: chunked" in head) == (200, True)
        await asyncio.wait_for(client.reader.readuntil(b"\r\n0\r\n\r\n"), PATIENCE_S)
        await client.send(posted())
        assert (await client.answer())[0] == 200


async def test_an_old_client_gets_a_stream_without_chunks():
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(posted(STREAMED).replace(b"HTTP/1.1", b"HTTP/1.0"))
        _, head = await client.head()
        assert b"transfer-encoding" not in head
        text = await client.rest()
    assert text.startswith(b"event: response.created\n")
    assert text.endswith(b"\n\n")


async def test_the_answer_to_head_has_no_body():
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + GET + b"\r\n")
        assert (await client.head())[0] == 404
        assert (await client.answer())[0] == 200


class TestHandshake:
    async def test_a_websocket_after_other_requests_on_the_same_connection(self):
        async with emulator.serve(model=count) as server, raw(server) as client:
            await client.send(posted() + GET + b"\r\n" + HANDSHAKE + b"\r\n")
            assert [(await client.answer())[0] for _ in range(2)] == [200, 200]
            assert (await client.head())[0] == 101

    @pytest.mark.parametrize("together", [True, False])
    async def test_frames_behind_the_handshake_are_heard(self, together):
        data = HANDSHAKE + b"\r\n" + FRAME
        async with emulator.serve(model=count) as server, raw(server) as client:
            await client.send(*([data] if together else (data[:-3], data[-3:])))
            assert (await client.head())[0] == 101
            await asyncio.wait_for(client.reader.readuntil(b"invalid_json"), PATIENCE_S)

    async def test_headers_reach_websockets_as_h11_has_read_them(self, monkeypatch):
        seen = []
        handshake = ServerConnection.handshake

        async def look(self: ServerConnection, *args, **options) -> None:
            await handshake(self, *args, **options)
            assert self.request
            seen.extend(self.request.headers.get_all("X-Folded"))

        monkeypatch.setattr(ServerConnection, "handshake", look)
        async with emulator.serve(model=count) as server, raw(server) as client:
            await client.send(HANDSHAKE + b"X-Folded: a\r\n  b\r\n\r\n")
            assert (await client.head())[0] == 101
        assert seen == ["a b"]

    @pytest.mark.parametrize(
        "lines",
        [
            HANDSHAKE.replace(b"Version: 13", b"Version: 12"),
            HANDSHAKE.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"short"),
            HANDSHAKE.replace(b"Connection: Upgrade", b"Connection: close"),
            HANDSHAKE + b"Content-Length: 2\r\n",
        ],
        ids=["version", "key", "connection", "body"],
    )
    async def test_a_bad_handshake_is_refused_or_closed(self, lines, monkeypatch):
        # Whoever must be asked twice is not waited for.
        monkeypatch.setattr(http_connection, "OPEN_TIMEOUT_S", 0.5)
        websockets_logger.setLevel(logging.CRITICAL + 1)
        async with emulator.serve(model=count) as server:
            async with raw(server) as client:
                await client.send(lines + b"\r\n{}")
                answer = await client.rest()
            assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 426"))
            async with dial(server) as wire:
                assert (await wire.ask())[-1]["type"] == "response.completed"

    async def test_a_refused_handshake_leaves_the_connection_for_another(self):
        async with emulator.serve(model=count) as server, raw(server) as client:
            server.faults.refuse_handshakes(503)
            await client.send(HANDSHAKE + b"\r\n")
            assert (await client.answer())[0] == 503
            await client.send(HANDSHAKE + b"\r\n")
            assert (await client.head())[0] == 101

    async def test_another_upgrade_is_not_taken(self):
        data = posted(BODY, b"Connection: Upgrade", b"Upgrade: h2c")
        async with emulator.serve(model=count) as server, raw(server) as client:
            await client.send(data)
            assert (await client.answer())[0] == 200
            await client.send(HANDSHAKE.replace(b"1.1", b"1.0", 1) + b"\r\n")
            assert (await client.head())[0] == 426

    @pytest.mark.parametrize(
        ("path", "status"), [(b"/healthz", 200), (b"/v1/models", 200), (b"/v1/x", 404), (b"/", 404)]
    )
    async def test_no_other_path_opens_a_websocket(self, path, status):
        data = HANDSHAKE.replace(b"/v1/responses", path) + b"\r\n"
        async with emulator.serve(model=count) as server, raw(server) as client:
            await client.send(data)
            assert (await client.answer())[0] == status

    async def test_the_query_reaches_no_rule(self):
        async with emulator.serve(model=count) as server:
            url = server.url.replace("http", "ws") + "/v1/responses?x=1"
            async with connect(url, additional_headers={"Authorization": "Bearer any"}):
                pass


class TestLeaving:
    @pytest.mark.parametrize("end", [10, 60, len(POST), len(posted()) - 1, len(posted())])
    @pytest.mark.parametrize("abrupt", [True, False])
    async def test_who_leaves_in_the_middle_of_a_request_harms_nobody(self, end, abrupt):
        async with emulator.serve(model=count) as server:
            async with raw(server) as client:
                await client.send(posted()[:end])
                if abrupt:
                    client.writer.transport.abort()
            async with dial(server) as wire:
                assert (await wire.ask())[-1]["type"] == "response.completed"

    async def test_who_leaves_an_answer_with_requests_sent_ahead_ends_it(self):
        async with emulator.serve(model=count) as server:
            server.faults.add(Fault("silence", after=2))
            async with raw(server) as client:
                await client.send(posted(STREAMED) + posted())
                await client.reader.readuntil(b"response.in_progress")
            await wait_here_until(lambda: server.requests[0].outcome, PATIENCE_S)
        assert [entry.outcome for entry in server.requests] == ["abandoned"]

    async def test_who_says_nothing_is_not_waited_for(self, monkeypatch):
        monkeypatch.setattr(http_connection, "OPEN_TIMEOUT_S", 0.05)
        websockets_logger.setLevel(logging.CRITICAL + 1)
        async with emulator.serve(model=count) as server:
            async with raw(server) as client:
                assert await client.rest() == b""
            async with raw(server) as client:
                await client.send(posted()[:-1])
                assert await client.rest() == b""
