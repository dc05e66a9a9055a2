"""The channel layer of the embedded default: in memory, safe to call from the worker's thread."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from channels.layers import InMemoryChannelLayer

CLEAN_EVERY_S = 5.0


class ThreadSafeLayer(InMemoryChannelLayer):
    """Channels' in-memory layer, whose queues belong to the loop that receives from them.

    The embedded Celery worker sends from threads with loops of their own; a queue filled from there
    would not wake its reader, so the call is carried over to the reader's loop.
    """

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        # The loop of the process that holds the students' sockets; None until it first listens.
        self._loop: asyncio.AbstractEventLoop | None = None
        # When expired messages were last looked for.
        self._cleaned_at = 0.0

    def _clean_expired(self) -> None:
        # Channels walks all channels at every call, which with 1,200 students was a third of the
        # process's time; messages live for a minute, so now and then is often enough.
        now = time.monotonic()
        if now - self._cleaned_at >= CLEAN_EVERY_S:
            self._cleaned_at = now
            super()._clean_expired()  # type: ignore[misc]  # the stubs lack it

    async def receive(self, channel: str) -> dict[str, Any]:
        self._loop = asyncio.get_running_loop()
        message: dict[str, Any] = await super().receive(channel)
        return message

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await self._at_home(super().send(channel, message))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._at_home(super().group_send(group, message))

    async def _at_home(self, call: Coroutine[Any, Any, None]) -> None:
        home = self._loop
        if home is None or home is asyncio.get_running_loop() or not home.is_running():
            await call
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, home))
