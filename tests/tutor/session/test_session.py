"""A session from end to end: consumer, turn, upstream and rows, a page at one end, the emulator
at the other. The sandbox is played by the test; tests/test_story.py has the real one.
"""

import asyncio
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from courses.models import Lesson
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.browser import browser, sessions_over
from tests.tutor.classroom import (
    RUN_IT,
    Upstream,
    asked,
    finish_run,
    kinds,
    without_facts,
)
from tutor.database import in_database
from tutor.emulator import Fault, Pace, Say, script
from tutor.models import Conversation, Dialogue, Item, Response, StoredContext, Turn, TurnStarted
from tutor.protocol import frames
from tutor.protocol.actions import EndTurn
from tutor.protocol.events import Ending, StudentSaid
from tutor.upstream.client import close_client
from tutor.upstream.sansio import link
from tutor.web import consumers

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]


async def test_a_question_is_stored_acknowledged_answered_and_stored_again(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What do you expect it to print?")]), browser(ada, lesson) as page:
        hello = await page.next("hello")
        assert hello["items"] == []
        [step] = lesson.source().code_steps()
        assert hello["steps"][0]["code"] == step.starter
        name = await page.say("Why is it wrong?", "print(2)\n")
        accepted = await page.next("accepted")
        assert accepted["id"] == name
        stored = await in_database(list, Item.objects.order_by("number"))
        assert [item.payload["role"] for item in stored[:2]] == ["developer", "user"]
        await page.turn("speaking")
        item = (await page.next("item"))["item"]
        assert (item["kind"], item["text"]) == ("tutor", "What do you expect it to print?")
        await page.turn("done")
        spoken = "".join(frame["text"] for frame in page.frames if frame["type"] == "delta")
        assert spoken == item["text"]
    turn = await in_database(Turn.objects.get)
    assert turn.state == "done"


async def test_after_a_reload_the_dialogue_is_there_and_goes_on(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What if?")], [Say("And now?")]) as server:
        async with browser(ada, lesson) as page:
            await page.ready()
            await page.say("one", "print(2)\n")
            await page.turn("done")
        async with browser(ada, lesson) as page:
            hello = await page.next("hello")
            assert [item["text"] for item in hello["items"]] == ["one", "What if?"]
            assert hello["steps"][0]["code"] == "print(2)\n"
            await page.ready()
            await page.say("two", "print(2)\n")
            await page.turn("done")
        assert [len(frame["input"]) for frame in asked(server)] == [2, 2]
        assert len(server.requests[2].frame["input"]) == 3  # the second socket's warm-up


async def test_the_program_goes_along_only_when_it_changed(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with (
        upstream([Say("a?")], [Say("b?")], [Say("c?")]) as server,
        browser(ada, lesson) as page,
    ):
        await page.ready()  # else the warm-up might bring the first question along
        for code in ("print(2)\n", "print(2)\n", "print(3)\n"):
            await page.say("Why?", code)
            await page.turn("done")
        contents = [frame["input"][-1]["content"] for frame in asked(server)]
        assert [len(content) for content in contents] == [2, 1, 2]
        assert "print(3)" in contents[2][1]["text"]


async def test_who_the_student_is_never_goes_upstream(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("a?")]) as server, browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("done")
        sent = [dict(exchange.frame) for exchange in server.requests]
    # A name of three letters from a to f may stand in any hash.
    hashes = {frame.pop("safety_identifier") for frame in sent}
    assert [len(each) for each in hashes] == [64]
    for secret in ("ada", "Byron", "school.example"):
        assert secret.lower() not in json.dumps(sent).lower().replace("gpt-6-astra", "")


async def test_solution_and_hidden_cases_go_nowhere(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("a?")]) as server, browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("done")
        seen = json.dumps([exchange.frame for exchange in server.requests] + page.frames)
    [step] = lesson.document["steps"]
    assert json.dumps(step["solution"])[1:-1] not in seen
    for case in step["hidden"]:
        assert json.dumps(case["call"])[1:-1] not in seen


async def test_stop_keeps_what_was_said_and_the_dialogue_goes_on(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    slow = Pace(tokens_per_s=50)
    model = script([Say("word " * 200)], [Say("Again?")])
    async with upstream(model=model, pace=slow) as server, browser(ada, lesson) as page:
        await page.say("Why?")
        await page.next("delta")
        await page.send("stop")
        item = (await page.next("item"))["item"]
        assert item["interrupted"]
        assert item["text"].startswith("word")
        await page.turn("stopped")
        await page.say("Go on.")
        await page.turn("done")
        roles = [item.get("role") for item in without_facts(asked(server)[-1]["input"])]
        assert roles == ["user", "assistant", "user"]


async def test_an_answer_that_breaks_off_is_withdrawn_and_comes_again_whole(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What if?")], [Say("What if?")]) as server:
        async with browser(ada, lesson) as page:
            await page.ready()
            server.faults.add(Fault("close", after=6))
            await page.say("Why?")
            await page.next("withdrawn")
            await page.turn("done")
        texts = await in_database(
            lambda: [item.payload["role"] for item in Item.objects.order_by("number")]
        )
        assert texts == ["developer", "user", "assistant"]


async def test_a_model_that_fails_twice_gives_a_message_and_the_next_question_works(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([Say("What if?")]) as server, browser(ada, lesson) as page:
        await page.ready()
        server.faults.add(*[Fault("rate_limited", retry_after_s=0.01)] * 2)
        await page.say("Why?")
        failed = await page.turn("failed")
        assert failed["message"]
        await page.say("Once more?")
        await page.turn("done")


async def test_an_answer_without_words_is_asked_for_again_and_then_told(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([], []), browser(ada, lesson) as page:
        await page.say("Why?")
        assert (await page.turn("failed"))["message"]
    assert await in_database(kinds) == ["facts", "student"]


async def test_what_each_response_cost_is_stored(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("Why 41?")]), browser(ada, lesson) as page:
        await page.ready()
        await page.say("Why?")
        await finish_run(Result(Status.OK, 0))
        await page.turn("done")
    assert await in_database(Response.objects.count) == 3  # the warm-up is one
    totals = await in_database(Response.objects.totals)
    assert totals["input"] > totals["output"] > 0
    rows = [row async for row in Response.objects.order_by("pk")]
    # A call says no word.
    assert [(row.kind, row.first_word_ms is None) for row in rows] == [
        ("warm-up", True), ("answer", True), ("answer", False)
    ]  # fmt: skip
    assert {(row.model, row.over_http) for row in rows} == {("gpt-6-astra", False)}


async def test_an_answer_that_talks_on_ends_at_the_cap_and_the_student_is_told_why(
    settings: Any, upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    capped = {"max_answer_tokens": 200, "reasoning_tokens": 0}
    settings.MODEL_OPTIONS = settings.MODEL_OPTIONS | capped
    async with upstream([Say("Well … " * 2_000)]), browser(ada, lesson) as page:
        await page.say("Why?")
        assert "became too long" in (await page.turn("done"))["message"]
    row = await Response.objects.filter(kind="answer").aget()
    assert (row.cut_short, row.output_tokens <= 200) == ("max_output_tokens", True)


async def test_the_tutor_runs_no_more_programs_than_the_course_allows(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    lesson.course.model_options = {"runs_per_turn": 1}
    await lesson.course.asave()
    async with upstream([RUN_IT, RUN_IT], [Say("Why 41?")]), browser(ada, lesson) as page:
        await page.say("Why?")
        await finish_run(Result(Status.OK, 0))
        await page.turn("done")
    assert await in_database(Run.objects.count) == 1


async def test_a_page_closed_in_the_middle_of_a_turn_loses_nothing(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("Why 41?")]):
        async with browser(ada, lesson) as page:
            await page.say("Why is it wrong?")
            await page.turn("running")
            await page.leave()
            await finish_run(Result(Status.OK, 0, stdout="41\n"))
        await sessions_over()
        async with browser(ada, lesson) as page:
            hello = await page.next("hello")
            assert [item["kind"] for item in hello["items"]] == ["student", "run", "tutor"]
            assert hello["turn"]["state"] == "done"


async def test_without_a_model_the_page_is_told_and_the_message_is_kept(
    ada: User, lesson: Lesson, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "READY_TIMEOUT_S", 0.1)
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    await close_client()
    async with browser(ada, lesson) as page:
        assert (await page.next("tutor"))["state"] == "unavailable"
        await page.say("Anybody there?")
        assert (await page.turn("failed"))["message"]
    await sessions_over()
    assert await in_database(kinds) == ["facts", "student"]
    await close_client()


async def test_a_process_that_is_about_to_end_takes_no_turn_over(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)

    def left_behind() -> None:
        Dialogue(Conversation.open(ada, lesson)).say(StudentSaid("message-0", "Why?", "print(1)"))

    await in_database(left_behind)
    async with upstream([Say("too late")]) as server, browser(ada, lesson) as page:
        await page.ready()
        [session] = consumers._running.values()
        session.drain()
        await in_database(Conversation.objects.update, claimed_until=timezone.now())
        assert await page.closed() == frames.Close.RESTARTING
        assert asked(server) == []


async def test_a_long_dialogue_is_compacted_between_two_turns_and_goes_on(
    upstream: Upstream, ada: User, lesson: Lesson, settings: Any
) -> None:
    settings.COMPACT_AT_TOKENS = 100
    async with upstream([Say("One?")], [Say("Two?")]) as server:
        async with browser(ada, lesson) as page:
            await page.ready()
            await page.say("one")
            await page.turn("done")
            async with asyncio.timeout(10):
                while not await in_database(Item.objects.exclude(compacts_up_to=None).exists):
                    await asyncio.sleep(0.01)
            settings.COMPACT_AT_TOKENS = 1_000_000
            await page.say("two")
            await page.turn("done")
        last = asked(server)[-1]
        assert "compaction" in [item["type"] for item in last["input"]]
        assert "previous_response_id" not in last
        assert last["input"][-1]["content"][0]["text"] == "two"
        async with browser(ada, lesson) as page:
            items = (await page.next("hello"))["items"]
        assert [item["text"] for item in items] == ["one", "One?", "two", "Two?"]


async def test_what_is_said_while_the_dialogue_is_compacted_is_told_after_it(
    ada: User, lesson: Lesson
) -> None:
    def rows() -> list[str]:
        conversation = Conversation.open(ada, lesson)
        for number in (1, 2):
            begun = Dialogue(conversation).say(StudentSaid(f"message-{number}", f"q{number}", "x"))
            assert isinstance(begun, TurnStarted)
            assert begun.fence
            Dialogue(conversation).store(begun.fence, begun.turn, [EndTurn(Ending.DONE)])
        context = StoredContext(conversation)
        # A compaction of the first message and its facts, then one of that.
        for name, many in (("c1", 2), ("c2", 1)):
            told = context.payloads()
            context.add_compaction(name, told[:many], [{"type": "compaction", "id": name}])
            # One of what is there no more comes too late.
            context.add_compaction("late", told, [{"type": "compaction", "id": "late"}])
        return [
            payload.get("id") or payload["content"][0]["text"]
            for payload in without_facts(StoredContext(conversation).payloads())
        ]

    assert await in_database(rows) == ["c2", "q2"]
