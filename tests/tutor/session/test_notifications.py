"""Several sessions of one conversation, and the channel layer between them."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.page import printed
from tests.tutor.browser import browser
from tests.tutor.classroom import RUN_IT, Upstream, finish_run, open_run, tell
from tutor.database import in_database
from tutor.emulator import Say

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]


async def test_two_pages_follow_one_turn(upstream: Upstream, ada: User, lesson: Lesson) -> None:
    async with (
        upstream([RUN_IT], [Say("Why 41?")]),
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await other.next("hello")
        await page.say("Why is it wrong?")
        assert (await other.next("item"))["item"]["text"] == "Why is it wrong?"
        await other.say("Me too!")
        assert (await page.next("waiting"))["messages"][0]["text"] == "Me too!"
        await finish_run(Result(Status.OK, 0, stdout="41\n"))
        await other.turn("done")
        shown = [frame["item"] for frame in other.frames if frame["type"] == "item"]
        assert [item["kind"] for item in shown] == ["student", "run", "student", "tutor"]
        await page.turn("done")


@pytest.mark.parametrize("by", ["student", "tutor"])
async def test_a_second_page_leaves_running_programs_alone(
    upstream: Upstream, ada: User, lesson: Lesson, by: str
) -> None:
    async with (
        upstream([RUN_IT], [Say("Why 41?")]),
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await other.next("hello")
        if by == "student":
            await page.send("run", id="my-run-1", code="print(7)")
        else:
            await page.say("Why is it wrong?")
        run = await open_run()
        claimed = await in_database(Run.objects.claim, str(run.pk))
        assert claimed
        await tell(run, "run.started")
        while (await other.next("run_changed"))["run"]["state"] != "running":
            pass
        await in_database(claimed.finish, Result(Status.OK, 0, stdout="7\n"))
        while (frame := await other.next("run_changed"))["run"]["state"] == "running":
            pass
        assert (frame["run"]["state"], printed(frame["run"])) == ("ok", "7\n")


async def test_stop_on_the_other_page_stops_the_turn(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with (
        upstream([RUN_IT]),
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await page.say("Why is it wrong?")
        await page.turn("running")
        await other.send("stop")
        await other.turn("stopped")
        await page.turn("stopped")


async def test_without_a_channel_layer_the_dialogue_goes_on(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*args: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    monkeypatch.setattr("tutor.session.notifications.PAUSE_S", 0.05)
    for call in ("receive", "group_send", "group_add"):
        monkeypatch.setattr(f"tutor.serving.layer.ThreadSafeLayer.{call}", down)
    async with upstream([RUN_IT], [Say("Why 41?")]), browser(ada, lesson) as page:
        await page.say("Why is it wrong?")
        await finish_run(Result(Status.OK, 0))
        await page.turn("done")
