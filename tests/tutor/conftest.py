"""Fixtures of the tests of the upstream, and of those with a whole classroom."""

import functools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers import redis
from tests.tutor.asking import Connect, connected
from tests.tutor.classroom import Pointed, Upstream
from tests.tutor.outage import Outage
from tests.tutor.trying import Tried, play
from tutor.emulator import script
from tutor.upstream.sansio import link


@pytest.fixture
def quick_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost socket is soon opened again."""
    monkeypatch.setattr(link, "BACKOFF_S", (0.01, 0.05))


@pytest.fixture
def connect(settings: Any) -> Connect:
    """Opens a student's upstream towards a base URL for the length of a block."""
    return functools.partial(connected, settings)


@pytest.fixture
def nothing_runs_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test is the sandbox worker."""
    monkeypatch.setattr("sandbox.models.Run.enqueue", lambda run: None)


@pytest.fixture
def upstream(settings: Any) -> Upstream:
    """Starts an emulator and points the tutor at it."""

    def serve(*answers: Any, **options: Any) -> Any:
        if answers:
            options["model"] = script(*answers)
        return Pointed(settings, **options)

    return serve


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Outage:
    """A database that fails on order, and is soon asked again."""
    monkeypatch.setattr("tutor.session.storage.BACKOFF_S", (0.01, 0.05))
    return Outage(monkeypatch)


@pytest.fixture(autouse=True)
def no_leak_gate(settings: Any) -> None:
    """Where the test is the sandbox worker, nobody tries the programs of the leak gate.

    It is on for whoever has `tried`, and wherever the product's processes or a real sandbox run.
    """
    settings.LEAK_GATE = "off"


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch, settings: Any, nothing_runs_by_itself: None) -> Tried:
    """The leak gate is on, and its programs are tried in the test's own process."""
    settings.LEAK_GATE = "on"
    return play(monkeypatch)


@pytest.fixture
def redis_layer(settings: Any) -> Iterator[None]:
    """A Redis between this process's pages and those who change something."""
    with redis() as url:
        backend = "channels_redis.core.RedisChannelLayer"
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": {"hosts": [url]}}}
        yield
