"""Runs through a real Redis and workers as processes of their own, which are killed.

The numbers are those of the failures that the product promises to survive.
"""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import psycopg
import pytest

from sandbox.job import Job, Status
from tests.polling import wait_until
from tests.servers import postgres

from .test_pool import pool_of
from .test_typing import ASK
from .workers import PATIENCE_S, Site, opened

pytestmark = pytest.mark.docker

# So soon whoever waits for a run is told that its worker was killed.
TOLD_S = 2.0
# At once; many of them are a soak.
AT_ONCE = [16, pytest.param(50, marks=pytest.mark.slow)]
# Of so many runs that take a second each: half of them to all of them in seconds where somebody
# waits in the wrong way.
STARVED_S = 4


@pytest.fixture
def site(image: str, tmp_path: Path) -> Iterator[Site]:
    with opened(tmp_path, image) as one:
        yield one


BEGUN = "print('begun', flush=True)\n"
SLOW_S = 3
SLOW = BEGUN + f"import time; time.sleep({SLOW_S}); print('end')"


def begun(site: Site, key: str) -> Callable[[], bool]:
    """Whether it runs; its output is not in the row before its end."""
    return lambda: bool(site.ask("look", key)["status"] == "running")


def test_22_a_full_channel_layer_costs_nudges_and_no_result(site: Site) -> None:
    site.start_worker(concurrency=1)
    site.ask("listen", "")
    site.request("first", "print(1)")
    site.finished("first")
    wait_until(lambda: site.told("first", "run.finished"), PATIENCE_S)
    site.ask("deaf", "")
    site.request("a", "print(2)")
    # The row comes first: only when the one thread has taken another run has it told all of this.
    site.request("after", "print(3)")
    assert site.finished("a")["stdout"] == "2\n"
    site.finished("after")
    site.ask("listen", "")
    site.request("b", "print(4)")
    wait_until(lambda: site.told("b", "run.finished"), PATIENCE_S)
    # There was no room for what was told of the run; its row has everything.
    assert not site.told("a", "run.finished")


def test_23_without_redis_a_run_is_refused_within_two_seconds(site: Site) -> None:
    site.redis.stop()
    assert site.request("a", "print(1)") < 2500
    assert site.finished("a", 1)["status"] == "unavailable"
    site.redis.start()
    site.start_worker()
    site.request("b", "print(1)")
    assert site.finished("b")["stdout"] == "1\n"


def test_27_61_a_run_whose_worker_is_killed_is_tried_once_more_and_nothing_is_left(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    doomed = site.start_worker()
    site.ask("listen", "")
    site.request("a", SLOW)
    wait_until(begun(site, "a"), PATIENCE_S)
    site.start_worker(concurrency=1)
    site.request("b", "print(2)")
    assert site.finished("b")["status"] == "ok"
    killed = time.monotonic()
    doomed.send_signal(signal.SIGKILL)
    doomed.wait()
    run = site.finished("a")
    assert (run["status"], run["stdout"], run["fence"]) == ("ok", "begun\nend\n", 2)
    lost, again = (site.told("a", event) - killed for event in ("run.queued", "run.started"))
    with capsys.disabled():
        sys.stdout.write(f"\na worker killed: told after {lost:.2f} s, on again at {again:.2f} s\n")
    assert 0 < lost < again < TOLD_S
    wait_until(lambda: site.containers(doomed) == [], PATIENCE_S)


def test_29_a_run_that_has_cost_two_workers_is_given_up_and_said_so(site: Site) -> None:
    site.request("a", SLOW)
    for fence in (1, 2):
        worker = site.start_worker()
        wait_until(lambda fence=fence: site.ask("look", "a")["fence"] == fence, PATIENCE_S)  # type: ignore[misc]
        worker.kill()
        worker.wait()
    site.start_worker()
    run = site.finished("a")
    assert (run["status"], run["fence"]) == ("sandbox_error", 2)
    assert "Run it again" in run["message"]


def test_28_a_run_longer_than_the_visibility_timeout_happens_once(site: Site) -> None:
    site.env["CELERY_VISIBILITY_TIMEOUT_S"] = "3"
    site.start_worker()
    site.start_worker()
    site.request("a", BEGUN + "import time; time.sleep(6); print('end')")
    run = site.finished("a")
    assert (run["status"], run["stdout"], run["fence"]) == ("ok", "begun\nend\n", 1)


def test_24_30_redis_that_restarts_empty_loses_no_run(site: Site) -> None:
    worker = site.start_worker(concurrency=1)
    site.request("running", SLOW)
    wait_until(begun(site, "running"), PATIENCE_S)
    site.request("waiting", "print(2)")
    site.redis.stop()
    site.redis.start()
    assert site.finished("running")["stdout"] == "begun\nend\n"
    assert site.finished("waiting", 60)["stdout"] == "2\n"
    assert worker.poll() is None


def test_32_33_34_nobody_listens_output_is_huge_and_the_worker_is_told_to_end(site: Site) -> None:
    worker = site.start_worker()
    site.request("a", BEGUN + "import time; time.sleep(2)\nprint('x' * 500_000)")
    wait_until(begun(site, "a"), PATIENCE_S)
    worker.terminate()
    assert worker.wait(30) == 0
    run = site.finished("a", 1)
    assert run["status"] == "ok"
    assert len(run["stdout"]) == 65_536
    assert "cut after the first 64 KiB" in run["message"]
    assert site.containers(worker) == []


def test_37_a_database_that_breaks_off_in_a_run_and_between_runs_costs_none(
    image: str, tmp_path: Path
) -> None:
    def break_off() -> None:
        with psycopg.connect(url) as database:
            database.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where pid <> pg_backend_pid() and backend_type = 'client backend'"
            )

    with postgres() as url, opened(tmp_path, image, DATABASE_URL=url) as site:
        site.start_worker(concurrency=1)
        site.request("a", SLOW)
        wait_until(begun(site, "a"), PATIENCE_S)
        break_off()
        run = site.finished("a")
        assert (run["status"], run["stdout"], run["fence"]) == ("ok", "begun\nend\n", 1)
        break_off()
        site.request("b", "print(2)")
        assert site.finished("b")["stdout"] == "2\n"
        # Who types is heard and who stops it too, though nothing of the run ends meanwhile.
        for key in "de":
            site.request(key, ASK, interactive=True)
            wait_until(begun(site, key), PATIENCE_S)
        break_off()
        site.ask("type", "d", text="x\n")
        run = site.finished("d")
        assert (run["stdout"], run["fence"]) == ("? got x\n", 1)
        site.ask("cancel", "e")
        run = site.finished("e")
        assert (run["status"], run["fence"]) == ("cancelled", 1)
        # What looks for the runs of dead workers goes on, too.
        break_off()
        site.request("c", SLOW)
        wait_until(begun(site, "c"), PATIENCE_S)
        site.workers[0].kill()
        site.start_worker(concurrency=1)
        break_off()
        assert site.finished("c")["fence"] == 2


