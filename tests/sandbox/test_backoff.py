"""When an engine that fails is tried again."""

import time

import pytest

from sandbox.backoff import FIRST_PAUSE_S, LONGEST_PAUSE_S, UNHEALTHY_AFTER, Backoff
from sandbox.job import Result, Status

FAILED = Result(Status.UNAVAILABLE, message="failed")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, for the test to change."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_without_a_failure_every_start_is_allowed(clock: list[float]) -> None:
    backoff = Backoff(Result(Status.UNAVAILABLE))
    assert backoff.allows_start(is_awaited=False)
    assert not backoff.is_unhealthy()


def test_a_run_that_waits_tries_again_at_once_until_the_engine_is_unhealthy(
    clock: list[float],
) -> None:
    backoff = Backoff(Result(Status.UNAVAILABLE))
    for number in range(1, UNHEALTHY_AFTER + 1):
        backoff.record_failure(FAILED)
        assert not backoff.allows_start(is_awaited=False)
        assert backoff.allows_start(is_awaited=True) == (number < UNHEALTHY_AFTER)
        assert backoff.is_unhealthy() == (number == UNHEALTHY_AFTER)
    assert (backoff.in_a_row, backoff.ever) == (UNHEALTHY_AFTER, UNHEALTHY_AFTER)
    assert backoff.result is FAILED


def test_each_pause_is_twice_as_long_up_to_the_longest(clock: list[float]) -> None:
    backoff = Backoff(Result(Status.UNAVAILABLE))
    pause = FIRST_PAUSE_S
    for _ in range(10):
        backoff.record_failure(FAILED)
        clock[0] += pause - 0.01
        assert not backoff.allows_start(is_awaited=False)
        clock[0] += 0.01
        assert backoff.allows_start(is_awaited=False)
        pause = min(pause * 2, LONGEST_PAUSE_S)


def test_a_success_ends_the_pause(clock: list[float]) -> None:
    backoff = Backoff(Result(Status.UNAVAILABLE))
    for _ in range(UNHEALTHY_AFTER):
        backoff.record_failure(FAILED)
    backoff.record_success()
    assert backoff.allows_start(is_awaited=False)
    assert (backoff.in_a_row, backoff.ever) == (0, UNHEALTHY_AFTER)
