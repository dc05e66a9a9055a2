"""Servers that end while somebody connects: nobody is left behind with an open socket."""

import asyncio
import gc
import socket
import warnings
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from tests.tutor.listening import listening
from tutor import emulator


def silent_server():
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    return listening(talk, finish_s=0.01)


@asynccontextmanager
async def emulated():
    async with emulator.serve(model=lambda request: []) as running:
        yield running.port


@pytest.mark.parametrize("turns", range(8))
@pytest.mark.parametrize("server", [silent_server, emulated])
def test_who_comes_as_the_block_ends_is_hung_up(server, turns: int) -> None:
    """So many turns of the loop lie between the connection and the end of the block."""

    async def come_late(serving: AbstractAsyncContextManager[int]) -> socket.socket:
        async with serving as port:
            client = socket.create_connection(("127.0.0.1", port))
            for _ in range(turns):
                await asyncio.sleep(0)
        return client

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(come_late(server())).close()
        gc.collect()
    assert not [str(each.message) for each in caught]
