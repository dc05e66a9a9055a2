"""A client that sends what it must not: each frame is refused by name, and the dialogue goes on."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.browser import Browser, browser
from tests.tutor.classroom import SLOWLY, Upstream, finish_run, kinds
from tests.tutor.session.moves import ASK, PROGRAM, asked_for, gives, settled, shown
from tutor.database import in_database
from tutor.emulator import Say, script
from tutor.models import Attempt, Conversation, HintGiven, Prediction, Waiting

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]

SAY = Say("Why?")


async def refused(page: Browser, kind: str, **fields: Any) -> str:
    """The code with which a frame is refused."""
    await page.send(kind, id="forbidden-1", **fields)
    answer = await page.next("refused", "accepted", "run_changed", "attempt")
    assert (answer["type"], answer["id"]) == ("refused", "forbidden-1"), answer
    assert answer["message"]
    code: str = answer["code"]
    return code


OWN = {
    "run": {"code": PROGRAM},
    "run of another program": {"code": "print(3)"},
    "run beside a harness": {"code": f"{PROGRAM}print(kilometres(3))"},
    "check_code": {"code": PROGRAM},
}


@pytest.mark.parametrize("name", OWN)
async def test_while_a_prediction_is_open_no_page_gets_its_program_run(
    upstream: Upstream, ada: User, lesson: Lesson, name: str
) -> None:
    async with (
        upstream([ASK], [SAY]),
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        number = await asked_for(page)
        await other.next("hello")
        for each in (page, other):
            assert await refused(each, name.split(maxsplit=1)[0], **OWN[name]) == "predict_first"
        assert not await in_database(Run.objects.exists)
        assert not await in_database(Attempt.objects.exists)
        await page.send("answer", id="answer-01", prediction=number, text="3")
        await gives(3)
        assert (await settled(page))["state"] == "right"
        await page.turn("done")
        # Now it may be run.
        await page.send("run", id="own-run-1", code=PROGRAM)
        assert (await page.next("run_changed", "refused"))["type"] == "run_changed"
        await finish_run(Result(Status.OK, 0))


async def test_an_answer_that_nobody_asked_for_is_refused(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([ASK], [SAY]), browser(ada, lesson) as page:
        assert await refused(page, "answer", prediction=1, text="3") == "not_open"
        number = await asked_for(page)
        for wrong in (number + 1, 2**31 - 1):
            assert await refused(page, "answer", prediction=wrong, text="3") == "not_open"
        for none in (0, -1, 2**31, "one", None):
            assert await refused(page, "answer", prediction=none, text="3") == "bad_frame"
        for text in ("", "\0", "x" * 100_000, 3, ["3"]):
            assert await refused(page, "answer", prediction=number, text=text) == "bad_frame"
        await page.send("answer", id="answer-01", prediction=number, text="3")
        await gives(3)
        await settled(page)
        await page.turn("done")
        # Under another name the same answer comes too late, and no name serves twice.
        assert await refused(page, "answer", prediction=number, text="4") == "not_open"
    assert (await in_database(kinds)).count("student") == 2


async def test_the_answer_to_another_conversations_question_is_refused(
    upstream: Upstream, ada: User, stranger: User, lesson: Lesson
) -> None:
    from courses.models import Enrolment

    await in_database(Enrolment.objects.create, course=lesson.course, student=stranger)
    async with upstream([ASK]), browser(ada, lesson) as page, browser(stranger, lesson) as other:
        number = await asked_for(page)
        assert await refused(other, "answer", prediction=number, text="3") == "not_open"
        prediction = await in_database(Prediction.objects.get)
        assert prediction.is_open
    assert not await in_database(Run.objects.exists)
    assert not await in_database(Waiting.objects.exists)


async def test_no_run_of_the_servers_can_be_stopped_or_typed_into(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([ASK], [SAY]), browser(ada, lesson) as page:
        number = await asked_for(page)
        await page.send("answer", id="answer-01", prediction=number, text="3")
        await page.next("accepted")
        for kind, more in (("stop_run", {}), ("input", {"text": "x"})):
            await page.send_text(json.dumps({"type": kind, "id": f"prediction.{number}", **more}))
            assert (await page.next("error", "refused"))["code"] == "bad_frame"
        await gives(3)
        assert (await settled(page))["state"] == "right"
        await page.turn("done")


# Hints


async def test_a_hint_is_refused_until_it_is_earned_and_given_once(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson) as page, browser(ada, lesson) as other:
        await other.next("hello")
        assert await refused(page, "hint", code=PROGRAM) == "hint"
        assert await refused(page, "hint", code=PROGRAM, step="no-such-step") == "bad_step"
        await page.send("run", id="own-run-1", code=PROGRAM)
        await finish_run(Result(Status.OK, 0))
        for _ in range(2):  # sent again, it is the same hint
            await page.send("hint", id="hint-0001", code=PROGRAM)
            hint = (await page.next("accepted"))["item"]
            assert (hint["kind"], hint["level"], hint["asked"]) == ("hint", 1, True)
            assert "small number" in hint["text"]
            assert (await page.turn("done"))["number"] == hint["turn"]
        assert (await other.next("item"))["item"] == hint
        assert await refused(page, "hint", code=PROGRAM) == "hint"
        await page.send("edit", code="x = 1\n")
        await page.next("saved")
        async with browser(ada, lesson) as third:
            [item] = (await third.next("hello"))["items"]
            assert item == hint | {"stale": True}
    assert await in_database(HintGiven.objects.count) == 1
    assert await in_database(kinds) == ["facts"]


async def test_no_hint_is_given_while_the_tutor_answers_or_a_question_is_open(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    model = script([Say("word " * 40)], [ASK])
    async with upstream(model=model, pace=SLOWLY), browser(ada, lesson) as page:
        await page.send("run", id="own-run-1", code=PROGRAM)
        await finish_run(Result(Status.OK, 0))
        await page.say("Why?", PROGRAM)
        await page.turn("speaking")
        assert await refused(page, "hint", code=PROGRAM) == "busy"
        await page.send("stop")
        await page.turn("stopped")
        await asked_for(page)
        assert await refused(page, "hint", code=PROGRAM) == "hint"
    assert not await in_database(HintGiven.objects.exists)
    conversation = await in_database(Conversation.objects.get)
    assert conversation.claimed_until is None
    assert shown(page, "error") == []
