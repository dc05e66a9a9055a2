"""Renewer of the leases of all runs that a process has on: one query for all of them."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from .background import BackgroundThread
from .constants import RUNNING
from .models import Run
from .owner import OWNER
from .run_poller import log_database_error

if TYPE_CHECKING:
    from uuid import UUID

logger = logging.getLogger(__name__)

# Seconds between two renewals.
RENEW_S = 0.5


class LeaseRenewer:
    """A thread that renews leases while the worker works. Start and stop it as often as you like.

    A run is renewed while a thread holds it, and no longer than it may take: one that hangs does
    not hold it for ever.
    """

    def __init__(self) -> None:
        # By the claim (a run and its fence): until when it is renewed (time.monotonic).
        self._held: dict[tuple[UUID, int], float] = {}
        self._thread = BackgroundThread("sandbox-leases")

    def start(self) -> None:
        self._thread.start(self._work)

    def stop(self) -> None:
        self._thread.stop()

    @contextmanager
    def holding(self, run: Run) -> Iterator[None]:
        """Renew the lease of this claim for the length of a block."""
        claim = (run.pk, run.fence)
        self._held[claim] = time.monotonic() + run.longest_s()
        try:
            yield
        finally:
            del self._held[claim]

    def renew(self) -> int:
        """Renew all that are held, unless they were lost; how many."""
        now = time.monotonic()
        # A copy: another thread may be adding to it.
        held = [run_id for (run_id, _), until in self._held.copy().items() if now < until]
        if not held:
            return 0
        mine = Run.objects.filter(pk__in=held, status=RUNNING, owner=OWNER)
        lease = timedelta(seconds=settings.SANDBOX_LEASE_S)
        return mine.update(lease_until=timezone.now() + lease)

    def _work(self, stopping: threading.Event) -> None:
        try:
            while not stopping.wait(RENEW_S):
                try:
                    self.renew()
                except Error as error:
                    log_database_error("leases cannot be renewed", error)
        finally:
            connection.close()
