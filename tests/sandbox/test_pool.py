"""Warm containers: each used once, looked at before use, replaced afterwards."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from sandbox import container, pool
from sandbox.backoff import UNHEALTHY_AFTER
from sandbox.execution import NullObserver
from sandbox.inside.wire import WireError
from sandbox.job import MIB, Job, Limits, Result, Status
from sandbox.pool import MOST_TRIES, Pool
from tests.polling import wait_until

from .conftest import SETTLE_S, containers_of

pytestmark = pytest.mark.docker

HELLO = Job("print('hello')")
NOWHERE = "unix:///nonexistent.sock"


@contextmanager
def pool_of(image: str, size: int, most: int = 4) -> Iterator[Pool]:
    """A pool that is full, for the length of a block; nothing of it may be left."""
    one = Pool(image, size, most, owner=f"test-{uuid.uuid4().hex}")
    one.start()
    try:
        wait_until(one.is_full, SETTLE_S)
        yield one
    finally:
        one.drain()
        wait_until(lambda: containers_of(one.owner) == [], 5)


def kill(names: list[str]) -> None:
    with closing(container.connect()) as engine:
        for name in names:
            engine.kill(name)


def test_a_warm_run_needs_nothing_of_the_engine_before_its_result(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pool_of(image, 1) as one:
        with monkeypatch.context() as down:
            down.setenv("DOCKER_HOST", NOWHERE)
            result = one.run(HELLO)
        assert (result.status, result.stdout) == (Status.OK, "hello\n")
        assert result.queued_ms < 100


def test_a_container_is_used_once_and_replaced(image: str) -> None:
    with pool_of(image, 2) as one:
        before = set(one.names())
        for _ in range(2):
            assert one.run(HELLO).status is Status.OK
        wait_until(one.is_full, SETTLE_S)
        after = set(one.names())
        assert len(after) == 2
        assert not before & after
        assert set(containers_of(one.owner)) == after


def test_programs_that_run_at_the_same_time_are_different_users(image: str) -> None:
    code = "import os, time\nprint(os.getuid())\ntime.sleep(0.5)"
    with pool_of(image, 2) as one, ThreadPoolExecutor(2) as threads:
        uids = [result.stdout for result in threads.map(one.run, [Job(code)] * 2)]
    assert len(set(uids)) == 2


def test_idle_containers_that_were_killed_cost_no_run(image: str) -> None:
    with pool_of(image, 2) as one:
        kill(one.names())
        assert one.run(HELLO).stdout == "hello\n"


def test_a_job_of_which_containers_die_is_given_up(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []

    def dies(_: object, job: Job) -> None:
        given.append(job)
        if len(given) <= 2 * MOST_TRIES:  # so that the test ends
            raise WireError("it has died")

    with pool_of(image, 1) as one:
        monkeypatch.setattr(container, "send_job", dies)
        result = one.run(HELLO)
        assert (result.status, len(given)) == (Status.SANDBOX_ERROR, MOST_TRIES)


def test_idle_containers_that_were_killed_are_replaced_unasked(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "EVICT_INTERVAL_S", 0.1)
    with pool_of(image, 1) as one:
        before = one.names()
        kill(before)
        wait_until(lambda: one.names() not in ([], before), SETTLE_S)


def test_idle_containers_are_renewed_one_at_a_time(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pool_of(image, 2) as one:
        before = set(one.names())
        with monkeypatch.context() as impatient:
            impatient.setattr(pool, "EVICT_INTERVAL_S", 0.1)
            impatient.setattr(pool, "RENEW_S", 0.5)
            least = 2

            def all_new() -> bool:
                nonlocal least
                least = min(least, len(one.names()))
                return not before & set(one.names())

            wait_until(all_new, SETTLE_S)
        assert least >= 1


class Stopper(NullObserver):
    """Presses Stop at once."""

    def cancelled(self) -> bool:
        return True


def occupied(one: Pool, programs: int) -> ThreadPoolExecutor:
    """Threads in which so many programs run for two seconds."""
    threads = ThreadPoolExecutor(programs)
    for _ in range(programs):
        threads.submit(one.run, Job("import time; time.sleep(2)"))
    wait_until(lambda: one.state().busy == programs, SETTLE_S)
    return threads


def test_who_finds_all_busy_gets_one_more_container(image: str) -> None:
    with pool_of(image, 1, most=2) as one, occupied(one, 1):
        result = one.run(HELLO)
        assert result.stdout == "hello\n"
        assert 50 < result.queued_ms < 1900
        assert one.state().busy == 1


def test_who_has_to_wait_is_served_in_order(image: str) -> None:
    ended: list[str] = []
    with pool_of(image, 1, most=1) as one, occupied(one, 1):

        def run(name: str) -> None:
            assert one.run(Job(f"print({name!r})")).status is Status.OK
            ended.append(name)

        with ThreadPoolExecutor(2) as others:
            others.submit(run, "first")
            wait_until(lambda: one.state().waiting == 1, 2)
            others.submit(run, "second")
    assert ended == ["first", "second"]


def test_a_run_waits_for_a_pool_that_is_starting_and_is_told_so_and_no_later_one(
    image: str,
) -> None:
    told: list[bool] = []
    may_start = threading.Event()

    def probe() -> None:
        assert may_start.wait(9)

    one = Pool(image, 1, 2, owner=f"test-{uuid.uuid4().hex}", probe=probe)
    one.start()
    try:
        with ThreadPoolExecutor(1) as threads:
            first = threads.submit(one.run, HELLO, starting=told.append)
            wait_until(lambda: told == [True], 9)
            assert not one.has_started()
            may_start.set()
            assert first.result().stdout == "hello\n"
        assert told == [True, False]
        assert one.has_started()
        with occupied(one, 2):  # who finds all busy waits for another reason
            assert one.run(HELLO, starting=told.append).stdout == "hello\n"
        assert told == [True, False]
    finally:
        one.drain()


def test_who_waits_can_be_stopped(image: str) -> None:
    with pool_of(image, 1, most=1) as one, occupied(one, 1):
        began = time.monotonic()
        result = one.run(HELLO, Stopper())
        assert result.status is Status.CANCELLED
        assert "before it started" in result.message
        assert time.monotonic() - began < 1


def test_a_job_with_other_limits_has_a_container_of_its_own(image: str) -> None:
    with pool_of(image, 1) as one:
        before = one.names()
        job = Job("bytearray(10 ** 8)", limits=Limits(memory_bytes=64 * MIB))
        result = one.run(job)
        assert result.status is Status.MEMORY
        assert "64 MB" in result.message
        assert one.names() == before


# Ill --------------------------------------------------------------------------------------------


def test_an_ill_engine_is_left_alone_for_a_while_and_runs_are_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[float] = []
    connect = container.connect

    def counted() -> object:
        tried.append(time.monotonic())
        return connect()

    monkeypatch.setattr(container, "connect", counted)
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)
    one = Pool("tutor-sandbox", 2, 4)
    one.start()
    try:
        wait_until(lambda: one.state().failures >= UNHEALTHY_AFTER, 10)
        before = len(tried)
        began = time.monotonic()
        results = [one.run(HELLO) for _ in range(20)]
        assert time.monotonic() - began < 1
        assert {result.status for result in results} == {Status.UNAVAILABLE}
        assert "not available" in results[0].message
        assert len(tried) - before <= 2
    finally:
        one.drain()


def test_the_first_run_without_an_engine_is_told_within_two_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)
    one = Pool("tutor-sandbox", 0, 2)
    one.start()
    try:
        began = time.monotonic()
        assert one.run(HELLO).status is Status.UNAVAILABLE
        assert time.monotonic() - began < 2
    finally:
        one.drain()


def test_an_engine_that_comes_back_is_found_unasked(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Pool(image, 1, 2, owner=f"test-{uuid.uuid4().hex}")
    with monkeypatch.context() as down:
        down.setenv("DOCKER_HOST", NOWHERE)
        one.start()
        wait_until(lambda: one.state().failures >= UNHEALTHY_AFTER, 10)
        assert one.run(HELLO).status is Status.UNAVAILABLE
    try:
        wait_until(one.is_full, SETTLE_S)
        assert one.state().failures == 0
        assert one.run(HELLO).status is Status.OK
    finally:
        one.drain()


def test_a_missing_image_is_named(image: str) -> None:
    one = Pool("no-such-image", 1, 2)
    one.start()
    try:
        result = one.run(HELLO)
        assert result.status is Status.UNAVAILABLE
        assert "no-such-image" in result.message
    finally:
        one.drain()


# Its owner --------------------------------------------------------------------------------------


def test_a_drained_pool_leaves_nothing_and_lets_a_running_program_end(image: str) -> None:
    results: list[Result] = []
    with pool_of(image, 2) as one:
        job = Job("import time\nprint('begun')\ntime.sleep(0.5)\nprint('end')")
        thread = threading.Thread(target=lambda: results.append(one.run(job)))
        thread.start()
        wait_until(lambda: one.state().busy, 5)
        one.drain()
        thread.join()
        assert containers_of(one.owner) == []
    assert results[0].stdout == "begun\nend\n"


OWNER = """
import os, sys, time
from sandbox.job import Job
from sandbox.backoff import UNHEALTHY_AFTER
from sandbox.pool import MOST_TRIES, Pool
one = Pool(sys.argv[1], 2, 4, owner=sys.argv[2])
one.start()
while not one.is_full(): time.sleep(0.02)
print("full", flush=True)
if (pid := os.fork()) == 0:
    print("child", one.run(Job("print(1)")).status, flush=True)
    os._exit(0)
os.waitpid(pid, 0)
print("parent", one.run(Job("print(1)")).queued_ms < 100, flush=True)
time.sleep(60)
"""


def test_a_fork_leaves_the_pool_to_its_parent_and_idle_containers_die_with_it(image: str) -> None:
    owner = f"test-{os.getpid()}-{time.monotonic_ns()}"
    command = [sys.executable, "-c", OWNER, image, owner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert said == ["full\n", "child ok\n", "parent True\n"]
    wait_until(lambda: containers_of(owner) == [], 5)
