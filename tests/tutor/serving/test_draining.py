"""The drain of a server: sessions first, then the connections, and no longer than it may."""

import asyncio

import pytest

from tutor.serving import draining


@pytest.fixture
def drained(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that each drain of the sessions was given."""
    given: list[float] = []

    async def drain(seconds: float) -> None:
        await asyncio.sleep(0)
        given.append(seconds)

    monkeypatch.setattr(draining, "drain", drain)
    return given


async def test_connections_are_waited_for_once_the_sessions_are_drained(
    drained: list[float],
) -> None:
    left = [2, 1, 0]

    def connections() -> int:
        assert drained
        return left.pop(0)

    await draining.drain_server(lambda: None, connections)
    assert left == []


async def test_the_port_is_closed_before_any_turn_is_waited_for(drained: list[float]) -> None:
    drained_before: list[int] = []
    await draining.drain_server(lambda: drained_before.append(len(drained)), lambda: 0)
    assert drained_before == [0]


async def test_a_browser_that_never_answers_is_not_waited_for_long(
    drained: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "CLOSE_HANDSHAKE_S", 0.05)
    async with asyncio.timeout(5):
        await draining.drain_server(lambda: None, lambda: 1)
    assert len(drained) == 1
