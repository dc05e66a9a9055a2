"""The worker's side: claim, run in a real container, tell, finish."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError
from pytest_django import Settings

from sandbox import container, run_observer, spec, sweeper, tasks
from sandbox.embedded import EmbeddedWorker
from sandbox.job import Limits, Result, Status
from sandbox.models import Run
from sandbox.owner import OWNER
from tests.polling import wait_until

from . import recording
from .conftest import containers_of

pytestmark = [pytest.mark.docker, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def nudges(settings: Settings) -> list[dict[str, Any]]:
    """The nudges sent so far, read afresh on every look."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.sandbox.recording.RecordingLayer"}}
    recording.sent.clear()
    return recording.sent  # type: ignore[return-value]


@pytest.fixture
def worker(image: str, nudges: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedWorker]:
    """A worker in this process, stopped at the end whatever the test does."""
    monkeypatch.setattr(tasks, "require_healthy", lambda *_: None)
    worker = EmbeddedWorker()
    worker.start()
    yield worker
    worker.stop()
    run_observer.stopping.clear()


def request(student: User, code: str, limits: Limits | None = None) -> Run:
    return Run.request(
        key=uuid4().hex, code=code, stdin="", student=student, origin="student", group="g.1",
        limits=limits,
    )  # fmt: skip


def finished(run: Run) -> bool:
    run.refresh_from_db()
    return run.finished


def has_begun(run: Run) -> bool:
    return any(m["type"] == "run.printed" and m["key"] == run.key for _, m in recording.sent)


def test_a_run_goes_through_the_worker_and_everybody_is_told(
    worker: EmbeddedWorker, stranger: User
) -> None:
    run = request(stranger, "import time\nprint(6 * 7)\ntime.sleep(0.3)\nprint('end')")
    wait_until(lambda: finished(run), 10)
    assert (run.status, run.exit_code, run.stdout) == (Status.OK, 0, "42\nend\n")
    wait_until(lambda: recording.sent[-1:] and recording.sent[-1][1]["type"] == "run.finished", 2)
    assert {(group, message["key"]) for group, message in recording.sent} == {("g.1", run.key)}
    messages = [message for _, message in recording.sent]
    assert messages[0]["type"] == "run.started"
    printed = [m for m in messages if m["type"] == "run.printed"]
    assert printed[0]["stream"] == "stdout"
    assert [m["text"] for m in printed] == ["42\n", "end\n"]


def test_many_small_outputs_are_told_together(worker: EmbeddedWorker, stranger: User) -> None:
    run = request(stranger, "for i in range(2000): print(i)")
    wait_until(lambda: finished(run), 10)
    wait_until(lambda: recording.sent[-1][1]["type"] == "run.finished", 2)
    texts = [m["text"] for _, m in recording.sent if m["type"] == "run.printed"]
    assert "".join(texts) == run.stdout
    assert len(texts) < 20


def test_a_run_has_the_limits_that_its_requester_has_chosen(
    worker: EmbeddedWorker, stranger: User
) -> None:
    hasty = request(stranger, "while True: pass", limits=Limits(wall_s=0.7))
    greedy = request(stranger, "x = bytearray(99 * 2**20)", limits=Limits(memory_bytes=64 * 2**20))
    usual = request(stranger, "x = bytearray(99 * 2**20)")
    for run in (hasty, greedy, usual):
        wait_until(lambda run=run: finished(run), 20)  # type: ignore[misc]
    assert (hasty.status, hasty.message.count("0.7 s")) == (Status.TIMEOUT, 1)
    assert (greedy.status, greedy.message.count("64 MB")) == (Status.MEMORY, 1)
    assert usual.status == Status.OK


def test_a_second_delivery_runs_nothing(image: str, nudges: object, stranger: User) -> None:
    run = Run.objects.create(
        key="k", student=stranger, origin="tutor", group="g.1", code="print(1)"
    )
    tasks.execute(str(run.pk))
    assert finished(run)
    told = len(recording.sent)
    tasks.execute(str(run.pk))
    assert len(recording.sent) == told


