"""Steering input in a lane: accepted, returned, or joined to a successor. Pure."""

from typing import Final

from tutor.emulator import steering
from tutor.emulator.errors import Frame
from tutor.emulator.generation import Generation, NewId
from tutor.emulator.lane import EndedResponse, Lane, QueuedRequest
from tutor.emulator.model import Item
from tutor.emulator.steering import Steer

STEER_ID_CHARS: Final = 32
# The end of a response that never was.
NO_RESPONSE: Final = EndedResponse("", None, 0)


def accept(frame: Frame, target: Generation, new_id: NewId, most: int, fail: str | None) -> Frame:
    """Let the input wait with the running response it steers, or send it back.

    `most` inputs may wait; `fail` is a code to fail with, on order.
    """
    items = steering.parse(frame)
    # Those fail only once they have been accepted.
    fails_later = fail == "successor_creation_failed"
    code = (None if fails_later else fail) or _unsteerable(target, items, most)
    if code or items is None:
        return target.not_steered(code or "invalid_input", _returned_input(frame))
    steer_id = new_id("steer")[: len("steer_") + STEER_ID_CHARS]
    return target.steer(Steer(steer_id, target.id, frame["input"], items, fails_later))


def too_late(frame: Frame, ended: EndedResponse, fail: str | None) -> Frame:
    """Send input back that steers a response that is over, or that there never was."""
    code = fail or ("invalid_input" if steering.parse(frame) is None else _why_too_late(ended))
    return steering.failed(code, _returned_input(frame), ended.sequence, ended.stream_id)


def lost(steers: tuple[Steer, ...], stream_id: str | None) -> tuple[Frame, ...]:
    """Send accepted input back for which no successor could be created."""
    code = "successor_creation_failed"
    backs = [steer.stub | {"input": steer.input} for steer in steers]
    return tuple(steering.failed(code, back, 0, stream_id) for back in backs)


def settle(generation: Generation, lane: Lane) -> list[Frame]:
    """A response has ended: its lane gets a successor, or holds the input for the outputs of its
    calls. Returns the frames that tell of what waits and of what comes back."""
    frames, good = [], []
    for steer in generation.steers:
        if steer.fails_later or generation.ended not in {"completed", "incomplete"}:
            code = "successor_creation_failed" if steer.fails_later else "response_not_active"
            frames.append(generation.not_steered(code, steer.stub | {"input": steer.input}))
        else:
            good.append(steer)
    stubs = steering.stubs(generation.output)
    if good and stubs:
        lane.held = tuple(good)
        frames += [generation.steer_pending(steer, stubs) for steer in good]
    elif good:
        request = steering.successor(generation.create, generation.id, good)
        stream_id = generation.create.stream_id
        lane.waiting.appendleft(QueuedRequest(request, stream_id, None, tuple(good)))
    return frames


def _unsteerable(target: Generation, items: tuple[Item, ...] | None, most: int) -> str | None:
    if items is None:
        return "invalid_input"
    if not steering.supported(target.create):
        return "steering_not_supported"
    return "too_many_pending_steers" if len(target.steers) >= most else None


def _why_too_late(ended: EndedResponse) -> str:
    if not ended.status:
        return "response_not_found"
    completed = ended.status == "completed"
    return "response_already_completed" if completed else "response_not_active"


def _returned_input(frame: Frame) -> Frame:
    return {
        "input": frame.get("input"),
        "previous_response_id": frame.get("previous_response_id"),
    }
