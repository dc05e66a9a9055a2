"""A client whose connection is lost, whose frames are refused, or who is turned away."""

from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from tests.tutor.preview.far_end import (
    answer,
    far_end,
    receive,
    refuse,
    saved,
    send,
    shell_output,
)
from tests.tutor.previewed_lesson import hello
from tutor.preview.connection import SiteGone
from tutor.protocol import frames


async def test_after_a_lost_connection_what_was_asked_is_asked_again_under_its_name() -> None:
    async def breaks(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        question = await receive(socket, came)
        await send(socket, frames.Accepted(id=question["id"], item=None))
        await send(socket, frames.Delta(turn=1, request=1, seq=1, text="Becau"))
        socket.transport.abort()

    async def goes_on(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        await answer(socket, (await receive(socket, came))["id"])
        await socket.wait_closed()

    async with far_end(breaks, goes_on) as end:
        said = await shell_output(end, "Why?", "/quit")
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
        said = await shell_output(end, "Why?", "/quit")
    assert said.endswith("Because.\n> /quit\n")


async def test_what_is_refused_says_why_and_the_next_line_is_read() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        await refuse(socket, await receive(socket, came))
        await socket.wait_closed()

    async with far_end(classroom) as end:
        said = await shell_output(end, "/check", "/quit")
    assert said.endswith("> /check\nStill running.\n> /quit\n")


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
        await shell_output(end, "/solution", "/check")
    again, check = end.came[1]
    assert again == end.came[0][0]
    assert (check["type"], check["base"], check["version"]) == ("check_code", 1, 0)


async def test_who_is_turned_away_is_told_why() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, frames.Error(code="no_lesson", message="There is no such lesson."))
        await socket.close(frames.Close.NO_LESSON)

    async with far_end(classroom) as end:
        with pytest.raises(SiteGone, match="There is no such lesson"):
            await shell_output(end)


async def test_a_message_that_is_too_long_is_not_sent() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        await socket.wait_closed()

    async with far_end(classroom) as end:
        said = await shell_output(end, "x" * 9000, "/quit")
    assert "This cannot be sent: " in said
    assert end.came == [[]]
