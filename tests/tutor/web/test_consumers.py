"""The consumer: wrong frames, floods, browsers that do not read, crashes, the drain."""

import asyncio
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError
from structlog.testing import capture_logs

from courses.models import Lesson
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.browser import browser, sessions_over
from tests.tutor.classroom import (
    RUN_IT,
    Upstream,
    finish_run,
)
from tutor.database import in_database
from tutor.emulator import Pace, Say
from tutor.models import Turn, Workbook
from tutor.protocol import frames
from tutor.turn.revisions import Draft
from tutor.web import admission, consumers
from tutor.web.readiness import draining

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not json", "JSON"),
        ("[]", "object"),
        ('{"type": "shout"}', "unknown"),
        ("{}", "unknown"),
        ('{"type": "say", "id": "message-1", "text": "", "code": "", "base": 0}', "text"),
        (
            '{"type": "say", "id": "message-1", "text": "x", "code": "", "base": 0, "extra": 1}',
            "extra",
        ),
        ('{"type": "say", "id": "../etc", "text": "x", "code": ""}', "id"),
        ('{"type": "say", "id": "message-1", "text": "a\\u0000b", "code": ""}', "character"),
        ('{"type": "say", "id": "message-1", "text": "x", "code": ""}', "base"),
        ('{"type": "edit", "id": "edit-001", "base": -1, "code": ""}', "base"),
        ('{"type": "edit", "id": "edit-001", "base": 2147483648, "code": ""}', "base"),
        ('{"type": "edit", "id": "edit-001", "base": "1.5", "code": ""}', "base"),
        ('{"type": "restore", "id": "put-back", "step": "", "base": 0, "version": 0}', "version"),
        ('{"type": "edit", "id": "edit-001", "code": "' + "x" * 64_001 + '"}', "64000"),
        ('{"type": "edit", "code": "' + "x" * 1_000_000 + '"}', "too large"),
        ("[" * 100_000, "recursion"),
    ],
)
async def test_a_wrong_frame_is_answered_with_what_is_wrong_and_the_socket_stays(
    upstream: Upstream, ada: User, lesson: Lesson, text: str, said: str
) -> None:
    async with upstream(), browser(ada, lesson) as page:
        await page.send_text(text)
        error = await page.next("error", "refused")
        assert error["code"] == "bad_frame"
        has_id = re.search(r'"id": "[\w-]{8}', text)
        assert error["type"] == ("refused" if has_id else "error")
        assert said in error["message"]
        await page.send("ping")
        await page.next("pong")


