"""Messages that are sent while the model answers: the real upstream against the emulator."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.tutor.asking import Connect, Student, frames
from tutor import emulator
from tutor.emulator import Call, Fault, Pace, Say, script
from tutor.method import prompts
from tutor.protocol.events import (
    ModelFailed,
    ModelFinished,
    ModelSpoke,
    ModelSteered,
)

pytestmark = pytest.mark.usefixtures("quick_backoff")


# Slow enough for somebody to type meanwhile.
SLOWLY = Pace(tokens_per_s=20)


QUESTION = Say("What do you expect it to print, and why?")


async def steered(student: Student, text: str = "Wait!") -> ModelFinished | ModelFailed:
    """Ask, and say more as soon as the answer is on its way."""
    student.items.append(prompts.student_message("Why?"))
    student.requests += 1
    asking = asyncio.create_task(student.upstream.ask(student.requests))
    await student.next(ModelSpoke)
    message = prompts.student_message(text)
    await student.upstream.steer(student.requests, "message-2", message)
    first = await student.next(ModelSteered, ModelFinished, ModelFailed)
    if isinstance(first, ModelSteered):
        assert first.delivered_ids == ("message-2",)
        student.items += [*first.items, message]
        last: ModelFinished | ModelFailed = await student.next(ModelFinished, ModelFailed)
    else:
        last = first
    await asking
    if isinstance(last, ModelFinished):
        student.items += [*last.items, *([message] if last.delivered_ids else [])]
    return last


async def test_a_steered_answer_goes_on_and_the_next_question_sends_only_itself(
    connect: Connect,
) -> None:
    model = script([QUESTION], [Say("I see.")], [Say("And?")])
    serving = emulator.serve(model=model, pace=SLOWLY)
    async with serving as server, connect(server.base_url) as student:
        await student.ready()
        assert isinstance(await steered(student), ModelFinished)
        roles = [item["role"] for item in student.items]
        assert roles == ["user", "assistant", "user", "assistant"]
        assert isinstance(await student.say("Then?"), ModelFinished)
        assert len(frames(server)[-1]["input"]) == 1
        assert frames(server)[-1]["previous_response_id"]


async def test_what_is_said_while_the_model_calls_is_heard_with_the_output(
    connect: Connect,
) -> None:
    # Long enough to be steered before the call is whole.
    runs = Call("execute_code", json.dumps({"code": "print(1) # " + "x " * 30, "stdin": ""}))
    model = script([runs], [Say("I see.")])
    serving = emulator.serve(model=model, pace=SLOWLY)
    async with serving as server, connect(server.base_url) as student:
        await student.ready()
        student.items.append(prompts.student_message("Why?"))
        student.requests += 1
        asking = asyncio.create_task(student.upstream.ask(student.requests))
        await asyncio.sleep(0)  # the asking has begun
        message = prompts.student_message("Wait!")
        await student.upstream.steer(student.requests, "message-2", message)
        finished = await student.next(ModelFinished)
        await asking
        assert finished.delivered_ids == ("message-2",)
        [call] = finished.items
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "1"}
        student.items += [call, message, output]
        assert isinstance(await student.ask(), ModelFinished)
        assert frames(server)[-1]["input"] == [output]
        assert frames(server)[-1]["previous_response_id"]


async def test_a_gateway_that_does_not_know_steering_is_asked_again_without(
    connect: Connect,
) -> None:
    """It answers the steering with an error, and goes on with the response all the same."""

    def event(kind: str, **fields: Any) -> str:
        return json.dumps({"type": f"response.{kind}", **fields})

    def completed(name: str, text: str) -> str:
        said = {"type": "message", "role": "assistant", "content": [{"text": text}]}
        return event("completed", response={"id": name, "output": [said]})

    asked: list[str] = []

    async def gateway(line: ServerConnection) -> None:
        async for frame in line:
            asked.append(json.loads(frame)["type"])
            name = f"resp_{len(asked)}"
            if asked[-1] == "response.steer":
                await line.send('{"type": "error", "error": {"code": "unknown_type"}}')
                await line.send(completed("resp_old", "ANSWER TO THE OLD QUESTION"))
            elif json.loads(frame).get("generate") is False:
                await line.send(event("completed", response={"id": name, "output": []}))
            else:
                await line.send(event("created", response={"id": name}))
                await line.send(event("output_text.delta", delta="What "))
                if "response.steer" in asked:
                    await line.send(completed(name, "What now?"))

    async with serve(gateway, "127.0.0.1", 0) as server:
        [port] = {address.getsockname()[1] for address in server.sockets}
        async with connect(f"http://127.0.0.1:{port}/v1") as student:
            await student.ready()
            failed = await steered(student)
            assert isinstance(failed, ModelFailed)
            assert failed.may_retry
            for _ in range(2):
                answer = await student.ask()
                assert isinstance(answer, ModelFinished)
                assert answer.items[0]["content"][0]["text"] == "What now?"
        assert asked.count("response.steer") == 1


@pytest.mark.parametrize(
    "code", ["too_many_pending_steers", "successor_creation_failed", "steering_not_supported"]
)
async def test_what_the_model_cannot_be_told_now_leaves_the_answer_as_it_is(
    connect: Connect, code: str
) -> None:
    serving = emulator.serve(model=script([QUESTION], [Say("I see.")]), pace=SLOWLY)
    async with serving as server:
        server.faults.fail_steer(code)
        async with connect(server.base_url) as student:
            await student.ready()
            finished = await steered(student)
            assert isinstance(finished, ModelFinished)
            assert not finished.delivered_ids
            assert finished.items[0]["content"][0]["text"] == QUESTION.text


async def test_a_socket_lost_after_steering_loses_nothing_that_was_said(connect: Connect) -> None:
    serving = emulator.serve(model=script([QUESTION], [Say("I see.")]), pace=SLOWLY)
    async with serving as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(Fault("close", after=5))
        student.items.append(prompts.student_message("Why?"))
        asking = asyncio.create_task(student.upstream.ask(1))
        await student.next(ModelSpoke)
        message = prompts.student_message("Wait!")
        await student.upstream.steer(1, "message-2", message)
        assert isinstance(await student.next(ModelSteered, ModelFailed), ModelFailed)
        await asking
        # Nobody has said that it was told: it is an item from now on, and all is told anew.
        student.items.append(message)
        student.requests = 1
        assert isinstance(await student.ask(), ModelFinished)
        assert len(frames(server)[-1]["input"]) == 2
