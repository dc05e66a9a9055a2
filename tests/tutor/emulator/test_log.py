"""The journal against what a client can know."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tutor.emulator.wire import dial
from tutor import emulator
from tutor.emulator import Fault, Request, Say
from tutor.emulator.websocket import WebSocketHandler

ENDS = {
    "completed": None,
    "failed": Fault("failed", after=1),
    "incomplete": Fault("incomplete", after=1),
    "server_is_overloaded": Fault("overloaded", after=1),
}


def greet(request: Request) -> list[Any]:
    return [Say("Hello!")]


@pytest.mark.parametrize("outcome", ENDS)
async def test_whoever_has_the_end_of_a_response_finds_its_line_in_the_log(
    outcome: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "emulator.jsonl"
    known: list[tuple[str, list[str]]] = []
    send = WebSocketHandler.send

    async def reading(self: WebSocketHandler, frame: dict[str, Any]) -> None:
        written = [json.loads(line)["outcome"] for line in log.read_text().splitlines()]
        known.append((frame["type"], written))
        await send(self, frame)

    monkeypatch.setattr(WebSocketHandler, "send", reading)
    fault = ENDS[outcome]
    async with emulator.serve(model=greet, log=log) as server, dial(server) as wire:
        if fault:
            server.faults.add(fault)
        await wire.ask()
    assert [written for _, written in known[:-1]] == [[]] * (len(known) - 1)
    assert known[-1][1] == [outcome]
