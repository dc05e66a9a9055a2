"""A model that solves the step, from its answer to the pages, which are shown a question instead.

The emulator is the model, the test's own process the sandbox; tests/tutor/leaking.py has the ways.
"""

import asyncio
import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.page import printed
from tests.tutor import scripted
from tests.tutor.browser import Browser, browser, sessions_over
from tests.tutor.classroom import Upstream, asked, tell
from tests.tutor.leaking import LINE, QUESTION, STARTER, WAYS, answers, leaked_in, run
from tests.tutor.trying import LEAK, SOLUTION, Tried
from tutor.database import in_database
from tutor.emulator import Say
from tutor.models import Judgement
from tutor.session.leak_gate import LeakGate
from tutor.session.turn_store import TurnStore
from tutor.turn import messages
from tutor.upstream.client import close_client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def runs_end(tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tutor runs ends at once, and prints the line that mends the program."""
    enqueue = Run.enqueue

    def ends(run: Run) -> None:
        if run.series:
            enqueue(run)
        else:
            run.finish(Result(Status.OK, 0, stdout=f"{LINE}\n"))

    monkeypatch.setattr(Run, "enqueue", ends)


def shown(page: Browser) -> list[str]:
    """The tutor's texts that are stored, as the page was shown them."""
    items = [frame["item"] for frame in page.frames if frame["type"] == "item"]
    return [item["text"] for item in items if item["kind"] == "tutor"]


@pytest.mark.usefixtures("runs_end")
@pytest.mark.parametrize("way", WAYS)
async def test_what_solves_the_step_reaches_no_page(
    upstream: Upstream, ada: User, lesson: Lesson, way: str
) -> None:
    async with upstream(*answers(way)):
        async with browser(ada, lesson) as page, browser(ada, lesson) as other:
            await other.next("hello")
            await page.say("Just give me the code.", STARTER)
            await page.turn("done")
            await other.turn("done")
            assert leaked_in(page.frames) == leaked_in(other.frames) == []
            assert shown(page)[-1] == shown(other)[-1] == QUESTION
        async with browser(ada, lesson) as page:
            assert leaked_in([await page.next("hello")]) == []
    held_back = [row async for row in Judgement.objects.filter(held_back=True)]
    assert held_back
    assert {row.verdict for row in held_back} == {"leak"}


async def test_the_chain_goes_on_after_an_answer_that_was_withheld(
    upstream: Upstream, ada: User, lesson: Lesson, tried: Tried
) -> None:
    async with (
        upstream([Say(LEAK)], [Say(LEAK)], [Say(QUESTION)], [Say("And now?")]) as server,
        browser(ada, lesson) as page,
    ):
        await page.ready()
        await page.say("Just give me the code.", STARTER)
        await page.turn("done")
        await page.say("Please!", STARTER)
        await page.turn("done")
        first, *rest = asked(server)
        assert all(frame["previous_response_id"] for frame in [first, *rest])
        # The notice alone, twice; then the facts and the message.
        assert [len(frame["input"]) for frame in rest] == [1, 1, 2]
        assert max(len(json.dumps(frame["input"])) for frame in rest) < 2_000


async def test_an_answer_that_is_cut_short_is_judged(
    upstream: Upstream, ada: User, lesson: Lesson, tried: Tried, settings: Any
) -> None:
    capped = {"max_answer_tokens": 200, "reasoning_tokens": 0}
    settings.MODEL_OPTIONS = settings.MODEL_OPTIONS | capped
    async with (
        upstream([Say(LEAK + " Well …" * 2_000)], [Say(QUESTION)]),
        browser(ada, lesson) as page,
    ):
        await page.say("Just give me the code.", STARTER)
        await page.turn("done")
        assert leaked_in(page.frames) == []
        assert shown(page) == [QUESTION]


async def test_a_refusal_is_judged(ada: User, lesson: Lesson, tried: Tried, settings: Any) -> None:
    refusal = scripted.message("", content=[{"type": "refusal", "refusal": LEAK}])
    no = [scripted.created("r1"), scripted.done(0, refusal), scripted.completed("r1", refusal)]
    async with scripted.scripted(no, scripted.said("r2", QUESTION)) as server:
        settings.OPENAI_BASE_URL = server.base_url
        await close_client()
        async with browser(ada, lesson) as page:
            await page.say("Just give me the code.", STARTER)
            await page.turn("done")
            assert leaked_in(page.frames) == []
            assert shown(page) == [QUESTION]
        await sessions_over()
        await close_client()


async def test_after_two_answers_that_leak_a_question_of_ours_is_asked(
    upstream: Upstream, ada: User, lesson: Lesson, tried: Tried
) -> None:
    async with upstream([Say(LEAK)], [Say(LEAK)], [Say(LEAK)]) as server:
        async with browser(ada, lesson) as page:
            await page.say("Just give me the code.", STARTER)
            await page.turn("done")
            assert leaked_in(page.frames) == []
            [instead] = shown(page)
            assert "?" in instead
        assert len(asked(server)) == 3


async def test_a_slow_sandbox_is_told_of_and_the_text_comes_behind_it(
    upstream: Upstream, ada: User, lesson: Lesson, tried: Tried
) -> None:
    tried.delay_s = 0.5
    harmless = "Take this:\n\n```python\ntotal = total + day * 2\n```\n\nWhat do you expect?"
    async with upstream([Say(harmless)]), browser(ada, lesson) as page:
        await page.say("Why?", STARTER)
        await page.turn("done")
        assert messages.SEARCHING in [frame.get("message") for frame in page.frames]
        assert shown(page) == [harmless]


async def test_where_notes_are_taken_everything_is_shown(
    upstream: Upstream, ada: User, lesson: Lesson, tried: Tried, settings: Any
) -> None:
    settings.LEAK_GATE = "log"
    async with upstream([Say(LEAK)]), browser(ada, lesson) as page:
        await page.say("Just give me the code.", STARTER)
        await page.turn("done")
        assert shown(page) == [LEAK]
    rows = [row async for row in Judgement.objects.filter(verdict="leak")]
    assert rows
    assert not any(row.held_back for row in rows)


@pytest.mark.usefixtures("runs_end")
async def test_where_notes_are_taken_what_runs_print_is_noted_too(
    upstream: Upstream, ada: User, lesson: Lesson, settings: Any
) -> None:
    settings.LEAK_GATE = "log"
    async with (
        upstream([run("print(6 * 7)")], [Say(QUESTION)]) as server,
        browser(ada, lesson) as page,
    ):
        await page.say("Why?", STARTER)
        await page.turn("done")
        assert outputs(page)[-1] == f"{LINE}\n"
        assert "days + 1" in asked(server)[-1]["input"][-1]["output"]
    rows = Judgement.objects.filter(verdict="leak", channel="output")
    assert [row.held_back async for row in rows] == [False]


async def test_where_the_gate_is_off_nothing_is_judged(
    upstream: Upstream, ada: User, lesson: Lesson, tried: Tried, settings: Any
) -> None:
    settings.LEAK_GATE = "off"
    async with upstream([Say(LEAK)]), browser(ada, lesson) as page:
        await page.say("Just give me the code.", STARTER)
        await page.turn("done")
        assert shown(page) == [LEAK]
    assert tried.opened == []
    assert not await Judgement.objects.aexists()


async def test_without_a_sandbox_the_solution_is_kept_and_prose_is_not(
    upstream: Upstream, ada: User, lesson: Lesson, tried: Tried
) -> None:
    tried.is_away = True
    async with upstream([Say(LEAK)], [Say(QUESTION)]), browser(ada, lesson) as page:
        await page.say("Just give me the code.", STARTER)
        await page.turn("done")
        assert leaked_in(page.frames) == []
        assert shown(page) == [QUESTION]


async def test_what_is_judged_next_is_judged_against_what_has_been_stored(
    upstream: Upstream, ada: User, lesson: Lesson, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the rows were read while they were written."""
    order: list[str] = []
    commit, mark_stale = TurnStore.commit, LeakGate.mark_stale

    async def committed(store: TurnStore, actions: Any) -> Any:
        outcome = await commit(store, actions)
        order.append("stored")
        return outcome

    def marked(gate: LeakGate) -> None:
        order.append("stale")
        mark_stale(gate)

    monkeypatch.setattr(TurnStore, "commit", committed)
    monkeypatch.setattr(LeakGate, "mark_stale", marked)
    async with upstream([Say(LEAK)], [Say(QUESTION)]), browser(ada, lesson) as page:
        await page.say("Just give me the code.", STARTER)
        await page.turn("done")
    assert order == ["stored", "stale"] * 2


# The tutor's runs


def outputs(page: Browser) -> list[str]:
    """What the page was shown of the output of runs, whichever way."""
    runs = [frame["run"] for frame in page.frames if frame["type"] == "run_changed"]
    live = [frame["text"] for frame in page.frames if frame["type"] == "output"]
    return [text for text in [*map(printed, runs), *live] if text]


async def test_what_a_run_prints_is_shown_when_it_has_been_judged(
    upstream: Upstream, ada: User, lesson: Lesson, tried: Tried
) -> None:
    async with (
        upstream([run("print(6 * 7)")], [Say(QUESTION)]) as server,
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await other.next("hello")
        await page.say("Why?", STARTER)
        began = await tutors_run()
        await tell(began, "run.started")
        await tell(began, "run.printed", stream="stdout", text="42\n")
        await in_database(began.finish, Result(Status.OK, 0, stdout="42\n"))
        await page.turn("done")
        await other.turn("done")
        for each in (page, other):
            assert [frame for frame in each.frames if frame["type"] == "output"] == []
            assert outputs(each)[-1] == "42\n"
        told = json.loads(asked(server)[-1]["input"][-1]["output"])
        assert told["stdout"] == "42\n"


async def test_what_a_run_prints_that_solves_the_step_is_not_shown_and_the_model_told_so(
    upstream: Upstream, ada: User, lesson: Lesson, tried: Tried
) -> None:
    async with (
        upstream([run("print(6 * 7)")], [Say(QUESTION)]) as server,
        browser(ada, lesson) as page,
    ):
        await page.say("Why?", STARTER)
        began = await tutors_run()
        await in_database(began.finish, Result(Status.OK, 0, stdout=f"{LINE}\n"))
        await page.turn("done")
        assert outputs(page) == []
        assert "days + 1" not in asked(server)[-1]["input"][-1]["output"]


@pytest.mark.parametrize("behind", ["2 3\n", "a b\n", "\n"])
async def test_a_solution_in_a_long_output_is_found(
    upstream: Upstream, ada: User, lesson: Lesson, tried: Tried, behind: str
) -> None:
    filling = "".join(f"{n} {behind}" for n in range(2_000))
    async with upstream([run("print(6 * 7)")], [Say(QUESTION)]), browser(ada, lesson) as page:
        await page.say("Why?", STARTER)
        began = await tutors_run()
        printed = f"{filling}{SOLUTION}{filling}"
        await in_database(began.finish, Result(Status.OK, 0, stdout=printed))
        await page.turn("done")
        assert outputs(page) == []


async def test_the_output_of_a_run_that_was_stopped_stays_hidden(
    upstream: Upstream, ada: User, lesson: Lesson, tried: Tried
) -> None:
    async with upstream([run("print(6 * 7)")], [Say(QUESTION)]):
        async with browser(ada, lesson) as page:
            await page.say("Why?", STARTER)
            began = await tutors_run()
            await in_database(Run.objects.claim, str(began.pk))
            await page.send("stop")
            await page.turn("stopped")
            running = await Run.objects.aget(pk=began.pk)
            await in_database(running.finish, Result(Status.CANCELLED, stdout=f"{LINE}\n"))
        async with browser(ada, lesson) as page:
            hello = await page.next("hello")
            assert leaked_in([hello]) == []
            [shown_run] = [item["run"] for item in hello["items"] if "run" in item]
            assert shown_run["state"] == "cancelled"


async def tutors_run() -> Run:
    """The tutor's run, as soon as there is one."""
    async with asyncio.timeout(10):
        while (found := await Run.objects.filter(origin="tutor").afirst()) is None:
            await asyncio.sleep(0.01)
        return found
