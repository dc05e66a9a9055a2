"""The measurements, interleaved, and the table of them."""

import contextlib
import hashlib
import json
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.container import ENGINE_ERRORS
from sandbox.job import Job, JobError
from sandbox.pool import Pool
from tests.bench.sandbox import methods, rivals
from tests.bench.sandbox.methods import CASES, Measurement

POOL_SIZE = 4
# Seconds between two measurements, in which every pool fills.
REST_S = 0.7
FLOOR = "python3 -I -c on the host: the floor"


@dataclass(frozen=True)
class Row:
    """One method. `times_floor` are p50 and p95 as multiples of the floor's p50."""

    method: str
    p50_ms: float
    p95_ms: float
    min_ms: float
    times_floor: float
    times_floor_p95: float
    # What it should be at most, as a multiple of the floor's p50; None where nothing is promised.
    promised: float | None
    rounds: int
    # Why there is no measurement.
    missing: str = ""


PROMISED = {
    "pool, a container per run": 0.6,
    "pool, first output": 0.6,
    f"pool, {CASES} test cases": 8,
    "through Celery, embedded": 1.5,
    "through Celery and Redis": 2,
}


def measured(image: str, rounds: int, rival: Callable[[], str] | None = None) -> list[Row]:
    """A row for every method. `rival` finds a Python with epicbox, where that is wanted."""
    with contextlib.ExitStack() as at_the_end:
        pool = Pool(image, POOL_SIZE, POOL_SIZE)
        pool.start()
        at_the_end.callback(pool.drain)
        wanted = {
            FLOOR: methods.floor(),
            "pool, a container per run": methods.through_pool(pool),
            "pool, first output": methods.first_chunk(pool),
            f"pool, {CASES} test cases": methods.many_cases(pool),
            "through Celery, embedded": methods.through_celery(),
            "through Celery and Redis": _with_redis(),
            "cold container": methods.cold(image),
            "docker exec in one container": methods.executed(image),
            rivals.EPICBOX: _rival(image, rival),
        }

        def settle() -> None:
            methods.fill(pool)
            time.sleep(REST_S)  # what the last one used is replaced by now

        return measure(wanted, rounds, settle)


def measure(
    wanted: Mapping[str, AbstractContextManager[Measurement]],
    rounds: int,
    settle: Callable[[], None] = lambda: None,
) -> list[Row]:
    """Every method once per round, after `settle`; FLOOR is one of them. A method that raises
    FileNotFoundError or an engine's error when it is opened has a row that says why."""
    with contextlib.ExitStack() as at_the_end:
        ready: dict[str, Measurement] = {}
        missing: dict[str, str] = {}
        for name, method in wanted.items():
            try:
                ready[name] = at_the_end.enter_context(method)
            except (FileNotFoundError, *ENGINE_ERRORS) as error:
                missing[name] = str(error)
        taken: dict[str, list[float]] = {name: [] for name in ready}
        for number in range(rounds + 1):
            for name, each in ready.items():
                settle()
                took = each()
                if number:  # the first round warms everybody up
                    taken[name].append(took)
    rows = [_row(name, values, taken[FLOOR]) for name, values in taken.items()]
    return rows + [_row(name, [], taken[FLOOR], why) for name, why in missing.items()]


@contextlib.contextmanager
def _with_redis() -> Iterator[Measurement]:
    with methods.redis_server() as url, methods.through_celery(url) as measurement:
        yield measurement


@contextlib.contextmanager
def _rival(image: str, python: Callable[[], str] | None) -> Iterator[Measurement]:
    if python is None:
        raise FileNotFoundError("it needs urllib3 < 2; --rivals installs it beside us")
    with rivals.epicbox(image, python()) as measurement:
        yield measurement


def _row(name: str, values: list[float], floor: list[float], missing: str = "") -> Row:
    values = sorted(values)
    base = statistics.median(floor)
    p50 = statistics.median(values) if values else 0
    p95 = values[min(len(values) - 1, int(len(values) * 0.95))] if values else 0
    least = values[0] if values else 0
    promised = PROMISED.get(name)
    return Row(
        name, p50, p95, least, p50 / base, p95 / base, promised, len(values), missing
    )  # fmt: skip


def shown(rows: list[Row]) -> Iterator[str]:
    yield f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {rows[0].rounds} rounds"
    yield f"{'':40}{'p50 ms':>9}{'p95 ms':>9}{'min ms':>9}{'÷ floor':>9}{'at most':>9}"
    for row in rows:
        if row.missing:
            yield f"{row.method:40}  not measured: {row.missing}"
            continue
        promised = f"{row.promised:g}" if row.promised else ""
        yield (
            f"{row.method:40}{row.p50_ms:9.1f}{row.p95_ms:9.1f}{row.min_ms:9.1f}"
            f"{row.times_floor:9.2f}{promised:>9}"
        )


def as_json(rows: list[Row]) -> str:
    load = os.getloadavg()[0]
    return json.dumps({"cores": os.cpu_count(), "load": load, "rows": [*map(asdict, rows)]})


def programs(image: str, paths: Iterable[Path]) -> Iterator[str]:
    """A line of JSON for each of the programs, run one after the other through a pool."""
    pool = Pool(image, POOL_SIZE, POOL_SIZE)
    pool.start()
    try:
        for path in paths:
            yield json.dumps({"program": str(path)} | _run(pool, path))
    finally:
        pool.drain()


def _run(pool: Pool, path: Path) -> dict[str, object]:
    if path.exists() and not path.is_file():  # to read a pipe would wait for who writes to it
        return {"status": "refused", "message": "not a file"}
    try:
        job = Job(path.read_bytes().decode())
    except (JobError, UnicodeDecodeError, OSError) as error:
        return {"status": "refused", "message": str(error)}
    methods.fill(pool)
    began = time.perf_counter()
    result = pool.run(job)
    return {
        "status": result.status,
        "exit_code": result.exit_code,
        "stdout_sha256": hashlib.sha256(result.stdout.encode()).hexdigest(),
        "ms": round(methods.since(began), 1),
    }
