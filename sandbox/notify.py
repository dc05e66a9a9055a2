"""Notifications of a run's events over the channel layer. Some get lost: the row is the truth."""

import asyncio
import logging
import os
import threading
from concurrent.futures import Future, wait
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

# Seconds after which a notification is given up, waiting for those before it included.
TIMEOUT_S = 0.5
# The same where not even the time-out comes, because the loop is stuck.
GIVE_UP_S = 2.0
# Nobody waits until these are sent: the program need not be held up.
PASSING = ("run.queued", "run.started", "run.printed", "run.so_far", "run.tried")


class Notifier:
    """A thread with an event loop of its own, for all notifications of a process.

    A loop for each would cost a thread, and with Redis a connection, every time. Notifications of
    one group are sent one after the other, in the order of the calls.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # The loop and the process in which it runs; neither survives a fork.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = 0
        # A lock for each group; used by the loop only. An entry lives while it is used.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def send(self, group: str, message: dict[str, Any]) -> "Future[None]":
        """Send it, after all that was sent to this group before. The future has the error."""
        loop = self._running()
        return asyncio.run_coroutine_threadsafe(self._send(group, message), loop)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                self._loop, self._pid = asyncio.new_event_loop(), os.getpid()
                self._turns = WeakValueDictionary()
                run = self._loop.run_forever
                threading.Thread(target=run, name="sandbox-notifier", daemon=True).start()
            return self._loop

    async def _send(self, group: str, message: dict[str, Any]) -> None:
        turn = self._turns.setdefault(group, asyncio.Lock())
        # A Redis that hangs is no reason to hold up a run, or to gather what nobody needs any more.
        async with asyncio.timeout(TIMEOUT_S), turn:
            if layer := get_channel_layer():
                await layer.group_send(group, message)


notifier = Notifier()


def notify(group: str, message: dict[str, Any]) -> None:
    """Send `message` to `group`. Never raises: a lost notification must not cost a run.

    `message["type"]` is run.started, run.printed, run.so_far (all that was printed is stored),
    run.tried (a batch of a series is answered), run.finished, or run.queued if it waits again;
    `message["key"]` is the run's key. run.started comes again when a run that was taken begins or
    ceases to wait for a sandbox that is starting.
    Returns at once, but after the end of a run only when all its notifications are sent.
    """
    try:
        sent = notifier.send(group, message)
    except RuntimeError as error:  # no thread can be started any more
        logger.warning("%s was not announced: %s", message["type"], type(error).__name__)
        return
    if message["type"] in PASSING:
        sent.add_done_callback(partial(_log_failure, message["type"]))
    else:
        wait([sent], GIVE_UP_S)
        _log_failure(message["type"], sent)


def _log_failure(what: str, sent: "Future[None]") -> None:
    """Any layer may be configured, and fail in its own way."""
    if not sent.done():
        sent.cancel()
        logger.warning("%s was not announced: the event loop is stuck", what)
    elif error := sent.exception():
        logger.warning("%s was not announced: %s", what, type(error).__name__)
