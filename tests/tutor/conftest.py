"""What tests of the upstream begin with."""

import functools
from typing import Any

import pytest

from tests.tutor.asking import Connect, connected
from tutor.upstream.sansio import link


@pytest.fixture
def quick_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost socket is soon opened again."""
    monkeypatch.setattr(link, "BACKOFF_S", (0.01, 0.05))


@pytest.fixture
def connect(settings: Any) -> Connect:
    """Opens a student's upstream towards a base URL for the length of a block."""
    return functools.partial(connected, settings)
