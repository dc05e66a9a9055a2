"""The program of a step: edited, taken from the author's files, and stored."""

import sys
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from tests.tutor.preview.far_end import (
    far_end,
    receive,
    refuse,
    saved,
    send,
    shell_output,
)
from tests.tutor.previewed_lesson import hello
from tutor.protocol import frames


async def test_a_program_that_is_not_stored_is_not_waited_for() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        edit = await receive(socket, came)
        refused = frames.Refused(id=edit["id"], code="bad_step", message="No such step.")
        await send(socket, refused)
        await socket.wait_closed()

    async with far_end(classroom) as end:
        said = await shell_output(end, "/solution", "/quit")
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
        said = await shell_output(end, "/edit", "/edit nothing.txt", "/quit")
    assert [one["code"] for one in end.came[0]] == ["print(1)\nprint(2)\n"]
    assert "Kept: the program.\n> /edit nothing.txt\nThere is no nothing.txt to change" in said


async def test_the_authors_own_programs_are_taken_from_the_files_and_kept() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        while True:
            edit = await receive(socket, came)
            await send(socket, saved(edit))

    async with far_end(classroom) as end:
        said = await shell_output(
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
        said = await shell_output(end, "/solution", "/check")
    assert "kept beside it.\nYour solution is the program now.\n" in said
    assert [one["version"] for one in end.came[0]] == [0, 4]
