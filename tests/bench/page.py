"""A page over a real socket that notes when the pieces of an answer come."""

import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect

_ids = itertools.count(1)
NS_PER_MS = 1e6


@dataclass(frozen=True)
class Timing:
    """One turn, in milliseconds. `outward`: until the model had the request; `back`: its first
    piece on the way to the page; `delays`: every piece on its way; `whole`: to the turn's end."""

    outward: float
    back: float
    delays: tuple[float, ...]
    whole: float
    frames: int

    @property
    def first(self) -> float:
        """What the relay adds to the first piece, both ways."""
        return self.outward + self.back


class TurnFailed(Exception):
    """The relay did not do what it is measured at."""


class Page:
    """One student's page, connected."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def ready(self) -> None:
        """Wait until the tutor can answer."""
        while True:
            frame = json.loads(await self._socket.recv())
            if frame["type"] == "tutor" and frame["state"] == "ready":
                return

    async def turn(self, pieces: int, per_second: float = 0) -> Timing:
        """Ask for `pieces` at that pace (0: at once) and note their coming."""
        asked = time.monotonic_ns()
        name, order = f"message-{next(_ids)}", f"{pieces} {per_second}"
        await self._send("say", id=name, text=order, code="print(1)\n", base=0)
        arrived = 0
        frames = 0
        delays: list[float] = []
        while True:
            frame = json.loads(await self._socket.recv())
            now = time.monotonic_ns()
            match frame["type"]:
                case "delta":
                    frames += 1
                    for word in frame["text"].split():
                        if word[0] == "r":
                            arrived = int(word[1:])
                        else:
                            delays.append((now - int(word)) / NS_PER_MS)
                case "check":
                    await self._send("checked", id=frame["id"])
                case "turn" if frame["state"] == "done":
                    break
                case "turn" if frame["state"] in ("failed", "stopped"):
                    raise TurnFailed(frame["message"])
                case "refused" | "error":
                    raise TurnFailed(frame["message"])
        if len(delays) != pieces:
            raise TurnFailed(f"{len(delays)} of {pieces} pieces came")
        outward, whole = (arrived - asked) / NS_PER_MS, (now - asked) / NS_PER_MS
        return Timing(outward, delays[0], tuple(delays), whole, frames)

    async def say(self, text: str, code: str) -> None:
        """Ask, and wait for the end of the turn."""
        await self._send("say", id=f"message-{next(_ids)}", text=text, code=code, base=0)
        while True:
            frame = json.loads(await self._socket.recv())
            match frame["type"]:
                case "check":
                    await self._send("checked", id=frame["id"])
                case "turn" if frame["state"] == "done":
                    return
                case "turn" if frame["state"] in ("failed", "stopped"):
                    raise TurnFailed(frame["message"])
                case "refused" | "error":
                    raise TurnFailed(frame["message"])

    async def _send(self, kind: str, **fields: object) -> None:
        await self._socket.send(json.dumps({"type": kind, **fields}))


@asynccontextmanager
async def page(port: int, path: str, cookie: str) -> AsyncIterator[Page]:
    """A page of the relay on `port`, with a tutor that is ready; it leaves with the block."""
    url = f"ws://127.0.0.1:{port}{path}"
    async with connect(
        url,
        additional_headers={"Cookie": cookie, "Origin": f"http://127.0.0.1:{port}"},
        compression=None,
        ping_interval=None,
        open_timeout=60,
        close_timeout=5,
        max_size=None,
    ) as socket:
        opened = Page(socket)
        await opened.ready()
        yield opened
