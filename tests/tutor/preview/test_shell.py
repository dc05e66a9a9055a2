"""Commands at the prompt: messages, runs, Ctrl+C, and the end of the input."""

import io
from typing import Any

from websockets.asyncio.server import ServerConnection

from tests.tutor.preview.far_end import (
    CTRL_C,
    Person,
    answer,
    far_end,
    receive,
    run_shell,
    send,
    shell_output,
)
from tests.tutor.previewed_lesson import hello
from tutor.preview.screen import Screen, console_on
from tutor.protocol import frames


async def test_a_question_is_answered_before_the_next_line_is_read() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        question = await receive(socket, came)
        await answer(socket, question["id"])
        await socket.wait_closed()

    async with far_end(classroom) as end:
        said = await shell_output(end, "Why?", "/quit", "never read")
    assert said.endswith("> Why?\nBecause. And you?\n> /quit\n")
    assert [(one["type"], one["text"], one["step"]) for one in end.came[0]] == [
        ("say", "Why?", "add")
    ]


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
        said = await shell_output(end, "/run", "/quit")
    assert said.endswith("> /run\none\ntwo\nIt ended with an error (exit code 1).\n> /quit\n")
    assert end.came[0][0]["interactive"] is False


async def test_ctrl_c_leaves_only_if_it_comes_twice_in_a_row() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        await socket.wait_closed()

    out = io.StringIO()
    person = Person(CTRL_C, "/steps", CTRL_C, CTRL_C, "/help")
    async with far_end(classroom) as end:
        await run_shell(end, Screen(console_on(out, is_terminal=False)), person)
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
        await run_shell(end, Screen(console_on(out, is_terminal=False)), person)
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
        await run_shell(end, screen, Person("/run", "/quit", meanwhile="Mira\n"))
    run, typed = end.came[0]
    assert run["interactive"]
    assert (typed["id"], typed["text"], typed["ends"]) == (run["id"], "Mira\n", False)


async def test_the_end_of_the_lines_ends_the_shell() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        await socket.wait_closed()

    async with far_end(classroom) as end:
        said = await shell_output(end, "/steps", "/stop")
    assert [line.split() for line in said.splitlines()[-5:-2]] == [
        ["→", "1", "code", "add"], ["2", "predict", "guess"], ["3", "quiz", "pick"],
    ]  # fmt: skip
    assert said.endswith("Nothing is going on.\n")