def test_65_a_run_that_is_stopped_ends_within_a_second(site: Site) -> None:
    site.start_worker()
    site.request("a", BEGUN + "while True: pass")
    wait_until(begun(site, "a"), PATIENCE_S)
    stopped = time.monotonic()
    site.ask("cancel", "a")
    assert site.finished("a", 3)["status"] == "cancelled"
    assert time.monotonic() - stopped < 2


@pytest.mark.parametrize("many", AT_ONCE)
def test_31_none_of_many_runs_at_once_starves(
    site: Site, capsys: pytest.CaptureFixture[str], many: int
) -> None:
    site.env |= {"SANDBOX_POOL_SIZE": str(many), "SANDBOX_CONCURRENCY": str(many)}
    worker = site.start_worker(concurrency=many)
    wait_until(lambda: len(site.containers(worker)) == many, 3 * PATIENCE_S)
    site.request("first", "print('first')")
    site.finished("first")
    for number in range(many):
        site.request(f"{number}", f"import time; time.sleep(1); print({number})")
    took = sorted(site.finished(f"{number}")["took_s"] for number in range(many))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{many} runs of 1 s at once: p50 {median(took):.2f} s, p95 {p95(took):.2f} s\n"
        )
    assert took[0] >= 1
    assert took[-1] < STARVED_S


@pytest.mark.parametrize("many", AT_ONCE)
def test_31_64_many_students_at_once_all_have_their_result(
    site: Site, capsys: pytest.CaptureFixture[str], many: int
) -> None:
    site.env["SANDBOX_POOL_SIZE"] = "4"
    site.start_worker(concurrency=4)
    site.request("first", "print('first')")
    site.finished("first")
    began = time.monotonic()
    for number in range(many):
        site.request(f"{number}", f"print({number})")
    took = []
    for number in range(many):
        run = site.finished(f"{number}", 90)
        assert (run["status"], run["stdout"]) == ("ok", f"{number}\n")
        took.append(time.monotonic() - began)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{many} at once on a pool of 4: {many / took[-1]:.1f} runs/s, "
            f"p50 {median(took):.1f} s, p95 {p95(took):.1f} s\n"
        )


def p95(took: list[float]) -> float:
    return took[len(took) * 95 // 100]


def test_threads_of_one_pool_serve_many_at_once(image: str) -> None:
    with pool_of(image, 4, most=4) as one, ThreadPoolExecutor(12) as students:
        job = Job("print('mine')")
        results = list(students.map(lambda _: one.run(job), range(12)))
    assert {(result.status, result.stdout) for result in results} == {(Status.OK, "mine\n")}


def test_a_series_whose_worker_is_killed_is_over_and_checks_go_on_beside_it(site: Site) -> None:
    doomed = site.start_worker(concurrency=1)
    site.request("series", "", series=True)
    site.ask("ask", "series", code="print(1)", wall_s=5)
    wait_until(lambda: site.ask("answers", "series")["printed"] == ["1\n"], PATIENCE_S)
    site.request("a", "print(2)")  # the one thread of the other queue is free
    assert site.finished("a")["stdout"] == "2\n"
    site.ask("ask", "series", code=SLOW, wall_s=9)
    doomed.send_signal(signal.SIGKILL)
    doomed.wait()
    site.start_worker(concurrency=1)
    run = site.finished("series")
    assert (run["status"], run["fence"]) == ("unavailable", 1)
    assert site.ask("answers", "series") == {"printed": []}
    wait_until(lambda: site.containers(doomed) == [], PATIENCE_S)
