"""The student's socket against the emulator, over a real one."""

from typing import Any

import pytest

from tests.polling import wait_here_until
from tests.tutor.asking import Connect, frames
from tutor import emulator, practice
from tutor.emulator import Fault, Say, script
from tutor.protocol.events import (
    ModelFailed,
    ModelFinished,
)
from tutor.upstream import socket
from tutor.upstream.sansio import link
from tutor.upstream.sansio.link_events import QuestionCame, QuestionOver
from tutor.upstream.socket import ReconnectingSocket

pytestmark = pytest.mark.usefixtures("quick_backoff")


async def test_the_socket_is_warmed_up_before_the_first_question(connect: Connect) -> None:
    async with emulator.serve(model=practice.answer) as server, connect(server.base_url) as student:
        await student.ready()
        [warm_up] = frames(server)
        assert warm_up["generate"] is False
        assert warm_up["input"] == []
        assert warm_up["instructions"] == "Ask."
        assert warm_up["tools"][0]["name"] == "execute_code"


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 1012, 1013])
async def test_a_lost_socket_is_reopened_and_told_everything(connect: Connect, code: int) -> None:
    model = script([Say("What if?")], [Say("And now?")], [Say("And now?")])
    async with emulator.serve(model=model) as server, connect(server.base_url) as student:
        await student.ready()
        await student.say("one")
        server.faults.add(Fault("close", after=5, close_code=code))
        failed = await student.say("two")
        assert isinstance(failed, ModelFailed)
        assert failed.may_retry
        assert isinstance(await student.ask(), ModelFinished)
        told = frames(server)
        again = next(frame for frame in told[3:] if len(frame["input"]) == 3)
        assert not again.get("previous_response_id")


async def test_a_socket_lost_while_idle_comes_back_warm(connect: Connect) -> None:
    async with emulator.serve(model=practice.answer) as server, connect(server.base_url) as student:
        await student.ready()
        await student.say("one")
        connection = student.upstream._socket._connection
        assert connection
        await connection.close()
        await student.ready()
        warm_up = frames(server)[-1]
        assert warm_up["generate"] is False
        assert len(warm_up["input"]) == len(student.items)


async def test_an_old_socket_is_replaced_between_two_answers(
    connect: Connect, settings: Any
) -> None:
    async with emulator.serve(model=practice.answer) as server, connect(server.base_url) as student:
        settings.UPSTREAM_ROTATE_S = 0.2
        await student.ready()
        await student.say("one")
        await student.ready()
        assert [exchange.connection for exchange in server.requests][-1] == 2
        settings.UPSTREAM_ROTATE_S = 60
        assert isinstance(await student.say("two"), ModelFinished)


async def test_a_student_who_does_not_ask_has_no_socket_until_the_next_question(
    connect: Connect, settings: Any
) -> None:
    settings.UPSTREAM_IDLE_S = 0.1
    async with emulator.serve(model=practice.answer) as server, connect(server.base_url) as student:
        await student.ready()
        await wait_here_until(lambda: server.open_connections == 0, 10)
        assert student.events.empty()
        settings.UPSTREAM_IDLE_S = 60
        assert isinstance(await student.say("one"), ModelFinished)
        assert len(server.requests) == 2  # a waiting question needs no warm-up


async def test_a_silent_warm_up_does_not_cost_the_first_question(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "WARM_UP_TIMEOUT_S", 0.1)
    async with emulator.serve(model=practice.answer) as server:
        server.faults.add(Fault("silence", warm_ups=True))
        async with connect(server.base_url) as student:
            await wait_here_until(lambda: len(server.requests) == 1, 10)
            assert isinstance(await student.say("one"), ModelFinished)


async def test_a_server_that_takes_sockets_and_closes_them_is_asked_less_and_less(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def no_pause(seconds: float) -> float:
        pauses.append(seconds)
        return 0.0

    monkeypatch.setattr(socket, "_with_jitter", no_pause)
    monkeypatch.setattr(link, "BACKOFF_S", (1, 2, 3, 4))
    async with emulator.serve(model=practice.answer) as server:
        server.faults.add(*[Fault("close", warm_ups=True)] * 3)
        async with connect(server.base_url) as student:
            await student.ready()
            await wait_here_until(lambda: len(server.requests) == 4, 10)
    assert pauses == [1, 2, 3]


def test_a_question_that_ends_late_takes_nothing_from_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events: list[Any] = []
    reconnecting = ReconnectingSocket.__new__(ReconnectingSocket)
    reconnecting._questions = 0
    monkeypatch.setattr(reconnecting, "_note", events.append)
    first, second = reconnecting.question(), reconnecting.question()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert [type(event) for event in events] == [QuestionCame, QuestionCame]
    second.__exit__(None, None, None)
    assert isinstance(events[-1], QuestionOver)
