"""Runs that wait for somebody to type, beside runs that compute: neither holds up the other."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from sandbox import run_observer, tasks
from sandbox.constants import COMPUTING, INTERACTIVE, STUCK_S
from sandbox.embedded import EmbeddedWorker
from sandbox.execution import NullObserver
from sandbox.job import Job, Limits, Status
from sandbox.models import Run, recovery
from sandbox.owner import OWNER
from tests.polling import wait_until

from .conftest import SETTLE_S, containers_of
from .test_pool import HELLO, pool_of
from .test_typing import ASK, Person
from .workers import PATIENCE_S, Site, opened

# More than a run takes that nobody holds up, on a busy machine; who types is waited for 60 s.
AT_ONCE_S = 20
FEW = 2
ENDLESS = "while True: pass"
LONG_RUN = "import time; time.sleep(50)"


@pytest.fixture
def few(settings: Settings) -> None:
    """Threads for two runs that compute, and for two that wait."""
    settings.SANDBOX_CONCURRENCY = settings.SANDBOX_INTERACTIVE_CONCURRENCY = FEW
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.sandbox.recording.RecordingLayer"}}


@pytest.fixture
def worker(image: str, few: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedWorker]:
    monkeypatch.setattr(tasks, "require_healthy", lambda *_: None)
    worker = EmbeddedWorker()
    worker.start()
    wait_until(tasks.pools["python"].is_full, SETTLE_S)
    yield worker
    worker.stop()
    run_observer.stopping.clear()


def request(student: User, code: str, *, interactive: bool = False) -> Run:
    return Run.request(
        key=uuid4().hex, code=code, student=student, origin="student", group="g.1",
        interactive=interactive, limits=Limits(wall_s=60),
    )  # fmt: skip


def status(run: Run) -> str:
    run.refresh_from_db()
    return run.status


def occupy(student: User, code: str, *, interactive: bool) -> list[Run]:
    """As many runs as there are threads for them, all of them begun."""
    runs = [request(student, code, interactive=interactive) for _ in range(FEW)]
    wait_until(lambda: [status(run) for run in runs] == ["running"] * FEW, SETTLE_S)
    return runs


# In one process


@pytest.mark.docker
@pytest.mark.django_db(transaction=True)
def test_students_who_think_hold_up_no_run_that_computes(
    worker: EmbeddedWorker, stranger: User
) -> None:
    thinking = occupy(stranger, ASK, interactive=True)
    run = request(stranger, "print(1)")
    wait_until(lambda: status(run) == Status.OK, AT_ONCE_S)
    assert [status(each) for each in thinking] == ["running"] * FEW
    for each in thinking:
        each.type("x\n")
    wait_until(lambda: [status(each) for each in thinking] == [Status.OK] * FEW, AT_ONCE_S)


@pytest.mark.docker
@pytest.mark.django_db(transaction=True)
def test_runs_that_compute_hold_up_nobody_who_types(worker: EmbeddedWorker, stranger: User) -> None:
    computing = occupy(stranger, LONG_RUN, interactive=False)
    run = request(stranger, ASK, interactive=True)
    run.type("x\n")
    wait_until(lambda: status(run) == Status.OK, AT_ONCE_S)
    assert [status(each) for each in computing] == ["running"] * FEW


@pytest.mark.docker
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_stops_leaves_nobody_who_types_and_no_container(
    worker: EmbeddedWorker, stranger: User
) -> None:
    runs = occupy(stranger, ASK, interactive=True) + occupy(stranger, LONG_RUN, interactive=False)
    began = time.monotonic()
    worker.stop()
    assert time.monotonic() - began < 8
    assert [status(run) for run in runs] == [Status.CANCELLED] * 4
    assert all("restarted" in run.message for run in runs)
    assert containers_of(OWNER) == []


# The pool


@pytest.mark.docker
def test_who_types_leaves_the_warm_containers_to_the_others(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.pool.SETTLE_S", 0.5)  # a machine that is slow to remove
    person = Person("x\n", waits_s=3)
    with pool_of(image, 1, most=2) as one, ThreadPoolExecutor(1) as thread:
        typing = thread.submit(one.run, Job(ASK, interactive=True), person)
        wait_until(lambda: (one.state().busy, one.state().ready) == (1, 1), SETTLE_S)
        result = one.run(HELLO)
        assert not typing.done()
        assert (result.stdout, result.queued_ms < 100) == ("hello\n", True)
        assert typing.result().status is Status.OK
        wait_until(one.is_full, SETTLE_S)
        assert containers_of(one.owner) == one.names()


@pytest.mark.docker
def test_a_container_that_nobody_waits_for_any_more_is_not_kept(image: str) -> None:
    with pool_of(image, 0) as one:
        stopped = one.run(HELLO, StopsLater())
        assert stopped.status is Status.CANCELLED
        wait_until(lambda: one.state().filling == 0 and one.is_full(), SETTLE_S)
        wait_until(lambda: containers_of(one.owner) == [], SETTLE_S)


class StopsLater(NullObserver):
    """Presses Stop when a container is on its way."""

    def __init__(self) -> None:
        self._asked = 0

    def cancelled(self) -> bool:
        self._asked += 1
        return self._asked > 1


# The row


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The runs that were handed to the broker, each with its queue."""
    found: list[tuple[str, str]] = []

    def send(name: str, args: tuple[str], *, queue: str, **_: object) -> None:
        assert name == tasks.execute.name
        found.append((args[0], queue))

    monkeypatch.setattr(current_app, "send_task", send)
    return found


