"""A student's commands: programs run, typed into and stopped, attempts, steps, edits."""

import asyncio
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from courses.models import Lesson
from sandbox.cases import Observation
from sandbox.constants import WATCH_S, WATCHED_S
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.browser import browser, sessions_over
from tests.tutor.classroom import Upstream, finish_run, judged, open_run
from tutor.database import in_database

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]


async def test_a_second_run_while_one_is_on_is_refused(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="print(7)")
        await page.next("run_changed")
        await page.send("run", id="my-run-2", code="print(8)")
        refused = await page.next("refused")
        assert (refused["id"], refused["code"]) == ("my-run-2", "busy")
        await finish_run(Result(Status.OK, 0))


async def test_one_student_runs_one_program_at_a_time_over_all_pages(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson) as page, browser(ada, lesson) as other:
        await page.send("run", id="my-run-1", code="print(7)")
        await page.next("run_changed")
        await other.send("run", id="my-run-2", code="print(8)")
        assert (await other.next("refused"))["code"] == "busy"
        await page.send("run", id="my-run-1", code="print(7)")  # sent again: the same run
        assert (await page.next("run_changed", "refused"))["type"] == "run_changed"
        await finish_run(Result(Status.OK, 0))


async def test_typing_reaches_the_run(upstream: Upstream, ada: User, lesson: Lesson) -> None:
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="input()", interactive=True)
        await page.next("run_changed")
        await page.send("input", id="my-run-1", text="Ada\n", ends=True)
        await page.send("edit", code="input()")
        await page.next("saved")  # one after the other
        run = await open_run()
        typed = await in_database(lambda: [(one.text, one.ends) for one in run.inputs.all()])
        assert typed == [("Ada\n", True)]
        await finish_run(Result(Status.OK, 0))


async def test_a_check_is_acknowledged_judged_and_found_again(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream():
        async with browser(ada, lesson) as page:
            await page.send("check_code", id="attempt-1", code="def kilometres(days): ...\n")
            attempt = (await page.next("attempt"))["attempt"]
            assert (attempt["id"], attempt["state"], attempt["position"]) == (
                "attempt-1", "queued", 1,
            )  # fmt: skip
            await finish_run(Result(Status.OK))
            attempt = await judged(page, "attempt-1")
            assert (attempt["state"], attempt["number"]) == ("failed", 0)
            await page.send("check_code", id="attempt-2", code="def kilometres(days): ...\n")
            run = await open_run()
            crashed = Observation("crashed")
            await finish_run(Result(Status.OK, observations=(crashed,) * len(run.cases)))
            attempt = await judged(page, "attempt-2")
            assert (attempt["state"], attempt["number"], attempt["passed"]) == ("judged", 1, False)
            # A run that is made for a check is no run of the student's own.
            assert all(frame["type"] != "run_changed" for frame in page.frames)
        async with browser(ada, lesson) as page:
            step = (await page.next("hello"))["steps"][0]
            assert (step["attempts"], step["last"]) == (1, attempt)


async def test_a_check_can_be_stopped(upstream: Upstream, ada: User, lesson: Lesson) -> None:
    async with upstream(), browser(ada, lesson) as page:
        await page.send("check_code", id="attempt-1", code="pass")
        await page.next("attempt")
        await page.send("stop_run", id="attempt-1")
        assert (await judged(page, "attempt-1"))["state"] == "failed"


async def test_what_does_not_fit_the_lesson_is_refused_and_the_page_stays(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson) as page:
        for kind, more in (
            ("check_code", {"code": ""}), ("predict", {"text": ""}), ("choose", {"choices": [0]}),
            ("run", {"code": ""}), ("say", {"text": "Hi", "code": ""}), ("edit", {"code": ""}),
            ("restore", {"base": 0, "version": 1}),
        ):  # fmt: skip
            await page.send(kind, id="some-name", step="no-such-step", **more)
            refused = await page.next("refused")
            assert (refused["id"], refused["code"]) == ("some-name", "bad_step")
        for kind, more in (("go", {}), ("dismiss", {"version": 1})):
            await page.send(kind, step="no-such-step", **more)
            assert (await page.next("error"))["code"] == "bad_step"
        await page.send("choose", id="attempt-1", choices=[0])
        assert (await page.next("refused"))["message"].startswith("This step is of another kind")
        await page.send("ping")
        await page.next("pong")


async def test_what_the_editor_holds_is_kept_for_each_step(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream():
        async with browser(ada, lesson) as page:
            await page.send("go", step="mend-the-sum")
            await page.send("edit", step="mend-the-sum", code="half a thou")
            assert (await page.next("saved"))["step"] == "mend-the-sum"
        async with browser(ada, lesson) as page:
            hello = await page.next("hello")
            assert (hello["step"], hello["steps"][0]["code"]) == ("mend-the-sum", "half a thou")


async def test_the_editors_text_is_kept(upstream: Upstream, ada: User, lesson: Lesson) -> None:
    async with upstream():
        async with browser(ada, lesson) as page:
            await page.send("edit", code="half a thou")
            await page.next("saved")
        async with browser(ada, lesson) as page:
            assert (await page.next("hello"))["steps"][0]["code"] == "half a thou"


@pytest.mark.parametrize("code", [1001, 1006], ids=["closed", "lost"])
async def test_the_program_of_a_page_that_has_gone_goes_on_for_half_a_minute(
    upstream: Upstream, ada: User, lesson: Lesson, code: int
) -> None:
    async with upstream():
        async with browser(ada, lesson) as page:
            await page.send("run", id="my-run-1", code="input()", interactive=True)
            await page.next("run_changed")
            await page.leave(code)
        await sessions_over()
        run = await in_database(Run.objects.get)
        assert not run.finished
        assert run.watched_until
        left_s = (run.watched_until - timezone.now()).total_seconds()
        assert WATCHED_S - 10 < left_s <= WATCHED_S


async def test_a_page_that_is_there_says_so_again(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    monkeypatch.setattr("tutor.session.runs.WATCH_S", 0.1)
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="input()", interactive=True)
        await page.next("run_changed")
        later = Run.objects.filter(watched_until__gt=timezone.now() + timedelta(seconds=20))
        for _ in "12":
            await in_database(Run.objects.update, watched_until=timezone.now())
            async with asyncio.timeout(10):
                while not await in_database(later.exists):
                    await asyncio.sleep(0.02)


@pytest.mark.parametrize("is_watched", [True, False])
async def test_a_program_in_another_lesson_is_in_the_way_only_while_a_page_is_there(
    upstream: Upstream, ada: User, lesson: Lesson, is_watched: bool
) -> None:
    await in_database(
        Run.request, key="1:student:other", code="input()", student=ada, origin="student",
        group="another lesson's", interactive=True, watched=True,
    )  # fmt: skip
    if not is_watched:
        missed = timezone.now() + timedelta(seconds=WATCHED_S - 2 * WATCH_S - 1)
        await in_database(Run.objects.update, watched_until=missed)
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="print(7)")
        if is_watched:
            assert "in another lesson" in (await page.next("refused"))["message"]
        else:
            assert (await page.next("run_changed"))["run"]["state"] == "queued"
        other = await in_database(Run.objects.get, key="1:student:other")
        assert other.finished is not is_watched
