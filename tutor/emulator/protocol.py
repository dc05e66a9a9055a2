"""The rules of one connection. Pure: frames in, frames out; no socket, no clock, no waiting.

1. `receive` takes a frame and says at once whether it is refused or waits in its lane.
2. `begin` starts what may start: first come first served within a lane, lanes side by side, at
   most MAX_RUNNING in all. What a request refers to is looked up now, not when it arrived.
3. The caller sends the frames of a `Generation`, ends it with `complete`, `incomplete`, `fail` or
   `refuse`, sends that frame, and calls `release`. Then `begin` may have more.

A lane keeps its latest response and no other. A continuation that ends in an error drops its
parent, if that is the same lane's; an id that is not found drops nothing.
"""

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from tutor.emulator import errors
from tutor.emulator.create import Create, parse, stream_id_of
from tutor.emulator.errors import MAX_STREAMS, Frame, Refusal
from tutor.emulator.generation import Generation, NewId
from tutor.emulator.items import check_calls
from tutor.emulator.model import Item

MAX_RUNNING: Final = 16
# A larger frame closes the socket with 1009.
MAX_FRAME_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True)
class Chain:
    """A response that can be continued: its id, and all items up to and with its output."""

    id: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Asked:
    """A request that waits for its turn. `tag` is the caller's own name for it."""

    frame: Frame
    stream_id: str | None
    tag: Any


@dataclass(frozen=True)
class Refused:
    """A request that gets `frame`, an error, instead of a response."""

    frame: Frame
    code: str
    tag: Any


@dataclass(frozen=True)
class Started:
    """A response that runs; the caller sends its frames."""

    generation: Generation
    tag: Any


@dataclass
class Lane:
    """One strand of a connection: responses strictly one after the other."""

    waiting: deque[Asked] = field(default_factory=deque)
    running: Generation | None = None
    # The latest response of this lane, the only one that can be continued.
    cached: Chain | None = None


class Connection:
    """The state of one connection. `stored` outlives it and holds what was asked to be stored."""

    def __init__(self, new_id: NewId, stored: dict[str, Chain] | None = None) -> None:
        self._new_id = new_id
        self._stored = {} if stored is None else stored
        # None is the lane of requests that name none.
        self._lanes: dict[str | None, Lane] = {None: Lane()}

    # From the client

    def receive(self, frame: Frame | None, tag: Any = None) -> Asked | Refused:
        """One decoded message. `Asked` is already queued; a `Refused` frame must be sent."""
        if frame is None:
            return _refused(errors.MALFORMED, None, tag)
        stream_id = stream_id_of(frame)
        if isinstance(stream_id, Refusal):
            return _refused(stream_id, None, tag)
        if "type" not in frame:
            return _refused(errors.missing("type"), stream_id, tag)
        if frame["type"] != "response.create":
            unknown = errors.invalid_value("type", "supported values are: 'response.create'.")
            return _refused(unknown, stream_id, tag)
        if stream_id not in self._lanes:
            if len(self._lanes) > MAX_STREAMS:  # the default lane does not count
                return _refused(errors.TOO_MANY_STREAMS, stream_id, tag)
            self._lanes[stream_id] = Lane()
        asked = Asked(frame, stream_id, tag)
        self._lanes[stream_id].waiting.append(asked)
        return asked

    # To the client

    def begin(self, now: float) -> list[Started | Refused]:
        """Everything that can start or be refused at this moment."""
        begun: list[Started | Refused] = []
        for lane in self._lanes.values():
            while lane.waiting and not lane.running and self._running() < MAX_RUNNING:
                begun.append(self._start(lane, lane.waiting.popleft(), now))
        return begun

    def complete(self, generation: Generation, now: float) -> Frame:
        """The terminal frame; from now on the response can be continued."""
        frame = generation.completed(now)
        self._keep(generation)
        return frame

    def incomplete(self, generation: Generation, reason: str) -> Frame:
        frame = generation.incomplete(reason)
        self._keep(generation)
        return frame

    def fail(self, generation: Generation, code: str, message: str) -> Frame:
        frame = generation.failed(code, message)
        self._evict(generation.create.stream_id, generation.create.previous_response_id)
        return frame

    def refuse(self, generation: Generation, refusal: Refusal) -> Frame:
        """An `error` in place of the rest of a response."""
        create = generation.create
        self._evict(create.stream_id, create.previous_response_id)
        frame = refusal.frame(create.stream_id)
        if refusal.status is None:
            frame["sequence_number"] = generation.sequence
        return frame

    def release(self, generation: Generation) -> None:
        """The terminal frame is out: the lane is free."""
        self._lanes[generation.create.stream_id].running = None

    def forget(self) -> None:
        """Drop what every lane holds, as a restart of the service's side would."""
        for lane in self._lanes.values():
            lane.cached = None

    # Rules

    def _running(self) -> int:
        return sum(lane.running is not None for lane in self._lanes.values())

    def _start(self, lane: Lane, asked: Asked, now: float) -> Started | Refused:
        create = parse(asked.frame)
        previous = asked.frame.get("previous_response_id")
        if isinstance(create, Refusal):
            self._evict(asked.stream_id, previous)
            return _refused(create, asked.stream_id, asked.tag)
        chain = self._find(create.previous_response_id)
        if chain is None:
            not_found = errors.previous_response_not_found(create.previous_response_id or "")
            return _refused(not_found, asked.stream_id, asked.tag)
        mismatch = check_calls(chain.items + create.input)
        if mismatch:
            self._evict(asked.stream_id, previous)
            return _refused(mismatch, asked.stream_id, asked.tag)
        lane.running = Generation(create, chain.items, self._new_id, now)
        return Started(lane.running, asked.tag)

    def _find(self, response_id: str | None) -> Chain | None:
        if response_id is None:
            return Chain("", ())
        for lane in self._lanes.values():
            if lane.cached and lane.cached.id == response_id:
                return lane.cached
        return self._stored.get(response_id)

    def _keep(self, generation: Generation) -> None:
        items = generation.chain + generation.create.input + tuple(generation.output)
        chain = Chain(generation.id, items)
        self._lanes[generation.create.stream_id].cached = chain
        if generation.create.store:
            self._stored[chain.id] = chain

    def _evict(self, stream_id: str | None, previous: Any) -> None:
        lane = self._lanes[stream_id]
        if lane.cached and lane.cached.id == previous:
            lane.cached = None


def decode(data: str | bytes) -> Frame | None:
    """The JSON object in a text message, or None. Binary messages are not part of the protocol."""
    if isinstance(data, bytes):
        return None
    try:
        frame = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return frame if isinstance(frame, dict) else None


def _refused(refusal: Refusal, stream_id: str | None, tag: Any) -> Refused:
    return Refused(refusal.frame(stream_id), refusal.code or "invalid_request", tag)


__all__ = ["Asked", "Chain", "Connection", "Create", "Refused", "Started", "decode"]
