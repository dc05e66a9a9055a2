"""One socket's requests and events: the real upstream against the emulator."""

import asyncio
import json
from typing import Any

import pytest

from tests.polling import wait_here_until
from tests.tutor.asking import Connect, frames
from tutor import emulator, practice
from tutor.emulator import Fault, Pace, Say, script
from tutor.method import prompts
from tutor.protocol.events import (
    ModelFailed,
    ModelFinished,
    ModelSpoke,
)
from tutor.upstream.sansio import link
from tutor.upstream.sansio.causes import SOCKET_TOO_OLD

pytestmark = pytest.mark.usefixtures("quick_backoff")


# Slow enough for somebody to type meanwhile.
SLOWLY = Pace(tokens_per_s=20)


QUESTION = Say("What do you expect it to print, and why?")


async def test_on_a_warm_socket_only_what_is_new_goes_upstream(connect: Connect) -> None:
    model = script([Say("What if?")], [Say("And now?")], [Say("Why?")])
    async with emulator.serve(model=model) as server, connect(server.base_url) as student:
        await student.ready()
        for text in ("one", "two", "three"):
            assert isinstance(await student.say(text), ModelFinished)
        sent = frames(server)
        assert [len(frame["input"]) for frame in sent] == [0, 1, 1, 1]
        assert sent[-1]["input"][0]["content"][0]["text"] == "three"
        assert all(frame["previous_response_id"] for frame in sent[1:])


async def test_store_is_false_in_every_request(connect: Connect) -> None:
    async with emulator.serve(model=practice.answer) as server, connect(server.base_url) as student:
        await student.ready()
        await student.say("Why?")
        assert [frame["store"] for frame in frames(server)] == [False, False]


async def test_a_forgotten_response_is_replaced_by_the_whole_history(connect: Connect) -> None:
    model = script([Say("What if?")], [Say("And now?")])
    async with emulator.serve(model=model) as server, connect(server.base_url) as student:
        await student.ready()
        await student.say("one")
        server.forget()
        assert isinstance(await student.say("two"), ModelFinished)
        delta, full = frames(server)[-2:]
        assert delta["previous_response_id"]
        assert not full.get("previous_response_id")
        assert [item["role"] for item in full["input"]] == ["user", "assistant", "user"]


async def test_nothing_of_a_dropped_answer_reaches_the_next_one(connect: Connect) -> None:
    slow = Pace(tokens_per_s=40)
    model = script([Say("old " * 20)], [Say("new")])
    async with (
        emulator.serve(model=model, pace=slow) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        student.items.append(prompts.student_message("one"))
        asking = asyncio.create_task(student.upstream.ask(1))
        await student.next(ModelSpoke)
        asking.cancel()
        await asyncio.wait([asking])
        while not student.events.empty():
            student.events.get_nowait()
        student.requests = 1
        answer = await student.say("two")
        assert isinstance(answer, ModelFinished)
        assert answer.items[0]["content"][0]["text"] == "new"


async def test_a_dropped_answer_that_never_ends_costs_only_its_socket(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "DRAIN_S", 0.05)
    async with (
        emulator.serve(model=script([Say("old")], [Say("new")])) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        server.faults.add(Fault("silence", after=4))
        student.items.append(prompts.student_message("one"))
        asking = asyncio.create_task(student.upstream.ask(1))
        await wait_here_until(lambda: len(server.requests) == 2, 10)
        asking.cancel()
        await asyncio.wait([asking])
        student.requests = 1
        await student.say("two")
        answer = student.items[-1]
        assert answer["role"] == "assistant"


@pytest.mark.parametrize("while_idle", [True, False])
async def test_a_socket_that_the_api_calls_too_old_is_replaced_without_a_word(
    connect: Connect, while_idle: bool
) -> None:
    too_old = {"type": "error", "status": 400, "error": {
        "type": "invalid_request_error", "code": SOCKET_TOO_OLD, "message": "…"}}  # fmt: skip
    async with emulator.serve(model=practice.answer) as server, connect(server.base_url) as student:
        await student.ready()
        connection = student.upstream._socket._connection
        assert connection
        if while_idle:
            await connection._receive(json.dumps(too_old).encode())
            await student.ready()
        else:
            connection._receive = too_old_once(connection._receive, too_old)
        answer = await student.say("one")
        assert isinstance(answer, ModelFinished)
        assert server.requests[-1].connection == 2


def too_old_once(receive: Any, frame: dict[str, Any]) -> Any:
    """Puts the frame in place of the next one that is received."""
    frames = [json.dumps(frame).encode()]

    async def replaced(raw: bytes) -> None:
        await receive(frames.pop() if frames else raw)

    return replaced


async def test_unknown_events_are_passed_over(connect: Connect) -> None:
    async with emulator.serve(model=practice.answer) as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(Fault("unknown_events"))
        assert isinstance(await student.say("one"), ModelFinished)


async def test_after_a_forgotten_response_the_answer_comes_in_pieces_too(connect: Connect) -> None:
    model = script([Say("What if?")], [Say("And now, what do you think of it?")])
    serving = emulator.serve(model=model, pace=SLOWLY)
    async with serving as server, connect(server.base_url) as student:
        await student.ready()
        await student.say("one")
        server.forget()
        student.items.append(prompts.student_message("two"))
        asking = asyncio.create_task(student.upstream.ask(2))
        assert isinstance(await student.next(ModelSpoke, ModelFinished), ModelSpoke)
        await student.next(ModelFinished)
        await asking


async def test_a_socket_that_gets_too_old_in_an_answer_takes_back_what_was_said(
    connect: Connect,
) -> None:
    serving = emulator.serve(model=script([QUESTION], [QUESTION]))
    async with serving as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(Fault("limit", after=6))
        failed = await student.say("Why?")
        assert isinstance(failed, ModelFailed)
        assert failed.may_retry
        assert isinstance(await student.ask(), ModelFinished)