@pytest.fixture
def rows(few: None, stranger: User) -> list[Run]:
    """Runs that wait: one that computes, one that is typed to, and the same again."""
    return [
        Run.objects.create(
            key=f"k{number}", code="", student=stranger, origin="student", group="g.1",
            interactive=bool(number % 2),
        )
        for number in range(4)
    ]  # fmt: skip


LONG = timedelta(seconds=STUCK_S + 1)


@pytest.mark.django_db
def test_a_run_counts_those_before_it_in_its_own_queue(rows: list[Run]) -> None:
    assert [run.position() for run in rows] == [1, 1, 2, 2]


@pytest.mark.django_db
def test_every_run_is_handed_to_the_queue_it_belongs_to(
    rows: list[Run], sent: list[tuple[str, str]]
) -> None:
    recovery.start_over()
    assert dict(sent) == {
        str(run.pk): INTERACTIVE if run.interactive else COMPUTING for run in rows
    }
    sent.clear()
    for run in rows:
        Run.objects.claim(str(run.pk))
    Run.objects.update(owner="elsewhere", lease_until=timezone.now() - LONG)
    # A worker leaves alone what others would have to take.
    assert recovery.retry_lost({COMPUTING}) == 2
    assert {queue for _, queue in sent} == {COMPUTING}
    assert recovery.retry_lost() == 2
    assert {queue for _, queue in sent} == {INTERACTIVE, COMPUTING}


@pytest.mark.django_db
@pytest.mark.parametrize("interactive", [True, False])
def test_a_run_is_abandoned_if_nobody_serves_its_queue_whatever_the_other_one_does(
    rows: list[Run], *, interactive: bool
) -> None:
    waiting, same = [run for run in rows if run.interactive == interactive]
    others = [run for run in rows if run.interactive != interactive]
    for other in others:
        assert Run.objects.claim(str(other.pk))
    assert waiting.is_abandoned(30)
    assert Run.objects.claim(str(same.pk))
    assert not waiting.is_abandoned(30)


@pytest.mark.django_db
def test_what_waits_is_queued_again_if_nobody_takes_anything_of_its_queue(
    rows: list[Run], sent: list[tuple[str, str]]
) -> None:
    computing, typing, busy, _ = rows
    Run.objects.update(created_at=timezone.now() - LONG)
    Run.objects.claim(str(busy.pk))
    assert recovery.requeue_waiting() == 2
    assert {queue for _, queue in sent} == {INTERACTIVE}
    assert str(typing.pk) in dict(sent)
    Run.objects.filter(pk=busy.pk).update(started_at=timezone.now() - LONG)
    assert recovery.requeue_waiting() == 3
    assert str(computing.pk) in dict(sent)


@pytest.mark.django_db
def test_who_waits_for_those_who_think_is_not_queued_again_and_again(
    rows: list[Run], sent: list[tuple[str, str]], settings: Settings
) -> None:
    settings.SANDBOX_INTERACTIVE_CONCURRENCY = 1
    Run.objects.filter(interactive=False).delete()
    Run.objects.update(created_at=timezone.now() - LONG)
    Run.objects.claim(str(rows[1].pk))
    Run.objects.filter(pk=rows[1].pk).update(started_at=timezone.now() - LONG)
    assert recovery.requeue_waiting() == 0
    assert not rows[3].is_abandoned(30)


# Workers as processes


@pytest.fixture
def site(image: str, tmp_path: Path) -> Iterator[Site]:
    with opened(
        tmp_path, image, SANDBOX_INTERACTIVE_CONCURRENCY=str(FEW), SANDBOX_CONCURRENCY=str(FEW)
    ) as one:
        yield one


def runs(site: Site, *keys: str) -> Callable[[], bool]:
    return lambda: all(site.ask("look", key)["status"] == "running" for key in keys)


@pytest.mark.docker
def test_one_worker_process_serves_both_queues_and_neither_waits_for_the_other(
    site: Site,
) -> None:
    worker = site.start_worker(FEW)
    for key in "ab":
        site.request(key, ASK, interactive=True)
    wait_until(runs(site, "a", "b"), PATIENCE_S)
    site.request("d", "print(1)")
    assert site.finished("d", AT_ONCE_S)["stdout"] == "1\n"
    site.ask("type", "a", text="x\n")
    assert site.finished("a", AT_ONCE_S)["stdout"] == "? got x\n"
    assert runs(site, "b")()
    site.request("c", ENDLESS, wall_s=3)
    wait_until(runs(site, "c"), AT_ONCE_S)
    # Who thinks is cut short; what computes runs into its own limit.
    worker.terminate()
    assert "restarted" in site.finished("b", AT_ONCE_S)["message"]
    assert worker.wait(PATIENCE_S) == 0
    assert site.ask("look", "c")["status"] == "timeout"
    assert site.containers(worker) == []


@pytest.mark.docker
def test_a_process_for_each_queue_serves_its_own_alone(site: Site) -> None:
    computing = site.start_worker(FEW, "sandbox")
    site.request("a", ASK, interactive=True)
    site.request("b", "print(1)")
    assert site.finished("b")["stdout"] == "1\n"
    assert site.ask("look", "a")["status"] == "queued"
    typing = site.start_worker(FEW, "typing")
    wait_until(runs(site, "a"), PATIENCE_S)
    typing.terminate()
    assert typing.wait(PATIENCE_S) == 0
    assert "restarted" in site.ask("look", "a")["message"]
    assert (site.containers(typing), computing.poll()) == ([], None)
