"""A program goes on while its page is loaded again, and the page has all of it, each piece once.

The worker is the real observer of a claimed row; what the program prints and reads is the test's.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from sandbox import run_observer
from sandbox.job import Result, Status
from sandbox.models import Run
from sandbox.run_observer import RunObserver
from sandbox.run_poller import RunPoller
from tests.page import printed
from tests.tutor.browser import Browser, browser
from tests.tutor.classroom import Upstream, open_run
from tutor.database import in_database

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    monkeypatch.setattr("tutor.session.run_output.ASK_S", 0.05)
    monkeypatch.setattr(run_observer, "INTERACTIVE_POLL_INTERVAL_S", 0.02)
    monkeypatch.setattr(run_observer, "SILENCE_S", 0.1)
    monkeypatch.setattr(run_observer, "GATHER_S", 0)
    monkeypatch.setattr(run_observer, "poller", RunPoller())


class Program:
    """A program that a worker has on."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.observer = RunObserver(run)

    async def prints(self, text: str) -> None:
        await in_database(self.observer.printed, "stdout", text)

    async def reads(self) -> str:
        """What was typed, told as the execution does."""
        while not (text := await in_database(self.observer.typed)):
            await asyncio.sleep(0.01)
        await in_database(self.observer.printed, "stdin", text)
        return text

    async def go_on(self) -> None:
        while not await in_database(self.observer.cancelled):
            await asyncio.sleep(0.01)


@asynccontextmanager
async def program_on(page: Browser, code: str = "input()") -> AsyncIterator[Program]:
    """A program of this page's that a worker has on, for the length of a block."""
    await page.send("run", id="my-run-1", code=code, interactive=True)
    await page.next("run_changed")
    run = await in_database(Run.objects.claim, str((await open_run()).pk))
    assert run
    await in_database(run.notify, "run.started")
    program = Program(run)
    going_on = asyncio.create_task(program.go_on())
    try:
        yield program
    finally:
        going_on.cancel()
        await asyncio.wait([going_on])


async def shown_until(page: Browser, end: str, text: str = "", seq: int = 0) -> tuple[str, int]:
    """What the page shows of the run, by its frames alone, once that ends with `end`; and the
    number of its last piece. It was `text` before, with the number `seq`."""
    while not text.endswith(end):
        frame = await page.next("run_changed", "output")
        if frame["type"] == "output":
            assert frame["seq"] == seq + 1  # no gap, none twice
            text, seq = text + frame["text"], frame["seq"]
        elif frame["run"]["seq"] > seq:
            text, seq = _all(frame["run"]), frame["run"]["seq"]
    return text, seq


def _all(run: dict[str, Any]) -> str:
    return "".join(piece["text"] for piece in run["output"])


async def test_a_page_that_is_loaded_again_has_what_was_printed_and_typed_and_types_on(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson) as first, program_on(first) as program:
        await program.prints("Name? ")
        await first.send("input", id="my-run-1", text="Ada\n")
        assert await program.reads() == "Ada\n"
        await program.prints("Age? ")
        live, _ = await shown_until(first, "Age? ")
        assert live == "Name? Ada\nAge? "
        await first.leave(1001)
        # Three times, as one who is impatient does.
        for _ in "123":
            async with browser(ada, lesson) as again:
                hello = await again.next("hello")
                run = hello["last_run"]
                assert (run["id"], run["state"], run["interactive"]) == (
                    "my-run-1", "running", True,
                )  # fmt: skip
                text, seq = await shown_until(again, "Age? ", _all(run), run["seq"])
                assert text == live
        async with browser(ada, lesson) as again:
            run = (await again.next("hello"))["last_run"]
            text, seq = await shown_until(again, "Age? ", _all(run), run["seq"])
            await again.send("input", id="my-run-1", text="36\n")
            assert await program.reads() == "36\n"
            await program.prints("Bye")
            text, _ = await shown_until(again, "Bye", text, seq)
            assert text == "Name? Ada\nAge? 36\nBye"
            await in_database(program.run.finish, Result(Status.OK, 0, stdout="whole"))
            while (end := (await again.next("run_changed"))["run"])["state"] == "running":
                pass
            assert printed(end) == "whole"


async def test_another_page_shows_the_program_and_nothing_is_stored_while_nobody_asks(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson) as page, browser(ada, lesson) as other:
        await other.next("hello")
        async with program_on(page) as program:
            await program.prints("Name? ")
            assert (await shown_until(other, "Name? "))[0] == "Name? "
            await other.send("input", id="my-run-1", text="Ada\n")
            await program.reads()
            assert (await shown_until(page, "Ada\n"))[0] == "Name? Ada\n"
            run = await in_database(Run.objects.get)
            assert (run.printed, run.replay_wanted) == (None, 0)


async def test_the_end_of_an_output_that_was_lost_on_its_way_is_missed_and_comes(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with upstream(), browser(ada, lesson) as page, program_on(page) as program:
        await program.prints("one ")
        text, seq = await shown_until(page, "one ")
        with monkeypatch.context() as lost:
            lost.setattr("sandbox.models.run.notify", lambda *nobody_hears_this: None)
            await program.prints("two ")
        assert (await shown_until(page, "two ", text, seq))[0] == "one two "


async def test_a_program_is_ended_when_no_page_has_come_back(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.models.followed.WATCHED_S", 0.3)
    monkeypatch.setattr(run_observer, "RETURN_S", 0.1)
    monkeypatch.setattr("tutor.session.runs.WATCH_S", 0.05)
    async with upstream(), browser(ada, lesson) as page, program_on(page) as program:
        await asyncio.sleep(1)  # three times as long as it goes on by itself
        assert not program.observer.is_left
        await page.leave(1001)
        async with asyncio.timeout(10):
            await program.go_on()
        assert program.observer.is_left
