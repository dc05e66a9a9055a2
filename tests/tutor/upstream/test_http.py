"""A question over HTTP and SSE, before a server that breaks off, or writes as no other does."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from structlog.testing import capture_logs

from courses.models import Lesson
from tests.tutor.asking import Connect, Student, text
from tests.tutor.browser import browser, sessions_over
from tests.tutor.listening import listening
from tests.tutor.scripted import Frame, completed, created, delta, done, message, said
from tutor.protocol.calls import Payload
from tutor.protocol.events import ModelFailed, ModelFinished
from tutor.upstream.client import close_client
from tutor.upstream.sansio import parse

OK = b"HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\n"
REFUSED = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"


pytestmark = pytest.mark.usefixtures("quick_backoff")


class Raw:
    """A server that knows no WebSockets and answers each post with bytes."""

    def __init__(self, *answers: bytes | Callable[[Frame], bytes]) -> None:
        self.base_url = ""
        self.answers = list(answers)
        self.posted: list[Frame] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"POST"):
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                return
            lines = head.decode().lower().split("\r\n")
            [length] = [line.split(":")[1] for line in lines if line.startswith("content-length")]
            body = json.loads(await reader.readexactly(int(length)))
            self.posted.append(body)
            answer = self.answers[min(len(self.posted), len(self.answers)) - 1]
            writer.write(answer(body) if callable(answer) else answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def raw(*answers: bytes | Callable[[Frame], bytes]) -> AsyncIterator[Raw]:
    server = Raw(*answers)
    async with listening(server.talk) as port:
        server.base_url = f"http://127.0.0.1:{port}/v1"
        yield server


def streamed(events: list[Frame], head: str = "data: ", end: str = "\n\n") -> bytes:
    told = [json.dumps(event, ensure_ascii=False) for event in events]
    body = "".join(f"{head}{event}{end}" for event in told).encode()
    return OK + b"Content-Length: %d\r\n\r\n" % len(body) + body


def refused(status: int, body: Any, headers: bytes = b"") -> bytes:
    told = json.dumps(body).encode()
    return REFUSED % status + headers + b"Content-Length: %d\r\n\r\n" % len(told) + told


HALF = b"".join(
    b"data: " + json.dumps(event).encode() + b"\n\n" for event in (created("r1"), delta("Half"))
)


@pytest.mark.parametrize(
    "broken",
    [
        OK + b"Content-Length: 9999\r\n\r\n" + HALF,
        OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(HALF), HALF),
        OK + b"Transfer-Encoding: chunked\r\n\r\nnonsense",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 7\r\n\r\nnotgzip",
        OK + b"Content-Length: 9\r\n\r\ndata: \xff\xfe",
        OK + b"Content-Length: 9999\r\n\r\n",
    ],
)
async def test_a_stream_that_breaks_off_is_lost_and_costs_one_request(
    connect: Connect, broken: bytes
) -> None:
    async with (
        raw(broken, streamed(said("r2", "Well?"))) as server,
        connect(server.base_url) as student,
    ):
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert (failed.message, failed.may_retry) == (parse.LOST, True)
        assert len(server.posted) == 1
        assert text(await student.ask()) == "Well?"
        assert len(server.posted) == 2


async def test_an_answer_that_fills_the_window_and_is_called_complete_is_told_as_cut(
    connect: Connect, settings: Any
) -> None:
    settings.OPENAI_CONTEXT_TOKENS = 20_000
    usage = {"input_tokens": 1_000, "output_tokens": 19_000}
    answer = [*said("r1", "And then"), completed("r1", message("And then"), usage=usage)]
    del answer[-2]
    async with raw(streamed(answer)) as server, connect(server.base_url) as student:
        finished = await student.say("Tell me a story.")
        assert isinstance(finished, ModelFinished)
        assert finished.cut_short == "max_output_tokens"


@pytest.mark.django_db(transaction=True)
async def test_a_session_before_streams_that_all_break_off_asks_twice_and_says_so(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    broken = OK + b"Content-Length: 9999\r\n\r\n" + HALF
    async with raw(broken) as server:
        settings.OPENAI_BASE_URL = server.base_url
        await close_client()
        async with browser(ada, lesson) as page:
            await page.say("Why?")
            assert (await page.turn("failed"))["message"] == parse.LOST
        # Nobody asks by himself, and the page opens as ever.
        async with browser(ada, lesson) as page:
            assert (await page.next("hello"))["items"]
        await sessions_over()
        await close_client()
        assert len(server.posted) == 2


@pytest.mark.parametrize(("head", "end"), [
    ("data:", "\n\n"), ("data: ", "\r\n\r\n"), ("data: ", "\r\r"),
    (": ping\n\nevent: x\ndata: ", "\n\n"), ("\ufeffdata: ", "\n\n"),
])  # fmt: skip
async def test_every_way_of_writing_events_is_read(connect: Connect, head: str, end: str) -> None:
    answer = "a\u2028b\x85c\u2029d"
    events = streamed(said("r1", answer), "data: " if head[0] == "\ufeff" else head, end)
    if head[0] == "\ufeff":
        _, body = events.split(b"\r\n\r\n", 1)
        events = OK + b"Content-Length: %d\r\n\r\n\xef\xbb\xbf%s" % (len(body) + 3, body)
    async with raw(events) as server, connect(server.base_url) as student:
        assert text(await student.say("one")) == answer


@pytest.mark.parametrize("names", [("r1", "another"), ("r1", ""), ("", "r1")])
async def test_one_stream_is_one_response_whatever_it_is_called(
    connect: Connect, names: tuple[str, str]
) -> None:
    begun, over = names
    events = [created(begun), delta("Well?"), done(0, message("Well?")), completed(over)]
    async with raw(streamed(events)) as server, connect(server.base_url) as student:
        assert text(await student.say("one")) == "Well?"
        assert len(server.posted) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "rate_limit_exceeded", "headers": "a"}}, {"error": ["x"]}, {"error": 7},
        {"error": {"headers": {"retry-after": 10**400}}}, [], "text", {"error": {"code": []}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("header", [b"", b"Retry-After: nan\r\n", b"Retry-After: -5\r\n"])
async def test_an_odd_refusal_is_told_as_one(connect: Connect, body: Any, header: bytes) -> None:
    async with raw(refused(429, body, header)) as server, connect(server.base_url) as student:
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert (failed.message, failed.may_retry) == (parse.OVERLOADED, True)
        assert 0 <= failed.retry_after_s < 10


@pytest.mark.parametrize("kept", [2, 3])
async def test_a_stream_that_is_closed_as_a_whole_needs_no_other_end(
    connect: Connect, kept: int
) -> None:
    closed = streamed(said("r1", "Well?")[:kept])
    _, body = closed.split(b"\r\n\r\n", 1)
    body += b"data: [DONE]\n\n"
    closed = OK + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    async with raw(closed) as server, connect(server.base_url) as student:
        assert text(await student.say("one")) == "Well?"
        assert len(server.posted) == 1
    # Nothing was said: that is no answer.
    nothing = OK + b"Content-Length: 14\r\n\r\ndata: [DONE]\n\n"
    async with raw(nothing) as server, connect(server.base_url) as student:
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.may_retry


async def test_a_stream_that_begins_once_more_leaves_no_half_answer(connect: Connect) -> None:
    twice = [created("r1"), delta("Half"), *said("r2", "Whole")]
    async with (
        raw(streamed(twice), streamed([created("r0"), *said("r3", "Well?")])) as server,
        connect(server.base_url) as student,
    ):
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert (failed.message, failed.may_retry) == (parse.LOST, True)
        # Where nothing had been said, nothing is lost.
        assert text(await student.ask()) == "Well?"


SECRET = "def secret_of_mine"


@pytest.mark.parametrize(
    "answer",
    [
        lambda body: refused(400, {"error": {"code": {"echo": body["input"]}, "message": SECRET}}),
        lambda body: refused(400, {"error": {"type": f"bad: {SECRET}", "message": "m"}}),
        lambda body: refused(400, {"error": {"code": SECRET * 99, "message": "m"}}),
        lambda body: streamed(said(f"r {SECRET}", "Well?")),
        lambda body: OK + b"Content-Length: 9999\r\n\r\n" + SECRET.encode(),
    ],
)
async def test_nothing_that_a_server_echoes_is_logged(
    connect: Connect, answer: Callable[[Frame], bytes]
) -> None:
    async with raw(answer) as server, connect(server.base_url) as student:
        with capture_logs() as logs:
            await student.say(SECRET)
    told = [log for log in logs if log["event"] in ("upstream.no_answer", "upstream.answer")]
    assert len(told) == 1
    assert "secret" not in str(logs)


class Faulty(RuntimeError):
    """What nobody has foreseen."""


async def test_a_fault_of_ours_ends_the_question_and_not_the_session(connect: Connect) -> None:
    async with (
        raw(streamed(said("r1", "Well?"))) as server,
        connect(server.base_url) as student,
    ):
        fail_once(student)
        with capture_logs() as logs:
            failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert not failed.may_retry
        [fault] = [log for log in logs if log["event"] == "upstream.fault"]
        assert fault["error"] == "Faulty"
        assert fault["place"].startswith("test_http.py:")
        assert SECRET not in str(logs)
        assert text(await student.ask()) == "Well?"


def fail_once(student: Student) -> None:
    rows = student.upstream.context._rows
    read = rows.payloads

    async def payloads() -> list[Payload]:
        if len(student.items) == 1 and not failed:
            failed.append(1)
            raise Faulty(SECRET)
        return await read()

    failed: list[int] = []
    rows.payloads = payloads  # type: ignore[method-assign]  # the database is down for a moment
