"""The official SDK's session helper is the judge: lanes, final responses, steering, failures."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from openai import AsyncOpenAI, OpenAI
from openai.lib.responses_websocket import (
    AsyncResponsesWebSocketSession,
    ResponsesWebSocketAccumulator,
    ResponsesWebSocketError,
    ResponsesWebSocketLimits,
    ResponsesWebSocketSession,
)

from tests.tutor.emulator.wire import PATIENCE_S
from tutor import emulator
from tutor.emulator import Call, Emulator, Fault, Pace, Request, Say, Think

MODEL = "gpt-6-astra"
LIMITS = ResponsesWebSocketLimits(
    max_lanes=8,
    max_events_per_lane=1024,
    max_events=4096,
    max_bytes_per_lane=1 << 24,
    max_bytes=1 << 25,
)

TOOL: dict[str, Any] = {
    "type": "function",
    "name": "execute_code",
    "description": "Runs a program.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"code": {"type": "string"}},
        "required": ["code"],
        "additionalProperties": False,
    },
}


def model(request: Request) -> list[Any]:
    """Calls twice at once if it may; else says again what it heard last."""
    last = request.items[-1]
    if last["type"] == "function_call_output":
        return [Think("Both are back."), Say(f"The outputs: {last['output']}.")]
    if request.tools:
        arguments = [json.dumps({"code": f"print({number})"}) for number in (1, 2)]
        return [Say("I run both.", "commentary"), *(Call("execute_code", a) for a in arguments)]
    content = last["content"]
    return [Say(content if isinstance(content, str) else content[0]["text"]), Say("And more.")]


@asynccontextmanager
async def session(server: Emulator) -> AsyncIterator[AsyncResponsesWebSocketSession]:
    options: Any = {"max_size": None}
    async with (
        asyncio.timeout(PATIENCE_S),
        AsyncOpenAI(base_url=server.base_url, api_key="any") as client,
        client.responses.connect(websocket_connection_options=options) as connection,
        AsyncResponsesWebSocketSession(connection, limits=LIMITS) as opened,
    ):
        yield opened


def create(text: Any = "Hi", **fields: Any) -> Any:
    return {"type": "response.create", "model": MODEL, "store": False, "input": text} | fields


def said(response: Any) -> str:
    return str(response.output[0].content[0].text)


async def test_text_and_its_continuation():
    async with emulator.serve(model=model) as server, session(server) as opened:
        lane = opened.lane("conversation")
        await lane.send(create("One"))
        first = await lane.get_final_response()
        await lane.send(create("Two", previous_response_id=first.id))
        second = await lane.get_final_response()
    assert (said(first), said(second)) == ("One", "Two")
    assert first.id != second.id
    assert second.previous_response_id == first.id


async def test_the_accumulator_sees_what_the_response_holds():
    async with emulator.serve(model=model) as server, session(server) as opened:
        await opened.default.send(create("Hello there, everybody"))
        accumulator = ResponsesWebSocketAccumulator()
        event: Any = None
        while event is None or event.type != "response.completed":
            event = await opened.default.recv()
            accumulator.add_event(event)
            if event.type == "response.output_text.done" and event.output_index == 0:
                assert accumulator.snapshot().output_text == "Hello there, everybody"
        assert accumulator.get_final_response().to_dict() == event.response.to_dict()


async def test_two_tools_at_once_and_their_outputs():
    async with emulator.serve(model=model) as server, session(server) as opened:
        lane = opened.lane("tools")
        await lane.send(create(tools=[TOOL]))
        asked = await lane.get_final_response()
        calls = [item for item in asked.output if item.type == "function_call"]
        assert [json.loads(call.arguments)["code"] for call in calls] == ["print(1)", "print(2)"]
        outputs = [
            {"type": "function_call_output", "call_id": call.call_id, "output": str(number)}
            for number, call in enumerate(calls, 1)
        ]
        await lane.send(create(outputs, tools=[TOOL], previous_response_id=asked.id))
        answered = await lane.get_final_response()
    assert answered.output_text == "The outputs: 2."
    assert answered.output[0].type == "reasoning"
    assert answered.output[0].encrypted_content


@pytest.mark.parametrize("warm_up", ["whole", "terminal_only"])
async def test_a_warm_up_is_continued_with_nothing_new(warm_up):
    async with emulator.serve(model=model) as server, session(server) as opened:
        server.set(warm_up=warm_up)
        lane = opened.lane("warm")
        await lane.send(create("Before", generate=False))
        warm = await lane.get_final_response()
        assert (warm.output, warm.usage and warm.usage.output_tokens) == ([], 0)
        await lane.send(create([], previous_response_id=warm.id))
        assert said(await lane.get_final_response()) == "Before"


async def test_a_failure_is_a_final_response_and_the_lane_goes_on():
    async with emulator.serve(model=model) as server, session(server) as opened:
        server.faults.add(Fault("failed", after=5, code="rate_limit_exceeded"))
        lane = opened.lane("lane")
        await lane.send(create())
        failed = await lane.get_final_response()
        assert failed.status == "failed"
        assert failed.error
        assert failed.error.code == "rate_limit_exceeded"
        await lane.send(create("Again"))
        assert said(await lane.get_final_response()) == "Again"


async def test_an_early_end_is_a_final_response():
    async with emulator.serve(model=model) as server, session(server) as opened:
        server.faults.add(Fault("incomplete", after=5, reason="content_filter"))
        await opened.default.send(create("One two three"))
        early = await opened.default.get_final_response()
    assert early.incomplete_details
    assert early.incomplete_details.reason == "content_filter"
    assert said(early) == "One"


@pytest.mark.parametrize("name", ["overloaded", "rate_limited", "error"])
async def test_an_error_belongs_to_its_lane(name):
    async with emulator.serve(model=model) as server, session(server) as opened:
        server.faults.add(Fault(name))
        lane = opened.lane("lane")
        await lane.send(create())
        with pytest.raises(ResponsesWebSocketError):
            await lane.get_final_response()
        await lane.send(create("Again"))
        assert said(await lane.get_final_response()) == "Again"


async def test_lanes_run_side_by_side():
    pace = Pace(tokens_per_s=200)
    async with emulator.serve(model=model, pace=pace) as server, session(server) as opened:
        lanes = [opened.lane(f"lane-{number}") for number in range(4)]
        order: list[int] = []

        async def talk(number: int) -> str:
            await lanes[number].send(create(f"I am number {number}, and I have a lot to say"))
            event: Any = None
            while event is None or event.type != "response.completed":
                event = await lanes[number].recv()
                assert event.stream_id == f"lane-{number}"
                order.append(number)
            return said(event.response)

        texts = await asyncio.gather(*(talk(number) for number in range(4)))
        fork = opened.lane("fork")
        parent = await lanes[0].get_final_response()
        await fork.send(create("A fork", previous_response_id=parent.id))
        assert (await fork.get_final_response()).previous_response_id == parent.id
    assert [text[:13] for text in texts] == [f"I am number {number}" for number in range(4)]
    assert order != sorted(order)


async def test_steering_brings_a_successor_by_itself():
    pace = Pace(tokens_per_s=100)
    async with emulator.serve(model=model, pace=pace) as server, session(server) as opened:
        lane = opened.lane("lane")
        await lane.send(create("Something long enough to be interrupted in its middle"))
        created: Any = await lane.recv()
        await lane.send(
            {"type": "response.steer", "previous_response_id": created.response.id, "input": "No!"}
        )
        kinds, numbers, event = [], [], created
        while event.type != "response.incomplete":
            event = await lane.recv()
            kinds.append(event.type)
            numbers.append(event.sequence_number)
        assert "response.steer.accepted" in kinds
        assert numbers == list(range(1, len(numbers) + 1))
        assert event.response.incomplete_details.reason == "steered"
        assert len(event.response.output) <= 1
        successor: Any = await lane.recv()
        assert successor.type == "response.created"
        assert successor.response.previous_response_id == created.response.id
        assert said(await lane.get_final_response()) == "No!"
    assert [entry.type for entry in server.requests] == [
        "response.create", "response.steer", "successor",
    ]  # fmt: skip


async def test_events_stay_in_order_while_steering_comes_in():
    text = "word " * 2000
    async with emulator.serve(model=model) as server, session(server) as opened:
        lane = opened.lane("lane")
        await lane.send(create(text))
        event: Any = await lane.recv()
        steer: Any = {"type": "response.steer", "previous_response_id": event.response.id}
        numbers = [event.sequence_number]
        accepted = 0
        while event.type not in {"response.completed", "response.incomplete"}:
            event = await lane.recv()
            numbers.append(event.sequence_number)
            accepted += event.type == "response.steer.accepted"
            if event.type == "response.content_part.added" or len(numbers) in {50, 150}:
                await lane.send(steer | {"input": "Hm"})
        assert accepted == 3
        assert numbers == list(range(len(numbers)))


async def test_steering_waits_for_a_tools_output():
    pace = Pace(tokens_per_s=100)
    async with emulator.serve(model=model, pace=pace) as server, session(server) as opened:
        lane = opened.lane("lane")
        await lane.send(create(tools=[TOOL]))
        event: Any = await lane.recv()
        response_id = event.response.id
        while event.type != "response.function_call_arguments.delta":
            event = await lane.recv()
        await lane.send(
            {"type": "response.steer", "previous_response_id": response_id, "input": "Careful!"}
        )
        while event.type != "response.steer.pending":
            event = await lane.recv()
        outputs = [
            {"type": stub.type, "call_id": stub.call_id, "output": "1"}
            for stub in event.required_input
        ]
        assert len(outputs) == 2
        await lane.send(create(outputs, tools=[TOOL], previous_response_id=response_id))
        assert (await lane.get_final_response()).output_text == "The outputs: 1."


async def test_steering_too_late_comes_back():
    async with emulator.serve(model=model) as server, session(server) as opened:
        lane = opened.lane("lane")
        await lane.send(create())
        final = await lane.get_final_response()
        await lane.send(
            {"type": "response.steer", "previous_response_id": final.id, "input": "Wait!"}
        )
        event: Any = await lane.recv()
        assert (event.type, event.error.code) == (
            "response.steer.failed", "response_already_completed",
        )  # fmt: skip
        assert event.steer.input == "Wait!"


async def test_the_end_of_the_hour_reaches_an_idle_lane():
    async with emulator.serve(model=model) as server, session(server) as opened:
        server.advance(minutes=60)
        event: Any = await opened.default.recv()
        assert event.error.code == "websocket_connection_limit_reached"
        with pytest.raises(EOFError):
            await opened.default.recv()


async def test_the_sdk_without_a_loop_talks_too():
    def talk(base_url: str) -> list[str]:
        with OpenAI(base_url=base_url, api_key="any") as client:
            options: Any = {"max_size": None}
            with (
                client.responses.connect(websocket_connection_options=options) as connection,
                ResponsesWebSocketSession(connection, limits=LIMITS) as opened,
            ):
                lane = opened.lane("lane")
                texts = []
                for text in ("One", "Two"):
                    lane.send(create(text))
                    texts.append(said(lane.get_final_response(timeout=PATIENCE_S)))
                return texts

    async with emulator.serve(model=model) as server:
        assert await asyncio.to_thread(talk, server.base_url) == ["One", "Two"]
