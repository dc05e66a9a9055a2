"""A model that solves the step, from its answer to the pages, which are shown a question instead.

The emulator is the model, the test's own process the sandbox; tests/tutor/leaking.py has the ways.
"""

import json

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.browser import Browser, browser
from tests.tutor.classroom import Upstream, asked
from tests.tutor.leaking import LINE, QUESTION, STARTER, WAYS, answers, leaked_in
from tests.tutor.trying import LEAK, Tried
from tutor.emulator import Say
from tutor.models import Judgement

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
