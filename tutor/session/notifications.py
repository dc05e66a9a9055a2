"""Notifications between a conversation's sessions and from workers, over the channel layer.

They may get lost: the rows decide, so a layer that is down costs time, never a dialogue.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, Final

import structlog
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from tutor.models import is_check_run, is_gate_run, run_id
from tutor.protocol.calls import is_prediction_run
from tutor.protocol.events import RunPrinted
from tutor.turn.live_answer import AnswerNews

log = structlog.get_logger()

LAYER_ERRORS: Final = (OSError, TimeoutError, RedisError, ChannelFull)
# How long a layer that is down is left alone.
PAUSE_S: Final = 1.0


@dataclass(frozen=True)
class SeriesNews:
    """A batch of the run `key`, which tries programs, has been answered, or it has ended."""

    key: str


@dataclass(frozen=True)
class Refresh:
    """Reread the run `key` or the program of `step`; without either, all awaited rows."""

    key: str | None = None
    step: str | None = None


@dataclass(frozen=True)
class AnswerWanted:
    """The session of `channel` follows the answer that comes, or does no more if `is_over`.

    It has been told all up to `number` by the owner with that fence.
    """

    channel: str
    fence: int = -1
    number: int = -1
    is_over: bool = False


@dataclass(frozen=True)
class AnswerOwned:
    """A turn of before has been taken up, under the claim `fence`."""

    fence: int


Notification = RunPrinted | SeriesNews | Refresh | AnswerWanted | AnswerOwned | AnswerNews


class Notifications:
    """The membership in a group: of one session in its conversation's, or of a web process."""

    def __init__(self, group: str) -> None:
        layer = get_channel_layer()
        assert layer is not None
        self._layer = layer
        self._group = group
        # This session's channel; empty while it has none.
        self._channel = ""

    async def join(self) -> None:
        """Receive from now on; if the layer is down, as soon as it is up."""
        try:
            channel = await self._layer.new_channel()
            await self._layer.group_add(self._group, channel)
            self._channel = channel
        except LAYER_ERRORS as error:
            self._lost(error)

    async def receive(self) -> Notification:
        """The next notification of another session or of a worker. Waits as long as it takes."""
        while True:
            if event := _event(await self.message()):
                return event

    async def message(self) -> dict[str, Any]:
        """The next message that is not of this channel's own, as it is."""
        while True:
            if not self._channel:
                await asyncio.sleep(PAUSE_S)
                await self.join()
                continue
            try:
                message: dict[str, Any] = await self._layer.receive(self._channel)
            except LAYER_ERRORS as error:
                self._lost(error)
                continue
            if message.get("sender") != self._channel:
                return message

    async def send(self, what: str, *, to: str = "", **where: Any) -> None:
        """Notify the other sessions, or that of the channel `to`, that `what` has happened."""
        message = {"type": what, "sender": self._channel, **where}
        try:
            if to:
                await self._layer.send(to, message)
            else:
                await self._layer.group_send(self._group, message)
        except LAYER_ERRORS as error:
            log.warning("layer.lost", reason=type(error).__name__)

    async def leave(self) -> None:
        """Receive no more."""
        if self._channel:
            with contextlib.suppress(*LAYER_ERRORS):
                await self._layer.group_discard(self._group, self._channel)

    def _lost(self, error: Exception) -> None:
        log.warning("layer.lost", reason=type(error).__name__)
        self._channel = ""


def _event(message: dict[str, Any]) -> Notification | None:
    if is_gate_run(message.get("key", "")):
        return SeriesNews(message["key"])
    match message["type"]:
        case "run.printed":
            run = run_id(message["key"])
            # What a prediction's run prints is seen when it has been compared, and not before; an
            # attempt's when it has been judged.
            if is_prediction_run(run) or is_check_run(message["key"]):
                return None
            # A worker of an earlier release counts nothing.
            begun, seq = message.get("fence", 0), message.get("seq", 0)
            return RunPrinted(run, message["stream"], message["text"], begun, seq)
        case "run.queued" | "run.started" | "run.so_far" | "run.finished":
            return Refresh(key=message["key"])
        case "program.changed":
            return Refresh(step=message["step"])
        case "turn.stop" | "conversation.changed":
            return Refresh()
    return _answer_event(message)


def _answer_event(message: dict[str, Any]) -> AnswerWanted | AnswerOwned | AnswerNews | None:
    """The message in words of ours; None if it is of another release."""
    match message:
        case {"type": "answer.wanted", "sender": str(channel), "fence": int(), "number": int()}:
            return AnswerWanted(channel, message["fence"], message["number"])
        case {"type": "answer.left", "sender": str(channel)}:
            return AnswerWanted(channel, is_over=True)
        case {"type": "answer.owned", "fence": int(fence)}:
            return AnswerOwned(fence)
        case {"type": "answer.so_far" | "answer.shown"}:
            return AnswerNews.of(message)
    return None
