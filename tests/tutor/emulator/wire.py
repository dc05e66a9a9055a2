"""A far end to talk to: what a test sends and reads over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tutor.emulator import Emulator

# Nothing here takes a second; a test that waits longer has failed.
PATIENCE_S = 10

TERMINAL = {"response.completed", "response.failed", "response.incomplete", "error"}


class Wire:
    """One socket, frame by frame."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket

    async def create(self, **fields: Any) -> None:
        frame = {"type": "response.create", "model": "gpt-6-astra", "store": False, "input": "Hi"}
        await self.websocket.send(json.dumps(frame | fields))

    async def read(self) -> Any:
        message = await asyncio.wait_for(self.websocket.recv(), PATIENCE_S)
        assert isinstance(message, str), "the protocol knows text frames only"
        return json.loads(message)

    async def read_all(self) -> list[Any]:
        """Every frame up to and with the terminal one."""
        frames = [await self.read()]
        while frames[-1]["type"] not in TERMINAL:
            frames.append(await self.read())
        return frames

    async def ask(self, **fields: Any) -> list[Any]:
        await self.create(**fields)
        return await self.read_all()


@asynccontextmanager
async def dial(server: Emulator, key: str = "any", **options: Any) -> AsyncIterator[Wire]:
    """A socket to the server, without the SDK."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    url = f"{server.base_url.replace('http', 'ws', 1)}/responses?anything=goes"
    async with connect(url, additional_headers=headers, **options) as websocket:
        yield Wire(websocket)
