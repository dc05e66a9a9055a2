"""The 60 minutes of a connection, by a clock that can be put forward."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from tests.tutor.emulator.wire import PATIENCE_S, dial
from tutor import emulator
from tutor.emulator import Fault, Request, Say, Settings


def greet(_request: Request) -> list[Say]:
    return [Say("Hello there")]


class Patient:
    """A model that answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self, _request: Request) -> list[Say]:
        self.asked.set()
        await self.go_on.wait()
        return [Say("At last")]


async def end(wire) -> int | None:
    """How the socket closes, without another frame."""
    with pytest.raises(ConnectionClosed):
        await wire.read()
    await asyncio.wait_for(wire.websocket.wait_closed(), PATIENCE_S)
    code: int | None = wire.websocket.close_code
    return code


LIMIT = "websocket_connection_limit_reached"


async def test_an_idle_socket_gets_the_error_after_60_minutes_and_closes():
    async with emulator.serve(model=greet) as server, dial(server) as wire:
        server.advance(minutes=59)
        assert (await wire.ask())[-1]["type"] == "response.completed"
        server.advance(minutes=1)
        assert await wire.read() == {
            "type": "error",
            "status": 400,
            "error": {
                "type": "invalid_request_error",
                "code": LIMIT,
                "message": "Responses websocket connection limit reached (60 minutes). "
                "Create a new websocket connection to continue.",
                "param": None,
            },
        }
        assert await end(wire) == 1000


async def test_every_connection_has_an_hour_of_its_own():
    async with emulator.serve(model=greet) as server, dial(server):
        server.advance(minutes=30)
        async with dial(server) as young:
            await young.ask()
            server.advance(minutes=31)
            assert (await young.ask())[-1]["type"] == "response.completed"
            assert server.open_connections == 1


async def test_a_running_response_ends_first_and_nothing_begins_any_more():
    patient = Patient()
    async with emulator.serve(model=patient) as server, dial(server) as wire:
        await wire.create()
        await patient.asked.wait()
        await wire.create()
        server.advance(minutes=61)
        patient.go_on.set()
        assert (await wire.read_all())[-1]["type"] == "response.completed"
        assert (await wire.read())["error"]["code"] == LIMIT
        assert await end(wire) == 1000
    assert [entry.outcome for entry in server.requests] == ["completed", "abandoned"]


async def test_the_socket_can_close_without_an_error_and_with_another_code():
    settings = Settings(limit_error=False, limit_code=1001, limit_minutes=5)
    async with emulator.serve(model=greet, settings=settings) as server, dial(server) as wire:
        server.advance(minutes=5)
        assert await end(wire) == 1001


async def test_the_limit_can_cut_a_response_in_the_middle():
    patient = Patient()
    async with emulator.serve(model=patient) as server, dial(server) as wire:
        await wire.create()
        await patient.asked.wait()
        server.limit(waits=False)
        frames = await wire.read_all()
        assert frames[-1]["error"]["code"] == LIMIT
        assert await end(wire) == 1000


async def test_the_limit_can_strike_after_any_event():
    async with emulator.serve(model=greet) as server, dial(server) as wire:
        server.faults.add(Fault("limit", after=5))
        frames = await wire.ask()
        assert len(frames) == 6
        assert frames[-1]["error"]["code"] == LIMIT
        assert await end(wire) == 1000


@pytest.mark.parametrize(
    "order", [{"name": "limit"}, {"name": "clock", "minutes": 60}, {"name": "clock", "minutes": 99}]
)
async def test_limit_and_clock_can_be_ordered_from_another_process(order: dict[str, Any]):
    async with emulator.serve(model=greet) as server, dial(server) as wire:
        async with httpx2.AsyncClient() as http:
            response = await http.post(f"{server.url}/emulator/faults", json=order)
        assert response.status_code == 200
        assert (await wire.read())["error"]["code"] == LIMIT
        assert await end(wire) == 1000


@pytest.mark.parametrize(
    "order",
    [
        {"name": "clock"},
        {"name": "clock", "minutes": -1},
        {"name": "clock", "minutes": "9"},
        {"name": "limit", "when": "now"},
        {"name": "limit", "error": "no"},
        {"name": "set", "warmup": "x"},
        {"name": "set", "warm_up": "x"},
        {"name": "set", "limit_code": "x"},
        {"name": "steer_failed", "code": 3},
        {"name": "incomplete", "reason": "bored"},
        {"name": "overloaded", "form": {"error_form": "round"}},
    ],
)
async def test_an_order_that_does_not_fit_changes_nothing(order: dict[str, Any]):
    async with emulator.serve(model=greet) as server, dial(server) as wire:
        async with httpx2.AsyncClient() as http:
            response = await http.post(f"{server.url}/emulator/faults", json=order)
        assert response.status_code == 400
        assert json.loads(response.content)["error"]["message"]
        assert server.settings == Settings()
        assert (await wire.ask())[-1]["type"] == "response.completed"


async def test_a_silence_lasts_as_long_as_the_clock_says():
    async with emulator.serve(model=greet) as server, dial(server) as wire:
        server.faults.add(Fault("silence", after=3, minutes=9))
        await wire.create()
        for _ in range(3):
            await wire.read()
        server.advance(minutes=8)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wire.websocket.recv(), 0.05)
        server.advance(minutes=1)
        assert (await wire.read_all())[-1]["type"] == "response.completed"


async def test_responses_are_dated_by_the_clock():
    async with emulator.serve(model=greet) as server, dial(server) as wire:
        first = (await wire.ask())[-1]["response"]
        server.advance(minutes=10)
        second = (await wire.ask())[-1]["response"]
    assert second["created_at"] - first["created_at"] >= 600
    assert second["completed_at"] - first["completed_at"] >= 600
