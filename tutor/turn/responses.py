"""What is stored of a response: its items, shown or withheld, or nothing but its cost. Pure."""

from dataclasses import replace

from tutor.method.tools import error_output
from tutor.protocol.actions import Save, SaveUsage
from tutor.protocol.events import Event, ModelFinished, ModelSteered, ResponseKind
from tutor.turn import messages


def kept(event: ModelFinished | ModelSteered, withheld: frozenset[int] = frozenset()) -> Save:
    """The items of a response, whole, those at the places `withheld` not to be shown; of one that
    did not come to its own end the messages.
    """
    items, is_cut = event.items, isinstance(event, ModelFinished) and bool(event.cut_short)
    # A call may be half a call, and one before a steered end is not run: neither is told without
    # an output, nor the reasoning that led to it.
    if is_cut or (isinstance(event, ModelSteered) and has_calls(event)):
        items = tuple(item for item in items if item["type"] == "message")
    return Save(
        items,
        event.response_id,
        interrupted=is_cut,
        # Without a name it has no cost of its own either: it was cut by us.
        usage=event.usage if event.response_id else None,
        withheld=withheld,
    )


def unseen(event: ModelFinished | ModelSteered) -> tuple[Save, ...]:
    """All items of a response, and outputs for its calls, none of which is shown.

    All of it is stored, what the model thought too: what the server has heard is not told it again.
    """
    saved = kept(event)
    calls = [item for item in saved.payloads if item["type"] == "function_call"]
    outputs = [error_output(str(one.get("call_id") or ""), messages.UNSEEN) for one in calls]
    saves = [saved, Save(tuple(outputs))] if outputs else [saved]
    return tuple(replace(one, withheld=frozenset(range(len(one.payloads)))) for one in saves)


def charged(event: Event, kind: ResponseKind) -> list[SaveUsage]:
    """The cost of a response that is not kept; nothing of an event that is none."""
    match event:
        case ModelFinished() | ModelSteered() if event.response_id:
            return [SaveUsage(event.response_id, replace(event.usage, kind=kind))]
        case _:
            return []


def has_calls(event: ModelFinished | ModelSteered) -> bool:
    """Whether a response makes calls."""
    return any(item["type"] == "function_call" for item in event.items)


def is_empty(event: ModelFinished) -> bool:
    """Whether a response neither says anything nor makes a call."""
    return not any(item["type"] in ("message", "function_call") for item in event.items)
