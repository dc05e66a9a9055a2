"""The runs that a session awaits, the tutor's and the student's own."""

import asyncio
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from courses.models import Lesson
from sandbox.job import Result, Status
from sandbox.models import Run, SandboxWorker
from tests.page import printed
from tests.tutor.browser import browser
from tests.tutor.classroom import (
    RUN_IT,
    Upstream,
    asked,
    finish_run,
    judged,
    open_run,
    tell,
)
from tutor.database import in_database
from tutor.emulator import Say
from tutor.models import Conversation
from tutor.session.runs import Runs

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]

LONG_AGO = timezone.now() - timedelta(days=1)


async def test_the_tutor_runs_the_program_and_goes_on_with_what_it_printed(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("Why 41?")]) as server, browser(ada, lesson) as page:
        await page.say("Why is it wrong?")
        call = (await page.next("item"))["item"]
        # It may be refused yet.
        assert (call["kind"], call["run"]["code"]) == ("run", "")
        assert (await page.next("run_changed"))["run"]["code"] == "print(41)"
        await finish_run(Result(Status.OK, 0, stdout="41\n", duration_ms=3))
        while (await page.next("run_changed"))["run"]["state"] != "ok":
            pass
        await page.turn("done")
        output = asked(server)[-1]["input"][-1]
        assert output["type"] == "function_call_output"
        assert json.loads(output["output"])["stdout"] == "41\n"


