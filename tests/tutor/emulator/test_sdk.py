"""The official SDK is the judge: its connection holds a dialogue, its types take every event."""

import asyncio
import json
from typing import Any

import pytest
from openai import AsyncOpenAI
from openai.types.responses import ResponsesServerEvent
from pydantic import TypeAdapter

from tests.tutor.emulator.wire import PATIENCE_S, dial
from tutor import emulator
from tutor.emulator import Call, Fault, Request, Say, Think

EVENTS: TypeAdapter[Any] = TypeAdapter(ResponsesServerEvent)

TOOL: dict[str, Any] = {
    "type": "function",
    "name": "execute_code",
    "description": "Runs a program.",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"code": {"type": "string"}, "stdin": {"type": "string"}},
        "required": ["code", "stdin"],
        "additionalProperties": False,
    },
}


def model(request: Request) -> list[Any]:
    """Runs code once, then tells how many items it knows."""
    last = request.items[-1]
    if last["type"] != "function_call_output" and request.tools:
        call = Call("execute_code", json.dumps({"code": "print(1)", "stdin": ""}))
        return [Think("I should run it."), Say("I run it.", phase="commentary"), call]
    return [Say(f"I know {len(request.items)} items.")]


async def final(connection) -> Any:
    while True:
        event = await asyncio.wait_for(connection.recv(), PATIENCE_S)
        if event.type in {"response.completed", "response.failed", "error"}:
            return event


async def test_the_sdk_holds_a_dialogue_with_warm_up_tool_call_and_chain():
    async with (
        emulator.serve(model=model) as server,
        AsyncOpenAI(base_url=server.base_url, api_key="any") as client,
        client.responses.connect() as connection,
    ):
        fields: dict[str, Any] = {"model": "gpt-6-astra", "store": False, "tools": [TOOL]}
        fields["instructions"] = "Be kind."

        await connection.response.create(**fields, input=[], generate=False)
        warm = (await final(connection)).response
        assert warm.output == []

        await connection.response.create(**fields, input="Hi", previous_response_id=warm.id)
        asked = (await final(connection)).response
        thought, said, call = asked.output
        assert (thought.type, said.phase, call.type) == ("reasoning", "commentary", "function_call")
        assert json.loads(call.arguments)["code"] == "print(1)"

        output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "1"}
        await connection.response.create(**fields, input=[output], previous_response_id=asked.id)
        answered = (await final(connection)).response
        assert answered.output_text == "I know 5 items."

        await connection.response.create(**fields, input="Hi", previous_response_id=asked.id)
        lost = await final(connection)
        assert lost.error.code == "previous_response_not_found"
        assert lost.status == 400


async def every_frame(server) -> list[dict[str, Any]]:
    """The frames of a dialogue in which everything the emulator can send is sent."""
    frames = []
    async with dial(server) as wire:
        frames += await wire.ask(tools=[TOOL], instructions="Be kind.", metadata={"a": "b"})
        call_id = frames[-1]["response"]["output"][-1]["call_id"]
        previous = frames[-1]["response"]["id"]
        output = {"type": "function_call_output", "call_id": call_id, "output": "1"}
        fields: dict[str, Any] = {"input": [output], "previous_response_id": previous}
        frames += await wire.ask(tools=[TOOL], **fields)
        frames += await wire.ask(generate=False, reasoning={"effort": "low"}, stream_id="lane")
        frames += await wire.ask(previous_response_id="resp_lost")
        frames += await wire.ask(model=None)
        server.faults.add(Fault("failed"), Fault("incomplete", after=5))
        server.faults.add(Fault("overloaded"), Fault("rate_limited"))
        for _ in range(4):
            frames += await wire.ask()
        management = [{"type": "compaction", "compact_threshold": 1}]
        frames += await wire.ask(context_management=management)
        kinds = [frame["type"] for frame in frames]
        called = kinds.index("response.function_call_arguments.delta") + 1
        frames += await steered_frames(server, wire, called)
    return frames


async def steered_frames(server, wire, after: int) -> list[dict[str, Any]]:
    """A response that is steered while its tool call is written: accepted, pending, failed."""
    server.faults.add(Fault("silence", after=after, minutes=1))
    await wire.create(tools=[TOOL])
    frames = [await wire.read() for _ in range(after)]
    target = frames[0]["response"]["id"]
    texts: list[Any] = ["Hm", "Ah", []]
    for text in texts:
        steer = {"type": "response.steer", "previous_response_id": target, "input": text}
        await wire.websocket.send(json.dumps(steer))
        frames.append(await wire.read())
    server.advance(minutes=1)
    while frames[-1]["type"] != "response.completed":
        frames.append(await wire.read())
    return frames + [await wire.read() for _ in range(2)]


async def test_every_event_is_one_of_the_sdk_and_whole():
    async with emulator.serve(model=model) as server:
        frames = await every_frame(server)
    # The union tells its members apart by `type`; without it the first that fits would do.
    for frame in frames:
        event = EVENTS.validate_python(frame)
        assert event.type == frame["type"]
        assert type(event).model_fields["type"].annotation.__args__ == (frame["type"],)
    assert {
        "error",
        "response.failed",
        "response.incomplete",
        "response.completed",
        "response.compaction.compacting",
        "response.steer.accepted",
        "response.steer.pending",
        "response.steer.failed",
    } <= {frame["type"] for frame in frames}


async def test_the_judge_would_see_a_missing_field():
    async with emulator.serve(model=model) as server:
        for frame in await every_frame(server):
            for field in ("sequence_number", "response", "item", "output_index", "delta", "error"):
                if field in frame and frame["type"] != "error":
                    maimed = {name: value for name, value in frame.items() if name != field}
                    with pytest.raises(ValueError, match=field):
                        EVENTS.validate_python(maimed)


async def test_a_refused_key_is_what_the_sdk_expects():
    from websockets.exceptions import InvalidStatus

    async with (
        emulator.serve(model=model, api_key="right") as server,
        AsyncOpenAI(base_url=server.base_url, api_key="wrong") as client,
    ):
        with pytest.raises(InvalidStatus) as caught:
            await client.responses.connect().enter()
    assert caught.value.response.status_code == 401
