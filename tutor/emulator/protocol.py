"""The rules of one connection. Pure: frames in, frames out; no socket, no clock, no waiting.

1. `receive` takes a frame and says at once whether it is refused or waits in its lane. Steering
   and stopping reach the running response directly.
2. `begin` starts what may start: first come first served within a lane, lanes side by side, at
   most MAX_RUNNING in all. What a request refers to is looked up now, not when it arrived.
3. The caller sends the frames of a `Generation`, ends it with `complete`, `incomplete`, `fail` or
   `refuse`, sends that frame, calls `release` and sends what that returns. Then `begin` may have
   more; a successor of a steered response comes before what waits.

A lane keeps its latest response and no other. A continuation that ends in an error drops its
parent, if that is the same lane's; an id that is not found drops nothing.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from tutor.emulator import choice, dialects, errors, lane_steering
from tutor.emulator.create import Create, check_strictly, parse, stream_id_of
from tutor.emulator.errors import MAX_STREAMS, Frame, Refusal
from tutor.emulator.generation import Generation, NewId
from tutor.emulator.items import check_calls, resolve
from tutor.emulator.lane import (
    Chain,
    EndedResponse,
    Lane,
    Notice,
    QueuedRequest,
    Refused,
    Started,
    refused,
)
from tutor.emulator.model import Item
from tutor.emulator.resource import read_tokens
from tutor.emulator.settings import DEFAULTS, Settings
from tutor.emulator.steering import Steer
from tutor.emulator.tools import all_tools

MAX_RUNNING: Final = 16
# Ended responses of a connection that are remembered by how they ended.
MAX_ENDED: Final = 64
# A larger frame closes the socket with 1009.
MAX_FRAME_BYTES: Final = 16 * 1024 * 1024


class ResponsesProtocol:
    """The state of one connection. `stored` outlives it and holds what was asked to be stored."""

    def __init__(
        self,
        new_id: NewId,
        stored: dict[str, Chain] | None = None,
        settings: Callable[[], Settings] = lambda: DEFAULTS,
    ) -> None:
        self._new_id = new_id
        self._stored = {} if stored is None else stored
        self._settings = settings
        # None is the lane of requests that name none.
        self._lanes: dict[str | None, Lane] = {None: Lane()}
        # The latest ended responses, by id.
        self._ended: OrderedDict[str, EndedResponse] = OrderedDict()
        # True once nothing may begin any more: the connection has reached its time limit.
        self.over = False

    # From the client

    def receive(
        self, frame: Frame | None, tag: Any = None, *, fail_steer: str | None = None
    ) -> QueuedRequest | Refused | Notice:
        """Receive one decoded message. The caller sends the frames of a refusal or a notice.

        `fail_steer` is a code with which a steering event fails, on order.
        """
        if frame is None:
            return refused(errors.MALFORMED, None, tag)
        if frame.get("type") == "response.steer":
            return Notice((self._steer(frame, fail_steer),))
        stream_id = stream_id_of(frame)
        if isinstance(stream_id, Refusal):
            return refused(stream_id, None, tag)
        if "type" not in frame:
            return refused(errors.missing("type"), stream_id, tag)
        if frame["type"] == "response.cancel" and self._settings().cancel == "stop":
            return Notice((), self._stop(frame.get("response_id")))
        if frame["type"] != "response.create":
            known = "supported values are: 'response.create', 'response.steer'."
            return refused(errors.invalid_value("type", known), stream_id, tag)
        if stream_id not in self._lanes:
            if len(self._lanes) > MAX_STREAMS:  # the default lane does not count
                return refused(errors.TOO_MANY_STREAMS, stream_id, tag)
            self._lanes[stream_id] = Lane()
        queued = QueuedRequest(frame, stream_id, tag)
        self._lanes[stream_id].waiting.append(queued)
        return queued

    def _stop(self, response_id: Any) -> tuple[Generation, ...]:
        """Ask one running response for no more, or all where none is named."""
        stopped = [g for g in self.running() if response_id is None or response_id == g.id]
        for generation in stopped:
            generation.stopped = True
        return tuple(stopped)

    def _steer(self, frame: Frame, fail: str | None) -> Frame:
        """Accept steering input, or send it back; `fail` is a code to fail with, on order."""
        target = frame.get("previous_response_id")
        running = next((g for g in self.running() if g.id == target), None)
        if running and not running.ended:
            most = self._settings().max_steers
            return lane_steering.accept(frame, running, self._new_id, most, fail)
        ended = self._ended.get(target) if isinstance(target, str) else None
        if running:
            # Its last event is still on its way.
            ended = EndedResponse(running.ended, running.create.stream_id, running.sequence)
        return lane_steering.too_late(frame, ended or lane_steering.NO_RESPONSE, fail)

    def look_up(self, frame: Frame) -> tuple[Create, Chain] | Refusal:
        """A good request and what it continues, without beginning a response."""
        create = parse(frame)
        if isinstance(create, Refusal):
            return create
        chain = self._find(create.previous_response_id)
        if chain is None:
            return errors.previous_response_not_found(create.previous_response_id or "")
        taken = self._take(create, chain)
        return taken if isinstance(taken, Refusal) else (taken, chain)

    # To the client

    def begin(self, now: float) -> list[Started | Refused | Notice]:
        """Everything that can start or be refused at this moment."""
        begun: list[Started | Refused | Notice] = []
        for lane in self._lanes.values():
            while lane.waiting and not lane.running and self._may_begin():
                begun.extend(self._start(lane, lane.waiting.popleft(), now))
        return begun

    def complete(self, generation: Generation, now: float) -> Frame:
        """The terminal frame; from now on the response can be continued."""
        frame = generation.completed(now)
        self._keep(generation)
        return frame

    def incomplete(self, generation: Generation, reason: str | None) -> Frame:
        frame = generation.incomplete(reason)
        if self._settings().cache_incomplete or reason == "steered":
            self._keep(generation)
        return frame

    def fail(self, generation: Generation, code: str, message: str) -> Frame:
        frame = generation.failed(code, message)
        self._lanes[generation.create.stream_id].evict(generation.create.previous_response_id)
        if self._settings().cache_failed:
            self._keep(generation)
        return frame

    def refuse(self, generation: Generation, refusal: Refusal) -> Frame:
        """An `error` in place of the rest of a response."""
        generation.ended = "error"
        create = generation.create
        self._lanes[create.stream_id].evict(create.previous_response_id)
        frame = refusal.frame(create.stream_id)
        if refusal.status is None:
            frame["sequence_number"] = generation.sequence
        return frame

    def release(self, generation: Generation) -> list[Frame]:
        """The terminal frame is out: the lane is free. Returns what becomes of steering input."""
        stream_id = generation.create.stream_id
        lane = self._lanes[stream_id]
        lane.running = None
        frames = lane_steering.settle(generation, lane)
        self._ended[generation.id] = EndedResponse(generation.ended, stream_id, generation.sequence)
        if len(self._ended) > MAX_ENDED:
            self._ended.popitem(last=False)
        return frames

    def forget(self) -> None:
        """Drop what every lane holds, as a restart of the service's side would."""
        for lane in self._lanes.values():
            lane.cached = None

    def running(self) -> list[Generation]:
        """The responses that run at this moment."""
        return [lane.running for lane in self._lanes.values() if lane.running]

    # Rules

    def _may_begin(self) -> bool:
        return not self.over and len(self.running()) < MAX_RUNNING

    def _start(
        self, lane: Lane, queued: QueuedRequest, now: float
    ) -> Iterator[Started | Refused | Notice]:
        held, lane.held = lane.held, ()
        create = self._check(lane, queued, held, now)
        if isinstance(create, Create):
            joined = held and create.previous_response_id == held[0].response_id
            lost = () if joined else held
        else:
            lost = held + queued.steers
        if lost:
            yield Notice(lane_steering.lost(lost, queued.stream_id))
        if isinstance(create, Create):
            assert lane.running
            yield Started(lane.running, queued.tag)
        elif not queued.steers:
            yield refused(create, queued.stream_id, queued.tag)

    def _check(
        self, lane: Lane, queued: QueuedRequest, held: tuple[Steer, ...], now: float
    ) -> Create | Refusal:
        """Begin what was asked for, or say why not; then its parent may be gone."""
        strictly = check_strictly(queued.frame) if self._settings().strict_openresponses else None
        create = strictly or parse(queued.frame)
        if isinstance(create, Refusal):
            lane.evict(queued.frame.get("previous_response_id"))
            return create
        chain = self._find(create.previous_response_id)
        if chain is None:
            return errors.previous_response_not_found(create.previous_response_id or "")
        if held and chain.id == held[0].response_id:
            said = tuple(item for steer in held for item in steer.items)
            create = replace(create, input=said + create.input)
        taken = self._take(create, chain)
        if isinstance(taken, Refusal):
            lane.evict(create.previous_response_id)
            return taken
        lane.running = Generation(taken, chain.items, self._new_id, now)
        return taken

    def _take(self, create: Create, chain: Chain) -> Create | Refusal:
        """The request as it stands behind what it continues, with its references resolved."""
        unstored = (i for lane in self._lanes.values() if lane.cached for i in lane.cached.items)
        found = resolve(create.input, self._find_item, unstored)
        if isinstance(found, Refusal):
            return found
        items = chain.items + found
        settings = self._settings()
        create = replace(create, input=dialects.told(found, settings))
        return (
            dialects.check_roles(items, settings)
            or dialects.check_schemas(create.tools, settings)
            or check_calls(items)
            or choice.check(create.choice, all_tools(create.tools, items))
            or self._check_size(create, chain)
            or create
        )

    def _check_size(self, create: Create, chain: Chain) -> Refusal | None:
        limit = self._settings().context_tokens
        if limit and read_tokens(create, chain.items) > limit:
            return errors.CONTEXT_EXCEEDED
        return None

    def _find(self, response_id: str | None) -> Chain | None:
        if response_id is None:
            return Chain("", ())
        for lane in self._lanes.values():
            if lane.cached and lane.cached.id == response_id:
                return lane.cached
        return self._stored.get(response_id)

    def _find_item(self, item_id: str) -> Item | None:
        """An item of a stored response, or of what one was asked."""
        for chain in reversed(self._stored.values()):
            for item in chain.items:
                if item.get("id") == item_id:
                    return item
        return None

    def _keep(self, generation: Generation) -> None:
        chain = Chain(generation.id, generation.conversation)
        self._lanes[generation.create.stream_id].cached = chain
        if generation.create.store:
            self._stored[chain.id] = replace(chain, resource=generation.resource)


def decode(data: str | bytes) -> Frame | None:
    """The JSON object in a text message, or None. Binary messages are not part of the protocol."""
    if isinstance(data, bytes):
        return None
    try:
        frame = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return frame if isinstance(frame, dict) else None


__all__ = [
    "Chain",
    "Create",
    "Notice",
    "QueuedRequest",
    "Refused",
    "ResponsesProtocol",
    "Started",
    "decode",
]
