"""Runs that were lost with a worker or with the broker. Rows only, no container."""

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from sandbox.constants import MAX_CLAIMS, STUCK_S
from sandbox.job import Result, Status
from sandbox.models import Run, recovery
from sandbox.owner import OWNER, name_of
from tests.polling import wait_until

from . import recording
from .conftest import Request

pytestmark = pytest.mark.django_db

FINE = Result(Status.OK, 0, "42\n", "", 12, "")
PAST = timedelta(seconds=1)
# A process that nobody here can see.
ELSEWHERE = "another-1-2-0.abc"


@pytest.fixture(scope="module")
def dead() -> str:
    """A process of this machine that was killed."""
    with subprocess.Popen([sys.executable, "-ISc", "input()"], stdin=subprocess.PIPE) as process:
        name = name_of(process.pid)
        process.kill()
    return name


def claim(run: Run, **facts: Any) -> Run:
    """The run, claimed, with these facts in its row but not in the claimant's memory."""
    claimed = Run.objects.claim(str(run.pk))
    assert claimed
    Run.objects.filter(pk=run.pk).update(**facts)
    return claimed


def states() -> dict[str, str]:
    return dict(Run.objects.values_list("key", "status"))


def test_a_worker_alone_gives_up_what_ran_and_queues_what_waits(
    request_run: Request, queued: list[str]
) -> None:
    running, waiting = request_run("a"), request_run("b")
    Run.objects.claim(str(running.pk))
    queued.clear()
    recovery.start_over()
    running.refresh_from_db()
    assert running.status == Status.SANDBOX_ERROR
    assert "Run it again" in running.message
    assert queued == [str(waiting.pk)]


def test_a_run_whose_process_has_died_is_tried_once_more_at_once_and_then_given_up(
    request_run: Request, queued: list[str], dead: str
) -> None:
    mine, lost = claim(request_run("mine")), request_run("lost")
    claim(lost, owner=dead)
    queued.clear()
    recording.sent.clear()
    assert recovery.retry_lost() == 1
    assert (queued, states()) == ([str(lost.pk)], {"mine": "running", "lost": "queued"})
    told = [("lesson.7", {"type": "run.queued", "key": "lost"})]
    wait_until(lambda: recording.sent == told, 5)
    lost.refresh_from_db()
    assert (lost.position(), lost.owner, lost.queued_at is None) == (1, "", False)
    assert recovery.retry_lost() == 0
    again = claim(lost, owner=dead)
    assert again.fence == MAX_CLAIMS
    assert recovery.retry_lost() == 1
    assert states() == {"mine": "running", "lost": Status.SANDBOX_ERROR}
    assert "Run it again" in Run.objects.get(key="lost").message
    assert (queued, mine.owner) == ([str(lost.pk)], OWNER)


@pytest.mark.parametrize("owner", [ELSEWHERE, ""], ids=["elsewhere", "an earlier release"])
def test_a_run_whose_process_cannot_be_seen_is_lost_with_its_lease(
    request_run: Request, owner: str
) -> None:
    claim(request_run(), owner=owner)
    assert recovery.retry_lost() == 0
    Run.objects.update(lease_until=timezone.now() - PAST)
    assert recovery.retry_lost() == 1
    assert states() == {"call_1": "queued"}


@pytest.mark.parametrize("interactive", [False, True])
def test_a_process_that_lives_keeps_a_run_for_as_long_as_it_may_take_and_no_longer(
    request_run: Request, *, interactive: bool
) -> None:
    run = claim(request_run(interactive=interactive), lease_until=timezone.now() - PAST)
    longest = timedelta(seconds=run.longest_s())
    assert (longest > timedelta(seconds=600)) == interactive
    Run.objects.update(started_at=timezone.now() - longest + 5 * PAST)
    assert recovery.retry_lost() == 0
    Run.objects.update(started_at=timezone.now() - longest - PAST)
    assert recovery.retry_lost() == 1


def test_what_was_given_away_wrongly_cannot_be_finished_by_who_had_it(
    request_run: Request,
) -> None:
    run = request_run()
    old = claim(run, owner=ELSEWHERE, lease_until=timezone.now() - PAST)
    assert recovery.retry_lost() == 1
    # Neither while it waits nor when somebody else has it on.
    assert old.finish(Result(Status.CANCELLED)) is False
    assert states() == {"call_1": "queued"}
    new = claim(run)
    old.status = "running"
    assert old.finish(Result(Status.TIMEOUT)) is False
    assert new.finish(FINE) is True
    assert Run.objects.get().result() == FINE


def test_a_lease_that_is_renewed_meanwhile_is_not_lost(request_run: Request) -> None:
    claim(request_run(), owner=ELSEWHERE, lease_until=timezone.now() - PAST)
    read = Run.objects.get()
    Run.objects.update(lease_until=timezone.now() + PAST)
    assert recovery.retry_if_lost(read) is False
    assert states() == {"call_1": "running"}


def test_a_lost_run_is_retried_once_however_many_find_it(
    request_run: Request, queued: list[str], dead: str
) -> None:
    claim(request_run(), owner=dead)
    queued.clear()
    found = [Run.objects.get() for _ in range(3)]
    assert [recovery.retry_if_lost(run) for run in found] == [True, False, False]
    assert len(queued) == 1
    # Handed over twice, by a broker that delivers it again, it is claimed once.
    assert Run.objects.claim(queued[0])
    assert Run.objects.claim(queued[0]) is None


def test_a_lost_run_that_was_to_stop_is_not_begun_again(
    request_run: Request, queued: list[str], dead: str
) -> None:
    claim(request_run(), owner=dead, cancel_requested=True)
    queued.clear()
    assert recovery.retry_lost() == 1
    assert (states(), queued) == ({"call_1": Status.CANCELLED}, [])


def test_one_query_looks_for_the_lost_where_there_are_none(
    request_run: Request, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for key in "abc":
        claim(request_run(key))
    with django_assert_num_queries(1):
        assert recovery.retry_lost() == 0


def test_what_waits_is_queued_again_only_if_nobody_takes_anything(
    request_run: Request, queued: list[str]
) -> None:
    waiting, other = request_run("a"), request_run("b")
    queued.clear()
    assert recovery.requeue_waiting() == 0
    long_ago = timezone.now() - timedelta(seconds=STUCK_S + 1)
    Run.objects.update(created_at=long_ago)
    Run.objects.claim(str(other.pk))
    assert recovery.requeue_waiting() == 0
    Run.objects.filter(pk=other.pk).update(started_at=long_ago)
    assert recovery.requeue_waiting() == 1
    assert queued == [str(waiting.pk)]


def test_a_run_that_was_lost_is_queued_again_however_busy_the_others_are(
    request_run: Request, queued: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = [request_run("older"), request_run("old")]
    began = timezone.now()
    again: list[int] = []
    for second in range(1, 41):  # each second one comes and is taken at once
        now = began + timedelta(seconds=second)
        monkeypatch.setattr("django.utils.timezone.now", lambda now=now: now)
        assert Run.objects.claim(str(request_run(f"later-{second}").pk))
        queued.clear()
        Run.objects.update(lease_until=now + timedelta(seconds=9))
        if recovery.requeue_waiting():
            again.append(second)
            assert queued == [str(run.pk) for run in lost]
    # Once more when it was lost again, and no more often.
    assert again == [15, 31]
