"""Many runs in a row: what they leave behind in this process, in the engine and on the machine."""

import contextlib
import gc
import resource
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sandbox import container
from sandbox.job import MIB, Job, Status
from sandbox.pool import Pool
from tests.bench.sandbox.methods import fill

POOL_SIZE = 4
# The first runs load what is loaded once; after them there are so many looks.
WARM_UP_RUNS = 20
LOOKS = 4
# What every program leaves behind: a file, a child process, some memory, some output.
PROGRAM = Job(
    "import subprocess\nopen('left', 'w').write('x' * 100_000)\n"
    "subprocess.run(['true'])\nblock = bytearray(10 ** 7)\nprint('y' * 10_000)"
)


@dataclass(frozen=True)
class Footprint:
    """What there is after so many runs, with a full pool."""

    runs: int
    seconds: float
    # Of this process.
    memory_bytes: int
    files: int
    threads: int
    # Of this pool.
    containers: int
    # Of the whole machine, whoever uses it.
    processes: int
    # Used where the engine keeps its data; None where that folder is not to be seen from here.
    disk_bytes: int | None


def sustained(image: str, runs: int) -> Iterator[Footprint]:
    """Run `runs` programs, as many at a time as the pool has containers, and look now and then.

    Raises RuntimeError if one of them does not end well.
    """
    pool = Pool(image, POOL_SIZE, POOL_SIZE)
    pool.start()
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(pool.drain)
        students = at_the_end.enter_context(ThreadPoolExecutor(POOL_SIZE))
        began, done = time.monotonic(), 0
        parts = (runs * (n + 1) // LOOKS - runs * n // LOOKS for n in range(LOOKS))
        for some in (WARM_UP_RUNS, *parts):
            for result in students.map(pool.run, [PROGRAM] * some):
                if result.status is not Status.OK:
                    raise RuntimeError(f"{result.status}: {result.message or result.stderr}")
            done += some
            fill(pool)
            yield _footprint(pool, done, time.monotonic() - began)


def _footprint(pool: Pool, runs: int, seconds: float) -> Footprint:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    with contextlib.closing(container.connect()) as engine:
        containers = sum(each.owner == pool.owner for each in container.find(engine))
        data = Path(engine.info()["DockerRootDir"])
    return Footprint(
        runs,
        seconds,
        memory_bytes=pages * resource.getpagesize(),
        files=len(list(Path("/proc/self/fd").iterdir())),
        threads=threading.active_count(),
        containers=containers,
        processes=len(list(Path("/proc").glob("[0-9]*"))),
        disk_bytes=shutil.disk_usage(data).used if data.is_dir() else None,
    )


def shown(looks: Iterator[Footprint]) -> Iterator[str]:
    """The looks as a table, a line as soon as there is one."""
    yield (
        f"{'runs':>6}{'runs/s':>8}{'memory MiB':>12}{'files':>7}{'threads':>9}"
        f"{'containers':>12}{'processes':>11}{'disk MiB':>10}"
    )
    for each in looks:
        disk = "" if each.disk_bytes is None else f"{each.disk_bytes / MIB:.0f}"
        yield (
            f"{each.runs:6}{each.runs / each.seconds:8.1f}{each.memory_bytes / MIB:12.1f}"
            f"{each.files:7}{each.threads:9}{each.containers:12}{each.processes:11}{disk:>10}"
        )
