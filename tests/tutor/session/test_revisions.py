"""A write names what it overwrites: pages that write one program at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer
from django.contrib.auth.models import User

from courses.models import Lesson
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.browser import Browser, browser
from tests.tutor.classroom import Pointed, finish_run
from tutor.database import in_database
from tutor.emulator import Say, script
from tutor.models import Conversation, ProgramRevision, Work, Workbook
from tutor.protocol.frames import PROTOCOL

STEP = "mend-the-sum"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]


def stored(dialogue: Conversation) -> tuple[int, str, list[str]]:
    """The revision, the program, and the versions that are listed, newest first."""
    told = Workbook(dialogue).program(STEP)
    return told.revision, told.code, [kept.code for kept in told.versions]


@asynccontextmanager
async def pages(settings: Any, ada: User, lesson: Lesson) -> AsyncIterator[tuple[Browser, Browser]]:
    """Two pages of one student that know what is stored."""
    async with (
        Pointed(settings, model=script([Say("What do you expect?")], [Say("And now?")])),
        browser(ada, lesson) as one,
        browser(ada, lesson) as other,
    ):
        for page in (one, other):
            await page.next("hello")
        yield one, other


async def refused_or_saved(page: Browser) -> dict[str, Any]:
    return await page.next("saved", "refused")


# What each kind of write brings, beside the program.
WRITES = {
    "edit": {},
    "say": {"text": "Why is it wrong?"},
    "run": {},
    "check_code": {},
}
# What acknowledges it.
ANSWERS = {"say": "accepted", "run": "run_changed", "check_code": "attempt"}


@pytest.mark.parametrize("kind", WRITES)
async def test_an_older_page_replaces_nothing_and_both_pages_have_both(
    settings: Any, ada: User, lesson: Lesson, kind: str
) -> None:
    async with pages(settings, ada, lesson) as (newer, older):
        await newer.send("edit", id="edit-new", code="newer = 1")
        await newer.next("saved")
        await older.send(kind, id="write-old", step=STEP, code="older = 1", base=0,
                         **WRITES[kind])  # fmt: skip
        saved = await older.next("saved")
        assert saved == {
            "type": "saved", "id": "write-old", "step": STEP, "revision": 1, "version": 1,
        }  # fmt: skip
        told = await older.next("program")
        assert (told["step"], told["revision"], told["code"]) == (STEP, 1, "newer = 1")
        assert [(kept["id"], kept["code"]) for kept in told["versions"]] == [(1, "older = 1")]
        assert await newer.next("program") == told
        if kind in ANSWERS:
            await older.next(ANSWERS[kind])
            types = [frame["type"] for frame in older.frames]
            assert types.index("saved") < types.index(ANSWERS[kind])
        # What is run or checked is what was sent, whatever it is stored as.
        run = await in_database(Run.objects.unfinished().first)
        assert run is None or run.code == "older = 1"
        if run:
            await finish_run(Result(Status.UNAVAILABLE))
    async with browser(ada, lesson) as page:
        step = (await page.next("hello"))["steps"][0]
        told.pop("type")
        assert told | {"id": STEP} == {"step": STEP} | {
            name: step[name] for name in ("id", "revision", "code", "files", "versions")
        }


@pytest.mark.parametrize("kind", WRITES)
async def test_a_write_tells_the_history_which_page_it_came_from_and_why(
    settings: Any, ada: User, lesson: Lesson, kind: str
) -> None:
    query = f"protocol={PROTOCOL}&page=page-one&device=browser-1"
    model = script([Say("What do you expect?")])
    async with Pointed(settings, model=model), browser(ada, lesson, query) as page:
        await page.next("hello")
        await page.send(kind, id="write-one", step=STEP, code="x = 1", cause="merged",
                        **WRITES[kind])  # fmt: skip
        await page.next("saved")
        entry = await in_database(ProgramRevision.objects.get)
        assert (entry.code, entry.page, entry.device, entry.cause) == (
            "x = 1", "page-one", "browser-1", "merged",
        )  # fmt: skip
        if kind in ANSWERS:
            await page.next(ANSWERS[kind])
        if kind in ("run", "check_code"):
            await finish_run(Result(Status.UNAVAILABLE))


async def test_pages_hear_of_each_others_writes_and_go_on_from_them(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    async with pages(settings, ada, lesson) as (one, other):
        for number, (writes, hears) in enumerate(((one, other), (other, one)), start=1):
            await writes.send("edit", code=f"x = {number}")
            assert (await writes.next("saved"))["version"] == 0
            told = await hears.next("program")
            assert (told["revision"], told["code"]) == (number, f"x = {number}")
            assert told["versions"] == []


async def test_a_page_need_not_wait_for_answers(settings: Any, ada: User, lesson: Lesson) -> None:
    async with pages(settings, ada, lesson) as (page, other):
        for number in range(1, 5):
            await page.send("edit", id=f"edit-{number:04}", code=f"x = {number}", base=0)
        saved = [await page.next("saved") for _ in range(4)]
        assert [(one["revision"], one["version"]) for one in saved] == [
            (number, 0) for number in range(1, 5)
        ]
        # Nor where another page has been faster.
        for number in range(5, 9):
            await other.send("edit", code=f"x = {number}", base=1)
        saved = [await other.next("saved") for _ in range(4)]
        assert [(one["revision"], one["version"]) for one in saved] == [
            (4, number) for number in range(1, 5)
        ]
        while len((told := await other.next("program"))["versions"]) != 1:
            pass
        assert told["code"] == "x = 4"


async def test_an_answer_that_was_lost_with_the_connection_makes_no_conflict(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    edit = {"id": "edit-lost", "step": STEP, "code": "x = 1", "base": 0}
    async with Pointed(settings):
        async with browser(ada, lesson) as page:
            await page.send("edit", **edit)
            # It is stored; of the answer nothing is read.
            async with asyncio.timeout(10):
                while not await in_database(Work.objects.filter(revision=1).exists):
                    await asyncio.sleep(0.01)
        async with browser(ada, lesson) as page:
            assert (await page.next("hello"))["steps"][0]["revision"] == 1
            await page.send("edit", **edit)
            saved = await page.next("saved")
            assert (saved["revision"], saved["version"]) == (1, 0)


async def test_a_copy_that_another_page_left_is_no_continuation_of_this_one(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    async with pages(settings, ada, lesson) as (page, _):
        await page.send("edit", code="mine = 1", base=0)
        await page.next("saved")
        await page.send("edit", code="copy = 1", base=0, page="page-gone")
        assert (await page.next("saved"))["version"] == 1
        # Nor is this page's a continuation of the copy.
        told = await page.next("program")
        await page.send("edit", code="copy = 2", base=1, page="page-gone-2")
        await page.next("saved")
        assert (await page.next("program"))["code"] == "copy = 2"
        await page.send("edit", code="mine = 2", base=1)
        assert (await page.next("saved"))["version"] == 2
        told = await page.next("program")
        assert told["code"] == "copy = 2"
        assert [kept["code"] for kept in told["versions"]] == ["mine = 2", "copy = 1"]


async def test_a_version_is_put_back_and_dismissed_on_all_pages(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    async with pages(settings, ada, lesson) as (one, other):
        await one.send("edit", code="x = 1")
        await one.next("saved")
        await other.send("edit", code="x = 2", base=0)
        await other.next("saved")
        await one.next("program")
        await one.send("restore", id="put-back", step=STEP, base=1, version=1)
        saved = await one.next("saved")
        assert (saved["id"], saved["revision"], saved["version"]) == ("put-back", 2, 0)
        told = await one.next("program")
        assert (told["code"], [kept["code"] for kept in told["versions"]]) == (
            "x = 2", ["x = 1"],
        )  # fmt: skip
        while (heard := await other.next("program"))["revision"] != 2:
            pass
        assert heard == told
        await other.send("dismiss", step=STEP, version=told["versions"][0]["id"])
        assert (await other.next("program"))["versions"] == []
        assert (await one.next("program"))["versions"] == []


async def test_a_version_is_not_put_back_over_a_program_that_was_not_seen(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    async with pages(settings, ada, lesson) as (one, other):
        await one.send("edit", code="x = 1")
        await one.next("saved")
        await other.send("edit", code="x = 2", base=0)
        await other.next("saved")
        await one.send("edit", code="x = 3")
        await one.next("saved")
        await other.send("restore", id="put-back", step="", base=1, version=1)
        refused = await other.next("refused")
        assert (refused["id"], refused["code"]) == ("put-back", "stale")
        while (told := await other.next("program"))["revision"] != 2:
            pass
        assert (told["code"], told["versions"][0]["code"]) == ("x = 3", "x = 2")


async def test_what_is_refused_writes_nothing(settings: Any, ada: User, lesson: Lesson) -> None:
    settings.QUESTIONS_PER_MINUTE = 1
    async with pages(settings, ada, lesson) as (page, _):
        await page.say("One question", "x = 1")
        await page.next("saved")
        await page.send("run", id="my-run-1", code="x = 1")
        await page.next("run_changed")
        for kind, more in (
            ("say", {"text": "Another"}), ("run", {}), ("check_code", {}),
            ("edit", {"files": {"no-such-file.txt": ""}}),
        ):  # fmt: skip
            await page.send(kind, id="refused-1", code="x = 2", **more)
            assert (await refused_or_saved(page))["type"] == "refused", kind
        rows = await in_database(lambda: stored(Conversation.objects.get()))
        assert rows == (1, "x = 1", [])
        # Sent again it counts once, and is not written again.
        await page.send("edit", code="x = 3")
        await page.next("saved")
        await page.send("run", id="my-run-1", code="x = 1", base=0)
        assert (await page.next("saved", "run_changed"))["type"] == "run_changed"
        await finish_run(Result(Status.OK))


async def test_a_lost_notification_loses_no_text(
    settings: Any, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(self: InMemoryChannelLayer, group: str, message: Any) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(InMemoryChannelLayer, "group_send", lost)
    async with pages(settings, ada, lesson) as (one, other):
        await one.send("edit", code="x = 1")
        await one.next("saved")
        await other.send("edit", code="x = 2")
        assert (await other.next("saved"))["version"] == 1
        assert (await other.next("program"))["code"] == "x = 1"


async def test_a_program_that_is_the_authors_stays_what_it_is(
    settings: Any, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.models.workbook.PredictStep", type(lesson.source().steps[0]))
    async with pages(settings, ada, lesson) as (page, _):
        await page.send("edit", code="x = 1")
        saved = await page.next("saved")
        assert (saved["revision"], saved["version"]) == (0, 0)
        rows = await in_database(lambda: stored(Conversation.objects.get()))
        assert rows[0] == 0
        assert rows[1] != "x = 1"
