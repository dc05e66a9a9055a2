"""A run that waits, for a worker or with it for the sandbox: its place, and what it waits for."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property

from sandbox.constants import QUEUED, RUNNING, STUCK_S

from .workers import SandboxWorker


class InLine(models.Model):
    """What anybody may ask of a run that waits. The columns are the run's own."""

    if TYPE_CHECKING:
        status: str
        starting: bool
        created_at: datetime

        @property
        def queue(self) -> str: ...

    class Meta:
        abstract = True

    @property
    def _in_my_queue(self) -> models.QuerySet[Any]:
        runs: Any = type(self)._default_manager
        found: models.QuerySet[Any] = runs.in_queue(self.queue)
        return found

    @cached_property
    def place(self) -> tuple[int, bool]:
        """`position` and `awaits_start` when it was first asked for since the row was read."""
        return self.position(), self.awaits_start()

    @property
    def is_starting(self) -> bool:
        """Whether its worker has it and waits for the sandbox, which is starting."""
        return self.status == RUNNING and self.starting

    def position(self) -> int:
        """Its place among those that wait in its queue, from 1; 0 if it does not wait."""
        if self.status != QUEUED:
            return 0
        before = self._in_my_queue.filter(status=QUEUED, created_at__lt=self.created_at)
        return before.count() + 1

    def awaits_start(self) -> bool:
        """Whether it waits for a sandbox that is starting: its worker says so, or all workers of
        its queue are starting, or none has come yet. One that was killed is not starting."""
        if self.status != QUEUED:
            return self.is_starting
        if states := SandboxWorker.states(self.queue):
            return "starting" in states and "ready" not in states
        return self.is_abandoned(STUCK_S)  # a worker of an earlier release has no row

    def is_abandoned(self, seconds: float) -> bool:
        """Whether nobody will take it: it waits, and for so long no worker has started or finished
        anybody's run of its queue. A long queue alone abandons nothing."""
        now = timezone.now()
        since = now - timedelta(seconds=seconds)
        at_work = Q(status=RUNNING, lease_until__gte=now)
        lately = Q(started_at__gte=since) | Q(started_at__isnull=False, finished_at__gte=since)
        served = self._in_my_queue.filter(at_work | lately)
        return self.status == QUEUED and not served.exists()
