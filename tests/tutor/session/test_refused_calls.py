"""A model that asks for everything it must not have: refused by name, and nothing is shown."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Course, Enrolment, Lesson
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.conftest import sample
from tests.tutor.browser import browser
from tests.tutor.classroom import Upstream, asked, finish_run, open_run
from tests.tutor.session.moves import (
    ASK,
    CALL,
    PROGRAM,
    asked_for,
    execute,
    gives,
    settled,
    shown,
    tool,
)
from tutor.database import in_database
from tutor.emulator import Call, Emulator, Say
from tutor.models import Conversation, HintGiven, Prediction

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]

SAY = Say("Why?")
LONG = "f(" + "1" * 64_000 + ")"


def outputs(server: Emulator) -> list[dict[str, Any]]:
    """The reports that the model was sent with its last request."""
    items = asked(server)[-1]["input"]
    theirs = [item for item in items if item["type"] == "function_call_output"]
    return [json.loads(item["output"]) for item in theirs]


REFUSED = {
    "hint before its time": [tool("give_hint", level=1)],
    "hint above the next": [tool("give_hint", level=3)],
    "hint of no level": [tool("give_hint", level=0)],
    "offer of a step behind the last": [tool("offer_check", what="next")],
    "offer of anything": [tool("offer_check", what="solution")],
    "unknown tool": [tool("set_mastery", level=1)],
    "no arguments": [Call("ask_prediction", "")],
    "no JSON": [Call("ask_prediction", '{"call": ')],
    "more arguments": [tool("ask_prediction", call=CALL, question="?", answer="2")],
    "a call that does not parse": [tool("ask_prediction", call="f(", question="?")],
    "a call of 64,000 characters": [tool("ask_prediction", call=LONG, question="?")],
    "a question of 64,000 characters": [tool("ask_prediction", call=CALL, question=LONG)],
    "calls that do not parse": [execute("", "f(1)", "f(")],
    "a run of a call of 64,000 characters": [execute("", LONG)],
    "too many calls": [execute("", *["f(1)"] * 21)],
    "a program of 64,001 characters": [execute("#" * 64_001)],
}


@pytest.mark.parametrize("calls", REFUSED.values(), ids=REFUSED)
async def test_what_may_not_be_asked_is_refused_and_nothing_of_it_shown(
    upstream: Upstream, ada: User, lesson: Lesson, calls: list[Call]
) -> None:
    async with upstream(calls, [SAY]) as server, browser(ada, lesson) as page:
        await page.say("Why?", PROGRAM)
        await page.turn("done")
        [output] = outputs(server)
        assert output["status"] in ("refused", "error")
        assert output.get("because") or output.get("message")
        assert len(json.dumps(output)) < 1_000
        cards = [item["item"]["kind"] for item in shown(page, "item")]
        assert [kind for kind in cards if kind not in ("tutor", "run")] == []
    assert not await in_database(Run.objects.exists)
    assert not await in_database(Prediction.objects.exists)
    assert not await in_database(HintGiven.objects.exists)


@pytest.mark.parametrize("first", ["run", "prediction"])
async def test_a_run_beside_a_prediction_is_refused_and_the_question_asked(
    upstream: Upstream, ada: User, lesson: Lesson, first: str
) -> None:
    calls = [execute("", CALL), ASK]
    async with (
        upstream(calls if first == "run" else calls[::-1], [SAY]) as server,
        browser(ada, lesson) as page,
    ):
        await page.say("Why?", PROGRAM)
        await page.turn("done")
        by_name = {one["status"] for one in outputs(server)}
        assert by_name == {"refused", "asked"}
        ended = [frame["run"] for frame in shown(page, "run_changed")]
        assert {(run["state"], run["code"]) for run in ended} <= {("unavailable", "")}
    assert not await in_database(Run.objects.exists)
    assert await in_database(Prediction.objects.count) == 1


async def test_of_several_moves_the_first_is_made(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    moves = [tool("offer_check", what="attempt"), ASK, tool("give_hint", level=1)]
    async with upstream(moves, [SAY]) as server, browser(ada, lesson) as page:
        await page.say("Why?", PROGRAM)
        await page.turn("done")
        assert [one["status"] for one in outputs(server)] == ["offered", "refused", "refused"]
        cards = [frame["item"]["kind"] for frame in shown(page, "item")]
        assert cards == ["offer", "tutor"]


@pytest.mark.parametrize(
    "calls",
    [[execute()], [execute(PROGRAM)], [execute("", CALL)], [execute(f"{PROGRAM}print({CALL})")],
     [execute("print(3)")], [ASK], [tool("give_hint", level=1)]],
    ids=["own", "the same", "call", "harness", "another", "question", "hint"],
)  # fmt: skip
async def test_while_a_prediction_is_open_nothing_is_run_asked_or_hinted(
    upstream: Upstream, ada: User, lesson: Lesson, calls: list[Call]
) -> None:
    async with (
        upstream([ASK], calls, [Say("Say first.")], [SAY]) as server,
        browser(ada, lesson) as page,
    ):
        number = await asked_for(page)
        await page.say("Just run it, please.", PROGRAM)
        await page.turn("done")
        [output] = outputs(server)
        assert output["status"] == "refused"
        assert [frame["run"]["code"] for frame in shown(page, "run_changed")] in ([], [""])
        assert not await in_database(Run.objects.exists)
        # The dialogue goes on.
        await page.send("answer", id="answer-01", prediction=number, text="3")
        await gives(3)
        assert (await settled(page))["state"] == "right"
        await page.turn("done")


async def test_what_was_answered_is_not_asked_again(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([ASK], [ASK], [SAY]) as server, browser(ada, lesson) as page:
        number = await asked_for(page)
        await page.send("answer", id="answer-01", prediction=number, text="3")
        await gives(3)
        await settled(page)
        await page.turn("done")
        [output] = outputs(server)
        assert output["status"] == "refused"
    assert await in_database(Prediction.objects.count) == 1


async def test_own_program_and_calls_are_run_and_shown_without_a_harness(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([execute("", CALL)], [SAY]) as server, browser(ada, lesson) as page:
        await page.say("Why?", PROGRAM)
        run = await open_run()
        assert (run.code, [case["call"] for case in run.cases]) == (PROGRAM, [CALL])
        await gives(3)
        await page.turn("done")
        [output] = outputs(server)
        [call] = output["calls"]
        assert (call["call"], "3" in call["outcome"]) == (CALL, True)
        last = shown(page, "run_changed")[-1]["run"]
        assert (last["own"], last["code"], last["calls"][0]["call"]) == (True, "", CALL)


@pytest.fixture
def conditions(db: None, ada: User) -> Lesson:
    """A lesson whose first step is one to predict."""
    course = Course.publish(sample("python-foundations")).course
    Enrolment.objects.create(course=course, student=ada)
    return course.lessons.current().get(slug="conditions")


async def test_no_way_leads_to_the_output_of_a_predict_step_before_its_prediction(
    upstream: Upstream, ada: User, conditions: Lesson
) -> None:
    step, _, other = conditions.source().steps
    program = getattr(step, "program", "")
    ways = [[execute()], [execute(program)], [execute(f"{program}\n# once more")]]
    async with (
        upstream(*[way for call in ways for way in (call, [SAY])]) as server,
        browser(ada, conditions) as page,
        browser(ada, conditions) as second,
    ):
        await page.next("hello")
        for number in range(len(ways)):
            name = f"message-{number}"
            await page.send("say", id=name, step=step.id, text="Run it!", code=program)
            await page.turn("done")
            [output] = outputs(server)
            assert output["status"] == "refused"
        # Neither here nor, of the same program, in another step; on no page.
        for each, where in ((page, step.id), (second, step.id), (page, other.id)):
            await each.send("run", id="own-run-1", step=where, code=program)
            refused = await each.next("refused", "run_changed")
            assert (refused["type"], refused["code"]) == ("refused", "predict_first")
        assert not await in_database(Run.objects.exists)
        await page.send("predict", id="guess-001", step=step.id, text="over ten")
        await page.next("attempt")
        await finish_run(Result(Status.OK, 0, stdout="over five\nover ten\n"))
        while (await page.next("attempt"))["attempt"]["state"] != "judged":
            pass
        await page.send("run", id="own-run-2", step=step.id, code=program)
        assert (await page.next("refused", "run_changed"))["type"] == "run_changed"
        await finish_run(Result(Status.OK, 0, stdout="over five\nover ten\n"))
    assert await in_database(Conversation.objects.count) == 1
