"""A write names what it overwrites: what becomes of programs that several pages write at once."""

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
from tests.tutor.web.test_classroom import Pointed, finish_run
from tutor.database import in_database
from tutor.emulator import Say, script
from tutor.models import Conversation, Dialogue, KeptVersion, TurnStarted, Work, Workbook, Written
from tutor.models.programs import MAX_DISMISSED, MAX_VERSIONS
from tutor.protocol.events import StudentEdited, StudentSaid
from tutor.turn.revisions import NO_WRITES, OwnWrites, Text, named
from tutor.web.flow import MOST_UNREAD_CHARS

STEP = "mend-the-sum"


@pytest.fixture(autouse=True)
def nothing_runs_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test is the sandbox worker."""
    monkeypatch.setattr("sandbox.tasks.execute.apply_async", lambda *args, **kwargs: None)


# What a connection remembers. Pure


def test_a_text_that_nobody_replaced_is_itself() -> None:
    assert OwnWrites().latest("", "one", Text(3)) == Text(3)
    assert named(3) == Text(3)
    assert named(3, version=2) == Text(version=2)


def test_what_own_writes_have_replaced_stands_for_what_they_have_made() -> None:
    own = OwnWrites()
    own.add("", "one", Text(3), Text(4))
    own.add("", "one", Text(4), Text(5))
    assert [own.latest("", "one", Text(n)) for n in (2, 3, 4, 5)] == [
        Text(2), Text(5), Text(5), Text(5),
    ]  # fmt: skip


def test_a_text_that_was_kept_beside_goes_on_there_from_whatever_it_is_said_to_start() -> None:
    own = OwnWrites()
    own.add("", "one", Text(3), Text(4))
    own.add("", "one", Text(4), Text(version=1))
    own.add("", "one", Text(version=1), Text(version=2))
    assert own.latest("", "one", Text(3)) == own.latest("", "one", Text(version=1))
    assert own.latest("", "one", Text(3)) == Text(version=2)


def test_pages_and_steps_are_kept_apart() -> None:
    own = OwnWrites()
    own.add("", "one", Text(3), Text(4))
    assert own.latest("gone", "one", Text(3)) == Text(3)
    assert own.latest("", "two", Text(3)) == Text(3)


def test_it_leads_round_in_no_circle_even_if_revisions_come_again() -> None:
    own = OwnWrites()
    own.add("", "one", Text(3), Text(4))
    own.add("", "one", Text(4), Text(3))  # a database was put back meanwhile
    own.add("", "one", Text(3), Text(3))
    assert own.latest("", "one", Text(4)) == Text(3)


def test_what_is_remembered_is_bounded_and_what_is_forgotten_is_stale() -> None:
    own = OwnWrites()
    for revision in range(10_000):
        own.add("", "one", Text(revision), Text(revision + 1))
    assert len(own._made) <= 1024
    assert own.latest("", "one", Text(9_500)) == Text(10_000)
    assert own.latest("", "one", Text(1)) == Text(1)


# The rows


@pytest.fixture
def dialogue(ada: User, lesson: Lesson) -> Conversation:
    return Conversation.open(ada, lesson)


def write(
    dialogue: Conversation, code: str, base: int = 0, version: int = 0, **more: Any
) -> Written:
    own = more.pop("own", NO_WRITES)
    edit = StudentEdited("edit-0001", code, STEP, base=base, version=version, **more)
    return Workbook(dialogue).save_program(edit, own)


def stored(dialogue: Conversation) -> tuple[int, str, list[str]]:
    """The revision, the program, and the versions that are listed, newest first."""
    told = Workbook(dialogue).program(STEP)
    return told.revision, told.code, [kept.code for kept in told.versions]


@pytest.mark.django_db
class TestRows:
    def test_a_write_from_the_present_revision_replaces_it(self, dialogue: Conversation) -> None:
        assert write(dialogue, "one").made == Text(1)
        assert write(dialogue, "two", base=1).made == Text(2)
        assert stored(dialogue) == (2, "two", [])

    def test_a_write_from_an_older_one_replaces_nothing(self, dialogue: Conversation) -> None:
        write(dialogue, "one")
        write(dialogue, "two", base=1)
        written = write(dialogue, "other", base=1)
        assert (written.made, written.changed) == (Text(version=1), True)
        assert stored(dialogue) == (2, "two", ["other"])

    def test_a_write_from_a_revision_that_is_yet_to_come_replaces_nothing(
        self, dialogue: Conversation
    ) -> None:
        """The database was put back to an earlier day."""
        write(dialogue, "one")
        write(dialogue, "later", base=7)
        write(dialogue, "latest", base=2**31 - 1)
        assert stored(dialogue) == (1, "one", ["latest", "later"])

    def test_the_same_text_is_no_conflict(self, dialogue: Conversation) -> None:
        write(dialogue, "one")
        written = write(dialogue, "one", base=0)
        assert (written.made, written.changed) == (Text(1), False)
        assert stored(dialogue) == (1, "one", [])

    def test_what_the_author_put_there_is_no_change(self, dialogue: Conversation) -> None:
        starter = Workbook(dialogue).program(STEP).code
        assert write(dialogue, starter).made == Text(0)
        assert stored(dialogue) == (0, starter, [])

    def test_one_stale_text_makes_one_version_however_often_it_comes(
        self, dialogue: Conversation
    ) -> None:
        write(dialogue, "one")
        for _ in range(3):
            assert write(dialogue, "other").made == Text(version=1)
        assert stored(dialogue) == (1, "one", ["other"])

    def test_stale_writes_that_wait_for_no_answer_go_on_in_one_version(
        self, dialogue: Conversation
    ) -> None:
        write(dialogue, "one")
        own = OwnWrites()
        for code in ("o", "ot", "oth"):
            written = write(dialogue, code, own=own)
            own.add(written.page, STEP, written.replaced, written.made)
        assert stored(dialogue) == (1, "one", ["oth"])
        assert KeptVersion.objects.count() == 1

    def test_two_pages_at_one_version_replace_nothing_of_each_others(
        self, dialogue: Conversation
    ) -> None:
        write(dialogue, "one")
        write(dialogue, "other")
        mine = write(dialogue, "mine", base=1, version=1).made
        theirs = write(dialogue, "theirs", base=1, version=1).made
        assert mine != theirs
        assert stored(dialogue) == (1, "one", ["theirs", "mine"])

    @pytest.mark.parametrize("version", [2, 99, 2**53 - 1])
    def test_a_version_that_is_not_there_is_kept_as_another_one(
        self, dialogue: Conversation, version: int
    ) -> None:
        write(dialogue, "one")
        written = write(dialogue, "other", base=1, version=version)
        assert written.made == Text(version=1)
        assert stored(dialogue) == (1, "one", ["other"])
        assert not Workbook(dialogue).dismiss(STEP, version)
        assert Workbook(dialogue).restore(STEP, 1, version) is None

    def test_nobody_reads_or_writes_the_versions_of_others(
        self, dialogue: Conversation, stranger: User, lesson: Lesson
    ) -> None:
        write(dialogue, "one")
        theirs = Conversation.open(stranger, lesson)
        write(theirs, "their program")
        write(theirs, "their version")
        written = write(dialogue, "mine", base=1, version=1)
        assert Workbook(dialogue).restore(STEP, 1, 2) is None
        assert not Workbook(dialogue).dismiss(STEP, 2)
        assert written.made == Text(version=1)
        assert stored(dialogue) == (1, "one", ["mine"])
        assert stored(theirs) == (1, "their program", ["their version"])

    def test_putting_back_is_changing_places(self, dialogue: Conversation) -> None:
        write(dialogue, "one")
        write(dialogue, "other")
        assert Workbook(dialogue).restore(STEP, 1, 1)
        assert stored(dialogue) == (2, "other", ["one"])
        # Neither is what it was.
        assert Workbook(dialogue).restore(STEP, 1, 2) is None
        assert Workbook(dialogue).restore(STEP, 2, 1) is None
        assert Workbook(dialogue).restore(STEP, 2, 2)
        assert stored(dialogue) == (3, "one", ["other"])

    def test_what_is_typed_before_a_restore_is_answered_stays_with_its_text(
        self, dialogue: Conversation
    ) -> None:
        write(dialogue, "one")
        write(dialogue, "other")
        own = OwnWrites()
        swapped = Workbook(dialogue).restore(STEP, 1, 1, own)
        assert swapped
        for written in swapped:
            own.add(written.page, STEP, written.replaced, written.made)
        write(dialogue, "one!", base=1, own=own)
        write(dialogue, "other!", base=1, version=1, own=own)
        assert stored(dialogue) == (3, "other!", ["one!"])

    def test_what_was_dismissed_is_kept_and_comes_back_when_it_is_written(
        self, dialogue: Conversation
    ) -> None:
        write(dialogue, "one")
        write(dialogue, "other")
        assert Workbook(dialogue).dismiss(STEP, 1)
        assert not Workbook(dialogue).dismiss(STEP, 1)
        assert stored(dialogue) == (1, "one", [])
        assert KeptVersion.objects.get().code == "other"
        write(dialogue, "other!", base=1, version=1)
        assert stored(dialogue) == (1, "one", ["other!"])
        assert Workbook(dialogue).dismiss(STEP, 2)
        write(dialogue, "other!", base=0)
        assert stored(dialogue) == (1, "one", ["other!"])

    def test_the_oldest_of_too_many_is_dismissed_and_in_the_end_forgotten(
        self, dialogue: Conversation
    ) -> None:
        write(dialogue, "one")
        texts = [f"x = {number}" for number in range(MAX_VERSIONS + MAX_DISMISSED + 3)]
        for text in texts:
            write(dialogue, text)
        assert stored(dialogue) == (1, "one", texts[: -MAX_VERSIONS - 1 : -1])
        assert KeptVersion.objects.count() == MAX_VERSIONS + MAX_DISMISSED
        assert not KeptVersion.objects.filter(code__in=texts[:3]).exists()

    def test_any_text_is_kept_as_it_is(self, dialogue: Conversation) -> None:
        write(dialogue, "one")
        for text in ("", "\r\n", "e\u0301 \U0001f600 \u202e", "\ufeff", "x" * 64_000):
            write(dialogue, text, base=0)
            assert Workbook(dialogue).program(STEP).versions[0].code == text
        # Two ways to write one letter are two texts.
        write(dialogue, "\u00e9 \U0001f600 \u202e", base=0)
        assert len(Workbook(dialogue).program(STEP).versions) == 6

    def test_a_page_is_told_no_more_than_it_can_take(self, dialogue: Conversation) -> None:
        write(dialogue, "one")
        # Each takes six characters in a frame for one of its own.
        texts = [f"{number}" + "\x01" * 63_000 for number in range(3)]
        for text in texts:
            write(dialogue, text, base=0)
        assert stored(dialogue) == (1, "one", [texts[2]])
        assert KeptVersion.objects.count() == len(texts)
        program = Workbook(dialogue).program(STEP).model_dump_json()
        assert len(program) < MOST_UNREAD_CHARS

    def test_the_tutor_is_told_what_the_message_brought(self, dialogue: Conversation) -> None:
        write(dialogue, "newer")
        begun = Dialogue(dialogue).say(StudentSaid("message-1", "Why?", "older", STEP))
        assert isinstance(begun, TurnStarted)
        assert "older" in begun.items[0].payload["content"][-1]["text"]
        assert stored(dialogue) == (1, "newer", ["older"])


# Pages


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


@pytest.mark.django_db(transaction=True)
class TestPages:
    @pytest.mark.parametrize("kind", WRITES)
    async def test_an_older_page_replaces_nothing_and_both_pages_have_both(
        self, settings: Any, ada: User, lesson: Lesson, kind: str
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

    async def test_pages_hear_of_each_others_writes_and_go_on_from_them(
        self, settings: Any, ada: User, lesson: Lesson
    ) -> None:
        async with pages(settings, ada, lesson) as (one, other):
            for number, (writes, hears) in enumerate(((one, other), (other, one)), start=1):
                await writes.send("edit", code=f"x = {number}")
                assert (await writes.next("saved"))["version"] == 0
                told = await hears.next("program")
                assert (told["revision"], told["code"]) == (number, f"x = {number}")
                assert told["versions"] == []

    async def test_a_page_need_not_wait_for_answers(
        self, settings: Any, ada: User, lesson: Lesson
    ) -> None:
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
        self, settings: Any, ada: User, lesson: Lesson
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
        self, settings: Any, ada: User, lesson: Lesson
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
        self, settings: Any, ada: User, lesson: Lesson
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
        self, settings: Any, ada: User, lesson: Lesson
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

    async def test_what_is_refused_writes_nothing(
        self, settings: Any, ada: User, lesson: Lesson
    ) -> None:
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

    async def test_a_nudge_that_is_lost_loses_no_text(
        self, settings: Any, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
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
        self, settings: Any, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tutor.models.workbook.PredictStep", type(lesson.source().steps[0]))
        async with pages(settings, ada, lesson) as (page, _):
            await page.send("edit", code="x = 1")
            saved = await page.next("saved")
            assert (saved["revision"], saved["version"]) == (0, 0)
            rows = await in_database(lambda: stored(Conversation.objects.get()))
            assert rows[0] == 0
            assert rows[1] != "x = 1"
