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
    refuse,
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


def asked_for(state: frames.PredictionState = "open", **facts: str) -> frames.PredictionView:
    return frames.PredictionView(
        number=7, step="add", call="add(1)", question="What comes back?", state=state, **facts
    )


async def test_a_prediction_is_answered_and_compared_before_the_next_line_is_read() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        card = frames.PredictionItem(number=8, turn=1, prediction=asked_for())
        await send(socket, hello(items=[card]))
        for number in (1, 2):
            name = (await receive(socket, came))["id"]
            await send(socket, frames.Accepted(id=name, item=None))
            over = asked_for("wrong", said="2", gave="3")
            await send(socket, frames.PredictionChanged(prediction=asked_for("comparing")))
            await send(socket, frames.PredictionChanged(prediction=over))
            said = frames.StudentItem(number=9, turn=number + 1, id=name, text="2")
            await send(socket, frames.ItemStored(item=said))
            await send(socket, frames.TurnChanged(number=number + 1, state="done"))
            again = frames.PredictionItem(number=10, turn=2, prediction=asked_for())
            if number == 1:
                await send(socket, frames.ItemStored(item=again))
        await socket.wait_closed()

    async with far_end(classroom) as end:
        text = await shell_output(end, "/answer", "/answer 2", "/answer ?", "/quit")
    assert [(one["type"], one["prediction"], one["text"]) for one in end.came[0]] == [
        ("answer", 7, "2"), ("answer", 7, None),
    ]  # fmt: skip
    assert "▸ Foretell add(1): What comes back?\n" in text
    assert "> /answer\nSay what you expect" in text
    assert "> /answer 2\nadd(1): 3\nYou expected: 2\n" in text


async def test_a_hint_is_shown_or_refused_and_an_offer_is_a_line() -> None:
    async def classroom(socket: ServerConnection, came: list[dict[str, Any]]) -> None:
        await send(socket, hello())
        await send(socket, frames.ItemStored(item=frames.OfferItem(
            number=1, turn=1, step="add", what="next",
        )))  # fmt: skip
        await refuse(socket, await receive(socket, came))
        name = (await receive(socket, came))["id"]
        hint = frames.HintItem(number=2, turn=2, step="add", level=1, text="Look.", asked=True)
        await send(socket, frames.Accepted(id=name, item=hint))
        await send(socket, frames.TurnChanged(number=2, state="done"))
        await socket.wait_closed()

    async with far_end(classroom) as end:
        text = await shell_output(end, "/hint", "/hint", "/quit")
    assert [(one["type"], one["step"]) for one in end.came[0]] == [("hint", "add")] * 2
    assert "The tutor offers the next step: /step next.\n" in text
    assert text.endswith(
        "> /hint\nStill running.\n> /hint\n▸ Hint 1, which counts as help\nLook.\n> /quit\n"
    )
