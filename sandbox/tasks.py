"""The task that the sandbox worker executes, and what it does when it starts and stops."""

import logging
from dataclasses import replace
from functools import partial
from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown
from django.conf import settings
from django.db import close_old_connections

from . import container
from .follow import SANDBOX_FAILED
from .job import Result, Status, limits_for
from .languages import LANGUAGES, Language
from .models import Run
from .pool import Pool
from .queue import ABANDONED
from .selftest import insist
from .sweeper import Sweeper
from .watch import Watch, stopping

logger = logging.getLogger(__name__)

# Of the worker in this process; there is a pool for each language while it works.
sweeper = Sweeper()
pools: dict[Language, Pool] = {}


@shared_task(name="sandbox.execute", acks_late=True, ignore_result=True)
def execute(run_id: str) -> None:
    """Claim, run, finish, notify. A second delivery finds nothing to claim."""
    close_old_connections()  # those that are too old or broken; any other is used again
    if run := Run.objects.claim(run_id):
        run.tell("run.started")
        watch = Watch(run)
        result = perform(run, watch)
        watch.tell_rest()
        close_old_connections()  # the database may have gone and come back meanwhile
        run.finish(result)


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
    if result.status is Status.CANCELLED and stopping.is_set():
        return replace(result, message=ABANDONED)
    return result


@worker_ready.connect
def take_over(**_: Any) -> None:
    """Clear away what a worker before this one has left, now and as long as this one works."""
    container.sweep()
    sweeper.start(retry=not settings.EMBEDDED)
    for language, setup in LANGUAGES.items():
        size = settings.SANDBOX_POOL_SIZES[language]
        image = setup.image(settings.SANDBOX_IMAGE)
        pools[language] = Pool(
            image,
            size,
            size + settings.SANDBOX_CONCURRENCY,
            limits=limits_for(language),
            probe=partial(insist, image, settings.SANDBOX_RUNTIME),
            runtime=settings.SANDBOX_RUNTIME,
        )
        pools[language].start()
    if settings.EMBEDDED:
        Run.objects.all().start_over()


@worker_shutdown.connect
def leave_nothing(**_: Any) -> None:
    sweeper.stop()
    for pool in pools.values():
        pool.stop()  # all at once: whoever ends us may not wait for long
    while pools:
        pools.popitem()[1].drain()
    container.sweep()
