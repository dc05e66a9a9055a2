"""A database that is down, full or lost: everything waits, is stored once, and the page is told."""

import asyncio
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError

from courses.models import Lesson
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.browser import Browser, browser, sessions_over, stored_session
from tests.tutor.classroom import RUN_IT, SLOWLY, Upstream, asked, finish_run, kinds
from tests.tutor.outage import Outage
from tutor.database import in_database
from tutor.emulator import Say
from tutor.models import Attempt, Conversation, Item, Response, Turn, Work
from tutor.protocol import frames
from tutor.session import storage
from tutor.session.storage import Storage

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]

# An order of the student's, the frame that acknowledges it, and how often it is stored after that.
SAY = ("say", {"id": "order-one", "text": "Why?", "code": "x = 1"}, "accepted")
EDIT = ("edit", {"id": "order-one", "code": "x = 1"}, "saved")
RUN = ("run", {"id": "order-one", "code": "print(7)"}, "run_changed")
CHECK = ("check_code", {"id": "order-one", "code": "def kilometres(days): ...\n"}, "attempt")


def stored() -> dict[str, Any]:
    """What a student's orders leave behind."""
    return {
        "say": Item.objects.filter(client_id="order-one").count(),
        "edit": Work.objects.filter(code="x = 1").count(),
        "run": Run.objects.filter(origin="student").count(),
        "check_code": Attempt.objects.count(),
    }


async def charged() -> None:
    """Wait until the cost of the warm-up is stored, which is stored by itself."""
    async with asyncio.timeout(5):
        while not await in_database(Response.objects.exists):
            await asyncio.sleep(0.01)


async def told(page: Browser, state: str) -> dict[str, Any]:
    """Wait until the page is told that things can, or cannot, be stored."""
    while (frame := await page.next("storage"))["state"] != state:
        pass
    return frame


@pytest.mark.parametrize(("kind", "fields", "answer"), [SAY, EDIT, RUN, CHECK])
@pytest.mark.parametrize("fault", ["down", "full"])
async def test_what_is_sent_while_nothing_can_be_stored_waits_and_is_stored_once(
    upstream: Upstream,
    ada: User,
    lesson: Lesson,
    outage: Outage,
    fault: str,
    kind: str,
    fields: dict[str, Any],
    answer: str,
) -> None:
    async with upstream([Say("What if?")]), browser(ada, lesson) as page:
        await page.ready()
        await charged()
        getattr(outage, fault)()
        await page.send(kind, **fields)
        frame = await told(page, "unavailable")
        assert frame["message"] == storage.NOT_STORED
        # Nothing was acknowledged.
        assert {each["type"] for each in page.frames} <= {"hello", "tutor", "storage"}
        outage.over()
        await page.next(answer)
        assert page.frames[-1]["type"] == answer
        told_first = [each for each in page.frames if each["type"] == "storage"]
        if len(told_first) == 1:
            await told(page, "available")
        assert (await in_database(stored))[kind] == 1
        if kind in ("run", "check_code"):
            await finish_run(Result(Status.CANCELLED))
        if kind == "say":
            await page.turn("done")
        assert not [each for each in page.frames if each["type"] == "error"]
    assert outage.failed


async def test_typing_and_a_stop_wait_for_the_database_as_well(
    upstream: Upstream, ada: User, lesson: Lesson, outage: Outage
) -> None:
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="order-one", code="input()", interactive=True)
        await page.next("run_changed")
        outage.down()
        await page.send("input", id="order-one", text="Ada\n")
        await page.send("stop_run", id="order-one")
        await told(page, "unavailable")
        outage.over()
        while (await page.next("run_changed"))["run"]["state"] != "cancelled":
            pass
        assert (await in_database(Run.objects.get)).typed_bytes == len("Ada\n")


async def test_an_answer_of_the_models_is_held_and_stored_when_it_can_be(
    upstream: Upstream, ada: User, lesson: Lesson, outage: Outage
) -> None:
    async with upstream([Say("one two three four")], pace=SLOWLY) as server:
        async with browser(ada, lesson) as page:
            await page.say("Why?")
            await page.next("delta")
            outage.full()
            await told(page, "unavailable")
            outage.over()
            await page.turn("done")
        await sessions_over()
        assert len(asked(server)) == 1
    assert (await in_database(kinds)).count("tutor") == 1


