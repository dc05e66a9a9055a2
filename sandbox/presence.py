"""The presence of this worker, for those who wait for one: a row while it works, renewed."""

import threading
import time
from collections.abc import Callable, Collection
from functools import partial

from django.db import Error, close_old_connections, connection

from .background import BackgroundThread
from .constants import WORKER_RENEW_S
from .models import SandboxWorker
from .run_poller import log_database_error

# Seconds between two looks whether it is ready, until it is.
READY_INTERVAL_S = 0.25


class Presence:
    """A thread that keeps the row of this process. Start and stop it as often as you like."""

    def __init__(self) -> None:
        self._thread = BackgroundThread("sandbox-presence")

    def start(self, queues: Collection[str], is_ready: Callable[[], bool]) -> None:
        """This process serves these queues, and is starting until it `is_ready`."""
        self._do(partial(SandboxWorker.enter, queues))
        self._thread.start(partial(self._work, queues, is_ready))

    def stop(self) -> None:
        """It serves none any more."""
        self._thread.stop()
        self._do(SandboxWorker.leave)

    def _work(
        self, queues: Collection[str], is_ready: Callable[[], bool], stopping: threading.Event
    ) -> None:
        starting, renewed_at = True, time.monotonic()
        try:
            while not stopping.wait(READY_INTERVAL_S if starting else WORKER_RENEW_S):
                was_starting, starting = starting, starting and not is_ready()
                if starting == was_starting and time.monotonic() < renewed_at + WORKER_RENEW_S:
                    continue
                self._do(partial(SandboxWorker.renew, queues, starting=starting))
                renewed_at = time.monotonic()
        finally:
            connection.close()

    @staticmethod
    def _do(write: Callable[[], object]) -> None:
        close_old_connections()
        try:
            write()
        except Error as error:
            log_database_error("this worker cannot say that it is there", error)
