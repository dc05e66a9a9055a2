"""Poller of the rows of the runs that a process has on: one query for all of them."""

import logging
import threading
import time
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import Error, close_old_connections

from .models import Run

logger = logging.getLogger(__name__)


class RunFlags(NamedTuple):
    """The columns of a row that its executor polls, under their own names."""

    cancel_requested: bool = False
    typed_bytes: int = 0
    input_ended: bool = False
    status: str = ""
    fence: int = 0
    replay_wanted: int = 0
    watched_until: datetime | None = None


# Those of a run whose row has been deleted: nobody waits for it.
DELETED = RunFlags(cancel_requested=True)


class RunPoller:
    """Reads the rows of all runs asked for since the last query, however many they are.

    Thread-safe. Whoever asks when a query is due makes it; nobody waits for another thread's.
    """

    def __init__(self) -> None:
        # Held during a query; guards what follows but for `_asked`, to which any thread adds.
        self._polling = threading.Lock()
        self._polled_at = 0.0
        self._asked: set[UUID] = set()
        # Of the last query, and of the last two: who asks a little late misses one of them.
        self._latest: dict[UUID, RunFlags] = {}
        self._flags: dict[UUID, RunFlags] = {}

    def flags(self, run_id: UUID, every_s: float) -> RunFlags:
        """The row's flags, about twice `every_s` old at most; defaults until it has been read."""
        self._asked.add(run_id)
        if time.monotonic() - self._polled_at >= every_s and self._polling.acquire(blocking=False):
            try:
                self._poll()
            finally:
                self._polling.release()
        return self._flags.get(run_id, RunFlags())

    def _poll(self) -> None:
        self._polled_at = time.monotonic()
        asked, self._asked = self._asked, set()
        try:
            # A copy: another thread may be adding to it still.
            rows = Run.objects.filter(pk__in=[*asked]).values_list("pk", *RunFlags._fields)
            found = {pk: RunFlags(*facts) for pk, *facts in rows}
            latest = dict.fromkeys(asked, DELETED) | found
            self._flags, self._latest = self._latest | latest, latest
        except Error as error:
            log_database_error("the runs cannot be looked up", error)


def log_database_error(what: str, error: Error) -> None:
    """Log it, and close a connection that is broken, so that the next query has another one."""
    logger.warning("%s: %s", what, type(error).__name__)
    close_old_connections()
