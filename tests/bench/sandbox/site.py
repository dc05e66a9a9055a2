"""A whole site in a process of its own, in which `methods.through_celery` measures runs.

Reads a line, runs a program, writes a line of JSON with the milliseconds; until its input ends.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

import django
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.management import call_command

from tests.bench.sandbox.methods import ANSWER, CODE, ROOT

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutor.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402

from sandbox.embedded import EmbeddedWorker  # noqa: E402
from sandbox.models import Run  # noqa: E402

# Seconds in which a run is over, however busy the machine is.
RUN_S = 30


def serve() -> None:
    call_command("migrate", verbosity=0)
    student = User.objects.create_user("bench")
    with _worker():
        asyncio.run(_answer(student))


@contextlib.contextmanager
def _worker() -> Iterator[None]:
    if settings.EMBEDDED:
        embedded = EmbeddedWorker()
        embedded.start()
        try:
            yield
        finally:
            embedded.stop()
        return
    options = ["-A", "tutor", "worker", "-Q", "sandbox", "-P", "threads", "-c", "4"]
    command = [sys.executable, "-m", "celery", *options]
    with subprocess.Popen(  # our own
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as worker:
        try:
            yield
        finally:
            worker.terminate()


async def _answer(student: User) -> None:
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel()
    await layer.group_add("bench", channel)
    # The first run waits for the worker, and is not measured.
    await _run(layer, channel, student)
    while await asyncio.to_thread(sys.stdin.readline):
        try:
            answer = {"ms": await _run(layer, channel, student)}
        except (RuntimeError, TimeoutError) as error:
            answer = {"error": f"{type(error).__name__} {error}"}  # type: ignore[dict-item]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


async def _run(layer: Any, channel: str, student: User) -> float:
    """Milliseconds from the request to the row with the result."""
    began = time.perf_counter()
    run = await sync_to_async(Run.request)(
        key=uuid.uuid4().hex, code=CODE, stdin="", student=student, origin="student", group="bench"
    )
    async with asyncio.timeout(RUN_S):
        while True:
            message = await layer.receive(channel)
            if (message["type"], message["key"]) == ("run.finished", run.key):
                break
    await run.arefresh_from_db()
    took = (time.perf_counter() - began) * 1000
    if run.stdout != ANSWER:
        raise RuntimeError(f"{run.status}: {run.message}")
    return took


if __name__ == "__main__":
    serve()
