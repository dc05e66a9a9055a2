"""A preview's shell over a real WebSocket, with a classroom that says what a test wants."""

import asyncio
import io
import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from tests.tutor.previewed_lesson import LESSON
from tutor.preview.client import LessonClient
from tutor.preview.input import InputSource, Interrupted, PipedInput
from tutor.preview.screen import Screen, console_on
from tutor.preview.shell import Shell
from tutor.preview.state import LessonState
from tutor.preview.temporary_site import Process, TemporarySite
from tutor.protocol import frames

PATIENCE_S = 30
CTRL_C = "^C"


@dataclass
class FarEnd:
    """A classroom that says what a test wants, over a real WebSocket."""

    port: int = 0
    # What came, connection by connection.
    came: list[list[dict[str, Any]]] = field(default_factory=list)
    # For each connection what it does.
    manners: list[Callable[[ServerConnection, list[dict[str, Any]]], Any]] = field(
        default_factory=list
    )

    async def serve_one(self, socket: ServerConnection) -> None:
        self.came.append([])
        await self.manners[len(self.came) - 1](socket, self.came[-1])


@asynccontextmanager
async def far_end(*manners: Any) -> AsyncIterator[FarEnd]:
    end = FarEnd(manners=list(manners))
    async with serve(end.serve_one, "127.0.0.1", 0) as server:
        end.port = next(iter(server.sockets)).getsockname()[1]
        yield end


async def send(socket: ServerConnection, frame: frames.Frame) -> None:
    await socket.send(frame.model_dump_json())


async def receive(socket: ServerConnection, came: list[dict[str, Any]]) -> dict[str, Any]:
    came.append(json.loads(await socket.recv()))
    return came[-1]


def saved(edit: dict[str, Any], version: int = 0) -> frames.Saved:
    """The edit is stored as the program, or beside it."""
    revision = edit["base"] if version else edit["base"] + 1
    return frames.Saved(id=edit["id"], step=edit["step"], revision=revision, version=version)


async def refuse(socket: ServerConnection, frame: dict[str, Any]) -> None:
    await send(socket, frames.Refused(id=frame["id"], code="busy", message="Still running."))


async def answer(socket: ServerConnection, name: str) -> None:
    """A turn as the classroom tells it."""
    said = frames.StudentItem(number=1, turn=1, id=name, text="Why?")
    await send(socket, frames.Accepted(id=name, item=said))
    await send(socket, frames.TurnChanged(number=1, state="speaking"))
    await send(socket, frames.Delta(turn=1, request=1, seq=1, text="Because"))
    item = frames.TutorItem(number=2, turn=1, text="Because. And you?")
    await send(socket, frames.ItemStored(item=item))
    await send(socket, frames.TurnChanged(number=1, state="done"))


async def shell_output(end: FarEnd, *lines: str) -> str:
    """The output of a shell whose input is these lines from a pipe."""
    out = io.StringIO()
    screen = Screen(console_on(out, is_terminal=False))
    with piped("".join(f"{line}\n" for line in lines).encode()) as file:
        await run_shell(end, screen, PipedInput(screen, file))
    return out.getvalue()


async def run_shell(end: FarEnd, screen: Screen, source: InputSource) -> None:
    """A shell from its start to its end. Raises the error that ended it."""
    with living() as process:
        classroom = TemporarySite(f"127.0.0.1:{end.port}", "sessionid=1", process)
        client = LessonClient(classroom, "a-course", LessonState(LESSON), screen)
        session = asyncio.create_task(Shell(client, screen, source, "python").run())
        connection = asyncio.create_task(client.run())
        try:
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.wait({connection, session}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            session.cancel()
            connection.cancel()
            ends = await asyncio.gather(session, connection, return_exceptions=True)
    for one in ends:
        if isinstance(one, Exception):
            raise one


class Person:
    """Somebody at a terminal, who types `lines` at the prompt and `meanwhile` when it is time."""

    is_interactive = True

    def __init__(self, *lines: str, meanwhile: str = "") -> None:
        self._lines = list(lines)
        self._meanwhile = meanwhile

    async def line(self, prompt: str) -> str | None:
        line = self._lines.pop(0)
        if line == CTRL_C:
            raise Interrupted
        return line

    @contextmanager
    def forward_lines(self, take: Callable[[str], None]) -> Iterator[None]:
        if self._meanwhile:
            asyncio.get_running_loop().call_soon(take, self._meanwhile)
        yield


@contextmanager
def piped(text: bytes) -> Iterator[int]:
    reading, writing = os.pipe()
    os.write(writing, text)
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)


@contextmanager
def living() -> Iterator[Process]:
    """A process of a classroom that runs for as long as the block."""
    with subprocess.Popen(["sleep", "60"]) as popen:
        try:
            yield Process("The classroom", popen, Path(os.devnull))
        finally:
            popen.kill()
