"""Questions and what becomes of them: the real upstream against the emulator, over real sockets."""

import pytest

from tests.polling import wait_here_until
from tests.tutor.asking import Connect, frames
from tutor import emulator, practice
from tutor.emulator import Fault, Say, script
from tutor.method import prompts
from tutor.protocol.events import (
    ModelFailed,
    ModelFinished,
    ModelReachable,
    ModelSpoke,
    ModelWarmed,
)
from tutor.upstream import upstream
from tutor.upstream.sansio import link, link_events, parse

pytestmark = pytest.mark.usefixtures("quick_backoff")


async def test_the_text_comes_in_pieces_and_then_whole(connect: Connect) -> None:
    model = script([Say("What happens if the list is empty?")])
    async with emulator.serve(model=model) as server, connect(server.base_url) as student:
        await student.ready()
        student.items.append(prompts.student_message("Why?"))
        await student.upstream.ask(1)
        pieces = []
        while isinstance(event := await student.next(ModelSpoke, ModelFinished), ModelSpoke):
            pieces.append(event.text)
        assert len(pieces) > 1
        assert "".join(pieces) == "What happens if the list is empty?"
        assert event.items[0]["content"][0]["text"] == "What happens if the list is empty?"


@pytest.mark.parametrize(
    ("fault", "may_retry"),
    [
        (Fault("failed"), True),
        (Fault("failed", code="invalid_prompt"), False),
        (Fault("overloaded"), True),
        (Fault("rate_limited"), True),
    ],
)
async def test_a_failed_response_says_whether_asking_again_makes_sense(
    connect: Connect, fault: Fault, may_retry: bool
) -> None:
    async with emulator.serve(model=practice.answer) as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(fault)
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.may_retry is may_retry
        assert failed.message
        assert isinstance(await student.ask(), ModelFinished)


async def test_the_time_the_api_wants_to_be_left_alone_is_told(connect: Connect) -> None:
    async with emulator.serve(model=practice.answer) as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(Fault("rate_limited", retry_after_s=7))
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.retry_after_s == 7


async def test_what_a_response_cost_is_told(connect: Connect) -> None:
    async with emulator.serve(model=practice.answer) as server, connect(server.base_url) as student:
        warmed = await student.next(ModelWarmed)
        assert warmed.usage.input > 0
        assert warmed.usage.output == 0
        answer = await student.say("one")
        assert isinstance(answer, ModelFinished)
        assert answer.usage.output > 0
        assert len(server.requests) == 2


async def test_an_incomplete_response_says_so(connect: Connect) -> None:
    async with emulator.serve(model=practice.answer) as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(Fault("incomplete", after=6, reason="max_output_tokens"))
        answer = await student.say("one")
        assert isinstance(answer, ModelFinished)
        assert answer.cut_short == "max_output_tokens"


async def test_without_a_server_the_student_is_told(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "READY_TIMEOUT_S", 0.2)
    async with connect("http://127.0.0.1:9/v1") as student:
        lost = await student.next(ModelReachable)
        assert (lost.reachable, lost.message) == (False, link_events.OUT_OF_REACH)
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.message == parse.UNREACHABLE


async def test_a_refused_key_is_told_as_not_available(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "READY_TIMEOUT_S", 0.2)
    async with (
        emulator.serve(model=practice.answer, api_key="another") as server,
        connect(server.base_url) as student,
    ):
        lost = await student.next(ModelReachable)
        assert lost.message == link_events.NOT_AVAILABLE
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.message == parse.NOT_ALLOWED


async def test_where_no_websocket_gets_through_questions_go_over_http(connect: Connect) -> None:
    model = script([Say("What if?")], [Say("And now?")], [Say("Why?")])
    async with emulator.serve(model=model) as server:
        server.faults.refuse_handshakes(503, times=1_000)
        async with connect(server.base_url) as student:
            answer = await student.say("one")
            assert isinstance(answer, ModelFinished)
            assert answer.items[0]["content"][0]["text"] == "What if?"
            assert isinstance(await student.say("two"), ModelFinished)
            assert [exchange.store for exchange in server.requests] == [False, False]
            assert len(frames(server)[-1]["input"]) == 3
            server.faults.clear()
            await student.ready()
            await wait_here_until(lambda: server.open_connections == 1, 10)
            assert isinstance(await student.say("three"), ModelFinished)


async def test_over_http_a_busy_api_says_how_long(connect: Connect) -> None:
    async with emulator.serve(model=practice.answer) as server:
        server.faults.refuse_handshakes(503, times=1_000)
        async with connect(server.base_url) as student:
            server.faults.add(Fault("rate_limited", retry_after_s=7))
            failed = await student.say("one")
            assert isinstance(failed, ModelFailed)
            assert (failed.may_retry, failed.retry_after_s) == (True, 7)


async def test_a_silent_model_ends_in_an_error_at_the_deadline(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "ANSWER_TIMEOUT_S", 0.2)
    async with emulator.serve(model=practice.answer) as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(Fault("silence"))
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.message == parse.SILENT