async def test_after_an_outage_too_long_the_page_is_told_the_truth_and_the_turn_asked_anew(
    upstream: Upstream,
    ada: User,
    lesson: Lesson,
    outage: Outage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [[Say("one two three four")]] * 2
    async with upstream(*answers, pace=SLOWLY):
        async with browser(ada, lesson) as page:
            await page.say("Why?")
            await page.next("delta")
            outage.full()
            monkeypatch.setattr(storage, "OUTAGE_LIMIT_S", 0.2)
            error = await page.next("error")
            assert (error["code"], error["message"]) == ("crashed", storage.NOT_STORED)
            assert [each for each in page.frames if each["type"] == "storage"][-1]["state"] == (
                "unavailable"
            )
            assert await page.closed() == frames.Close.CRASHED
        await sessions_over()
        monkeypatch.setattr(storage, "OUTAGE_LIMIT_S", 10.0)
        outage.over()
        await in_database(lambda: Conversation.objects.update(claimed_until=None))
        async with browser(ada, lesson) as again:
            assert (await again.next("hello"))["turn"]["state"] == "thinking"
            await again.turn("done")
    assert (await in_database(kinds)).count("tutor") == 1


@pytest.mark.parametrize("is_stored", [True, False])
async def test_an_answer_whose_commit_was_lost_is_stored_once(
    upstream: Upstream, ada: User, lesson: Lesson, outage: Outage, *, is_stored: bool
) -> None:
    answers = [Say("one two three")] * 2
    async with upstream(*[[each] for each in answers], pace=SLOWLY), browser(ada, lesson) as page:
        await page.say("Why?")
        await page.next("delta")
        outage.lose_commit(stored=is_stored)
        await page.turn("done")
        assert outage.failed == 1
    assert (await in_database(kinds)).count("tutor") == 1
    assert (await in_database(Turn.objects.get)).state == "done"


@pytest.mark.parametrize(("kind", "fields", "answer"), [SAY, EDIT, RUN, CHECK])
@pytest.mark.parametrize("is_stored", [True, False])
async def test_an_order_whose_commit_was_lost_is_sent_again_and_counts_once(
    upstream: Upstream,
    ada: User,
    lesson: Lesson,
    outage: Outage,
    kind: str,
    fields: dict[str, Any],
    answer: str,
    *,
    is_stored: bool,
) -> None:
    async with upstream([Say("What if?")]):
        async with browser(ada, lesson) as page:
            await page.ready()
            await charged()
            outage.lose_commit(stored=is_stored)
            await page.send(kind, **fields)
            assert await page.closed() == frames.Close.CRASHED
        await sessions_over()
        assert (await in_database(stored))[kind] == is_stored
        async with browser(ada, lesson) as again:
            await again.next("hello")
            await again.send(kind, **fields)
            await again.next(answer)
            if kind in ("run", "check_code"):
                await finish_run(Result(Status.CANCELLED))
            assert (await in_database(stored))[kind] == 1


async def test_a_page_that_opens_waits_for_the_database_and_is_told(
    upstream: Upstream, ada: User, lesson: Lesson, outage: Outage
) -> None:
    session = await in_database(stored_session, ada)
    async with upstream():
        outage.down()
        async with browser(ada, lesson, session=session) as page:
            assert (await page.next())["type"] == "storage"
            outage.over()
            await page.ready()
            assert [each["type"] for each in page.frames].count("hello") == 1


async def test_a_run_of_the_tutors_goes_on_after_an_outage(
    upstream: Upstream, ada: User, lesson: Lesson, outage: Outage
) -> None:
    async with upstream([RUN_IT], [Say("a?")]), browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("running")
        outage.down()
        await told(page, "unavailable")
        outage.over()
        await finish_run(Result(Status.OK, 0))
        await page.turn("done")
    assert await in_database(lambda: Run.objects.filter(origin="tutor").count()) == 1


async def test_a_turn_that_another_has_claimed_during_the_outage_is_not_stored_twice(
    upstream: Upstream, ada: User, lesson: Lesson, outage: Outage
) -> None:
    answers = [[Say("one two three four five six")]] * 2
    async with upstream(*answers, pace=SLOWLY), browser(ada, lesson) as page:
        await page.say("Why?")
        await page.next("delta")
        outage.full()
        await told(page, "unavailable")
        outage.over()
        # The other is quicker than the call that is made again, and then gone.
        await in_database(lambda: Conversation.objects.update(fence=99, claimed_until=None))
        await page.turn("done")
    assert (await in_database(kinds)).count("tutor") == 1


# The calls themselves


class Told:
    """The frames that a page was sent."""

    def __init__(self) -> None:
        self.states: list[str] = []

    async def show(self, frame: frames.ToBrowser) -> None:
        assert isinstance(frame, frames.StorageChanged)
        self.states.append(frame.state)


async def test_a_call_that_hangs_is_told_of_and_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs(call: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(storage, "in_database", hangs)
    monkeypatch.setattr(storage, "SLOW_S", 0.01)
    monkeypatch.setattr(storage, "OUTAGE_LIMIT_S", 0.1)
    page = Told()
    with pytest.raises(OperationalError):
        await Storage(page.show).call(int)
    assert page.states == ["unavailable"]


async def test_a_call_that_is_wrong_is_made_once(outage: Outage) -> None:
    calls: list[int] = []

    def wrong() -> None:
        calls.append(1)
        raise ValueError("wrong")

    page = Told()
    with pytest.raises(ValueError, match="wrong"):
        await Storage(page.show).call(wrong)
    assert (calls, page.states) == ([1], [])


async def test_a_page_is_told_once_however_many_calls_wait(outage: Outage) -> None:
    page = Told()
    waiting = Storage(page.show)
    outage.down()
    calls = [asyncio.create_task(waiting.call(Turn.objects.count)) for _ in range(5)]
    async with asyncio.timeout(5):
        while outage.failed < 10:
            await asyncio.sleep(0.01)
        assert page.states == ["unavailable"]
        outage.over()
        await asyncio.gather(*calls)
        while len(page.states) < 2:
            await asyncio.sleep(0.01)
    assert page.states == ["unavailable", "available"]
