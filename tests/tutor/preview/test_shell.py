"""A visit to a lesson in its author's terminal, with a far end that says what a test wants."""

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.tutor.previewed_lesson import LESSON, hello
from tutor.preview.client import Page
from tutor.preview.connection import Gone
from tutor.preview.input import Interrupted, Script, Typist
from tutor.preview.screen import Screen, console_on
from tutor.preview.shell import Visit
from tutor.preview.state import Desk
from tutor.preview.temporary_site import Process, Stage
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
    await send(socket, frames.Delta(turn=1, request=1, text="Because"))
    item = frames.TutorItem(number=2, turn=1, text="Because. And you?")
    await send(socket, frames.ItemStored(item=item))
    await send(socket, frames.TurnChanged(number=1, state="done"))


async def visited(end: FarEnd, *lines: str) -> str:
    """What a visit writes in which these lines come from a pipe."""
    out = io.StringIO()
    screen = Screen(console_on(out, is_terminal=False))
    with piped("".join(f"{line}\n" for line in lines).encode()) as file:
        await visit(end, screen, Script(screen, file))
    return out.getvalue()


async def visit(end: FarEnd, screen: Screen, typist: Typist) -> None:
    """A visit from its beginning to its end. Raises what ends it."""
    with living() as process:
        classroom = Stage(f"127.0.0.1:{end.port}", "sessionid=1", process)
        page = Page(classroom, "a-course", Desk(LESSON), screen)
        talk = asyncio.create_task(Visit(page, screen, typist, "python").run())
        connection = asyncio.create_task(page.run())
        try:
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.wait({connection, talk}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            talk.cancel()
            connection.cancel()
            ends = await asyncio.gather(talk, connection, return_exceptions=True)
    for one in ends:
        if isinstance(one, Exception):
            raise one


class Person:
    """Somebody at a terminal, who types `lines` at the prompt and `meanwhile` when it is time."""

    types_to_programs = True

    def __init__(self, *lines: str, meanwhile: str = "") -> None:
        self._lines = list(lines)
        self._meanwhile = meanwhile

    async def line(self, prompt: str) -> str | None:
        line = self._lines.pop(0)
        if line == CTRL_C:
            raise Interrupted
        return line

    @contextmanager
    def typing(self, take: Callable[[str], None]) -> Iterator[None]:
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


async def test_a_question_is_answered_before_the_next_line_is_read() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        question = await receive(socket, came)
        await answer(socket, question["id"])
        await socket.wait_closed()

    async with far_end(classroom) as end:
        said = await visited(end, "Why?", "/quit", "never read")
    assert said.endswith("> Why?\nBecause. And you?\n> /quit\n")
    assert [(one["type"], one["text"], one["step"]) for one in end.came[0]] == [
        ("say", "Why?", "add")
    ]


async def test_after_a_lost_connection_what_was_asked_is_asked_again_under_its_name() -> None:
    async def breaks(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        question = await receive(socket, came)
        await send(socket, frames.Accepted(id=question["id"], item=None))
        await send(socket, frames.Delta(turn=1, request=1, text="Becau"))
        socket.transport.abort()

    async def goes_on(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        await answer(socket, (await receive(socket, came))["id"])
        await socket.wait_closed()

    async with far_end(breaks, goes_on) as end:
        said = await visited(end, "Why?", "/quit")
    assert end.came[0] == end.came[1]
    after = said.partition("> Why?\n")[2]
    assert "The connection is lost. Connecting again …\nConnected again.\n" in after
    assert after.endswith("Because. And you?\n> /quit\n")


async def test_an_answer_that_came_while_nobody_was_connected_is_shown() -> None:
    names = []

    async def breaks(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        names.append((await receive(socket, came))["id"])
        socket.transport.abort()

    async def knows(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        asked = frames.StudentItem(number=1, turn=1, id=names[0], text="Why?")
        said = frames.TutorItem(number=2, turn=1, text="Because.")
        done = frames.TurnChanged(number=1, state="done")
        await send(socket, hello(items=[asked, said], turn=done))
        await socket.wait_closed()

    async with far_end(breaks, knows) as end:
        said = await visited(end, "Why?", "/quit")
    assert said.endswith("Because.\n> /quit\n")


async def test_a_run_prints_as_it_goes_and_nothing_twice() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        run = await receive(socket, came)
        view = frames.RunView(id=run["id"], by="student", code=run["code"], state="running")
        await send(socket, frames.RunChanged(run=view))
        await send(socket, frames.Output(run=run["id"], stream="stdout", text="one\n"))
        output = (frames.Printed(stream="stdout", text="one\ntwo\n"),)
        over = view.model_copy(update={"state": "error", "exit_code": 1, "output": output})
        await send(socket, frames.RunChanged(run=over))
        await socket.wait_closed()

    async with far_end(classroom) as end:
        said = await visited(end, "/run", "/quit")
    assert said.endswith("> /run\none\ntwo\nIt ended with an error (exit code 1).\n> /quit\n")
    assert end.came[0][0]["interactive"] is False


async def test_ctrl_c_leaves_only_if_it_comes_twice_in_a_row() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        await socket.wait_closed()

    out = io.StringIO()
    person = Person(CTRL_C, "/steps", CTRL_C, CTRL_C, "/help")
    async with far_end(classroom) as end:
        await visit(end, Screen(console_on(out, is_terminal=False)), person)
    assert out.getvalue().count("Ctrl+C once more leaves") == 2
    assert "is a message to the tutor\n" not in out.getvalue()


async def test_what_is_typed_while_the_tutor_answers_is_a_further_message() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        for number in (1, 2):
            name = (await receive(socket, came))["id"]
            said = frames.StudentItem(number=number, turn=number, id=name, text="")
            await send(socket, frames.Accepted(id=name, item=said))
        for number in (1, 2):
            item = frames.TutorItem(number=2 + number, turn=number, text=f"Answer {number}.")
            await send(socket, frames.ItemStored(item=item))
            await send(socket, frames.TurnChanged(number=number, state="done"))
        await socket.wait_closed()

    out = io.StringIO()
    person = Person("Why?", "/quit", meanwhile="And how?\n")
    async with far_end(classroom) as end:
        await visit(end, Screen(console_on(out, is_terminal=False)), person)
    assert [one["text"] for one in end.came[0]] == ["Why?", "And how?"]
    assert out.getvalue().endswith("Answer 1.\nAnswer 2.\n")


async def test_what_is_typed_while_a_program_runs_goes_to_it() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        run = await receive(socket, came)
        view = frames.RunView(id=run["id"], by="student", code="", state="running")
        await send(socket, frames.RunChanged(run=view))
        await receive(socket, came)
        await send(socket, frames.RunChanged(run=view.model_copy(update={"state": "ok"})))
        await socket.wait_closed()

    async with far_end(classroom) as end:
        screen = Screen(console_on(io.StringIO(), is_terminal=False))
        await visit(end, screen, Person("/run", "/quit", meanwhile="Mira\n"))
    run, typed = end.came[0]
    assert run["interactive"]
    assert (typed["id"], typed["text"], typed["ends"]) == (run["id"], "Mira\n", False)


async def test_a_program_that_is_not_stored_is_not_waited_for() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        edit = await receive(socket, came)
        refused = frames.Refused(id=edit["id"], code="bad_step", message="No such step.")
        await send(socket, refused)
        await socket.wait_closed()

    async with far_end(classroom) as end:
        said = await visited(end, "/solution", "/quit")
    assert said.endswith("> /solution\nNo such step.\n> /quit\n")


async def test_an_editor_changes_the_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        edit = await receive(socket, came)
        await send(socket, saved(edit))
        await socket.wait_closed()

    editor = tmp_path / "editor.py"
    editor.write_text("import sys\nopen(sys.argv[1], 'a').write('print(2)\\n')\n")
    monkeypatch.setenv("VISUAL", f"{sys.executable} {editor}")
    async with far_end(classroom) as end:
        said = await visited(end, "/edit", "/edit nothing.txt", "/quit")
    assert [one["code"] for one in end.came[0]] == ["print(1)\nprint(2)\n"]
    assert "Kept: the program.\n> /edit nothing.txt\nThere is no nothing.txt to change" in said


async def test_what_is_refused_says_why_and_the_next_line_is_read() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        await refuse(socket, await receive(socket, came))
        await socket.wait_closed()

    async with far_end(classroom) as end:
        said = await visited(end, "/check", "/quit")
    assert said.endswith("> /check\nStill running.\n> /quit\n")


async def test_the_end_of_the_lines_ends_the_visit() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        await socket.wait_closed()

    async with far_end(classroom) as end:
        said = await visited(end, "/steps", "/stop")
    assert [line.split() for line in said.splitlines()[-5:-2]] == [
        ["→", "1", "code", "add"], ["2", "predict", "guess"], ["3", "quiz", "pick"],
    ]  # fmt: skip
    assert said.endswith("Nothing is going on.\n")


async def test_the_authors_own_programs_are_taken_from_the_files_and_kept() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        while True:
            edit = await receive(socket, came)
            await send(socket, saved(edit))

    async with far_end(classroom) as end:
        said = await visited(
            end, "/wrong", "/wrong off-by-one", "/solution", "/program", "/wrong x"
        )
    assert [one["code"] for one in end.came[0]] == ["print(3)\n", "print(2)\n"]
    assert [one["base"] for one in end.came[0]] == [0, 1]
    assert "Wrong programs here: off-by-one.\n" in said
    assert "> /program\nprint(2)\n" in said
    assert said.endswith("There is no wrong program x. Wrong programs here: off-by-one.\n")


async def test_a_program_that_is_not_stored_as_the_program_is_said_and_goes_on_as_a_version() -> (
    None
):
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        await send(socket, saved(await receive(socket, came), version=4))
        await refuse(socket, await receive(socket, came))
        await socket.wait_closed()

    async with far_end(classroom) as end:
        said = await visited(end, "/solution", "/check")
    assert "kept beside it.\nYour solution is the program now.\n" in said
    assert [one["version"] for one in end.came[0]] == [0, 4]


async def test_a_program_that_was_stored_unheard_is_known_again_by_its_text() -> None:
    async def breaks(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        await receive(socket, came)
        socket.transport.abort()

    async def goes_on(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        first = hello()
        stored = first.steps[0].model_copy(update={"code": "print(2)\n", "revision": 1})
        await send(socket, first.model_copy(update={"steps": [stored, *first.steps[1:]]}))
        again = await receive(socket, came)
        await send(socket, saved(again | {"base": 0}))
        await refuse(socket, await receive(socket, came))
        await socket.wait_closed()

    async with far_end(breaks, goes_on) as end:
        await visited(end, "/solution", "/check")
    again, check = end.came[1]
    assert again == end.came[0][0]
    assert (check["type"], check["base"], check["version"]) == ("check_code", 1, 0)


async def test_who_is_turned_away_is_told_why() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, frames.Error(code="no_lesson", message="There is no such lesson."))
        await socket.close(frames.Close.NO_LESSON)

    async with far_end(classroom) as end:
        with pytest.raises(Gone, match="There is no such lesson"):
            await visited(end)


async def test_a_message_that_is_too_long_is_not_sent() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        await socket.wait_closed()

    async with far_end(classroom) as end:
        said = await visited(end, "x" * 9000, "/quit")
    assert "This cannot be sent: " in said
    assert end.came == [[]]
