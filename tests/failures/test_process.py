"""Failures of the process itself, and of the database, each with its promise."""

import asyncio
import contextlib
import http.client
import json
import signal
import time
from collections.abc import Iterator
from socket import create_connection

import psycopg
import pytest
from websockets.asyncio.client import connect

from tests.failures.conftest import SERVERS
from tests.failures.school import ENROL, EVERY_DAY, HELLO, School
from tests.page import page
from tests.running import classroom, stop
from tests.servers import postgres
from tutor.protocol import frames

# Pages that come back at once. The promise is for a thousand; so many more than keep the promise
# on a machine of two cores that also runs the model, the browsers and other tests: see
# docs/performance.md.
BACK_AT_ONCE = 100
BACK_WITHIN_S = 5.0

pytestmark = pytest.mark.failures


def test_8_all_pages_that_come_back_at_once_are_served(school: School) -> None:
    cookies = [school.cookies.pop() for _ in range(BACK_AT_ONCE)]
    opened = asyncio.run(all_at_once(school, cookies))
    assert len(opened) == BACK_AT_ONCE
    back = asyncio.run(all_at_once(school, cookies))
    assert back.keys() == opened.keys()
    assert max(back.values()) < BACK_WITHIN_S


async def all_at_once(school: School, cookies: list[str]) -> dict[int, float]:
    """Every conversation that was shown, and how long it took; then all lines break at once."""
    url = f"ws://127.0.0.1:{school.room.port}{EVERY_DAY}"
    began = time.monotonic()

    async def open_page(cookie: str, all_open: asyncio.Barrier) -> tuple[int, float]:
        headers = {"Cookie": cookie, "Origin": school.room.url}
        async with connect(
            url, additional_headers=headers, compression=None, open_timeout=60
        ) as socket:
            # A database that is slow is told of first.
            while (hello := json.loads(await socket.recv()))["type"] == "storage":
                pass
            took = time.monotonic() - began
            assert hello["type"] == "hello"
            await all_open.wait()
            socket.transport.abort()
            return hello["conversation"], took

    all_open = asyncio.Barrier(len(cookies))
    return dict(await asyncio.gather(*(open_page(cookie, all_open) for cookie in cookies)))


def test_17_a_process_that_is_ended_finishes_its_turns_and_sends_every_page_away(
    hurried: School,
) -> None:
    room = hurried.room
    cookies = hurried.cookies[-1]
    proxy = http.client.HTTPConnection("127.0.0.1", room.port, timeout=5)
    with contextlib.closing(proxy), hurried.student() as grace, hurried.student() as ada:
        with hurried.held(ada):
            assert health(proxy) == 200
            room.web.send_signal(signal.SIGTERM)
            # No new turn: who is idle is sent away at once, and nobody comes any more (O3).
            assert grace.closed(within_s=1) == frames.Close.RESTARTING
            with pytest.raises(ConnectionRefusedError):
                create_connection(("127.0.0.1", room.port), timeout=5)
            assert health(proxy) == 503
            assert hurried.turn(ada.conversation) == "running"
        ada.turn("done")
        assert ada.closed(within_s=1) == frames.Close.RESTARTING
    assert room.web.wait(5) == 0
    assert hurried.turn(ada.conversation) == "done"
    room.start_web()
    with page(room, cookies) as again:
        assert again.next("hello")["items"] == []


def health(proxy: http.client.HTTPConnection) -> int:
    """The answer to a proxy that asks on a connection which it keeps."""
    proxy.request("GET", "/healthz")
    answer = proxy.getresponse()
    answer.read()
    return answer.status


def test_17_a_turn_that_takes_too_long_is_handed_over_and_its_page_sent_away(
    hurried: School,
) -> None:
    room = hurried.room
    cookies = hurried.cookies[-1]
    with hurried.student() as ada, hurried.held(ada):
        room.web.send_signal(signal.SIGTERM)
        drain_s = float(room.env["DRAIN_SECONDS"])
        assert ada.closed(within_s=drain_s + 2) == frames.Close.RESTARTING
    assert room.web.wait(5) == 0
    room.start_web()
    with page(room, cookies) as again:
        if again.next("hello")["turn"]["state"] != "done":
            again.turn("done")
    assert hurried.roles(ada.conversation) == ["user", "assistant"]


def test_18_a_killed_process_loses_no_stored_word_and_leaves_no_turn_behind(
    hurried: School,
) -> None:
    cookies = hurried.cookies[-1]
    with hurried.student() as ada:
        with hurried.held(ada):
            stop(hurried.room.web, signal.SIGKILL)
        talk = ada.conversation
    hurried.room.start_web()
    with page(hurried.room, cookies) as again:
        [question] = again.next("hello")["items"]
        assert question["text"] == HELLO
        # Nobody asks again: the page need only be there.
        again.turn("done")
    assert hurried.roles(talk) == ["user", "assistant"]


@pytest.fixture(scope="module", params=SERVERS)
def on_postgresql(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[School, str]]:
    folder = tmp_path_factory.mktemp(f"postgresql-{request.param}")
    with (
        postgres() as url,
        classroom(folder, request.param, people=ENROL, DATABASE_URL=url) as room,
    ):
        yield School(room), url


def test_36_a_query_that_waits_holds_up_nobody_else(on_postgresql: tuple[School, str]) -> None:
    school, url = on_postgresql
    with school.student() as ada, school.student() as grace:
        with psycopg.connect(url) as rows:
            rows.execute(
                "select 1 from tutor_work where conversation_id = %s for update",
                [ada.conversation],
            )
            ada.send("edit", code="# waits")
            began = time.monotonic()
            grace.say("Why is it wrong?")
            grace.next("accepted", within_s=0.5)
            grace.turn("speaking")
            ada.send("ping")
            ada.next("pong", within_s=0.5)
            with contextlib.suppress(TimeoutError):
                while ada.next(within_s=0.1):
                    assert ada.last["type"] != "saved"
            held_s = time.monotonic() - began
        ada.next("saved")
        grace.turn("done")
        assert held_s > 0.1