def test_cancel_reaches_the_program_within_half_a_second(
    worker: EmbeddedWorker, stranger: User
) -> None:
    run = request(stranger, "print('begun')\nwhile True: pass")
    wait_until(lambda: has_begun(run), 10)
    run.cancel()
    wait_until(lambda: finished(run), 2)
    assert (run.status, run.stdout) == (Status.CANCELLED, "begun\n")
    assert run.duration_ms < 9000


def test_stopping_the_worker_ends_its_runs_and_leaves_no_container(
    worker: EmbeddedWorker, stranger: User
) -> None:
    run = request(stranger, "print('begun')\nwhile True: pass")
    wait_until(lambda: has_begun(run), 10)
    worker.stop()
    assert finished(run)
    assert run.status == Status.CANCELLED
    assert "restarted" in run.message
    assert containers_of(OWNER) == []


def test_a_worker_starts_again_in_the_same_process(worker: EmbeddedWorker, stranger: User) -> None:
    worker.stop()
    worker.start()
    run = request(stranger, "print(1)")
    wait_until(lambda: finished(run), 10)
    assert run.status == Status.OK


def test_a_worker_sweeps_what_another_one_leaves_while_it_works(
    image: str, nudges: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeper, "SWEEP_INTERVAL_S", 0.1)
    monkeypatch.setattr(container, "BEGIN_S", 0)
    worker = EmbeddedWorker()
    worker.start()
    # Created and never started, by a process whose number this one has now.
    dead = f"{socket.gethostname()}-{os.getpid()}-1-{uuid4().hex}"
    labels = {
        spec.APP_LABEL: "run",
        spec.OWNER_LABEL: dead,
        spec.DEADLINE_LABEL: str(time.time() + 999),
    }
    try:
        with closing(container.connect()) as engine:
            engine.create_container(image, labels=labels)
        wait_until(lambda: not containers_of(dead), 5)
    finally:
        worker.stop()
        run_observer.stopping.clear()
    assert "sandbox-sweeper" not in {thread.name for thread in threading.enumerate()}


def test_without_an_engine_the_run_is_unavailable_and_the_next_one_finds_it_again(
    image: str, nudges: object, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = EmbeddedWorker()
    try:
        with monkeypatch.context() as down:
            down.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
            worker.start()
            run = request(stranger, "print(1)")
            wait_until(lambda: finished(run), 5)
            assert run.status == Status.UNAVAILABLE
        wait_until(lambda: tasks.pools and tasks.pools["python"].state().ready, 20)
        run = request(stranger, "print(1)")
        wait_until(lambda: finished(run), 10)
        assert run.status == Status.OK
    finally:
        worker.stop()
        run_observer.stopping.clear()


def test_a_bug_of_ours_finishes_the_run_and_is_logged_without_the_program(
    image: str,
    nudges: object,
    stranger: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr(container, "run", fail)
    run = Run.objects.create(key="k", student=stranger, origin="tutor", group="g.1", code="canary")
    tasks.execute(str(run.pk))
    assert finished(run)
    assert run.status == Status.SANDBOX_ERROR
    assert "ZeroDivisionError" in caplog.text
    assert "canary" not in caplog.text


def test_a_database_that_fails_for_a_moment_does_not_stop_the_program(
    image: str, nudges: object, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def filter(self, **_: object) -> None:
            raise DatabaseError

    run = Run.objects.create(
        key="k", student=stranger, origin="tutor", group="g.1",
        code="import time; time.sleep(0.6); print('survived')",
    )  # fmt: skip
    claimed = Run.objects.claim(str(run.pk))
    assert claimed is not None
    with monkeypatch.context() as broken:
        broken.setattr(Run, "objects", Broken())
        result = tasks.perform(claimed, run_observer.RunObserver(claimed))
    assert (result.status, result.stdout) == (Status.OK, "survived\n")


def test_a_result_that_no_row_holds_ends_the_run_as_a_failure_of_the_sandbox(
    nudges: object, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.objects.create(key="k", student=stranger, origin="tutor", group="g.1", code="")
    monkeypatch.setattr(tasks, "perform", lambda *_: Result(Status.OK, cpu_ms=2**70))
    tasks.execute(str(run.pk))
    run.refresh_from_db()
    assert (run.status, run.cpu_ms) == (Status.SANDBOX_ERROR, 0)
