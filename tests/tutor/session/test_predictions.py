"""Predictions from the card to the turn that answers: on one page, on several, across deaths."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from courses.models import Lesson
from sandbox.cases import Observation
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.browser import Browser, browser, sessions_over
from tests.tutor.classroom import Upstream, asked, finish_run, kinds, open_run, tell
from tests.tutor.session.moves import (
    ASK,
    CALL,
    PROGRAM,
    asked_for,
    gives,
    prediction_item,
    settled,
    shown,
    value,
)
from tutor.database import in_database
from tutor.emulator import Say
from tutor.models import Conversation, Dialogue, Moves, Prediction, TurnStarted, Waiting
from tutor.protocol.actions import Save
from tutor.protocol.calls import PredictionCall
from tutor.protocol.commands import StudentAnswered
from tutor.protocol.events import StudentSaid

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]

COMPARE = Say("You said 2, it gave 3. Why?")


async def answered(page: Browser, number: int, text: str | None = "2") -> None:
    """The answer is sent, and taken."""
    await page.send("answer", id="answer-01", prediction=number, text=text)
    accepted = await page.next("accepted", "refused")
    assert accepted == {"type": "accepted", "id": "answer-01", "item": None}


async def test_a_prediction_goes_from_the_card_to_the_turn_that_answers_it(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([ASK], [COMPARE]) as server, browser(ada, lesson) as page:
        await page.say("Why is it wrong?", PROGRAM)
        card = await prediction_item(page)
        assert (card["call"], card["question"], card["state"]) == (CALL, "What comes back?", "open")
        await page.turn("done")
        assert len(asked(server)) == 1  # one request per move
        await answered(page, card["number"])
        comparing = (await page.next("prediction"))["prediction"]
        assert (comparing["state"], comparing["said"], comparing["gave"]) == ("comparing", "2", "")
        assert (await page.next("waiting"))["messages"] == [{"id": "answer-01", "text": "2"}]
        run = await gives(3)
        assert (run.code, run.cases[0]["call"]) == (PROGRAM, CALL)
        compared = await settled(page)
        assert (compared["state"], compared["said"]) == ("wrong", "2")
        assert "3" in compared["gave"]
        item = (await page.next("item"))["item"]
        assert (item["kind"], item["id"], item["text"]) == ("student", "answer-01", "2")
        assert (await page.turn("done"))["number"] == 2
        facts, said = asked(server)[-1]["input"][-2:]
        told = json.loads(facts["content"][0]["text"])["facts"]["prediction"]
        assert (told["state"], told["said"], told["call"]) == ("wrong", "2", CALL)
        assert "3" in told["gave"]
        assert said["content"][0]["text"] == "2"
        assert shown(page, "run_changed", "output", "error") == []
    assert await in_database(Prediction.objects.count) == 1


async def test_who_does_not_know_is_shown_what_came(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([ASK], [COMPARE]), browser(ada, lesson) as page:
        number = await asked_for(page)
        await answered(page, number, None)
        await gives(3)
        compared = await settled(page)
        assert (compared["state"], "3" in compared["gave"]) == ("none", True)
        item = (await page.next("item"))["item"]
        assert (item["kind"], item["text"]) == ("student", "I don't know.")
        await page.turn("done")


async def test_a_bare_value_in_the_chat_is_the_answer(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([ASK], [COMPARE]), browser(ada, lesson) as page:
        await asked_for(page)
        name = await page.say("3", PROGRAM)
        assert await page.next("accepted") == {"type": "accepted", "id": name, "item": None}
        assert (await page.next("prediction"))["prediction"]["state"] == "comparing"
        await gives(3)
        assert (await settled(page))["state"] == "right"
        assert (await page.turn("done"))["number"] == 2


async def test_every_page_sees_the_card_and_how_it_changes_and_none_its_run(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with (
        upstream([ASK], [COMPARE]),
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await other.next("hello")
        number = await asked_for(page)
        assert (await prediction_item(other))["state"] == "open"
        await answered(page, number)
        assert (await other.next("prediction"))["prediction"]["state"] == "comparing"
        run = await open_run()
        await tell(run, "run.started")
        await tell(run, "run.printed", stream="stdout", text="it is 3")
        await gives(3)
        for each in (page, other):
            assert (await settled(each))["state"] == "wrong"
            assert (await each.turn("done"))["number"] == 2
            assert shown(each, "run_changed", "output") == []
            assert "it is 3" not in json.dumps(each.frames)
        async with browser(ada, lesson) as third:
            items = (await third.next("hello"))["items"]
    cards = [item["prediction"]["state"] for item in items if item["kind"] == "prediction"]
    assert (cards, [item["kind"] for item in items].count("run")) == (["wrong"], 0)


async def test_an_answer_sent_twice_counts_once(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([ASK], [COMPARE]), browser(ada, lesson) as page:
        number = await asked_for(page)
        await answered(page, number)
        await answered(page, number)
        await gives(3)
        await page.turn("done")
        await answered(page, number)
        await page.send("ping")
        await page.next("pong")
    assert (await in_database(kinds)).count("student") == 2
    assert await in_database(Run.objects.filter(key__contains="prediction").count) == 1


async def test_the_question_stays_open_while_the_student_asks_about_it(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([ASK], [Say("Yes?")], [COMPARE]), browser(ada, lesson) as page:
        number = await asked_for(page)
        await page.say("What do you mean by that?", PROGRAM)
        await page.turn("done")
        await answered(page, number)
        await gives(2)
        assert (await settled(page))["state"] == "right"
        assert (await page.turn("done"))["number"] == 3


# What dies


def begun(ada: User, lesson: Lesson, until: str) -> None:
    """Another process stores what it stores of a turn that asks, as far as `until`, and dies."""
    conversation = Conversation.open(ada, lesson)
    turn = Dialogue(conversation).say(StudentSaid("message-0", "Why?", PROGRAM))
    assert isinstance(turn, TurnStarted)
    assert turn.fence
    call = {"type": "function_call", "call_id": "call_1", "name": ASK.name,
            "arguments": ASK.arguments}  # fmt: skip
    [item] = Dialogue(conversation).store(turn.fence, turn.turn, [Save((call,))])
    if until != "call":
        asked = PredictionCall(item.number, "call_1", CALL, "What comes back?")
        output = Moves(conversation).make(asked)
        if until == "output":
            Dialogue(conversation).store(turn.fence, turn.turn, [Save((output,))])
    # The lease of the dead process has run out.
    Conversation.objects.update(claimed_until=timezone.now())


@pytest.mark.parametrize("until", ["call", "row", "output"])
async def test_a_question_whose_process_died_is_asked_once_and_the_model_not_again(
    upstream: Upstream, ada: User, lesson: Lesson, until: str
) -> None:
    await in_database(begun, ada, lesson, until)
    async with upstream([COMPARE]) as server, browser(ada, lesson) as page:
        await page.turn("done")
        assert asked(server) == []
        async with browser(ada, lesson) as other:
            cards = [item for item in (await other.next("hello"))["items"] if "prediction" in item]
        [card] = cards
        await answered(page, card["prediction"]["number"])
        await gives(3)
        assert (await settled(page))["state"] == "wrong"
        await page.turn("done")
    assert await in_database(Prediction.objects.count) == 1
    assert (await in_database(kinds)).count("function_call_output") == 1


def left_behind(ada: User, lesson: Lesson, number: int, until: str) -> None:
    """Another process stores what it stores after an answer, as far as `until`, and dies."""
    conversation = Conversation.open(ada, lesson)
    Moves(conversation).answer(StudentAnswered("answer-01", number, "2"))
    if until == "answer":
        return
    run = Run.objects.get(key__contains="prediction")
    run.finish(value(3))
    if until == "comparison":
        assert Moves(conversation).record_prediction(run)


@pytest.mark.parametrize("until", ["answer", "run", "comparison"])
async def test_whoever_opens_the_lesson_next_goes_on_where_the_rows_end(
    upstream: Upstream, ada: User, lesson: Lesson, until: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    monkeypatch.setattr("sandbox.models.run.notify", lambda *nobody_hears_this: None)
    async with upstream([ASK], [COMPARE]):
        async with browser(ada, lesson) as page:
            number = await asked_for(page)
        await sessions_over()
        await in_database(left_behind, ada, lesson, number, until)
        async with browser(ada, lesson) as page:
            hello = await page.next("hello")
            assert [message["id"] for message in hello["waiting"]] == ["answer-01"]
            if until == "answer":
                await gives(3)
            assert (await page.turn("done"))["number"] == 2
            # What came of it is shown before the message that has waited for it.
            changes = [frame["type"] for frame in shown(page, "prediction", "item")]
            assert changes == [*["prediction"][until == "comparison" :], "item", "item"]
        async with browser(ada, lesson) as page:
            items = (await page.next("hello"))["items"]
    assert [item["kind"] for item in items] == ["student", "prediction", "student", "tutor"]
    assert items[1]["prediction"]["state"] == "wrong"
    assert not await in_database(Waiting.objects.exists)
    assert await in_database(Run.objects.count) == 1


async def test_a_page_that_only_looks_on_takes_over_when_the_answering_process_has_died(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([ASK], [COMPARE]), browser(ada, lesson) as page:
        number = await asked_for(page)
        await in_database(left_behind, ada, lesson, number, "answer")
        await gives(3)  # what the sandbox says is all that the page hears of it
        assert (await settled(page))["state"] == "wrong"
        assert (await page.turn("done"))["number"] == 2


@pytest.mark.parametrize("how", ["refused", "died", "deleted", "not taken"])
async def test_a_sandbox_that_fails_between_answer_and_comparison_ends_it_and_the_dialogue_goes_on(
    upstream: Upstream, ada: User, lesson: Lesson, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    if how == "not taken":
        monkeypatch.setattr("tutor.session.runs.RUN_TIMEOUT_S", 0.1)
        monkeypatch.setattr("tutor.session.runs.START_TIMEOUT_S", 0.1)
    async with upstream([ASK], [Say("So be it.")], [Say("Yes?")]), browser(ada, lesson) as page:
        number = await asked_for(page)
        await answered(page, number)
        match how:
            case "refused":
                await finish_run(Result(Status.UNAVAILABLE, message="There is no sandbox."))
            case "died":
                lapsed = timezone.now()
                run = await open_run()
                await in_database(Run.objects.claim, str(run.pk))
                gone = {"owner": "elsewhere", "lease_until": lapsed, "fence": 9}
                await in_database(Run.objects.update, **gone)
            case "deleted":
                await in_database(Run.objects.all().delete)
        compared = await settled(page)
        assert (compared["state"], bool(compared["message"])) == ("not_run", True)
        assert (await page.turn("done"))["number"] == 2
        await page.say("And now?", PROGRAM)
        assert (await page.turn("done"))["number"] == 3


@pytest.mark.parametrize(
    ("seen", "gave"),
    [
        (Observation("timeout"), "does not end in time"),
        (Observation("output_limit", stdout="x" * 16_384), ""),
        (Observation("raised", exception=None), ""),
    ],
    ids=["endless", "megabytes", "contradiction"],
)
async def test_a_call_that_never_ends_or_prints_megabytes_is_told_within_bounds(
    upstream: Upstream, ada: User, lesson: Lesson, seen: Observation, gave: str
) -> None:
    async with upstream([ASK], [COMPARE]), browser(ada, lesson) as page:
        number = await asked_for(page)
        await answered(page, number)
        await finish_run(Result(Status.OK, observations=(seen,)))
        compared = await settled(page)
        assert gave in compared["gave"]
        assert len(json.dumps(compared)) < 4_000
        assert (await page.turn("done"))["number"] == 2


async def test_a_program_that_has_changed_meanwhile_is_compared_as_it_was_asked_about(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([ASK], [COMPARE]), browser(ada, lesson) as page:
        number = await asked_for(page)
        await page.send("edit", code="def kilometres(days):\n    return 0\n")
        await page.next("saved")
        await answered(page, number)
        comparing: dict[str, Any] = (await page.next("prediction"))["prediction"]
        assert comparing["stale"]
        run = await gives(3)
        assert run.code == PROGRAM
        await page.turn("done")
