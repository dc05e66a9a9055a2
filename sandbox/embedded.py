"""The sandbox worker inside this process, for the default that needs no servers."""

import time

from django.conf import settings

from . import tasks
from .constants import COMPUTING, INTERACTIVE, JUDGING, QUEUES
from .run_observer import draining, stopping
from .worker_threads import QueueWorker

# Seconds in which the worker, told to stop, has let go of everything.
STOP_S = 4.0


class EmbeddedWorker:
    """A worker in threads of this process, for all queues. Start it once, stop it once.

    It installs no signal handlers and touches no logging. `stop` kills the running programs.
    """

    def __init__(self) -> None:
        # One for each queue; none while it does not run.
        self._workers: list[QueueWorker] = []

    def start(self) -> None:
        """Return when runs are taken. Leftovers of an earlier process are cleared away first."""
        stopping.clear()
        draining.clear()
        tasks.start_worker({*QUEUES})
        self._workers = [
            QueueWorker(COMPUTING, settings.SANDBOX_CONCURRENCY),
            QueueWorker(INTERACTIVE, settings.SANDBOX_INTERACTIVE_CONCURRENCY),
            QueueWorker(JUDGING, settings.SANDBOX_JUDGING_CONCURRENCY),
        ]
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """Return when no program runs and no container is left; runs cut short are finished."""
        if not self._workers:
            return
        stopping.set()
        until = time.monotonic() + STOP_S
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.join(max(0, until - time.monotonic()))
        self._workers = []
        tasks.stop_worker()
