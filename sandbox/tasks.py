"""The task that the sandbox worker executes, and what it does when it starts and stops."""

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
from .execution import SANDBOX_FAILED
from .job import Result, Status, limits_for
from .languages import LANGUAGES, Language
from .models import Run
from .pool import Pool
from .run_observer import Watch, leaving
from .selftest import insist
from .states import ABANDONED, COMPUTING, EXECUTE, INTERACTIVE
from .sweeper import Sweeper
from .worker_threads import Crew

logger = logging.getLogger(__name__)

# Of the worker in this process; there is a pool for each language while it works.
sweeper = Sweeper()
pools: dict[Language, Pool] = {}
# Who takes the interactive runs, if this worker serves both queues; see `part_queues`.
typists: list[Crew] = []

# Seconds in which runs that somebody types to end when this worker leaves.
TYPISTS_STOP_S = 4.0


@shared_task(name=EXECUTE, acks_late=True, ignore_result=True)
def execute(run_id: str) -> None:
    """Claim, run, finish, notify. A second delivery finds nothing to claim."""
    close_old_connections()  # those that are too old or broken; any other is used again
    if run := Run.objects.claim(run_id):
        run.tell("run.started")
        watch = Watch(run)
        result = perform(run, watch)
        watch.tell_rest()
        close_old_connections()  # the database may have gone and come back meanwhile
        store(run, result)


def store(run: Run, result: Result) -> None:
    """Finish the run, whatever is in the result: one that no row holds is the sandbox's failure."""
    try:
        run.finish(result)
    except (DataError, ValueError, OverflowError) as error:
        logger.error("run %s cannot be stored: %s", run.pk, type(error).__name__)  # noqa: TRY400
        run.finish(Result(Status.SANDBOX_ERROR, message=SANDBOX_FAILED))


def perform(run: Run, watch: Watch) -> Result:
    """The run's result, whatever happens; a bug of ours is a failure of the sandbox."""
    try:
        job = run.job()
        if pool := pools.get(job.language):
            result = pool.run(job, watch)
        else:
            image = job.setup.image(settings.SANDBOX_IMAGE)
            result = container.run(
                job, image=image, observer=watch, runtime=settings.SANDBOX_RUNTIME
            )
    # The outermost frame of a run. Only the type is logged: a text could quote the program.
    except Exception as error:  # noqa: BLE001
        logger.error("run %s failed: %s", run.pk, type(error).__name__)  # noqa: TRY400
        return Result(Status.SANDBOX_ERROR, message=SANDBOX_FAILED)
    if result.status is Status.CANCELLED and watch.is_cut_short():
        return replace(result, message=ABANDONED)
    return result


@celeryd_after_setup.connect
def part_queues(instance: Worker, **_: Any) -> None:
    """Where one worker serves both queues, who types gets threads of their own: a program that
    waits for somebody holds a thread for minutes, and must not hold up those that compute."""
    queues = instance.app.amqp.queues
    if {COMPUTING, INTERACTIVE} <= set(queues.consume_from):
        queues.deselect(INTERACTIVE)
        typists.append(Crew(INTERACTIVE, settings.SANDBOX_TYPISTS))


@worker_ready.connect
def begin(sender: Any, **_: Any) -> None:
    take_over({*sender.app.amqp.queues.consume_from, *(INTERACTIVE for _ in typists)})
    for crew in typists:
        crew.start()


def take_over(queues: AbstractSet[str]) -> None:
    """Clear away what a worker before this one has left, now and as long as this one works, which
    serves `queues`."""
    container.sweep()
    # Where this is the only worker, nobody else loses a run.
    sweeper.start(retry=() if settings.EMBEDDED else queues & {COMPUTING, INTERACTIVE})
    for language, setup in LANGUAGES.items():
        size = settings.SANDBOX_POOL_SIZES[language]
        image = setup.image(settings.SANDBOX_IMAGE)
        pools[language] = Pool(
            image,
            size,
            size + settings.SANDBOX_CONCURRENCY + settings.SANDBOX_TYPISTS,
            limits=limits_for(language),
            probe=partial(insist, image, settings.SANDBOX_RUNTIME),
            runtime=settings.SANDBOX_RUNTIME,
        )
        pools[language].start()
    if settings.EMBEDDED:
        Run.objects.all().start_over()


@worker_shutting_down.connect
def let_typists_go(**_: Any) -> None:
    """Programs that compute may end; those that wait for somebody could take ten minutes."""
    leaving.set()


@worker_shutdown.connect
def shut_down(sender: object, **_: Any) -> None:
    if isinstance(sender, Worker):  # and not a crew, whose owner still works
        leave_nothing()


def leave_nothing() -> None:
    """Stop all that `take_over` has started. The computing runs have ended."""
    if typists:
        leaving.set()
    for crew in typists:
        crew.stop()
    while typists:
        typists.pop().join(TYPISTS_STOP_S)
    sweeper.stop()
    for pool in pools.values():
        pool.stop()  # all at once: whoever ends us may not wait for long
    while pools:
        pools.popitem()[1].drain()
    container.sweep()
