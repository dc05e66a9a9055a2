"""Periodic removal of what dead workers have left: their containers; their runs are retried. And of
batches that nobody needs any more."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from functools import partial

from django.db import DatabaseError, close_old_connections, connection

from . import container
from .background import BackgroundThread
from .models import batches, recovery

logger = logging.getLogger(__name__)

# Seconds between two sweeps of containers.
SWEEP_INTERVAL_S = 30.0
# Seconds between two looks for runs of dead workers, and for those that the queue has lost.
LOST_INTERVAL_S = 0.5
WAITING_INTERVAL_S = 4.0


class Sweeper:
    """A thread that sweeps while the worker works. Start and stop it as often as you like."""

    def __init__(self) -> None:
        self._thread = BackgroundThread("sandbox-sweeper")

    def start(self, *, retry: Collection[str] = ()) -> None:
        """Runs of the queues `retry` that other workers have lost are queued again."""
        self._thread.start(partial(self._work, retry))

    def stop(self) -> None:
        self._thread.stop()

    def _work(self, retry: Collection[str], stopping: threading.Event) -> None:
        swept_at = requeued_at = time.monotonic()
        try:
            while not stopping.wait(LOST_INTERVAL_S if retry else SWEEP_INTERVAL_S):
                if retry:
                    _retry(partial(recovery.retry_lost, retry))
                if retry and time.monotonic() - requeued_at >= WAITING_INTERVAL_S:
                    _retry(partial(recovery.requeue_waiting, retry))
                    requeued_at = time.monotonic()
                if time.monotonic() - swept_at >= SWEEP_INTERVAL_S:
                    container.sweep(None)
                    _forget()
                    swept_at = time.monotonic()
        finally:
            connection.close()


def _forget() -> None:
    """Delete what was tried in series that are over."""
    close_old_connections()
    try:
        batches.forget()
    except DatabaseError as error:
        logger.warning("old batches cannot be deleted: %s", type(error).__name__)


def _retry(retry_lost: Callable[[], int]) -> None:
    """Retry lost runs. A database that is away for a moment is no reason to stop."""
    close_old_connections()  # one that has broken since the last time
    try:
        if again := retry_lost():
            logger.warning("%s runs that nobody worked on are queued again", again)
    except DatabaseError as error:
        logger.warning("lost runs cannot be looked for: %s", type(error).__name__)
