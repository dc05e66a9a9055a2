"""A whole site in a process of its own, with series that are asked while runs are requested.

`python -m tests.bench.sandbox.series_site STUDENTS` prints a line of JSON: how many ordinary runs
a second it can do, and the milliseconds from each question to its answer, alone and beside 70 % of
those runs.
"""

import asyncio
import contextlib
import itertools
import json
import os
import random
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import django
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutor.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402

from sandbox.cases import CallCase, ProgramCase  # noqa: E402
from sandbox.embedded import EmbeddedWorker  # noqa: E402
from sandbox.models import Batch, Run  # noqa: E402
from tests.bench.sandbox.methods import CODE  # noqa: E402

# Programs in a batch, as many as the gate asks for at first; seconds between two of a student's.
PROGRAMS, PAUSE_S = 8, 2.0
# Seconds for which each part is measured, and in which anything is over.
MEASURED_S, PATIENCE_S = 40.0, 60.0
# Seconds in which all students have begun. A series costs the start of a container, which is what
# bounds ordinary runs too: 20 in 30 s are as many as begin when each has a turn every 30 s.
OPENED_S = 30.0
# A notification that takes longer is lost.
LOST_S = 1.0
# Of what the sandbox can do, the share of the load.
SHARE = 0.7
BASE = "def mean(numbers):\n    total = 0\n    for each in numbers:\n        total += each\n"


class Site:
    """Requests runs and asks series, and waits to be told, as sessions do."""

    def __init__(self, student: User) -> None:
        self._student = student
        self._layer = get_channel_layer()
        self._channel = ""
        # By what is told of (a run, a batch of it): done when it was.
        self._waiting: dict[tuple[str, int], asyncio.Future[None]] = {}

    async def listen(self) -> None:
        assert self._layer
        self._channel = await self._layer.new_channel()
        await self._layer.group_add("bench", self._channel)
        while True:
            told = await self._layer.receive(self._channel)
            if told["type"] in {"run.tried", "run.finished"}:
                future = self._future(told["key"], told.get("batch", 0))
                if not future.done():
                    future.set_result(None)

    async def told(self, key: str, batch: int, is_so: Callable[[], object]) -> None:
        """Return when this was told, before or from now on; or is so, which some may be told of
        in vain."""
        async with asyncio.timeout(PATIENCE_S):
            while not await in_thread(is_so)():
                await asyncio.wait([self._future(key, batch)], timeout=LOST_S)
        self._waiting.pop((key, batch), None)

    def _future(self, key: str, batch: int) -> asyncio.Future[None]:
        new = asyncio.get_running_loop().create_future
        return self._waiting.get((key, batch)) or self._waiting.setdefault((key, batch), new())

    async def request(self, **more: Any) -> Run:
        run: Run = await in_thread(Run.request)(
            key=uuid.uuid4().hex, student=self._student, origin="tutor", group="bench", **more
        )
        return run

    async def run(self) -> float:
        """Milliseconds of one ordinary run, to its end."""
        began = time.perf_counter()
        run = await self.request(code=CODE)

        def is_finished() -> bool:
            return Run.objects.unfinished().filter(pk=run.pk).count() == 0

        await self.told(run.key, 0, is_finished)
        return (time.perf_counter() - began) * 1000

    async def ask(self, run: Run) -> float:
        """Milliseconds from a question to its answer."""
        programs = [f"{BASE}    return total / len(numbers) + {n}" for n in range(PROGRAMS)]
        case = CallCase("mean([1, 2, 3])")
        began = time.perf_counter()
        batch = await in_thread(Batch.ask)(
            run, BASE, [ProgramCase(program, case, 2.0) for program in programs]
        )
        await self.told(run.key, batch.number, lambda: batch.answers() is not None)
        answers = batch.answers() or []
        took = (time.perf_counter() - began) * 1000
        if [each.ended for each in answers] != ["value"] * PROGRAMS:
            raise RuntimeError(f"{len(answers)} answers")
        return took

    async def talk(self, until: float, taken: list[float], opened: list[float]) -> None:
        """A student, to whom something is said every PAUSE_S or so that is to be judged. Nobody
        begins when others do: so many containers cannot be started at once."""
        await asyncio.sleep(random.uniform(0, OPENED_S))  # noqa: S311  # no secret
        began = time.perf_counter()
        run = await self.request(code="", series=True)
        opened.append((time.perf_counter() - began) * 1000 + await self.ask(run))
        while time.monotonic() < until:
            await asyncio.sleep(random.uniform(0.5, 1.5) * PAUSE_S)  # noqa: S311  # no secret
            taken.append(await self.ask(run))
        await in_thread(run.end_series)()


def in_thread(work: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    return sync_to_async(work, thread_sensitive=False)


async def capacity(site: Site) -> float:
    """Ordinary runs a second with more of them than threads."""
    done, until = 0, time.monotonic() + MEASURED_S

    async def go_on() -> None:
        nonlocal done
        while time.monotonic() < until:
            await site.run()
            done += 1

    await asyncio.gather(*[go_on() for _ in range(8)])
    return done / MEASURED_S


async def load(site: Site, per_second: float, until: float) -> list[float]:
    """So many ordinary runs a second, however long each one takes; the milliseconds of each."""
    runs: list[asyncio.Task[float]] = []
    if not per_second:
        return []
    for number in itertools.count(1):
        if time.monotonic() > until:
            break
        runs.append(asyncio.create_task(site.run()))
        await asyncio.sleep(until - MEASURED_S + number / per_second - time.monotonic())
    return await asyncio.gather(*runs)


async def measured(student: User, students: int) -> dict[str, Any]:
    site = Site(student)
    listening = asyncio.create_task(site.listen())
    await asyncio.sleep(0)
    await site.run()
    runs_per_s = await capacity(site)
    found: dict[str, Any] = {"runs_per_s": runs_per_s, "load": os.getloadavg()[0]}
    for name, talking, share in (
        ("runs", 0, SHARE),
        ("series", students, 0),
        ("both", students, SHARE),
    ):
        taken: list[float] = []
        opened: list[float] = []
        until = time.monotonic() + MEASURED_S
        ordinary = asyncio.create_task(load(site, runs_per_s * share, until))
        await asyncio.gather(*[site.talk(until, taken, opened) for _ in range(talking)])
        found[name] = {"batches": taken, "first": opened, "runs": await ordinary}
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    return found


def serve(students: int) -> None:
    call_command("migrate", verbosity=0)
    student = User.objects.create_user("bench")
    worker = EmbeddedWorker()
    worker.start()
    try:
        sys.stdout.write(json.dumps(asyncio.run(measured(student, students))) + "\n")
    finally:
        worker.stop()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
