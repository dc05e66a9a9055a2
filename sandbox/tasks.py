"""The task of the sandbox worker, around one run; the worker's start and stop."""

import logging
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from typing import Any

from celery import shared_task
from celery.apps.worker import Worker
from celery.signals import (
    celeryd_after_setup,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)
from django.conf import settings
from django.db import DataError, close_old_connections

from . import container
from .constants import ABANDONED, EXECUTE, INTERACTIVE, JUDGING, LEFT, QUEUES, SERIES_LOST
from .execution import SANDBOX_FAILED
from .job import Result, Status, limits_for
from .languages import LANGUAGES, Language
from .lease_renewer import LeaseRenewer
from .models import Run, recovery
from .pool import Pool
from .presence import Presence
from .run_observer import RunObserver, draining
from .selftest import require_healthy
from .series_observer import BatchObserver
from .sweeper import Sweeper
from .worker_threads import QueueWorker

logger = logging.getLogger(__name__)

# Of the worker in this process; a pool by the name of each language between its start and stop.
sweeper = Sweeper()
leases = LeaseRenewer()
presence = Presence()
pools: dict[str, Pool] = {}
# The same for series, whose containers nobody else takes: a student waits for what is tried.
series_pools: dict[str, Pool] = {}
# Threads for other queues, if this process consumes more than one: `split_queues`.
other_workers: list[QueueWorker] = []

# Seconds after the start in which the engine may be starting too.
STARTING_S = 60.0
# Seconds in which the runs of other queues end when this worker stops.
OTHERS_STOP_S = 4.0


@shared_task(name=EXECUTE, acks_late=True, ignore_result=True)
def execute(run_id: str) -> None:
    """Claim, run, finish, notify. A second delivery finds nothing to claim."""
    close_old_connections()  # those that are too old or broken; any other is used again
    if run := Run.objects.claim(run_id):
        with leases.holding(run):
            run.notify("run.started")
            observer = BatchObserver(run) if run.series else RunObserver(run)
            result = perform(run, observer)
            observer.publish_rest()
            close_old_connections()  # the database may have gone and come back meanwhile
            finish(run, result)


def finish(run: Run, result: Result) -> None:
    """Store the result; one that no row can hold is stored as the sandbox's failure."""
    try:
        run.finish(result)
    except (DataError, ValueError, OverflowError) as error:
        logger.error("run %s cannot be stored: %s", run.pk, type(error).__name__)  # noqa: TRY400
        run.finish(Result(Status.SANDBOX_ERROR, message=SANDBOX_FAILED))


def perform(run: Run, observer: RunObserver) -> Result:
    """The run's result. Never raises: a bug of ours is a failure of the sandbox."""
    try:
        job = run.job()
        if pool := (series_pools if run.series else pools).get(run.language):
            result = pool.run(job, observer, starting=observer.awaits_start)
        else:
            image = job.language.image(settings.SANDBOX_IMAGE)
            result = container.run(job, image=image, observer=observer)
    # The outermost frame of a run. Only the type is logged: a text could quote the program.
    except Exception as error:  # noqa: BLE001
        logger.error("run %s failed: %s", run.pk, type(error).__name__)  # noqa: TRY400
        return Result(Status.SANDBOX_ERROR, message=SANDBOX_FAILED)
    if result.status is Status.CANCELLED and observer.is_cut_short():
        if run.series:
            return Result(Status.UNAVAILABLE, message=SERIES_LOST)
        return replace(result, message=ABANDONED)
    if result.status is Status.CANCELLED and observer.is_left:
        return replace(result, message=LEFT)
    return result


@celeryd_after_setup.connect
def split_queues(instance: Worker, **_: Any) -> None:
    """Give each queue threads of its own where one worker serves several: a program that waits for
    input holds a thread for minutes, and must not hold up those that compute."""
    queues = instance.app.amqp.queues
    served = [queue for queue in QUEUES if queue in queues.consume_from]
    threads = {
        INTERACTIVE: settings.SANDBOX_INTERACTIVE_CONCURRENCY,
        JUDGING: settings.SANDBOX_JUDGING_CONCURRENCY,
    }
    for queue in served[1:]:
        queues.deselect(queue)
        other_workers.append(QueueWorker(queue, threads[queue]))


@worker_ready.connect
def start_with_celery(sender: Any, **_: Any) -> None:
    queues = set(sender.app.amqp.queues.consume_from)
    start_worker(queues | {worker.queue for worker in other_workers})
    for worker in other_workers:
        worker.start()


def start_worker(queues: AbstractSet[str]) -> None:
    """Remove the containers of dead workers, now and from now on; fill the pools. `queues` are
    those that this worker serves."""
    leases.start()
    container.sweep()
    # Where this is the only worker, nobody else loses a run.
    sweeper.start(retry=() if settings.EMBEDDED else queues & {*QUEUES})
    for name, language in LANGUAGES.items():
        # A language without a setting keeps no container warm.
        size = settings.SANDBOX_POOL_SIZES.get(name, 0)
        most = settings.SANDBOX_CONCURRENCY + settings.SANDBOX_INTERACTIVE_CONCURRENCY
        pools[name] = _started_pool(language, size, size + most)
        if JUDGING in queues and size and language.evaluates_calls:
            size = settings.SANDBOX_JUDGING_POOL_SIZE
            most = settings.SANDBOX_JUDGING_CONCURRENCY
            series_pools[name] = _started_pool(language, size, size + most)
    presence.start(queues, _is_ready)
    if settings.EMBEDDED:
        recovery.start_over()


def _is_ready() -> bool:
    """Whether the programs of some language find a warm container, or none is kept warm."""
    kept = [pool for name, pool in pools.items() if settings.SANDBOX_POOL_SIZES.get(name)]
    return not kept or any(pool.has_started() for pool in kept)


def _started_pool(language: Language, size: int, most: int) -> Pool:
    image = language.image(settings.SANDBOX_IMAGE)
    pool = Pool(
        image,
        size,
        most,
        limits=limits_for(language),
        probe=partial(require_healthy, image),
        starting_s=STARTING_S,
    )
    pool.start()
    return pool


@worker_shutting_down.connect
def stop_waiting_runs(**_: Any) -> None:
    """Cut interactive runs and series short, which could take ten minutes; others may end."""
    draining.set()


@worker_shutdown.connect
def stop_with_celery(sender: object, **_: Any) -> None:
    if isinstance(sender, Worker):  # and not one of threads, whose owner still works
        stop_worker()


def stop_worker() -> None:
    """Stop all that `start_worker` has started. The computing runs have ended."""
    if other_workers:
        draining.set()
    for worker in other_workers:
        worker.stop()
    while other_workers:
        other_workers.pop().join(OTHERS_STOP_S)
    presence.stop()
    sweeper.stop()
    for pool in (*pools.values(), *series_pools.values()):
        pool.stop()  # all at once: whoever ends us may not wait for long
    for each in (pools, series_pools):
        while each:
            each.popitem()[1].drain()
    leases.stop()
    container.sweep()
