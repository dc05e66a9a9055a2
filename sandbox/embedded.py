"""The sandbox worker inside this process, for the default that needs no servers."""

import logging
import threading
from typing import Any

from celery.worker import WorkController
from django.conf import settings

from . import tasks
from .watch import stopping

logger = logging.getLogger(__name__)

# Seconds in which the worker is ready; and in which, told to stop, it has let go of everything.
START_S = 10.0
STOP_S = 4.0


class EmbeddedWorker:
    """A Celery worker in threads of this process. Start it once, stop it once.

    It installs no signal handlers and touches no logging. `stop` kills the running programs.
    """

    def __init__(self) -> None:
        # Set when the worker takes runs.
        self._ready = threading.Event()
        # The worker and the thread it consumes in; None while it does not run.
        self._worker: Any = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Return when runs are taken. Leftovers of an earlier process are cleared away first."""
        stopping.clear()
        self._ready.clear()
        tasks.take_over()
        self._worker = WorkController(
            app=tasks.execute.app,
            hostname="embedded",
            pool="threads",
            concurrency=settings.SANDBOX_CONCURRENCY,
            queues=["sandbox"],
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            ready_callback=lambda _consumer: self._ready.set(),
        )
        self._thread = threading.Thread(target=self._worker.start, name="sandbox", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_S):
            logger.error("the sandbox worker did not start within %s s", START_S)

    def stop(self) -> None:
        """Return when no program runs and no container is left; runs cut short are finished."""
        if self._thread is None:
            return
        stopping.set()
        self._worker.stop()
        self._thread.join(STOP_S)
        self._thread = self._worker = None
        tasks.leave_nothing()