async def test_a_lost_notification_does_not_hold_up_the_turn(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    monkeypatch.setattr("sandbox.models.run.notify", lambda *nobody_hears_this: None)
    async with upstream([RUN_IT], [Say("Why 41?")]), browser(ada, lesson) as page:
        await page.say("Why is it wrong?")
        await finish_run(Result(Status.OK, 0, stdout="41\n"))
        await page.turn("done")


async def test_a_run_that_nobody_takes_ends_as_unavailable_and_the_dialogue_goes_on(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    monkeypatch.setattr("tutor.session.runs.RUN_TIMEOUT_S", 0.1)
    await in_database(SandboxWorker.enter, ["sandbox"])
    await in_database(SandboxWorker.objects.update, lease_until=LONG_AGO)  # it was killed
    async with upstream([RUN_IT], [Say("Read it.")]) as server, browser(ada, lesson) as page:
        await page.say("Why is it wrong?")
        await page.turn("done")
        output = json.loads(asked(server)[-1]["input"][-1]["output"])
        assert output["status"] == "unavailable"


async def test_a_run_in_a_long_queue_is_not_given_up(
    upstream: Upstream, ada: User, stranger: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.02)
    monkeypatch.setattr("tutor.session.runs.RUN_TIMEOUT_S", 0.05)

    def somebody_else_is_being_served() -> None:
        run = Run.request(
            key="other", code="…", stdin="", student=stranger, origin="student", group="other"
        )
        assert Run.objects.claim(str(run.pk))

    await in_database(somebody_else_is_being_served)
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="print(7)")
        await page.next("run_changed")
        await asyncio.sleep(0.3)  # many looks later
        run = await in_database(Run.objects.get, group__startswith="conversation")
        assert run.status == "queued"
        await in_database(run.finish, Result(Status.OK, 0))


async def test_the_end_of_a_run_reaches_a_page_that_was_loaded_meanwhile(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    monkeypatch.setattr("sandbox.models.run.notify", lambda *nobody_hears_this: None)
    async with upstream():
        async with browser(ada, lesson) as page:
            await page.send("run", id="my-run-1", code="print(7)")
            await page.next("run_changed")
        async with browser(ada, lesson) as page:
            assert (await page.next("hello"))["last_run"]["state"] == "queued"
            await finish_run(Result(Status.OK, 0, stdout="7\n"))
            while (await page.next("run_changed"))["run"]["state"] != "ok":
                pass


async def test_the_students_own_run_takes_the_same_way_without_the_model(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream() as server, browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="print(7)", stdin="")
        assert (await page.next("run_changed"))["run"]["state"] == "queued"
        run = await finish_run(Result(Status.OK, 0, stdout="7\n"))
        assert (run.origin, run.student_id) == ("student", ada.pk)
        frame = await page.next("run_changed")
        assert frame["run"] | {"id": "my-run-1", "by": "student"} == frame["run"]
        assert printed(frame["run"]) == "7\n"
        assert asked(server) == []
    async with upstream(), browser(ada, lesson) as page:
        assert printed((await page.next("hello"))["last_run"]) == "7\n"


async def test_output_reaches_the_page_while_the_program_runs(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="print(7)")
        await page.next("run_changed")
        run = await open_run()
        await tell(run, "run.printed", stream="stdout", text="7\n")
        assert await page.next("output") == {
            "type": "output", "run": "my-run-1", "begun": 0, "seq": 0, "stream": "stdout",
            "text": "7\n",
        }  # fmt: skip
        await finish_run(Result(Status.OK, 0))


async def test_those_who_wait_are_told_their_place_in_line(
    upstream: Upstream, ada: User, stranger: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)

    def others_were_first() -> list[Run]:
        whose: Any = {"student": stranger, "origin": "student", "group": "other"}
        return [Run.request(key=f"other-{n}", code="…", **whose) for n in range(2)]

    others = await in_database(others_were_first)
    async with upstream(), browser(ada, lesson) as page:
        await page.send("check_code", id="attempt-1", code="pass")
        assert (await page.next("attempt"))["attempt"]["position"] == 3
        await in_database(others[0].finish, Result(Status.OK, 0))
        assert (await page.next("attempt"))["attempt"]["position"] == 2
        await in_database(others[1].finish, Result(Status.OK, 0))
        assert (await page.next("attempt"))["attempt"]["position"] == 1
        await finish_run(Result(Status.UNAVAILABLE))


async def test_a_page_is_told_that_its_run_was_lost_and_a_worker_has_time_to_take_it_again(
    upstream: Upstream, ada: User, stranger: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    def somebody_is_served() -> Run:
        whose: Any = {"student": stranger, "origin": "student", "group": "other"}
        other = Run.request(key="other", code="…", **whose)
        assert Run.objects.claim(str(other.pk))
        return other

    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    monkeypatch.setattr("tutor.session.runs.RUN_TIMEOUT_S", 60)
    # What is awaited is overdue from the beginning.
    monkeypatch.setattr("tutor.session.runs._deadline", lambda: time.monotonic() - 1)
    other = await in_database(somebody_is_served)
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="print(7)")
        await page.next("run_changed")
        run = await open_run()
        await in_database(Run.objects.claim, str(run.pk))
        await tell(run, "run.started")
        while (await page.next("run_changed"))["run"]["state"] != "running":
            pass
        # It has been on for longer than anybody waits for a worker, and nobody else is served.
        monkeypatch.setattr("tutor.session.runs._deadline", lambda: time.monotonic() + 60)
        await in_database(other.delete)
        lapsed = timezone.now() - timedelta(seconds=1)
        await in_database(Run.objects.update, owner="elsewhere", lease_until=lapsed)
        while (shown := (await page.next("run_changed"))["run"])["state"] == "running":
            pass
        assert (shown["state"], shown["position"]) == ("queued", 1)
        await finish_run(Result(Status.OK, 0))
        while (shown := (await page.next("run_changed"))["run"])["state"] == "queued":
            pass
        assert shown["state"] == "ok"


async def test_the_end_of_a_check_reaches_a_page_that_was_loaded_meanwhile(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    monkeypatch.setattr("sandbox.models.run.notify", lambda *nobody_hears_this: None)
    async with upstream():
        async with browser(ada, lesson) as page:
            await page.send("check_code", id="attempt-1", code="pass")
            await page.next("attempt")
        async with browser(ada, lesson) as page:
            assert (await page.next("hello"))["steps"][0]["last"]["state"] == "queued"
            await finish_run(Result(Status.UNAVAILABLE, message="Nobody is there."))
            assert (await judged(page, "attempt-1"))["message"] == "Nobody is there."


async def test_a_run_waits_for_a_sandbox_that_has_not_come_up_and_the_page_is_told(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    monkeypatch.setattr("tutor.session.runs.RUN_TIMEOUT_S", 0.1)
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="print(7)")
        shown = (await page.next("run_changed"))["run"]
        assert (shown["state"], shown["starting"]) == ("queued", True)
        # A worker comes, long after one that was there would have taken it: it starts, is ready.
        await asyncio.sleep(0.2)
        await in_database(SandboxWorker.enter, ["sandbox"])
        run = await open_run()
        assert await in_database(run.awaits_start)
        monkeypatch.setattr("tutor.session.runs.RUN_TIMEOUT_S", 60)
        await in_database(SandboxWorker.renew, ["sandbox"], starting=False)
        shown = (await page.next("run_changed"))["run"]
        assert (shown["state"], shown["starting"], shown["position"]) == ("queued", False, 1)
        # It is taken, and its worker's own container is not ready yet.
        claimed = await in_database(Run.objects.claim, str(run.pk))
        assert claimed
        await in_database(claimed.store_starting, starting=True)
        await tell(run, "run.started")
        while not (shown := (await page.next("run_changed"))["run"])["starting"]:
            pass
        assert (shown["state"], shown["begun"]) == ("queued", 0)
        await in_database(claimed.store_starting, starting=False)
        await tell(run, "run.started")
        while (shown := (await page.next("run_changed"))["run"])["state"] == "queued":
            pass
        assert (shown["state"], shown["begun"]) == ("running", 1)
        await in_database(claimed.finish, Result(Status.OK, 0))


async def test_a_sandbox_that_never_comes_up_is_waited_for_in_bounds(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    monkeypatch.setattr("tutor.session.runs.RUN_TIMEOUT_S", 0.1)
    monkeypatch.setattr("tutor.session.runs.START_TIMEOUT_S", 0.3)
    async with upstream(), browser(ada, lesson) as page:
        await page.send("run", id="my-run-1", code="print(7)")
        while (shown := (await page.next("run_changed"))["run"])["state"] == "queued":
            pass
        assert (shown["state"], bool(shown["message"])) == ("unavailable", True)


def test_what_a_run_waits_for_is_asked_once_a_look(
    ada: User, lesson: Lesson, django_assert_num_queries: Any
) -> None:
    SandboxWorker.enter(["typing"])
    conversation = Conversation.open(ada, lesson)
    runs = Runs(conversation)
    conversation.request_run("student", "my-run-1", "input()", files={}, interactive=True)
    runs.follow("student", "my-run-1")
    assert runs.changes(is_watched=True)
    # The run, its files, its place, and the workers: every page that waits asks every second.
    with django_assert_num_queries(4):
        assert runs.changes(is_watched=True) == []
