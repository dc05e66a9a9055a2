"""What is stored of a response: its items, or nothing but its cost. Pure."""

from dataclasses import replace

from tutor.protocol.actions import Save, SaveUsage
from tutor.protocol.events import Event, ModelFinished, ModelSteered, ResponseKind


def kept(event: ModelFinished | ModelSteered) -> Save:
    """The items of a response, whole; of one that did not come to its own end the messages."""
    items, is_cut = event.items, isinstance(event, ModelFinished) and bool(event.cut_short)
    # A call may be half a call, and one before a steered end is not run: neither is told without
    # an output, nor the reasoning that led to it.
    if is_cut or (isinstance(event, ModelSteered) and has_calls(event)):
        items = tuple(item for item in items if item["type"] == "message")
    return Save(items, event.response_id, interrupted=is_cut, usage=event.usage)


def charged(event: Event, kind: ResponseKind) -> list[SaveUsage]:
    """The cost of a response that is not kept; nothing of an event that is none."""
    match event:
        case ModelFinished() | ModelSteered():
            return [SaveUsage(event.response_id, replace(event.usage, kind=kind))]
        case _:
            return []


def has_calls(event: ModelFinished | ModelSteered) -> bool:
    """Whether a response makes calls."""
    return any(item["type"] == "function_call" for item in event.items)


def is_empty(event: ModelFinished) -> bool:
    """Whether a response neither says anything nor makes a call."""
    return not any(item["type"] in ("message", "function_call") for item in event.items)
