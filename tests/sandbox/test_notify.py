"""Nudges: in order, in the background while a program runs, and never a run's undoing."""

import time
from typing import Any

import pytest
from pytest_django import Settings

from sandbox import notify
from sandbox.notify import TIMEOUT_S
from tests.polling import wait_until

from . import recording


@pytest.fixture(autouse=True)
def slow(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.sandbox.recording.SlowLayer"}}
    recording.sent.clear()


def say(event: str, group: str = "g", **facts: Any) -> float:
    """Seconds until the caller could go on."""
    began = time.monotonic()
    notify.notify(group, {"type": event, "key": "k", **facts})
    return time.monotonic() - began


def heard(group: str = "g") -> list[tuple[str, str]]:
    return [(m["type"], m.get("text", "")) for to, m in recording.sent if to == group]


def test_a_run_is_not_held_up_and_all_is_told_in_order_before_its_end_returns() -> None:
    assert say("run.started") < 0.1
    for number in range(9):
        say("run.printed", text=str(number))
    assert heard() == []
    say("run.finished")
    printed = [("run.printed", str(number)) for number in range(9)]
    assert heard() == [("run.started", ""), *printed, ("run.finished", "")]


def test_who_follows_another_run_does_not_wait_for_a_slow_one() -> None:
    say("run.started", "slow")
    say("run.printed", "quick")
    wait_until(lambda: heard("quick"), 2)
    assert heard("slow") == []
    say("run.finished", "slow")


def test_a_layer_that_does_not_answer_costs_nudges_and_no_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(20):
        assert say("run.printed", "silent") < TIMEOUT_S
    # All that waits is given up together, not one after the other.
    assert say("run.finished", "silent") < 2 * TIMEOUT_S
    assert heard("silent") == []
    assert "run.finished was not announced: TimeoutError" in caplog.text
    say("run.finished")
    assert heard() == [("run.finished", "")]
