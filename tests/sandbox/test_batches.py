"""Batches of a series as rows: asked, answered, ended, lost and forgotten. No container."""

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from sandbox import series_observer
from sandbox.cases import CallCase, Observation, ProgramCase, StdinCase
from sandbox.constants import JUDGING, SERIES_IDLE_S
from sandbox.job import JobError, Result, Status
from sandbox.languages import JAVASCRIPT
from sandbox.models import Batch, Run, batches, recovery
from sandbox.models.batches import KEPT_S, MOST_SERIES_BYTES
from sandbox.owner import name_of
from sandbox.run_poller import RunPoller
from sandbox.series_observer import BatchObserver
from tests.polling import wait_until

from . import recording
from .conftest import Request

pytestmark = pytest.mark.django_db

BASE = "def f(x):\n    return x\n"
ASKED = [ProgramCase(BASE + f"# {number}", CallCase("f(1)"), 0.5) for number in range(3)]
SEEN = [Observation("exited", exit_code=0, stdout=f"{number}") for number in range(3)]


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series_observer, "POLL_INTERVAL_S", 0)
    monkeypatch.setattr(series_observer, "poller", RunPoller())


def series(request_run: Request, key: str = "s", **more: Any) -> Run:
    return request_run(key, code="", series=True, origin="gate", **more)


def claim(run: Run, **facts: Any) -> Run:
    claimed = Run.objects.claim(str(run.pk))
    assert claimed
    Run.objects.filter(pk=run.pk).update(**facts)
    return claimed


def status(run: Run) -> str:
    run.refresh_from_db()
    return run.status


# Asked and answered


def test_what_is_asked_reaches_the_worker_in_order_and_is_answered_there(
    request_run: Request,
) -> None:
    run = series(request_run)
    assert (run.queue, run.position()) == (JUDGING, 1)
    first, second = Batch.ask(run, BASE, ASKED), Batch.ask(run, BASE, ASKED[:1])
    assert (first.number, second.number, first.answers()) == (1, 2, None)
    observer = BatchObserver(claim(run))
    recording.sent.clear()
    assert observer.next_batch() == ASKED
    observer.observed(SEEN)
    assert (first.answers(), second.answers()) == (SEEN, None)
    assert observer.next_batch() == ASKED[:1]
    third = Batch.ask(run, "", ASKED[1:])
    observer.observed(SEEN[:1])
    assert observer.next_batch() == ASKED[1:]
    observer.observed([])
    assert observer.next_batch() == ()
    assert (second.answers(), third.answers()) == (SEEN[:1], [])
    told = [
        ("lesson.7", {"type": "run.tried", "key": "s", "batch": number}) for number in (1, 2, 3)
    ]
    wait_until(lambda: recording.sent == told, 5)
    # Programs are a student's, and are not needed any more.
    assert [batch.programs for batch in Batch.objects.all()] == [{}] * 3


