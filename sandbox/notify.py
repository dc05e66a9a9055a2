"""Nudges for whoever follows a run, over the channel layer. The row is the truth."""

import asyncio
import logging
import os
import threading
from typing import Any

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

# Seconds after which a nudge is given up.
TIMEOUT_S = 0.5
# The same where not even the time-out comes, because the loop is stuck.
GIVE_UP_S = 2.0


class Voice:
    """A thread with an event loop of its own, for all nudges of a process.

    A loop for each nudge would cost a thread, and with Redis a connection, every time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # The loop and the process in which it runs; neither survives a fork.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = 0

    def say(self, group: str, message: dict[str, Any]) -> None:
        """Return when it is sent. Raises whatever the channel layer raises."""
        asyncio.run_coroutine_threadsafe(_send(group, message), self._running()).result(GIVE_UP_S)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                self._loop, self._pid = asyncio.new_event_loop(), os.getpid()
                run = self._loop.run_forever
                threading.Thread(target=run, name="sandbox-voice", daemon=True).start()
            return self._loop


voice = Voice()


def notify(group: str, message: dict[str, Any]) -> None:
    """Send `message` to `group`. Never raises: a lost nudge must not cost a run.

    `message["type"]` is run.started, run.printed or run.finished; `message["key"]` the run's key.
    """
    try:
        voice.say(group, message)
    # Whatever layer is configured, it may fail in its own way.
    except Exception as error:  # noqa: BLE001
        logger.warning("%s was not announced: %s", message["type"], type(error).__name__)


async def _send(group: str, message: dict[str, Any]) -> None:
    # A Redis that hangs is no reason to hold up a run.
    async with asyncio.timeout(TIMEOUT_S):
        if layer := get_channel_layer():
            await layer.group_send(group, message)
