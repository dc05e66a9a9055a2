"""More of the official SDK's session helper: what it does that its connection does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from openai import AsyncOpenAI, OpenAI
from openai.lib.responses_websocket import (
    AsyncResponsesWebSocketSession,
    ResponsesWebSocketAccumulator,
    ResponsesWebSocketError,
    ResponsesWebSocketSession,
)

from tests.tutor.emulator.judges import LIMITS
from tests.tutor.emulator.wire import PATIENCE_S
from tutor import emulator
from tutor.emulator import Emulator, Fault, Pace, Request, Say

MODEL = "gpt-6-astra"


def model(request: Request) -> list[Any]:
    """Says again what it heard last."""
    content = request.items[-1]["content"]
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
