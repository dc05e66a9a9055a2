"""The channel layer as a conversation's sessions use it: nudges, which may get lost.

Whatever a message says, the rows decide; so a layer that is down costs time, never a dialogue.
"""

import asyncio
import contextlib
from typing import Any, Final

import structlog
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

log = structlog.get_logger()

LAYER_ERRORS: Final = (OSError, TimeoutError, RedisError, ChannelFull)
# How long a layer that is down is left alone.
PAUSE_S: Final = 1.0


class Nudges:
    """One session's place in the group of a conversation."""

    def __init__(self, group: str) -> None:
        layer = get_channel_layer()
        assert layer is not None
        self._layer = layer
        self._group = group
        # This session's channel; empty while it has none.
        self._channel = ""

    async def join(self) -> None:
        """Be told from now on; if the layer is down, as soon as it is up."""
        try:
            channel = await self._layer.new_channel()
            await self._layer.group_add(self._group, channel)
            self._channel = channel
        except LAYER_ERRORS as error:
            self._lost(error)

    async def receive(self) -> dict[str, Any]:
        """The next message of somebody else's. Waits as long as it takes."""
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

    async def send(self, what: str, **where: str) -> None:
        """Tell the others that `what` has happened."""
        message = {"type": what, "sender": self._channel, **where}
        try:
            await self._layer.group_send(self._group, message)
        except LAYER_ERRORS as error:
            log.warning("layer.lost", reason=type(error).__name__)

    async def leave(self) -> None:
        """Be told no more."""
        if self._channel:
            with contextlib.suppress(*LAYER_ERRORS):
                await self._layer.group_discard(self._group, self._channel)

    def _lost(self, error: Exception) -> None:
        log.warning("layer.lost", reason=type(error).__name__)
        self._channel = ""
