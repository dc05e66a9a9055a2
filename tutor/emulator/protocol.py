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
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tutor.emulator import errors, steering
from tutor.emulator.create import Create, check_strictly, parse, stream_id_of
from tutor.emulator.errors import MAX_STREAMS, Frame, Refusal
from tutor.emulator.generation import Generation, NewId
from tutor.emulator.items import check_calls
from tutor.emulator.model import Item
from tutor.emulator.resource import read_tokens
from tutor.emulator.settings import DEFAULTS, Settings
from tutor.emulator.steering import Steer

MAX_RUNNING: Final = 16
STEER_ID_CHARS: Final = 32
# Ended responses of a connection that are remembered by how they ended.
MAX_ENDED: Final = 64
# A larger frame closes the socket with 1009.
MAX_FRAME_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True)
class Chain:
    """A response that can be continued: its id, and all items up to and with its output."""

    id: str
    items: tuple[Item, ...]
    # The response as it ended, if it was asked to be stored.
    resource: Frame | None = None


@dataclass(frozen=True)
class Asked:
    """A request that waits for its turn. `tag` is the caller's own name for it.

    With `steers` it is a successor, which nobody asked for and which has no tag.
    """

    frame: Frame
    stream_id: str | None
    tag: Any
    steers: tuple[Steer, ...] = ()


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


@dataclass(frozen=True)
class Told:
    """Frames for the client that are no response; possibly none."""

    frames: tuple[Frame, ...]


@dataclass(frozen=True)
class Ended:
    """How a response of this connection ended, and where its events had got to."""

    status: str
    stream_id: str | None
    sequence: int


@dataclass
class Lane:
    """One strand of a connection: responses strictly one after the other."""

    waiting: deque[Asked] = field(default_factory=deque)
    running: Generation | None = None
    # The latest response of this lane, the only one that can be continued.
    cached: Chain | None = None
    # Steering input that waits for the outputs of its latest response's calls.
    held: tuple[Steer, ...] = ()


