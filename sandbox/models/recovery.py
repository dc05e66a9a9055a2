"""Runs that nobody has on any more, though their rows say so: tried once more, or given up."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.conf import settings
from django.db.models import Max, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from sandbox.constants import (
    ABANDONED,
    CLEARLY_S,
    COMPUTING,
    INTERACTIVE,
    JUDGING,
    MAX_CLAIMS,
    OVERTAKEN_S,
    QUEUED,
    QUEUES,
    RUNNING,
    SERIES_LOST,
    STUCK_S,
)
from sandbox.job import Result, Status
from sandbox.outcome import STOPPED_EARLY
from sandbox.owner import is_alive

from .run import OF_QUEUE, Run, RunQuerySet

# Of a running run what is read to tell whether it is lost: not what it has printed.
FACTS = (
    "key", "group", "status", "fence", "owner", "lease_until", "created_at", "started_at",
    "language", "limits", "interactive", "series", "cancel_requested", "starting",
)  # fmt: skip


IS_ABANDONED = Result(Status.SANDBOX_ERROR, message=ABANDONED)
# Nobody waits for a series for long: who has asked goes on without one.
SERIES_IS_LOST = Result(Status.UNAVAILABLE, message=SERIES_LOST)


def start_over() -> None:
    """Recovery by the only worker when it starts, the queue having died with the last one:
    finish every running run as abandoned, and queue every queued one again. A series is over."""
    for run in Run.objects.unfinished().filter(Q(status=RUNNING) | Q(series=True)):
        run.finish(SERIES_IS_LOST if run.series else IS_ABANDONED)
    for run in Run.objects.filter(status=QUEUED):
        run.enqueue()


def is_lost(run: Run, now: datetime) -> bool:
    """Whether the process that has claimed this running run has it on no more.

    Where its process can be seen, that decides: one that has died has lost its runs, and one that
    lives keeps them however late its lease is renewed, but not beyond what they may take.
    """
    if run.status != RUNNING or not run.lease_until:
        return False
    alive = is_alive(run.owner)
    if alive is False:
        return True
    has_lapsed = run.lease_until < now
    if not alive or not has_lapsed or not run.started_at:
        return has_lapsed
    return run.started_at + timedelta(seconds=run.longest_s()) < now


def retry_if_lost(run: Run) -> bool:
    """Queue a lost run once more, at most until its claims are used up, or end it, as every lost
    series; everybody who waits for it is told. False if it is not lost, or somebody else has found
    it so first."""
    now = timezone.now()
    if not is_lost(run, now):
        return False
    if run.cancel_requested:
        return run.finish(Result(Status.CANCELLED, message=STOPPED_EARLY))
    if run.series:
        return run.finish(SERIES_IS_LOST)
    if run.fence >= MAX_CLAIMS:
        return run.finish(IS_ABANDONED)
    # As it was read: not if the lease has been renewed meanwhile.
    as_read = Run.objects.filter(
        pk=run.pk, status=RUNNING, fence=run.fence, lease_until=run.lease_until
    )
    waiting = {
        "status": QUEUED, "owner": "", "started_at": None, "lease_until": None, "queued_at": now,
        **Run.NOT_BEGUN,
    }  # fmt: skip
    if not as_read.update(**waiting):
        return False
    for name, value in waiting.items():
        setattr(run, name, value)
    run.notify("run.queued")
    run.enqueue()
    return True


def retry_lost(queues: Collection[str] = QUEUES) -> int:
    """Retry the runs of these `queues` that were lost with their workers; how many there were.

    One query where there are none. Another queue may have no worker that ever empties it.
    """
    running = _of(queues).filter(status=RUNNING).only(*FACTS)
    return sum(map(retry_if_lost, running.order_by("created_at")))


def requeue_waiting(queues: Collection[str] = QUEUES) -> int:
    """Queue once more what waits in these `queues` and was lost with the broker; how many.

    It was lost if it waits for long and clearly later ones of its queue have begun, or if nobody
    takes any though there must be free threads. Queued twice, a run counts once.
    """
    now = timezone.now()
    since = now - timedelta(seconds=STUCK_S)
    threads = {
        COMPUTING: settings.SANDBOX_CONCURRENCY,
        INTERACTIVE: settings.SANDBOX_INTERACTIVE_CONCURRENCY,
        JUDGING: settings.SANDBOX_JUDGING_CONCURRENCY,
    }
    again: list[Run] = []
    for queue in queues:
        runs = _of([queue])
        on = runs.filter(status=RUNNING, lease_until__gte=now).count()
        if on < threads[queue] and not runs.filter(started_at__gte=since).exists():
            again += runs.filter(status=QUEUED, created_at__lt=since)
        else:
            again += _overtaken(runs, now)
    for run in sorted(again, key=lambda run: run.created_at):
        run.enqueue()
    Run.objects.filter(pk__in=[run.pk for run in again], status=QUEUED).update(queued_at=now)
    return len(again)


def _of(queues: Collection[str]) -> RunQuerySet:
    return Run.objects.filter(reduce(or_, (OF_QUEUE[queue] for queue in queues), Q(pk=None)))


def _overtaken(runs: RunQuerySet, now: datetime) -> RunQuerySet:
    """Those that wait in this queue, and have for OVERTAKEN_S since they were last handed over,
    though runs that were handed over clearly later have begun: it no longer holds them."""
    handed_over = Coalesce("queued_at", "created_at")
    long_ago = now - timedelta(seconds=OVERTAKEN_S)
    waiting = runs.filter(status=QUEUED, created_at__lt=long_ago)
    if not waiting.exists():
        return runs.none()
    begun = runs.filter(started_at__isnull=False).annotate(handed_over=handed_over)
    latest = begun.aggregate(latest=Max("handed_over"))["latest"] or long_ago
    before = min(long_ago, latest - timedelta(seconds=CLEARLY_S))
    return waiting.annotate(handed_over=handed_over).filter(handed_over__lt=before)
