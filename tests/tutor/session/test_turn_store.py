"""Turns in the database: messages that wait, turns taken up again, taken over, lost."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from courses.models import Lesson
from sandbox.job import Result, Status
from tests.tutor.browser import browser
from tests.tutor.classroom import RUN_IT, SLOWLY, Upstream, asked, finish_run, frames_of, kinds
from tutor.database import in_database
from tutor.emulator import Fault, Pace, Say, script
from tutor.models import Conversation, Dialogue, Item, StoredContext, Turn, TurnStarted, Waiting
from tutor.models.dialogue import MAX_WAITING
from tutor.protocol.actions import EndTurn, Save
from tutor.protocol.events import Ending, StudentSaid

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]


async def test_the_same_message_sent_again_is_acknowledged_again_and_counts_once(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What if?")]), browser(ada, lesson) as page:
        name = await page.say("Why?")
        first = await page.next("accepted")
        await page.turn("done")
        await page.say("Why?", name=name)
        assert await page.next("accepted") == first
    assert await in_database(Turn.objects.count) == 1


async def test_a_message_that_comes_during_a_run_waits_and_is_told_with_its_output(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("a?")]) as server, browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("running")
        name = await page.say("Hello?")
        assert (await page.next("accepted"))["item"] is None
        assert (await page.next("waiting"))["messages"] == [{"id": name, "text": "Hello?"}]
        await finish_run(Result(Status.OK, 0))
        item = (await page.next("item"))["item"]
        assert (item["kind"], item["id"], item["turn"]) == ("student", name, 1)
        await page.turn("done")
        last = asked(server)[-1]
        told = [item.get("role", item["type"]) for item in last["input"]]
        assert told == ["function_call_output", "developer", "user"]
        assert last["previous_response_id"]
    assert not await in_database(Waiting.objects.exists)


async def test_a_message_that_comes_while_the_tutor_speaks_is_steered_in(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    question = Say("What do you expect it to print? Think of it slowly.")
    model = script([question], [Say("I see.")], [Say("And why?")])
    async with (
        upstream(model=model, pace=SLOWLY) as server,
        browser(ada, lesson) as page,
    ):
        await page.say("Why?")
        await page.turn("speaking")
        name = await page.say("Ah, it starts at 0!")
        while (item := (await page.next("item"))["item"])["kind"] != "student":
            pass
        assert item["id"] == name
        await page.turn("done")
        assert [frame["type"] for frame in frames_of(server)].count("response.steer") == 1
        assert len(asked(server)) == 1
        await page.say("And now?")
        await page.turn("done")
        # What was steered in is part of what the socket holds: only what is new goes upstream.
        [last] = asked(server)[1:]
        told = [item["role"] for item in last["input"]]
        assert (told, bool(last["previous_response_id"])) == (["developer", "user"], True)
    assert await in_database(kinds) == [
        "facts", "student", "tutor", "student", "tutor", "facts", "student", "tutor",
    ]  # fmt: skip
    assert await in_database(Turn.objects.count) == 2


async def test_a_message_that_no_model_can_be_steered_with_gets_a_turn_of_its_own(
    upstream: Upstream, ada: User, lesson: Lesson, settings: Any
) -> None:
    settings.OPENAI_MODEL = "gpt-5.6"
    model = script([Say("What do you expect? Think of it slowly.")], [Say("I see.")])
    async with (
        upstream(model=model, pace=SLOWLY) as server,
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await other.next("hello")
        await page.say("Why?")
        await page.turn("speaking")
        one = await page.say("First!")
        await page.next("waiting")
        two = await other.say("Second!")
        while len((await page.next("waiting"))["messages"]) < 2:
            pass
        assert (await page.turn("done"))["number"] == 1
        assert (await page.turn("done"))["number"] == 2
        # Whichever session answers: both messages are the last that the model hears.
        said = [item["content"][0]["text"] for item in asked(server)[-1]["input"][-2:]]
        assert said == ["First!", "Second!"]
    names = await in_database(
        lambda: list(Item.objects.exclude(client_id="").values_list("client_id", flat=True))
    )
    assert names[1:] == [one, two]


async def test_stop_ends_the_answer_and_what_waits_is_answered_then(
    upstream: Upstream, ada: User, lesson: Lesson, settings: Any
) -> None:
    settings.OPENAI_MODEL = "gpt-5.6"
    model = script([Say("word " * 200)], [Say("I see.")])
    async with upstream(model=model, pace=SLOWLY), browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("speaking")
        await page.say("No, wait!")
        await page.next("waiting")
        await page.send("stop")
        assert (await page.turn("stopped"))["number"] == 1
        assert (await page.turn("done"))["number"] == 2


async def test_a_message_counts_once_also_while_it_waits(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("a?")]), browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("running")
        for _ in range(2):
            await page.say("Hello?", name="message-twice")
            await page.next("accepted")
        await finish_run(Result(Status.OK, 0))
        await page.turn("done")
    said = Item.objects.filter(client_id="message-twice")
    assert await in_database(said.count) == 1


async def test_only_so_many_messages_wait(upstream: Upstream, ada: User, lesson: Lesson) -> None:
    async with upstream([RUN_IT], [Say("a?")]), browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("running")
        for _ in range(MAX_WAITING):
            await page.say("Hello?")
            assert (await page.next("accepted", "refused"))["type"] == "accepted"
        name = await page.say("Hello??")
        refused = await page.next("refused")
        assert (refused["id"], refused["code"]) == (name, "too_many")
        await finish_run(Result(Status.OK, 0))
        await page.turn("done")


async def test_who_asks_too_fast_is_told_how_long_to_wait(
    upstream: Upstream, ada: User, lesson: Lesson, settings: Any
) -> None:
    settings.QUESTIONS_PER_MINUTE = 2
    async with upstream([Say("a?")], [Say("b?")]), browser(ada, lesson) as page:
        for text in ("one", "two"):
            await page.say(text)
            await page.turn("done")
        name = await page.say("three")
        refused = await page.next("refused")
        assert (refused["id"], refused["code"]) == (name, "too_fast")
        assert re.search(r"in (5\d|60) s", refused["message"])
        # A minute later they may ask again.
        minute = timezone.now() - timedelta(minutes=1)
        await in_database(Item.objects.update, created_at=minute)
        await page.say("three", name=name)
        await page.next("accepted")


async def test_messages_that_wait_when_the_process_dies_are_answered_by_the_next(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    def left_behind() -> None:
        conversation = Conversation.open(ada, lesson)
        for number in range(2):
            Dialogue(conversation).say(StudentSaid(f"message-{number}", f"q{number}", "print(1)"))
        Conversation.objects.update(claimed_until=timezone.now())

    await in_database(left_behind)
    async with upstream([Say("One?")], [Say("Two?")]), browser(ada, lesson) as page:
        hello = await page.next("hello")
        assert hello["waiting"] == [{"id": "message-1", "text": "q1"}]
        while (await page.turn("done"))["number"] < 1:
            pass
    texts = await in_database(kinds)
    # The dead process's turn is finished first; what waits is told with it or after it.
    assert texts.count("student") == 2
    assert texts[-1] == "tutor"
    assert not await in_database(Waiting.objects.exists)


async def test_try_again_takes_up_the_turn_that_failed(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What if?")]) as server, browser(ada, lesson) as page:
        await page.ready()
        invalid = Fault("failed", code="invalid_prompt")
        server.faults.add(invalid)
        await page.say("Why?")
        await page.turn("failed")
        await page.send("again")
        await page.turn("done")
    assert await in_database(Turn.objects.count) == 1
    # What has happened in the step since is told anew.
    assert await in_database(kinds) == ["facts", "student", "facts", "tutor"]


async def test_try_again_without_a_failed_turn_does_nothing(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What if?")]) as server, browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("done")
        await page.send("again")
        await page.send("ping")
        await page.next("pong")
        assert len(asked(server)) == 1


@pytest.mark.parametrize("stored", ["question", "call", "output", "answer"])
async def test_a_turn_whose_process_died_is_finished_by_the_next_page(
    upstream: Upstream, ada: User, lesson: Lesson, stored: str
) -> None:
    def left_behind() -> None:
        conversation = Conversation.open(ada, lesson)
        begun = Dialogue(conversation).say(StudentSaid("message-0", "Why?", "print(1)"))
        assert isinstance(begun, TurnStarted)
        assert begun.fence
        rest = [
            {"type": "function_call", "call_id": "call_1", "name": "execute_code",
             "arguments": RUN_IT.arguments},
            {"type": "function_call_output", "call_id": "call_1", "output": "{}"},
            {"type": "message", "role": "assistant", "content": "What if?"},
        ]  # fmt: skip
        count = ["question", "call", "output", "answer"].index(stored)
        for payload in rest[:count]:
            Dialogue(conversation).store(begun.fence, begun.turn, [Save((payload,))])
        # The lease of the dead process has run out.
        Conversation.objects.update(claimed_until=timezone.now())

    await in_database(left_behind)
    answers = [] if stored == "answer" else [[Say("What if?")]]
    async with upstream(*answers, **({} if answers else {"model": script()})):
        async with browser(ada, lesson) as page:
            if stored == "call":
                await finish_run(Result(Status.OK, 0))
            await page.turn("done")
        conversation = await in_database(Conversation.objects.get)
        payloads = await in_database(StoredContext(conversation).payloads)
        roles = [payload.get("role", payload["type"]) for payload in payloads]
        assert roles[:2] == ["developer", "user"]
        assert roles[-1] == "assistant"
        assert roles.count("assistant") == roles.count("user") == 1


async def test_stop_reaches_a_turn_whose_process_died(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)

    def left_behind() -> None:
        Dialogue(Conversation.open(ada, lesson)).say(StudentSaid("message-0", "Why?", "print(1)"))

    await in_database(left_behind)
    slow = Pace(first_token_s=5)
    async with upstream(model=script([Say("too late")]), pace=slow), browser(ada, lesson) as page:
        assert (await page.next("hello"))["turn"]["state"] == "thinking"
        await page.send("stop")
        await page.send("ping")
        await page.next("pong")
        await in_database(Conversation.objects.update, claimed_until=timezone.now())
        await page.turn("stopped")


async def test_a_turn_that_has_ended_is_not_taken_over(ada: User, lesson: Lesson) -> None:
    def ended() -> tuple[Any, Any]:
        conversation = Conversation.open(ada, lesson)
        begun = Dialogue(conversation).say(StudentSaid("message-0", "Why?", "print(1)"))
        assert isinstance(begun, TurnStarted)
        assert begun.fence
        Dialogue(conversation).store(begun.fence, begun.turn, [EndTurn(Ending.STOPPED)])
        taken = Dialogue(conversation).take_over()
        conversation.refresh_from_db()
        return taken, conversation.claimed_until

    assert await in_database(ended) == (None, None)


async def test_a_session_that_lost_its_claim_writes_nothing_more(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("too late")]), browser(ada, lesson) as page:
        await page.say("Why is it wrong?")
        await page.turn("running")
        before = await in_database(Item.objects.count)
        await in_database(Conversation.objects.update, fence=99, claimed_until=None)
        await in_database(Turn.objects.update, state="stopped")
        await finish_run(Result(Status.OK, 0))
        await page.turn("stopped")
        assert await in_database(Item.objects.count) == before
