"""Requests that are none, or too large: each gets an answer or an end, and harms nobody."""

import json

import pytest

from tests.tutor.emulator.raw import (
    BODY,
    HANDSHAKE,
    HOST,
    POST,
    count,
    failures_are_logged,
    posted,
    raw,
)
from tests.tutor.emulator.wire import dial
from tutor import emulator
from tutor.emulator.http import MAX_BODY_BYTES
from tutor.emulator.http_connection import MAX_HEAD_BYTES


@pytest.fixture(autouse=True)
def no_traceback(caplog):
    with failures_are_logged(caplog):
        yield


MALFORMED = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "no request line": b"\r\n\r\nPOST\r\n\r\n",
    "no target": b"POST  HTTP/1.1\r\n" + HOST + b"\r\n",
    "another protocol": b"POST /v1/responses HTTQ/1.1\r\n" + HOST + b"\r\n",
    "no host": b"POST /v1/responses HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "two hosts": POST + b"Host: y\r\nContent-Length: 0\r\n\r\n",
    "a NUL in the target": b"POST /v1/\0 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a NUL in a header": POST + b"X: a\0b\r\n\r\n",
    "a space in the target": b"POST /v1/ responses HTTP/1.1\r\n" + HOST + b"\r\n",
    "an umlaut in the target": "GET /v1/ä HTTP/1.1\r\n".encode() + HOST + b"\r\n",
    "a space before the colon": POST + b"Content-Length : 0\r\n\r\n",
    "a header without a colon": POST + b"Content-Length 0\r\n\r\n",
    "a folded first header": b"GET /healthz HTTP/1.1\r\n X: y\r\n" + HOST + b"\r\n",
    "a lone CR in a header": POST + b"X: a\rContent-Length: 3\r\n\r\n",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "two lengths in one header": POST + b"Content-Length: 2, 3\r\n\r\n{}",
    "a length and chunks": POST
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a signed length": POST + b"Content-Length: +2\r\n\r\n{}",
    "a hexadecimal length": POST + b"Content-Length: 0x2\r\n\r\n{}",
    "an empty length": POST + b"Content-Length:\r\n\r\n{}",
    "a length of Arabic digits": POST + "Content-Length: ٢\r\n\r\n{}".encode(),
    "a length of many digits": POST + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n",
    "a chunk of no size": POST + b"Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n",
    "a chunk of a negative size": POST + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n",
    "a chunk of no number": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "a chunk of 2^80 bytes": POST
    + b"Transfer-Encoding: chunked\r\n\r\n1"
    + b"0" * 20
    + b"\r\n{}\r\n",
    "a chunk that is longer than it says": POST
    + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    "a handshake with a NUL": HANDSHAKE + b"X: \0\r\n\r\n",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("together", [True, False])
async def test_a_malformed_request_is_answered_400_and_the_connection_ends(data, together):
    async with emulator.serve(model=count) as server:
        async with raw(server) as client:
            await client.send(*([data] if together else (data[:20], data[20:])))
            status, head = await client.head()
            assert status == 400
            assert b"connection: close" in head
            body = await client.rest()
            assert json.loads(body)["error"]["type"] == "invalid_request_error"
        async with dial(server) as wire:
            assert (await wire.ask())[-1]["type"] == "response.completed"
    assert len(server.requests) == 1, "nothing malformed reaches the service"


@pytest.mark.parametrize("coding", [b"gzip", b"gzip, chunked", b"identity", b"chunked, chunked"])
async def test_other_transfer_codings_are_not_implemented(coding):
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(POST + b"Transfer-Encoding: " + coding + b"\r\n\r\n0\r\n\r\n")
        assert (await client.head())[0] == 501


@pytest.mark.parametrize("version", [b"2.0", b"0.9", b"1.2"])
async def test_other_versions_are_not_supported(version):
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(posted().replace(b"HTTP/1.1", b"HTTP/" + version))
        assert (await client.head())[0] == 505


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    "data",
    [
        POST + b"X: " + b"x" * 3 * MAX_HEAD_BYTES,
        POST + b"X: y\r\n" * MAX_HEAD_BYTES,
        b"GET /" + b"x" * 3 * MAX_HEAD_BYTES,
        HANDSHAKE + b"X: " + b"x" * 3 * MAX_HEAD_BYTES + b"\r\n\r\n",
    ],
    ids=["one header", "many headers", "the target", "a handshake"],
)
async def test_a_huge_head_is_refused(data, together):
    async with emulator.serve(model=count) as server, raw(server) as client:
        size = len(data) if together else 10_000
        await client.send(*(data[at : at + size] for at in range(0, len(data), size)))
        status, head = await client.head()
        assert (status, b"connection: close" in head) == (431, True)
        assert b"too long" in await client.rest()


async def test_a_head_of_ordinary_length_is_read_byte_by_byte():
    data = posted(BODY, b"X: " + b"x" * 2000)
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(*(bytes([byte]) for byte in data))
        assert (await client.answer())[0] == 200


async def test_a_body_that_is_too_large_is_refused_before_it_is_read():
    head = POST + b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1)
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(head)
        assert (await client.head())[0] == 413
        assert b"too large" in await client.rest()


async def test_chunks_that_are_too_much_together_are_refused_while_they_come():
    piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    async with emulator.serve(model=count) as server, raw(server) as client:
        await client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        await client.send(*[piece] * (MAX_BODY_BYTES // 0x100000 + 1))
        status, head = await client.head()
        assert (status, b"connection: close" in head) == (413, True)
