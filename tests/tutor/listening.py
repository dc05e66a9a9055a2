"""A server on loopback for the length of a block, which leaves no connection open behind it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tutor.emulator.server import stop_accepting

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

# So long may whoever is talked to at the end of the block take.
FINISH_S = 5.0


@asynccontextmanager
async def listening(talk: Talk, finish_s: float = FINISH_S) -> AsyncIterator[int]:
    """The port on which everybody who connects is talked to.

    At the end of the block nobody new is accepted, and who has been is let finish: a client that
    leaves may have begun another connection, of which nobody here knows yet.
    """
    talking: set[asyncio.Task[None]] = set()
    writers: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        talking.add(task)
        writers.add(writer)
        task.add_done_callback(talking.discard)
        await talk(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    [port] = {socket.getsockname()[1] for socket in server.sockets}
    try:
        yield port
    finally:
        await stop_accepting(server.sockets)
        server.close()
        if talking:
            await asyncio.wait(talking, timeout=finish_s)
        for task in talking:
            task.cancel()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)  # aborted transports close their sockets in the loop's next turn
