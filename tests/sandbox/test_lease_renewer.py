"""Leases of the runs that a process has on. No container."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from sandbox import lease_renewer
from sandbox.lease_renewer import LeaseRenewer
from sandbox.models import Run
from tests.polling import wait_until

from .conftest import Request

PAST = timedelta(seconds=1)


def claim(run: Run) -> Run:
    claimed = Run.objects.claim(str(run.pk))
    assert claimed
    return claimed


def renewed(run: Run) -> bool:
    run.refresh_from_db()
    return run.lease_until is not None and run.lease_until > timezone.now()


@pytest.mark.django_db
def test_one_query_renews_the_leases_of_all_runs_that_are_on(
    request_run: Request, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first, second, over, elsewhere = (claim(request_run(key)) for key in "abcd")
    leases = LeaseRenewer()
    with django_assert_num_queries(0):
        assert leases.renew() == 0
    with leases.holding(first), leases.holding(second), leases.holding(elsewhere):
        with leases.holding(over):
            pass
        Run.objects.update(lease_until=timezone.now() - PAST)
        Run.objects.filter(pk=elsewhere.pk).update(owner="another process")
        with django_assert_num_queries(1):
            assert leases.renew() == 2
    assert [renewed(run) for run in (first, second, over, elsewhere)] == [True, True, False, False]
    assert leases.renew() == 0


@pytest.mark.django_db
def test_a_run_that_should_be_over_is_not_renewed_though_a_thread_holds_it(
    request_run: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = claim(request_run())
    leases = LeaseRenewer()
    with leases.holding(run):
        assert leases.renew() == 1
        now = time.monotonic() + run.longest_s()
        monkeypatch.setattr(time, "monotonic", lambda: now)
        assert leases.renew() == 0


def test_a_database_that_fails_for_a_moment_does_not_end_the_renewals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[threading.Thread] = []

    def renew() -> int:
        asked.append(threading.current_thread())
        raise DatabaseError

    leases = LeaseRenewer()
    monkeypatch.setattr(lease_renewer, "RENEW_S", 0.01)
    monkeypatch.setattr(leases, "renew", renew)
    leases.start()
    wait_until(lambda: len(asked) > 1, 5)
    leases.stop()
    [thread] = set(asked)
    assert thread.name == "sandbox-leases"
    assert not thread.is_alive()
