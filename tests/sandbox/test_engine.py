"""The engine dies in the middle of a run, or a container does; and many runs in a row.

All of it with an engine of the tests' own, in whose data and processes nobody else has a part.
"""

import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.sandbox.sustained import POOL_SIZE, shown, sustained
from tests.polling import wait_until

from .engine import Engine
from .workers import PATIENCE_S, Site, opened

pytestmark = pytest.mark.docker

ENDLESS = "print('begun', flush=True)\nwhile True: pass"
# `python -m tests.bench.sandbox --sustained 200` is the same for longer.
# The first of them are few, each time; the others a soak.
RUNS = [16, pytest.param(80, marks=pytest.mark.slow)]
# What may come and go between two looks: a container half gone, a file of the engine's client.
FEW = 3
# A program writes 100 kB, prints 10 kB and uses 10 MB: much less than any of that may stay.
MOST_LEFT_BYTES = 50_000
# Python's own heap comes and goes by that much.
HEAP_BYTES = 1_000_000


@pytest.fixture(scope="module")
def engine(image: str) -> Iterator[Engine]:
    # The path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="engine-") as folder:
        one = Engine(Path(folder))
        try:
            one.start()
            one.load(image)
            yield one
        finally:
            one.close()


@pytest.fixture
def site(
    image: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """A site whose worker works with that engine; a run has gone well already."""
    monkeypatch.setenv("DOCKER_HOST", engine.url)
    with opened(tmp_path, image) as one:
        one.start_worker()
        one.ask("listen", "")
        one.request("first", "print(1)")
        assert one.finished("first")["stdout"] == "1\n"
        yield one


def begin(site: Site, key: str) -> None:
    """Return when an endless program has begun to print."""
    site.request(key, ENDLESS)
    wait_until(lambda: site.told(key, "run.printed"), PATIENCE_S)


def assert_reported(site: Site, key: str, since: float) -> None:
    """The run has failed, its output is kept, and who follows it was told within two seconds."""
    run = site.finished(key, 5)
    assert (run["status"], run["stdout"], run["fence"]) == ("sandbox_error", "begun\n", 1)
    assert "not to blame" in run["message"]
    wait_until(lambda: site.told(key, "run.finished"), 2)
    assert site.told(key, "run.finished") - since < 2


def assert_next_run_is_fine(site: Site) -> None:
    def goes_well() -> bool:
        key = f"next-{time.monotonic()}"
        site.request(key, "print(2)")
        return bool(site.finished(key)["stdout"] == "2\n")

    wait_until(goes_well, PATIENCE_S)


def test_25_a_container_killed_in_a_run_is_told_within_two_seconds_and_the_pool_goes_on(
    site: Site, engine: Engine
) -> None:
    begin(site, "a")
    wait_until(lambda: len(engine.containers()) > 1, PATIENCE_S)
    killed = time.monotonic()
    engine.kill_containers()
    assert_reported(site, "a", killed)
    site.request("b", "print(2)")
    assert site.finished("b")["stdout"] == "2\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_engine_restarted_in_a_run_is_told_and_the_worker_goes_on_with_the_new_one(
    site: Site, engine: Engine, number: signal.Signals
) -> None:
    begin(site, "a")
    stopped = time.monotonic()
    engine.stop(number)
    if number == signal.SIGKILL:
        assert_reported(site, "a", stopped)
    else:  # it gives its containers time to end
        assert site.finished("a", 20)["status"] in ("sandbox_error", "timeout")
        wait_until(lambda: site.told("a", "run.finished"), 2)
    engine.start()
    assert_next_run_is_fine(site)
    [worker] = site.workers
    assert worker.poll() is None
    worker.terminate()
    assert worker.wait(PATIENCE_S) == 0
    wait_until(lambda: engine.containers() == [], 5)


# Many runs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("runs", RUNS)
def test_many_runs_in_a_row_leave_memory_disk_and_processes_as_they_were(
    image: str,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    runs: int,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.url)
    seen, exact = [], []
    for look in sustained(image, runs):
        seen.append(look)
        exact.append((engine.processes(), engine.disk_bytes()))
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(shown(iter(seen))) + "\n")
    assert {look.containers for look in seen} == {POOL_SIZE}
    assert {look.threads for look in seen} == {seen[0].threads}
    assert abs(seen[-1].files - seen[0].files) <= FEW
    assert abs(exact[-1][0] - exact[0][0]) <= FEW
    assert exact[-1][1] - exact[0][1] < runs * MOST_LEFT_BYTES
    # Python's own heap settles while the first runs are made.
    half = len(seen) // 2
    most = max((seen[-1].runs - seen[half].runs) * MOST_LEFT_BYTES, HEAP_BYTES)
    assert seen[-1].memory_bytes - seen[half].memory_bytes < most
    assert engine.containers() == []
