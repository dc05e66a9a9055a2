"""The lanes of a connection, with the requests and responses in them. Pure."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tutor.emulator.errors import Frame, Refusal
from tutor.emulator.generation import Generation
from tutor.emulator.model import Item
from tutor.emulator.steering import Steer


@dataclass(frozen=True)
class Chain:
    """A response that can be continued: its id, and all items up to and with its output."""

    id: str
    items: tuple[Item, ...]
    # The response as it ended, if it was asked to be stored.
    resource: Frame | None = None


@dataclass(frozen=True)
class QueuedRequest:
    """A request that waits in its lane. `tag` is the caller's own name for it.

    With `steers` it is a successor, which nobody asked for and which has no tag.
    """

    frame: Frame
    stream_id: str | None
    tag: Any
    steers: tuple[Steer, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A request that is answered with `frame`, an error, instead of a response."""

    frame: Frame
    code: str
    tag: Any


@dataclass(frozen=True)
class Started:
    """A response that runs; the caller sends its frames."""

    generation: Generation
    tag: Any


@dataclass(frozen=True)
class Notice:
    """Frames outside any response, possibly none, and the responses that the client has stopped."""

    frames: tuple[Frame, ...]
    stopped: tuple[Generation, ...] = ()


@dataclass(frozen=True)
class EndedResponse:
    """The status of an ended response, and the number after its last event."""

    status: str
    stream_id: str | None
    sequence: int


@dataclass
class Lane:
    """One strand of a connection: responses strictly one after the other."""

    waiting: deque[QueuedRequest] = field(default_factory=deque)
    running: Generation | None = None
    # The latest response of this lane, the only one that can be continued.
    cached: Chain | None = None
    # Steering input that waits for the outputs of its latest response's calls.
    held: tuple[Steer, ...] = ()

    def evict(self, response_id: Any) -> None:
        """Forget that response, if it is the cached one."""
        if self.cached and self.cached.id == response_id:
            self.cached = None


def refused(refusal: Refusal, stream_id: str | None, tag: Any) -> Refused:
    return Refused(refusal.frame(stream_id), refusal.code or "invalid_request", tag)
