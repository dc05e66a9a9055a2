"""Runs through a real Redis and workers as processes of their own, which are killed.

The numbers are those of the failures that the product promises to survive.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from sandbox import container
from sandbox.job import Job, Status
from tests.servers import free_port

from .conftest import wait_until
from .test_pool import pool_of

pytestmark = pytest.mark.docker

ROOT = Path(__file__).parent.parent.parent
# Long enough for a busy machine; what is promised in seconds is asserted where it is promised.
PATIENCE_S = 40


class Redis:
    """A Redis that can be stopped and started again, empty, at the same address."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(
            ["redis-server", *options, "--appendonly", "no"], stdout=subprocess.DEVNULL
        )

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass
class Site:
    """A site with a queue; its workers are started and ended by the test."""

    redis: Redis
    env: dict[str, str]
    driver: subprocess.Popen[str]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def ask(self, do: str, key: str, **more: str) -> dict[str, Any]:
        assert self.driver.stdin is not None
        assert self.driver.stdout is not None
        self.driver.stdin.write(json.dumps({"do": do, "key": key, **more}) + "\n")
        self.driver.stdin.flush()
        answer: dict[str, Any] = json.loads(self.driver.stdout.readline())
        return answer

    def request(self, key: str, code: str) -> float:
        took: float = self.ask("request", key, code=code)["ms"]
        return took

    def finished(self, key: str, seconds: float = PATIENCE_S) -> dict[str, Any]:
        wait_until(lambda: self.ask("look", key)["finished"], seconds)
        return self.ask("look", key)

    def start_worker(self, concurrency: int = 2) -> "subprocess.Popen[bytes]":
        options = ["-A", "tutor", "worker", "-Q", "sandbox", "-P", "threads"]
        command = [sys.executable, "-m", "celery", *options, "-c", str(concurrency)]
        with (Path(self.env["DATA_DIR"]) / "worker.log").open("a") as log:
            worker = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    def logged(self) -> str:
        return (Path(self.env["DATA_DIR"]) / "worker.log").read_text()

    def containers(self, worker: "subprocess.Popen[bytes]") -> list[str]:
        with closing(container.connect()) as engine:
            found = container.find(engine)
        return [each.name for each in found if f"-{worker.pid}-" in each.owner]


@pytest.fixture
def site(image: str, tmp_path: Path) -> Iterator[Site]:
    redis = Redis()
    env = os.environ | {
        "DATA_DIR": str(tmp_path),
        "REDIS_URL": redis.url,
        "SANDBOX_POOL_SIZE": "2",
        "SANDBOX_IMAGE": image,
        "CELERY_VISIBILITY_TIMEOUT_S": "6",
    }
    env.pop("DATABASE_URL", None)
    migrate = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(migrate, cwd=ROOT, env=env, check=True)
    driver = subprocess.Popen(
        [sys.executable, "-m", "tests.sandbox.site"],
        cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    one = Site(redis, env, driver)
    try:
        yield one
    finally:
        for worker in one.workers:
            worker.terminate()
        for worker in one.workers:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(15)
            worker.kill()
        with driver:
            driver.kill()
        redis.stop()
        for worker in one.workers:
            wait_until(lambda worker=worker: one.containers(worker) == [], 5)  # type: ignore[misc]


BEGUN = "print('begun', flush=True)\n"
SLOW = BEGUN + "import time; time.sleep(4); print('end')"


def begun(site: Site, key: str) -> Callable[[], bool]:
    """Whether it runs; its output is not in the row before its end."""
    return lambda: bool(site.ask("look", key)["status"] == "running")


def test_23_without_redis_a_run_is_refused_within_two_seconds(site: Site) -> None:
    site.redis.stop()
    assert site.request("a", "print(1)") < 2500
    assert site.finished("a", 1)["status"] == "unavailable"
    site.redis.start()
    site.start_worker()
    site.request("b", "print(1)")
    assert site.finished("b")["stdout"] == "1\n"


def test_27_61_a_run_whose_worker_is_killed_is_tried_once_more_and_nothing_is_left(
    site: Site,
) -> None:
    doomed = site.start_worker()
    site.request("a", SLOW)
    wait_until(begun(site, "a"), PATIENCE_S)
    site.start_worker()
    doomed.send_signal(signal.SIGKILL)
    doomed.wait()
    killed = time.monotonic()
    run = site.finished("a")
    assert (run["status"], run["stdout"], run["fence"]) == ("ok", "begun\nend\n", 2)
    assert time.monotonic() - killed < 15 + 4 + 5  # the promise, the program, a busy machine
    wait_until(lambda: site.containers(doomed) == [], 5)


def test_29_a_run_that_has_cost_two_workers_is_given_up_and_said_so(site: Site) -> None:
    site.request("a", SLOW)
    for fence in (1, 2):
        worker = site.start_worker()
        wait_until(lambda fence=fence: site.ask("look", "a")["fence"] == fence, PATIENCE_S)  # type: ignore[misc]
        worker.kill()
        worker.wait()
        site.ask("expire", "a")
    site.start_worker()
    run = site.finished("a")
    assert (run["status"], run["fence"]) == ("sandbox_error", 2)
    assert "Run it again" in run["message"]


def test_28_a_run_longer_than_the_visibility_timeout_happens_once(site: Site) -> None:
    site.start_worker()
    site.start_worker()
    site.request("a", BEGUN + "import time; time.sleep(7); print('end')")
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


def test_65_a_run_that_is_stopped_ends_within_a_second(site: Site) -> None:
    site.start_worker()
    site.request("a", BEGUN + "while True: pass")
    wait_until(begun(site, "a"), PATIENCE_S)
    stopped = time.monotonic()
    site.ask("cancel", "a")
    assert site.finished("a", 3)["status"] == "cancelled"
    assert time.monotonic() - stopped < 2


def test_31_64_fifty_students_at_once_all_have_their_result(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.env["SANDBOX_POOL_SIZE"] = "4"
    site.start_worker(concurrency=4)
    site.request("first", "print('first')")
    site.finished("first")
    began = time.monotonic()
    for number in range(50):
        site.request(f"{number}", f"print({number})")
    took = []
    for number in range(50):
        run = site.finished(f"{number}", 90)
        assert (run["status"], run["stdout"]) == ("ok", f"{number}\n")
        took.append(time.monotonic() - began)
    with capsys.disabled():
        sys.stdout.write(
            f"\n50 at once on a pool of 4: {50 / took[-1]:.1f} runs/s, "
            f"p50 {median(took):.1f} s, p95 {took[47]:.1f} s\n"
        )


def test_threads_of_one_pool_serve_many_at_once_and_tell_their_places(image: str) -> None:
    with pool_of(image, 4, most=4) as one, ThreadPoolExecutor(20) as students:
        places: list[int] = []
        job = Job("print('mine')")
        results = list(students.map(lambda _: one.run(job, None, places.append), range(20)))
    assert {(result.status, result.stdout) for result in results} == {(Status.OK, "mine\n")}
    assert max(places) > 10
