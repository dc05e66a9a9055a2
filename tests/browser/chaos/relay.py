"""The network between a device and the server: it can break, hold everything back, and mend."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from bin.machine.serving import free_port

CHUNK: Final = 65_536
START_S: Final = 10.0

_loop = asyncio.new_event_loop()


@dataclass
class Relay:
    """A port that stands for the web process's; every device has one of its own."""

    far_port: int
    port: int = field(default_factory=free_port)
    _passing: asyncio.Event = field(default_factory=asyncio.Event)
    _lines: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """All connections are reset; new ones may come."""
        _in_loop(self._cut())

    def hold(self) -> None:
        """Nothing comes through any more, and nobody is told."""
        _in_loop(self._set(passing=False))

    def let_pass(self) -> None:
        """What was held back comes through now, and all that follows."""
        _in_loop(self._set(passing=True))

    async def serve(self) -> asyncio.Server:
        self._passing.set()
        return await asyncio.start_server(self._relay, "127.0.0.1", self.port)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.far_port)
        except OSError:  # the web process is not there
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._lines |= ends
        ways = self._pass_on(reader, far_writer), self._pass_on(far_reader, writer)
        await asyncio.gather(*ways)
        self._lines -= ends

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await self._passing.wait()
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async def _cut(self) -> None:
        for line in self._lines:
            line.transport.abort()

    async def _set(self, *, passing: bool) -> None:
        if passing:
            self._passing.set()
        else:
            self._passing.clear()


@contextmanager
def network() -> Iterator[None]:
    """Relays work for the length of a block."""
    thread = threading.Thread(target=_loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        _loop.call_soon_threadsafe(_loop.stop)
        thread.join(START_S)


@contextmanager
def relay(far_port: int) -> Iterator[Relay]:
    """The network of one device, for the length of a block."""
    between = Relay(far_port)
    server = _in_loop(between.serve())
    try:
        yield between
    finally:
        between.cut()
        between.let_pass()
        _loop.call_soon_threadsafe(server.close)


def _in_loop(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run_coroutine_threadsafe(work, _loop).result(START_S)