async def test_too_many_pages_of_one_student_are_turned_away(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.web.consumers.MAX_PAGES", 1)
    async with upstream(), browser(ada, lesson) as page:
        await page.next("hello")
        async with browser(ada, lesson) as other:
            assert (await other.next("error"))["code"] == "too_many"
            assert await other.closed() == frames.Close.TOO_MANY


async def test_pages_that_open_at_the_same_moment_count_as_well(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.web.consumers.MAX_PAGES", 2)

    async def first_frame() -> str:
        async with browser(ada, lesson) as page:
            first = await page.next("hello", "error")
            await all_told.wait()
            return str(first.get("code", "hello"))

    all_told = asyncio.Barrier(6)
    async with upstream():
        told = await asyncio.gather(*(first_frame() for _ in range(6)))
        assert sorted(told) == ["hello"] * 2 + ["too_many"] * 4
        # A page that is gone makes room.
        async with browser(ada, lesson) as page:
            await page.next("hello")
    assert not consumers._pages


async def test_a_process_that_ends_finishes_its_turns_and_tells_its_pages(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("Why 41?")]), browser(ada, lesson) as page:
        await page.say("Why is it wrong?")
        await page.turn("running")
        ending = asyncio.create_task(consumers.drain(10))
        await finish_run(Result(Status.OK, 0))
        await page.turn("done")
        assert await page.closed() == frames.Close.RESTARTING
        await ending
    draining.clear()


async def test_a_page_that_opens_while_the_drain_begins_is_told_as_well(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    admit = admission.open_conversation

    def late(scope: Any) -> Any:
        draining.set()
        return admit(scope)

    monkeypatch.setattr(admission, "open_conversation", late)
    try:
        async with upstream(), browser(ada, lesson) as page:
            assert await page.closed() == frames.Close.RESTARTING
    finally:
        draining.clear()


async def test_a_turn_that_takes_too_long_for_a_process_that_ends_is_handed_over(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("Why 41?")]):
        async with browser(ada, lesson) as page:
            await page.say("Why is it wrong?")
            await page.turn("running")
            await consumers.drain(0.05)
        draining.clear()
        async with browser(ada, lesson) as page:
            await finish_run(Result(Status.OK, 0))
            await page.turn("done")
    assert await in_database(Run.objects.count) == 1


async def test_more_frames_than_can_be_worked_off_end_the_connection(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.inbox.INBOX_EVENTS", 4)
    async with upstream(), browser(ada, lesson) as page:
        await page.next("hello")
        for _ in range(64):
            await page.send("edit", code="x")
        assert await page.closed() == frames.Close.FLOOD


async def test_a_browser_that_does_not_read_is_cut_off(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.web.flow.CHECK_EVERY_CHARS", 200)
    monkeypatch.setattr("tutor.web.flow.MOST_UNREAD_CHARS", 1_000)
    async with upstream([Say("word " * 2_000)]), browser(ada, lesson) as page:
        await page.say("Why?")
        assert await page.closed() == frames.Close.TOO_SLOW


async def test_a_server_that_holds_back_what_is_not_read_holds_up_no_turn(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_again = asyncio.Event()
    send = consumers.ClassroomConsumer.send
    close = consumers.ClassroomConsumer.close

    async def held(self: Any, **frame: Any) -> None:
        await read_again.wait()
        await send(self, **frame)

    async def held_close(self: Any, code: int) -> None:
        await read_again.wait()
        await close(self, code)

    monkeypatch.setattr(consumers, "SEND_TIMEOUT_S", 0.05)
    monkeypatch.setattr(consumers, "CLOSE_TIMEOUT_S", 0.05)
    async with upstream([Say("What if?")]), browser(ada, lesson) as page:
        await page.ready()
        monkeypatch.setattr(consumers.ClassroomConsumer, "send", held)
        monkeypatch.setattr(consumers.ClassroomConsumer, "close", held_close)
        await page.say("Why?")
        await sessions_over()
        assert (await in_database(Turn.objects.get)).state == "done"
        read_again.set()
        assert await page.closed() == frames.Close.TOO_SLOW


async def test_a_browser_that_confirms_what_it_reads_gets_everything(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.web.flow.CHECK_EVERY_CHARS", 200)
    monkeypatch.setattr("tutor.web.flow.MOST_UNREAD_CHARS", 30_000)
    long = [Say("word " * 2_000)]
    async with upstream(long, long), browser(ada, lesson) as page:
        for _ in range(2):
            await page.say("Why?")
            while (frame := await page.next())["type"] != "turn" or frame["state"] != "done":
                if frame["type"] == "check":
                    await page.send("checked", id=frame["id"])
        checks = [frame["id"] for frame in page.frames if frame["type"] == "check"]
    assert checks == list(range(1, len(checks) + 1))
    assert checks


@pytest.fixture
def small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that has not confirmed some hundred characters counts as behind."""
    monkeypatch.setattr("tutor.web.flow.CHECK_EVERY_CHARS", 200)
    monkeypatch.setattr("tutor.web.flow.HOLD_CHARS", 1_000)


async def test_a_browser_that_is_behind_gets_no_more_of_an_answer_until_it_has_read(
    upstream: Upstream, ada: User, lesson: Lesson, small_window: None
) -> None:
    async with (
        upstream([Say("word " * 300)], pace=Pace(tokens_per_s=2_000)) as server,
        browser(ada, lesson) as page,
    ):
        await page.say("Why?")
        # Nothing is confirmed: the answer is held back, while its end is written and stored.
        await page.turn("done")
        sent = "".join(frame["text"] for frame in page.frames if frame["type"] == "delta")
        assert len(sent) < 1_500
        [item] = [f["item"] for f in page.frames if f["type"] == "item"]
        assert item["text"] == "word " * 300
        assert server.open_connections == 1


async def test_a_browser_that_stays_behind_is_cut_off_and_the_answer_is_stored(
    upstream: Upstream,
    ada: User,
    lesson: Lesson,
    small_window: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tutor.web.consumers.STUCK_S", 0.2)
    monkeypatch.setattr("tutor.upstream.delta_buffer.HELD_CHARS", 500)
    text = "word " * 1_000
    async with (
        upstream([Say(text)], pace=Pace(tokens_per_s=2_000)),
        browser(ada, lesson) as page,
    ):
        await page.say("Why?")
        assert await page.closed() == frames.Close.TOO_SLOW
        await sessions_over()
        async with browser(ada, lesson) as again:
            assert (await again.next("hello"))["items"][-1]["text"] == text


async def test_a_browser_that_goes_while_it_is_sent_something_loses_nothing(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with upstream([Say("What if?")]), browser(ada, lesson) as page:
        await page.say("Why?")
        await page.next("accepted")

        async def gone(self: Any, **frame: Any) -> None:
            raise RuntimeError("the socket is closed")

        monkeypatch.setattr(consumers.ClassroomConsumer, "send", gone)
        await sessions_over()
    assert (await in_database(Turn.objects.get)).state == "done"


async def test_a_handler_that_raises_is_told_and_leaves_no_session_behind(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str) -> None:
        raise RuntimeError("canary-4711")

    with capture_logs() as logged:
        async with upstream(), browser(ada, lesson) as page:
            await page.ready()
            monkeypatch.setattr(frames, "parse", broken)
            await page.send("ping")
            assert (await page.next("error"))["code"] == "crashed"
            assert await page.closed() == frames.Close.CRASHED
            await sessions_over()
    assert "canary-4711" not in str(logged)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
async def test_nothing_is_said_to_be_kept_where_nothing_can_be_stored(
    upstream: Upstream,
    ada: User,
    lesson: Lesson,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    def full(self: Workbook, draft: Draft, *args: Any) -> None:
        raise error("disk full")

    monkeypatch.setattr(Workbook, "save_program", full)
    monkeypatch.setattr("tutor.session.storage.OUTAGE_LIMIT_S", 0.1)
    async with upstream(), browser(ada, lesson) as page:
        await page.send("edit", code="x = 1")
        told = await page.next("error")
        assert told["message"] == str(consumers.NOT_STORED)


async def test_a_session_that_crashes_says_so_and_logs_nothing_the_student_wrote(
    upstream: Upstream,
    ada: User,
    lesson: Lesson,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(self: Workbook, draft: Draft, *args: Any) -> None:
        raise ValueError(f"cannot store {draft.code}")

    monkeypatch.setattr(Workbook, "save_program", broken)
    with capture_logs() as logged:
        async with upstream(), browser(ada, lesson) as page:
            await page.send("edit", code="canary-4711")
            assert await page.closed() == frames.Close.CRASHED
    [crash] = [entry for entry in logged if entry["event"] == "session.crashed"]
    assert "ValueError" in str(crash)
    assert "canary-4711" not in str(logged)
