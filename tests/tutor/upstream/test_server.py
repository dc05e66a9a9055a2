"""What the process knows of the model's server, without one."""

import asyncio
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from tutor.upstream.sansio.link_events import Reach
from tutor.upstream.server import (
    MAX_TOLD,
    NO_WEBSOCKET_S,
    PROBED_S,
    SPREAD_S,
    TOLD_S,
    TRIAL_S,
    Server,
)


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        clock = SimpleNamespace(monotonic=lambda: self.now)
        monkeypatch.setattr("tutor.upstream.server.time", clock)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def answers() -> Reach:
    return Reach.ANSWERS


def test_a_server_without_websockets_is_known_for_a_while_and_tried_by_one_then(
    clock: Clock,
) -> None:
    server = Server(answers)
    assert server.websocket_pause_s() == 0
    server.note_no_websocket()
    assert NO_WEBSOCKET_S <= server.websocket_pause_s() <= NO_WEBSOCKET_S + SPREAD_S
    clock.now += NO_WEBSOCKET_S
    assert server.websocket_pause_s() == 0
    # The others wait for what the first one finds.
    assert TRIAL_S <= server.websocket_pause_s() <= TRIAL_S + SPREAD_S
    server.note_websocket()
    assert [server.websocket_pause_s() for _ in range(2)] == [0, 0]


def test_a_trial_that_does_not_end_is_followed_by_another(clock: Clock) -> None:
    server = Server(answers)
    server.note_no_websocket()
    for pause_s in (NO_WEBSOCKET_S, TRIAL_S, TRIAL_S):
        clock.now += pause_s
        assert [bool(server.websocket_pause_s()) for _ in range(3)] == [False, True, True]


async def test_many_who_want_to_know_cost_one_request(clock: Clock) -> None:
    asked = []
    opens = asyncio.Event()

    async def probe() -> Reach:
        asked.append(1)
        await opens.wait()
        return Reach.ANSWERS

    server = Server(probe)
    waiting = [asyncio.create_task(server.reach()) for _ in range(20)]
    await asyncio.sleep(0)
    # One who leaves, the first at that, takes nothing from the others.
    waiting[0].cancel()
    opens.set()
    assert set(await asyncio.gather(*waiting[1:])) == {Reach.ANSWERS}
    await server.reach()
    assert len(asked) == 1
    clock.now += PROBED_S + 0.1
    await server.reach()
    assert len(asked) == 2


def test_a_refusal_is_told_an_operator_once_until_somebody_is_answered(clock: Clock) -> None:
    server = Server(answers)
    with capture_logs() as logs:
        for _ in range(200):
            server.report("insufficient_quota")
        server.report("model_not_found")
        assert [(log["log_level"], log["code"]) for log in logs] == [
            ("error", "insufficient_quota"),
            ("error", "model_not_found"),
        ]
        clock.now += TOLD_S
        server.report("insufficient_quota")
        server.note_answer()
        server.report("insufficient_quota")
        assert len(logs) == 4
        # The code comes from outside.
        server.report("secret words of a student")
        assert "secret" not in str(logs)
        for number in range(1_000):
            server.report(f"code_{number}")
        assert len(server._told) <= MAX_TOLD
