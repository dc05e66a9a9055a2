"""Worker threads for one queue: a Celery worker inside a process that is not its own."""

import logging
import threading
from typing import Any

from celery import Celery
from celery.worker import WorkController

logger = logging.getLogger(__name__)

# Seconds in which they are ready.
START_S = 10.0


class QueueWorker:
    """Takes the runs of `queue`, up to `threads` at a time. Start it once, stop it once.

    It installs no signal handlers and touches no logging. The pools are its owner's.
    """

    def __init__(self, queue: str, threads: int) -> None:
        self.queue = queue
        self._threads = threads
        # Set when runs are taken.
        self._ready = threading.Event()
        # The worker and the thread it consumes in; None before the start.
        self._worker: Any = None
        self._thread: threading.Thread | None = None
        # Waits for the runs that are on when it is told to stop; None before that.
        self._stopping: threading.Thread | None = None

    def start(self) -> None:
        """Return when runs are taken."""
        self._worker = WorkController(
            app=_application(self.queue),
            hostname=self.queue,
            pool="threads",
            concurrency=self._threads,
            queues=[self.queue],
            # The event loop of a process belongs to the worker that is the process.
            use_eventloop=False,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            ready_callback=lambda _consumer: self._ready.set(),
        )
        name = f"queue-{self.queue}"
        self._thread = threading.Thread(target=self._worker.start, name=name, daemon=True)
        self._thread.start()
        if not self._ready.wait(START_S):
            logger.error("nobody took runs of %s within %s s", self.queue, START_S)

    def stop(self) -> None:
        """Take no more runs; returns at once. To end those that are on is the caller's."""
        if self._worker and not self._stopping:
            self._stopping = threading.Thread(target=self._worker.stop, daemon=True)
            self._stopping.start()

    def join(self, seconds: float) -> None:
        """Return when all has stopped that was told to stop, at the latest after `seconds`."""
        if self._stopping and self._thread:
            self._stopping.join(seconds)
            self._thread.join(seconds)


def _application(name: str) -> Celery:
    """A Celery application of its own: which queues are consumed is a fact of an application."""
    application = Celery(name, set_as_current=False)
    application.config_from_object("django.conf:settings", namespace="CELERY")
    application.conf.worker_enable_remote_control = False
    return application
