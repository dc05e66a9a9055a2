"""The runs that wait or are on: who takes which, and what becomes of those whose worker died."""

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from .job import Result, Status

if TYPE_CHECKING:
    from .models import Run

QUEUED = "queued"
RUNNING = "running"
# The names of the two queues. A program to which somebody may type holds a thread for as long as
# that takes; such runs have a queue, and threads, of their own.
COMPUTING = "sandbox"
TYPING = "typing"
# A claimed run has been abandoned after settings.SANDBOX_LEASE_S, unless its worker renews the
# claim. Of that are these: how often it does, how often runs of workers that died are looked for,
# and for how long nobody takes a run before the queue is not believed to hold it any more.
RENEWALS_PER_LEASE = 3
LOOK_PER_LEASE = 0.4
STUCK_PER_LEASE = 1.5
# A run that has cost its worker's life this many times is not tried again.
MAX_CLAIMS = 2

ABANDONED = "The sandbox was restarted while the program ran. Run it again."


class RunQuerySet(models.QuerySet["Run"]):
    """Many runs."""

    def unfinished(self) -> Self:
        return self.filter(status__in=(QUEUED, RUNNING))

    def in_queue(self, queue: str) -> Self:
        return self.filter(interactive=queue == TYPING)

    def claim(self, run_id: str) -> "Run | None":
        """The run, for this caller alone to execute; None if it is finished or somebody else's.

        A run whose worker has died can be claimed again once its lease is over.
        """
        now = timezone.now()
        free = Q(status=QUEUED) | Q(status=RUNNING, lease_until__lt=now, fence__lt=MAX_CLAIMS)
        claimed = self.filter(free, pk=run_id).update(
            status=RUNNING,
            started_at=now,
            lease_until=now + timedelta(seconds=settings.SANDBOX_LEASE_S),
            fence=F("fence") + 1,
        )
        return self.get(pk=run_id) if claimed else None

    def start_over(self) -> None:
        """What the only worker does when it starts, the queue having died with the last one: every
        running run is abandoned, and every queued one is queued again."""
        for run in self.filter(status=RUNNING):
            run.finish(Result(Status.SANDBOX_ERROR, message=ABANDONED))
        for run in self.filter(status=QUEUED):
            run.enqueue()

    def retry_lost(self, queues: Collection[str] = (COMPUTING, TYPING)) -> int:
        """What a worker of these `queues` does again and again, among others; how many runs it has
        queued once more. A queue that is not its own may have nobody who ever empties it.

        A run whose worker has died is tried once more, and then given up. While nobody takes any
        run of a queue, though there must be free threads, those that wait in it may have been lost
        with the broker. Queued twice, a run counts once.
        """
        now = timezone.now()
        mine = self.filter(interactive__in=[queue == TYPING for queue in queues])
        lost = mine.filter(status=RUNNING, lease_until__lt=now)
        for run in lost.filter(fence__gte=MAX_CLAIMS):
            run.finish(Result(Status.SANDBOX_ERROR, message=ABANDONED))
        again = list(lost.filter(fence__lt=MAX_CLAIMS))
        since = now - timedelta(seconds=STUCK_PER_LEASE * settings.SANDBOX_LEASE_S)
        threads = {COMPUTING: settings.SANDBOX_CONCURRENCY, TYPING: settings.SANDBOX_TYPISTS}
        for queue in queues:
            runs = self.in_queue(queue)
            on = runs.filter(status=RUNNING, lease_until__gte=now).count()
            if on < threads[queue] and not runs.filter(started_at__gte=since).exists():
                again += runs.filter(status=QUEUED, created_at__lt=since)
        for run in again:
            run.enqueue()
        return len(again)
