"""A connection's rules at hand: requests in, frames out, no socket."""

from itertools import count
from typing import Any

from tutor.emulator.generation import Generation
from tutor.emulator.model import Output
from tutor.emulator.protocol import Notice, Refused, ResponsesProtocol, Started
from tutor.emulator.settings import Settings

NOW = 1_790_000_000.0


def connection(stored: Any = None, **settings: Any) -> ResponsesProtocol:
    numbers = count(1)
    chosen = Settings(**settings)
    return ResponsesProtocol(lambda prefix: f"{prefix}_{next(numbers)}", stored, lambda: chosen)


def create(**fields: Any) -> dict[str, Any]:
    return {
        "type": "response.create",
        "model": "gpt-6-astra",
        "input": "Hi",
        "store": False,
    } | fields


def begin(core: ResponsesProtocol, **fields: Any) -> Started | Refused:
    received = core.receive(create(**fields))
    assert not isinstance(received, Notice)
    if isinstance(received, Refused):
        return received
    (begun,) = core.begin(NOW)
    assert not isinstance(begun, Notice)
    return begun


def started(core: ResponsesProtocol, **fields: Any) -> Generation:
    begun = begin(core, **fields)
    assert isinstance(begun, Started), begun
    return begun.generation


def refused(core: ResponsesProtocol, **fields: Any) -> dict[str, Any]:
    begun = begin(core, **fields)
    assert isinstance(begun, Refused), begun
    return begun.frame


def run(core: ResponsesProtocol, *outputs: Output, **fields: Any) -> list[dict[str, Any]]:
    """All frames of one whole response."""
    generation = started(core, **fields)
    frames = list(generation.opening())
    for output in outputs:
        frames += generation.item(output)
    frames.append(core.complete(generation, NOW + 2))
    core.release(generation)
    return frames


def response_id(frames: list[dict[str, Any]]) -> str:
    identifier = frames[-1]["response"]["id"]
    assert isinstance(identifier, str)
    return identifier


def output_of(call_id: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": "{}"}
