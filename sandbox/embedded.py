"""The sandbox worker inside this process, for the default that needs no servers."""

import time

from django.conf import settings

from . import tasks
from .run_observer import leaving, stopping
from .states import COMPUTING, INTERACTIVE
from .worker_threads import Crew

# Seconds in which the worker, told to stop, has let go of everything.
STOP_S = 4.0


class EmbeddedWorker:
    """A worker in threads of this process, for both queues. Start it once, stop it once.

    It installs no signal handlers and touches no logging. `stop` kills the running programs.
    """

    def __init__(self) -> None:
        # Those who take the runs, by queue; none while it does not run.
        self._crews: list[Crew] = []

    def start(self) -> None:
        """Return when runs are taken. Leftovers of an earlier process are cleared away first."""
        stopping.clear()
        leaving.clear()
        tasks.take_over({COMPUTING, INTERACTIVE})
        self._crews = [
            Crew(COMPUTING, settings.SANDBOX_CONCURRENCY),
            Crew(INTERACTIVE, settings.SANDBOX_TYPISTS),
        ]
        for crew in self._crews:
            crew.start()

    def stop(self) -> None:
        """Return when no program runs and no container is left; runs cut short are finished."""
        if not self._crews:
            return
        stopping.set()
        until = time.monotonic() + STOP_S
        for crew in self._crews:
            crew.stop()
        for crew in self._crews:
            crew.join(max(0, until - time.monotonic()))
        self._crews = []
        tasks.leave_nothing()
