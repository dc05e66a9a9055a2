"""`response.steer`: what a user says while a response is written. Pure.

1. Input that fits is accepted and waits with the response it steers.
2. That response ends after the item it is writing; a successor begins by itself, with the input.
3. If it ends with calls, the input waits for the request that brings their outputs: pending.
4. What cannot be used goes back to where it came from: failed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tutor.emulator.create import Create
from tutor.emulator.errors import Frame, Refusal
from tutor.emulator.items import parse_input
from tutor.emulator.model import Item

FIELDS: Final = {"type", "previous_response_id", "input"}
MESSAGE_FIELDS: Final = {"type", "role", "content"}
# The family of models that can be steered.
FAMILY: Final = "gpt-6"

MESSAGES: Final = {
    "response_not_found": "The response to steer was not found on this connection.",
    "invalid_input": "The steering input is not valid.",
    "steering_not_supported": "This response does not support steering.",
    "too_many_pending_steers": "Too much steering input is pending for this response.",
    "response_already_completed": "The response has already completed.",
    "response_not_active": "The response no longer accepts steering input.",
    "successor_creation_failed": "The successor response could not be created.",
}


@dataclass(frozen=True)
class Steer:
    """Accepted input. `fails_later` keeps it from its successor, on order."""

    id: str
    response_id: str
    # As it came, and as items.
    input: Any
    items: tuple[Item, ...]
    fails_later: bool = False

    @property
    def stub(self) -> Frame:
        return {"id": self.id, "previous_response_id": self.response_id}


def parse(frame: Frame) -> tuple[Item, ...] | None:
    """The user's messages in a steering event, or None if it holds anything else."""
    if set(frame) != FIELDS or not isinstance(frame["previous_response_id"], str):
        return None
    items = parse_input(frame["input"])
    if isinstance(items, Refusal) or not items:
        return None
    fits = all(
        item["type"] == "message" and item["role"] == "user" and set(item) <= MESSAGE_FIELDS
        for item in items
    )
    return items if fits else None


def supported(create: Create) -> bool:
    bound = create.body.get("conversation") is not None or create.compact_threshold is not None
    return create.model.startswith(FAMILY) and create.generate and not bound


def successor(create: Create, response_id: str, steers: Sequence[Steer]) -> Frame:
    """The request a steered response is continued with: its own settings, the input new."""
    items = [item for steer in steers for item in steer.items]
    return create.body | {"input": items, "previous_response_id": response_id}


def stubs(output: Sequence[Item]) -> list[Frame]:
    """What a response with calls still needs from the client."""
    return [
        {"type": "function_call_output", "call_id": item["call_id"], "name": item["name"]}
        for item in output
        if item["type"] == "function_call"
    ]


def failed(code: str, steer: Frame, sequence: int, stream_id: str | None) -> Frame:
    message = MESSAGES.get(code, "The steering input could not be used.")
    frame: Frame = {
        "type": "response.steer.failed",
        "sequence_number": sequence,
        "error": {"type": "invalid_request_error", "code": code, "message": message},
        "steer": steer,
    }
    return frame if stream_id is None else frame | {"stream_id": stream_id}