def test_a_worker_that_waits_asks_with_one_query_for_all_series(
    request_run: Request, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    observers = [BatchObserver(claim(series(request_run, key))) for key in "abc"]
    for _ in range(2):  # the second time everybody has asked
        found = [observer.next_batch() for observer in observers]
    assert found == [()] * 3
    series_observer.POLL_INTERVAL_S = 3600
    with django_assert_num_queries(0):
        assert [observer.cancelled() for observer in observers] == [False] * 3


@pytest.mark.parametrize(
    "bad",
    [
        ProgramCase("\0", StdinCase(""), 1),
        ProgramCase("", StdinCase(""), 0),
        ProgramCase("", StdinCase(""), 11),
        ProgramCase("x" * 300_000, StdinCase(""), 1),
        ProgramCase("", StdinCase("x" * 300_000), 1),
    ],
)
def test_what_no_series_tries_is_refused_before_there_is_a_row(
    request_run: Request, bad: ProgramCase
) -> None:
    run = series(request_run)
    with pytest.raises(JobError):
        Batch.ask(run, "", [bad])
    assert not Batch.objects.exists()


def test_a_batch_and_a_series_are_bounded(request_run: Request) -> None:
    run = series(request_run)
    with pytest.raises(JobError, match="too large"):
        Batch.ask(run, "", ASKED * 70)
    with pytest.raises(JobError, match="too large"):
        Batch.ask(
            run, "", [ProgramCase("x" * 250_000 + str(n), StdinCase(""), 1) for n in range(5)]
        )
    Run.objects.update(typed_bytes=MOST_SERIES_BYTES - 100)
    assert Batch.ask(run, BASE, ASKED).answers() == []
    assert not Batch.objects.exists()


def test_a_series_in_another_language_is_refused_and_says_why(request_run: Request) -> None:
    run = series(request_run, language=JAVASCRIPT)
    assert (run.status, run.message) == (Status.ERROR, "A series of programs is for Python only.")
    assert Batch.ask(run, "", ASKED).answers() == []


# The end


def test_a_series_ends_when_asked_or_when_nothing_was_asked_for_long(
    request_run: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, idle = (BatchObserver(claim(series(request_run, key))) for key in "ab")
    assert (ended.next_batch(), idle.next_batch()) == ((), ())
    Run.objects.get(key="a").end_series()
    monkeypatch.setattr(series_observer, "SERIES_IDLE_S", -1)
    assert (ended.next_batch(), idle.next_batch()) == (None, None)


def test_a_series_that_waited_for_long_for_a_worker_waits_no_longer_for_a_question(
    request_run: Request,
) -> None:
    run, asked = series(request_run, "a"), series(request_run, "b")
    Batch.ask(asked, BASE, ASKED)
    Run.objects.update(created_at=timezone.now() - timedelta(seconds=SERIES_IDLE_S + 1))
    forgotten, needed = BatchObserver(claim(run)), BatchObserver(claim(asked))
    assert (forgotten.next_batch(), needed.next_batch()) == (None, ASKED)
    needed.observed(SEEN)
    assert needed.next_batch() == ()


@pytest.mark.parametrize("end", [Run.cancel, Run.end_series])
def test_what_waits_for_a_worker_ends_at_once_and_what_runs_is_stopped(
    request_run: Request, end: Any
) -> None:
    waiting, running = series(request_run, "a"), series(request_run, "b")
    asked = [Batch.ask(run, BASE, ASKED) for run in (waiting, running)]
    observer = BatchObserver(claim(running))
    assert observer.next_batch() == ASKED
    assert not observer.cancelled()
    for run in (waiting, running):
        end(run)
    assert (status(waiting), asked[0].answers()) == (Status.CANCELLED, [])
    assert observer.cancelled()
    assert (status(running), asked[1].answers()) == ("running", None)
    observer.observed(SEEN[:1])
    assert asked[1].answers() == SEEN[:1]
    assert running.finish(Result(Status.CANCELLED))
    assert Batch.ask(running, "", ASKED).answers() == []


def test_a_series_that_is_over_answers_whatever_it_was_asked_with_nothing(
    request_run: Request,
) -> None:
    run = claim(series(request_run))
    answered, left = (Batch.ask(run, BASE, ASKED) for _ in "12")
    Batch.objects.get(pk=answered.pk).answer(SEEN)
    assert run.finish(Result(Status.OK))
    assert (answered.answers(), left.answers()) == (SEEN, [])
    assert not run.pieces()
    assert not Batch.objects.exclude(programs={}).exists()


@pytest.fixture(scope="module")
def dead() -> str:
    """A process of this machine that was killed."""
    with subprocess.Popen([sys.executable, "-ISc", "input()"], stdin=subprocess.PIPE) as process:
        name = name_of(process.pid)
        process.kill()
    return name


def test_a_series_whose_worker_has_died_is_not_begun_again(
    request_run: Request, queued: list[str], dead: str
) -> None:
    run = series(request_run)
    asked = Batch.ask(run, BASE, ASKED)
    lost = claim(run, owner=dead)
    queued.clear()
    assert recovery.retry_lost([JUDGING]) == 1
    assert (status(run), asked.answers(), queued) == (Status.UNAVAILABLE, [], [])
    # Whoever had it speaks for it no more.
    assert lost.finish(Result(Status.OK)) is False


def test_a_series_whose_lease_has_lapsed_elsewhere_is_lost(request_run: Request) -> None:
    run = series(request_run)
    claim(run, owner="another-1-2-0.abc", lease_until=timezone.now() - timedelta(seconds=1))
    assert recovery.retry_lost() == 1
    assert status(run) == Status.UNAVAILABLE


def test_a_worker_alone_that_starts_begins_no_series_again(
    request_run: Request, queued: list[str]
) -> None:
    runs = [series(request_run, "a"), series(request_run, "b")]
    claim(runs[0])
    queued.clear()
    recovery.start_over()
    assert ([status(run) for run in runs], queued) == ([Status.UNAVAILABLE] * 2, [])


def test_a_series_counts_those_before_it_in_its_own_queue(request_run: Request) -> None:
    runs = [series(request_run, "a"), request_run("b"), request_run("c", interactive=True)]
    runs.append(series(request_run, "d"))
    assert [run.position() for run in runs] == [1, 1, 1, 2]
    assert recovery.requeue_waiting([JUDGING]) == 0


def test_batches_are_deleted_a_minute_after_their_series(request_run: Request) -> None:
    on, over, long_over = (claim(series(request_run, key)) for key in "abc")
    asked = {run.key: Batch.ask(run, BASE, ASKED) for run in (on, over, long_over)}
    for run in (over, long_over):
        run.finish(Result(Status.OK))
    long_ago = timezone.now() - timedelta(seconds=KEPT_S + 1)
    Run.objects.filter(pk=long_over.pk).update(finished_at=long_ago)
    assert batches.forget() == 1
    assert set(Batch.objects.values_list("run__key", flat=True)) == {"a", "b"}
    # Who was too late to read is told that there is nothing, and does not wait.
    assert (asked["a"].answers(), asked["b"].answers(), asked["c"].answers()) == (None, [], [])
