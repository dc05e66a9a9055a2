"""Series of programs: what one costs in a batch, and how soon a batch is answered under load."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any

from sandbox.cases import CallCase, ProgramCase
from sandbox.languages import PYTHON
from sandbox.series import Try, open_series
from tests.bench.sandbox.methods import ROOT

SIZES = (1, 10, 50)
# Programs of each size in all.
PROGRAMS = 300
# Milliseconds from a question to its answer, under load, at the 95th percentile.
PROMISED_MS = 250


def shown(image: str, students: int) -> Iterator[str]:
    """A line for each figure, as soon as there is one. Raises RuntimeError if it cannot be had."""
    yield f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    yield f"{'':44}{'p50 ms':>9}{'p95 ms':>9}{'min ms':>9}"
    with open_series(image, PYTHON) as tried:
        for size in SIZES:
            yield row(f"a program, in batches of {size}", costs(tried, size))
    found = under_load(students)
    yield f"{found['runs_per_s']:.1f} ordinary runs a second; load {found['load']:.1f}"
    yield row("a run, at 70 % of that", found["runs"]["runs"])
    yield row(f"a batch, {students} series talking", found["series"]["batches"])
    yield row("a series opened, with its first batch", found["series"]["first"])
    yield "both together:"
    yield row("a run, at 70 %", found["both"]["runs"])
    yield row(f"a batch, {students} series talking", found["both"]["batches"])
    yield row("a series opened, with its first batch", found["both"]["first"])
    yield f"promised of a batch: {PROMISED_MS} ms at p95"


def costs(tried: Try, size: int) -> list[float]:
    """Milliseconds per program, for each batch of that size."""
    taken = []
    for number in range(max(PROGRAMS // size, 1) + 1):
        programs = [f"def f(x): return x + {number * size + each}" for each in range(size)]
        batch = [ProgramCase(program, CallCase("f(1)"), 2.0) for program in programs]
        began = time.perf_counter()
        found = tried(batch)
        taken.append((time.perf_counter() - began) * 1000 / size)
        if [each.ended for each in found] != ["value"] * size:
            raise RuntimeError(f"{len(found)} of {size} programs were tried")
    return taken[1:]  # the first one warms everybody up


def under_load(students: int) -> dict[str, Any]:
    """What `series_site` prints."""
    with tempfile.TemporaryDirectory(prefix="sandbox-bench-") as folder:
        env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        env |= {"DATA_DIR": folder, "REDIS_URL": ""}
        command = [sys.executable, "-m", "tests.bench.sandbox.series_site", str(students)]
        done = subprocess.run(  # our own
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
        )
    if done.returncode:
        raise RuntimeError("the site with series ended")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def row(what: str, taken: Sequence[float]) -> str:
    ordered = sorted(taken)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"{what:44}{statistics.median(ordered):9.1f}{p95:9.1f}{ordered[0]:9.1f}"