class Connection:
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
        self._ended: OrderedDict[str, Ended] = OrderedDict()
        # Whether nothing may begin any more: the connection's time is over.
        self.over = False

    # From the client

    def receive(
        self, frame: Frame | None, tag: Any = None, *, fail_steer: str | None = None
    ) -> Asked | Refused | Told:
        """One decoded message. `Asked` is already queued; the frames of others must be sent.

        `fail_steer` is a code with which a steering event fails, on order.
        """
        if frame is None:
            return _refused(errors.MALFORMED, None, tag)
        if frame.get("type") == "response.steer":
            return Told((self._steer(frame, fail_steer),))
        stream_id = stream_id_of(frame)
        if isinstance(stream_id, Refusal):
            return _refused(stream_id, None, tag)
        if "type" not in frame:
            return _refused(errors.missing("type"), stream_id, tag)
        if frame["type"] == "response.cancel" and self._settings().cancel == "stop":
            self._stop(frame.get("response_id"))
            return Told(())
        if frame["type"] != "response.create":
            known = "supported values are: 'response.create', 'response.steer'."
            return _refused(errors.invalid_value("type", known), stream_id, tag)
        if stream_id not in self._lanes:
            if len(self._lanes) > MAX_STREAMS:  # the default lane does not count
                return _refused(errors.TOO_MANY_STREAMS, stream_id, tag)
            self._lanes[stream_id] = Lane()
        asked = Asked(frame, stream_id, tag)
        self._lanes[stream_id].waiting.append(asked)
        return asked

    def _stop(self, response_id: Any) -> None:
        """Ask one running response for no more, or all where none is named."""
        for generation in self.running():
            if response_id in {None, generation.id}:
                generation.stopped = True

    def _steer(self, frame: Frame, fail: str | None) -> Frame:
        """Accept steering input, or send it back; `fail` is a code to fail with, on order."""
        items = steering.parse(frame)
        target = frame.get("previous_response_id")
        back: Frame = {"input": frame.get("input"), "previous_response_id": target}
        generation = next((g for g in self.running() if g.id == target), None)
        if generation is None or generation.ended:
            ended = self._how_ended(target, generation)
            late = fail or (_too_late(ended) if items else "invalid_input")
            return steering.failed(late, back, ended.sequence, ended.stream_id)
        # Those fail only once they have been accepted.
        doomed = fail == "successor_creation_failed"
        code = (None if doomed else fail) or self._unsteerable(generation, items)
        if code or items is None:
            return generation.not_steered(code or "invalid_input", back)
        steer_id = self._new_id("steer")[: len("steer_") + STEER_ID_CHARS]
        return generation.steer(Steer(steer_id, generation.id, frame["input"], items, doomed))

    def _how_ended(self, target: Any, generation: Generation | None) -> Ended:
        """How a response ended, even if its last event is still on its way; status empty where
        there was no such response."""
        if generation:
            return Ended(generation.ended, generation.create.stream_id, generation.sequence)
        known = self._ended.get(target) if isinstance(target, str) else None
        return known or Ended("", None, 0)

    def _unsteerable(self, generation: Generation, items: tuple[Item, ...] | None) -> str | None:
        if items is None:
            return "invalid_input"
        if not steering.supported(generation.create):
            return "steering_not_supported"
        if len(generation.steers) >= self._settings().max_steers:
            return "too_many_pending_steers"
        return None

    def look_up(self, frame: Frame) -> tuple[Create, Chain] | Refusal:
        """A good request and what it continues, without beginning a response."""
        create = parse(frame)
        if isinstance(create, Refusal):
            return create
        chain = self._find(create.previous_response_id)
        if chain is None:
            return errors.previous_response_not_found(create.previous_response_id or "")
        items = chain.items + create.input
        return check_calls(items) or self._check_size(create, chain) or (create, chain)

    # To the client

    def begin(self, now: float) -> list[Started | Refused | Told]:
        """Everything that can start or be refused at this moment."""
        begun: list[Started | Refused | Told] = []
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
        self._evict(generation.create.stream_id, generation.create.previous_response_id)
        if self._settings().cache_failed:
            self._keep(generation)
        return frame

    def refuse(self, generation: Generation, refusal: Refusal) -> Frame:
        """An `error` in place of the rest of a response."""
        generation.ended = "error"
        create = generation.create
        self._evict(create.stream_id, create.previous_response_id)
        frame = refusal.frame(create.stream_id)
        if refusal.status is None:
            frame["sequence_number"] = generation.sequence
        return frame

    def release(self, generation: Generation) -> list[Frame]:
        """The terminal frame is out: the lane is free. Returns what becomes of steering input."""
        stream_id = generation.create.stream_id
        lane = self._lanes[stream_id]
        lane.running = None
        frames, good = [], []
        for steer in generation.steers:
            if steer.doomed or generation.ended not in {"completed", "incomplete"}:
                code = "successor_creation_failed" if steer.doomed else "response_not_active"
                frames.append(generation.not_steered(code, steer.stub | {"input": steer.input}))
            else:
                good.append(steer)
        stubs = steering.stubs(generation.output)
        if good and stubs:
            lane.held = tuple(good)
            frames += [generation.steer_pending(steer, stubs) for steer in good]
        elif good:
            asked = steering.successor(generation.create, generation.id, good)
            lane.waiting.appendleft(Asked(asked, stream_id, None, tuple(good)))
        self._ended[generation.id] = Ended(generation.ended, stream_id, generation.sequence)
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

    def _start(self, lane: Lane, asked: Asked, now: float) -> Iterator[Started | Refused | Told]:
        held, lane.held = lane.held, ()
        create = self._check(lane, asked, held, now)
        if isinstance(create, Create):
            joined = held and create.previous_response_id == held[0].response_id
            lost = () if joined else held
        else:
            lost = held + asked.steers
        if lost:
            code = "successor_creation_failed"
            back = [steer.stub | {"input": steer.input} for steer in lost]
            yield Told(tuple(steering.failed(code, b, 0, asked.stream_id) for b in back))
        if isinstance(create, Create):
            assert lane.running
            yield Started(lane.running, asked.tag)
        elif not asked.steers:
            yield _refused(create, asked.stream_id, asked.tag)

    def _check(
        self, lane: Lane, asked: Asked, held: tuple[Steer, ...], now: float
    ) -> Create | Refusal:
        """Begin what was asked for, or say why not; then its parent may be gone."""
        strictly = check_strictly(asked.frame) if self._settings().strict_openresponses else None
        create = strictly or parse(asked.frame)
        if isinstance(create, Refusal):
            self._evict(asked.stream_id, asked.frame.get("previous_response_id"))
            return create
        chain = self._find(create.previous_response_id)
        if chain is None:
            return errors.previous_response_not_found(create.previous_response_id or "")
        if held and chain.id == held[0].response_id:
            said = tuple(item for steer in held for item in steer.items)
            create = replace(create, input=said + create.input)
        refusal = check_calls(chain.items + create.input) or self._check_size(create, chain)
        if refusal:
            self._evict(asked.stream_id, create.previous_response_id)
            return refusal
        lane.running = Generation(create, chain.items, self._new_id, now)
        return create

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

    def _keep(self, generation: Generation) -> None:
        chain = Chain(generation.id, generation.conversation)
        self._lanes[generation.create.stream_id].cached = chain
        if generation.create.store:
            self._stored[chain.id] = replace(chain, resource=generation.resource)

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


def _too_late(ended: Ended) -> str:
    if not ended.status:
        return "response_not_found"
    completed = ended.status == "completed"
    return "response_already_completed" if completed else "response_not_active"


def _refused(refusal: Refusal, stream_id: str | None, tag: Any) -> Refused:
    return Refused(refusal.frame(stream_id), refusal.code or "invalid_request", tag)


__all__ = ["Asked", "Chain", "Connection", "Create", "Refused", "Started", "Told", "decode"]
