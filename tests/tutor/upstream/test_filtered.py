"""Where no WebSocket gets through and HTTP does, or neither: the real upstream before a server that
refuses handshakes, as filters do, and servers that know no WebSockets.
"""

import asyncio
from contextlib import AsyncExitStack

import pytest
from structlog.testing import capture_logs

from tests.polling import wait_here_until
from tests.tutor.asking import Connect, Student, text
from tests.tutor.scripted import error, said, scripted
from tutor.protocol.events import ModelFailed, ModelReachable
from tutor.upstream.client import server as known
from tutor.upstream.sansio import link, link_events, parse

pytestmark = pytest.mark.usefixtures("quick_backoff")

PAGE = "text/html; charset=utf-8"
DATA = "application/json"
FOR_GOOD = [(200, PAGE), (302, PAGE), (400, PAGE), (403, PAGE), (404, DATA), (405, DATA),
            (426, DATA), (501, DATA)]  # fmt: skip


def told(student: Student) -> list[bool]:
    """What the page was told of the model so far."""
    events = [student.events.get_nowait() for _ in range(student.events.qsize())]
    return [event.reachable for event in events if isinstance(event, ModelReachable)]


@pytest.mark.parametrize("refusal", [*FOR_GOOD, (429, DATA), (500, PAGE), (503, PAGE)])
async def test_while_http_works_no_page_is_told_otherwise(
    connect: Connect, refusal: tuple[int, str]
) -> None:
    async with scripted(said("r1", "one"), said("r2", "two")) as server:
        server.upgrades, server.refusal = False, refusal
        async with connect(server.base_url) as student:
            await wait_here_until(lambda: not student.events.empty(), 10)
            assert told(student) == [True]
            student.items.append({"type": "message", "role": "user", "content": "?"})
            await student.upstream.ask(1)
            heard = [student.events.get_nowait() for _ in range(student.events.qsize())]
            assert not [e for e in heard if isinstance(e, ModelReachable) and not e.reachable]
            assert [path for path, _ in server.posted] == ["/v1/responses"]
            assert text(await student.ask()) == "two"


@pytest.mark.parametrize("refusal", FOR_GOOD)
async def test_one_student_finds_out_for_all_that_no_socket_opens(
    connect: Connect, refusal: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough for the first student to have looked at HTTP before the next handshake.
    monkeypatch.setattr(link, "BACKOFF_S", (5.0,))
    async with scripted(*[said(f"r{n}", "Well?") for n in range(9)]) as server:
        server.upgrades, server.refusal = False, refusal
        async with connect(server.base_url) as first:
            await first.ready()
            others = [Student() for _ in range(4)]
            running = [asyncio.create_task(other.upstream.run()) for other in others]
            for other in others:
                await other.ready()
                assert text(await other.say("Why?")) == "Well?"
                assert False not in told(other)
            assert (server.handshakes, server.looks) == (1, 1)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def test_later_a_socket_is_tried_again_and_used_from_then_on(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.upstream.server.NO_WEBSOCKET_S", 0.2)
    monkeypatch.setattr("tutor.upstream.server.SPREAD_S", 0.05)
    async with scripted(said("r1", "one"), said("r2", "two")) as server:
        server.upgrades = False
        async with connect(server.base_url) as student:
            await student.ready()
            assert text(await student.say("one")) == "one"
            server.upgrades = True
            await wait_here_until(lambda: bool(server.warmed), 10)
            await student.ready()
            assert text(await student.say("two")) == "two"
            assert len(server.posted) == 1


async def test_a_handshake_that_is_swallowed_costs_a_question_no_answer(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "READY_TIMEOUT_S", 0.2)
    async with scripted(said("r1", "one")) as server, AsyncExitStack() as stack:
        swallowed = asyncio.Event()
        stack.callback(swallowed.set)

        async def swallow(*_line: object) -> None:
            await swallowed.wait()

        monkeypatch.setattr(server, "_upgrade", swallow)
        async with connect(server.base_url) as student:
            assert text(await student.say("one")) == "one"
            assert False not in told(student)
            swallowed.set()


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_http_refuses_too_is_the_operators_and_told_once(
    connect: Connect, status: int
) -> None:
    refused = [error("invalid_api_key", "Incorrect API key provided.", status)]
    async with scripted(*[refused] * 3) as server:
        server.upgrades, server.refusal, server.models = False, (status, DATA), (status, DATA)
        with capture_logs() as logs:
            async with connect(server.base_url) as student:
                lost = await student.next(ModelReachable)
                assert (lost.reachable, lost.message) == (False, link_events.NOT_AVAILABLE)
                for _ in range(3):
                    failed = await student.say("Why?")
                    assert isinstance(failed, ModelFailed)
                    assert (failed.message, failed.may_retry) == (parse.NOT_ALLOWED, False)
        loud = [log for log in logs if log["log_level"] in ("error", "warning")]
        assert {log["event"] for log in loud} == {"upstream.not_available"}
        # The handshake and the question are refused in different words.
        assert len(loud) == 2


async def test_a_key_that_only_may_not_list_models_answers_questions(connect: Connect) -> None:
    async with scripted(said("r1", "one")) as server:
        server.upgrades, server.refusal, server.models = False, (403, PAGE), (403, DATA)
        async with connect(server.base_url) as student:
            await student.next(ModelReachable)
            assert text(await student.say("one")) == "one"


@pytest.mark.parametrize("models", [(502, PAGE), (200, PAGE), (407, PAGE), (503, DATA)])
async def test_where_http_does_not_work_either_the_page_is_told_and_hears_when_it_does(
    connect: Connect, models: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.upstream.server.PROBED_S", 0.0)
    async with scripted(said("r1", "one")) as server:
        server.upgrades, server.models = False, models
        async with connect(server.base_url) as student:
            lost = await student.next(ModelReachable)
            assert (lost.reachable, lost.message) == (False, link_events.OUT_OF_REACH)
            server.models = (404, DATA)  # it answers, whatever it has
            await student.ready()
            assert text(await student.say("one")) == "one"


async def test_a_filters_page_in_place_of_an_answer_is_no_broken_connection(
    connect: Connect,
) -> None:
    async with scripted() as server:
        server.upgrades = False
        server.post_page = True
        async with connect(server.base_url) as student:
            failed = await student.say("one")
            assert isinstance(failed, ModelFailed)
            assert (failed.message, failed.may_retry) == (parse.UNREACHABLE, False)


async def test_nothing_known_of_one_server_is_held_against_the_next(connect: Connect) -> None:
    async with scripted() as server:
        server.upgrades = False
        async with connect(server.base_url) as student:
            await student.ready()
            await wait_here_until(lambda: known().websocket_pause_s() > 0, 10)
    async with scripted() as server, connect(server.base_url) as student:
        await student.ready()
        assert server.handshakes == 1
