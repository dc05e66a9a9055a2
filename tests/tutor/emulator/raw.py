"""Requests of HTTP byte by byte, as no client library would send them."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.tutor.emulator.wire import PATIENCE_S
from tutor.emulator import Emulator, Request, Say
from tutor.emulator.server import websockets_logger

BODY = json.dumps({"model": "gpt-6-astra", "input": "Hi", "store": False}).encode()
STREAMED = BODY.replace(b"}", b', "stream": true}')
HOST = b"Host: x\r\nAuthorization: Bearer any\r\n"
POST = b"POST /v1/responses HTTP/1.1\r\n" + HOST
GET = b"GET /v1/models HTTP/1.1\r\n" + HOST
HANDSHAKE = (
    b"GET /v1/responses HTTP/1.1\r\n"
    + HOST
    + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    + b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
# A text frame of a client's: "{", masked with zeros.
FRAME = b"\x81\x81\x00\x00\x00\x00{"


def count(request: Request) -> list[Say]:
    return [Say(f"I know {len(request.items)} items.")]


def posted(body: bytes = BODY, *headers: bytes) -> bytes:
    length = b"Content-Length: %d" % len(body)
    return POST + b"".join(line + b"\r\n" for line in (length, *headers)) + b"\r\n" + body


def chunked(body: bytes) -> bytes:
    pieces = [body[:7], body[7:]]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return POST + b"Transfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


class Raw:
    """A connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def head(self) -> tuple[int, bytes]:
        """Status and headers of the next answer."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        return int(head.split(b" ")[1]), head.lower()

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of the next answer, which names its length."""
        status, head = await self.head()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return status, await asyncio.wait_for(self.reader.readexactly(length), PATIENCE_S)

    async def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        return await asyncio.wait_for(self.reader.read(), PATIENCE_S)


@asynccontextmanager
async def raw(server: Emulator) -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()


@contextlib.contextmanager
def failures_are_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What websockets would report of a connection that failed is heard, and there is nothing."""
    level = websockets_logger.level
    websockets_logger.setLevel(logging.WARNING)
    yield
    websockets_logger.setLevel(level)
    assert caplog.records == []
