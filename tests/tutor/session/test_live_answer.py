"""An answer that comes, on pages that come in the middle of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from courses.models import Lesson
from sandbox.job import Result, Status
from tests.tutor.browser import Browser, browser, sessions_over
from tests.tutor.classroom import RUN_IT, Upstream, finish_run
from tests.tutor.leaking import STARTER, leaked_in
from tests.tutor.trying import LEAK, PROSE, Tried
from tutor.database import in_database
from tutor.emulator import Fault, Pace, Say, script
from tutor.models import Conversation, Dialogue, Item
from tutor.protocol.events import StudentSaid
from tutor.serving.layer import ThreadSafeLayer
from tutor.turn.messages import ASKED_ANEW
from tutor.web import consumers

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]

ANSWER = " ".join(f"word{number}" for number in range(30)) + "?"
SLOWLY = Pace(tokens_per_s=40)
FAST = Pace(tokens_per_s=300)
# Not over before it is stopped, however long pages take to come and go.
ENDLESS = " ".join(f"word{number}" for number in range(2_000))


@pytest.fixture(autouse=True)
def gathered_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutor.session.live_answer.GATHER_S", 0.02)


def written(page: Browser) -> str:
    """What the page shows of the answer that comes, by the rules of the protocol. A piece that
    comes twice or not at all is an error."""
    texts: dict[tuple[int, int], str] = {}
    known: dict[tuple[int, int], int] = {}
    for frame in page.frames:
        place = (frame.get("turn", 0), frame.get("request", 0))
        match frame["type"]:
            case "hello":
                texts, known = {}, {}
            case "delta":
                assert (frame["first"] or frame["seq"]) == known.get(place, 0) + 1, frame
                texts[place] = texts.get(place, "") + frame["text"]
                known[place] = frame["seq"]
            case "so_far":
                texts[place], known[place] = frame["text"], frame["seq"]
            case "withdrawn":
                texts.pop(place, None)
                known.pop(place, None)
            case "item" if frame["item"]["kind"] == "tutor":
                texts = {}
            case "turn" if frame["state"] in ("done", "stopped", "failed"):
                texts = {}
    return "".join(texts.values())


async def shows(page: Browser, at_least: int) -> str:
    """The answer on the page, once there is so much of it; it begins as the model said it."""
    while len(text := written(page)) < at_least:
        await page.next("delta", "so_far")
    assert ENDLESS.startswith(text.rstrip("?"))
    return text


async def is_answered(page: Browser) -> str:
    """The rest of the answer comes, and then the item, once: its text."""
    longest = written(page)
    while (frame := await page.next())["type"] != "item" or frame["item"]["kind"] != "tutor":
        if text := written(page):
            assert text.startswith(longest)
            longest = text
    said: str = frame["item"]["text"]
    assert frame["item"]["interrupted"] or said == ANSWER
    assert said.startswith(longest)
    while (await page.next("turn"))["state"] not in ("done", "stopped"):
        pass
    assert written(page) == ""
    return said


@asynccontextmanager
async def reloaded(ada: User, lesson: Lesson) -> AsyncIterator[Browser]:
    async with browser(ada, lesson) as page:
        assert (await page.next("hello"))["turn"]["state"] == "thinking"
        yield page


async def test_a_page_that_is_reloaded_three_times_gets_what_was_said_and_then_the_rest(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(model=script([Say(ENDLESS)]), pace=SLOWLY):
        async with browser(ada, lesson) as page:
            await page.say("Why?")
            before = await shows(page, 20)
        # The owner has no page any more.
        for _ in range(2):
            async with reloaded(ada, lesson) as page:
                now = await shows(page, len(before))
                assert now.startswith(before)
                before = await shows(page, len(now) + 10)
        async with reloaded(ada, lesson) as page:
            await shows(page, len(before) + 1)
            await page.send("stop")
            assert ENDLESS.startswith(await is_answered(page))
    assert await in_database(Item.objects.filter(turn__number=1).count) == 3


async def test_a_second_tab_shows_the_answer_as_the_first_does(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with (
        upstream(model=script([Say(ENDLESS)]), pace=SLOWLY),
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await other.next("hello")
        await page.say("Why?")
        await shows(page, 30)
        # It was open before the turn began; another one comes in the middle.
        async with reloaded(ada, lesson) as late:
            await shows(other, 30)
            assert "speaking" in _states(other)
            await shows(late, 30)
            assert "speaking" in _states(late)
            await other.send("stop")
            pages = (page, other, late)
            texts = await asyncio.gather(*(is_answered(one) for one in pages))
            assert texts[0] == texts[1] == texts[2]


def _states(page: Browser) -> set[str]:
    return {frame["state"] for frame in page.frames if frame["type"] == "turn"}


async def test_who_follows_is_told_what_the_tutor_waits_for_and_does(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with (
        upstream([RUN_IT], [Say(ANSWER)]),
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await other.next("hello")
        await page.say("Why?")
        await other.turn("running")
        async with reloaded(ada, lesson) as late:
            await late.turn("running")
            await finish_run(Result(Status.OK, 0))
            await is_answered(late)


async def test_an_answer_that_breaks_off_is_taken_back_on_all_pages(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with (
        upstream(model=script([Say(ANSWER)], [Say(ANSWER)]), pace=SLOWLY) as server,
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await page.ready()
        server.faults.add(Fault("close", after=20))
        await other.next("hello")
        await page.say("Why?")
        await shows(other, 5)
        await other.next("withdrawn")
        assert written(other) == ""
        await is_answered(other)


async def test_a_message_that_is_lost_costs_delay_and_leaves_no_gap(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.turn.live_answer.ASK_AGAIN_S", 0.05)
    sent, send = [], ThreadSafeLayer.group_send

    async def lossy(layer: ThreadSafeLayer, group: str, message: dict[str, Any]) -> None:
        sent.append(message["type"])
        if message["type"] == "answer.shown" and sent.count("answer.shown") % 3 == 0:
            return
        await send(layer, group, message)

    monkeypatch.setattr(ThreadSafeLayer, "group_send", lossy)
    async with (
        upstream(model=script([Say(ANSWER)]), pace=SLOWLY),
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await other.next("hello")
        await page.say("Why?")
        await is_answered(other)
        assert [frame for frame in other.frames if frame["type"] == "so_far"][1:]
        assert sent.count("answer.shown") > 3


async def test_a_message_told_in_the_middle_parts_the_answer_on_all_pages(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with (
        upstream(model=script([Say(ANSWER)], [Say(ANSWER)]), pace=SLOWLY),
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await other.next("hello")
        await page.say("Why?")
        await shows(other, 20)
        await page.say("Ah, it starts at 0!")
        while (item := (await other.next("item"))["item"])["kind"] != "tutor":
            pass
        assert ANSWER.startswith(item["text"])
        await is_answered(other)


async def test_what_the_model_says_to_nobody_else_is_not_told(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    async def noted(layer: ThreadSafeLayer, group: str, message: dict[str, Any]) -> None:
        sent.append(message["type"])

    monkeypatch.setattr(ThreadSafeLayer, "group_send", noted)
    async with upstream([Say(ANSWER)]), browser(ada, lesson) as page:
        await page.say("Why?")
        await page.turn("done")
    assert not {one for one in sent if one.startswith("answer.")}


async def test_what_is_held_back_is_told_to_nobody_and_what_was_shown_goes_everywhere(
    upstream: Upstream, ada: User, lesson: Lesson, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    for call in ("send", "group_send"):
        monkeypatch.setattr(ThreadSafeLayer, call, _noting(sent, getattr(ThreadSafeLayer, call)))
    async with (
        upstream(model=script([Say(f"{PROSE}\n\n{LEAK}")], [Say(ANSWER)]), pace=FAST),
        browser(ada, lesson) as page,
        browser(ada, lesson) as other,
    ):
        await other.next("hello")
        await page.say("Just tell me!", STARTER)
        while "withdrawn" not in [frame["type"] for frame in other.frames]:
            await other.next("withdrawn", "delta", "so_far")
            assert leaked_in(other.frames) == []
        await is_answered(other)
        assert [frame for frame in other.frames if frame["type"] in ("delta", "so_far")]
        assert [one for one in sent if one["type"] == "answer.so_far"]
        assert leaked_in(sent) == []


def _noting(sent: list[dict[str, Any]], send: Any) -> Any:
    async def noted(layer: ThreadSafeLayer, where: str, message: dict[str, Any]) -> None:
        sent.append(message)
        await send(layer, where, message)

    return noted


@pytest.mark.usefixtures("redis_layer")
async def test_over_redis_another_device_gets_what_was_said_and_then_the_rest(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with (
        upstream(model=script([Say(ENDLESS)]), pace=SLOWLY),
        browser(ada, lesson) as page,
    ):
        await page.say("Why?")
        await shows(page, 20)
        async with reloaded(ada, lesson) as other:
            before = await shows(other, 20)
            await shows(other, len(before) + 10)
            await page.send("stop")
            assert await is_answered(other) == await is_answered(page)


# Whoever was at the turn has gone


async def test_an_answer_whose_process_is_gone_is_asked_anew_and_all_pages_say_so(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    monkeypatch.setattr("tutor.turn.live_answer.ASK_AGAIN_S", 0.05)

    async def nothing(*those: Any) -> None:
        """A process that is killed gives no claim back."""

    async with (
        upstream(model=script([Say(ENDLESS)], [Say(ANSWER)]), pace=SLOWLY),
        browser(ada, lesson) as page,
    ):
        await page.say("Why?")
        await shows(page, 20)
        [killed] = consumers._running
        async with reloaded(ada, lesson) as other:
            await shows(other, 20)
            monkeypatch.setattr("tutor.session.turn_store.TurnStore.release", nothing)
            killed.cancel()
            await asyncio.wait([killed])
            monkeypatch.undo()
            # Its lease is over at last.
            await in_database(Conversation.objects.update, claimed_until=timezone.now())
            turn = await other.turn("thinking")
            assert (turn["asked_anew"], turn["message"]) == (True, ASKED_ANEW)
            # Nothing of the first half stands beside the second answer.
            assert written(other) == ""
            assert "withdrawn" in [frame["type"] for frame in other.frames]
            await is_answered(other)
            told = [frame for frame in other.frames if frame.get("asked_anew")]
            assert len(told) == 1
    await sessions_over()
    # The question and one answer, beside the facts.
    assert await in_database(Item.objects.filter(withheld=False).count) == 3


async def test_messages_that_have_waited_are_not_said_to_be_asked_anew(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    def waiting() -> None:
        dialogue = Dialogue(Conversation.open(ada, lesson))
        dialogue.say(StudentSaid("message-0", "Why?", "print(1)"))
        dialogue.say(StudentSaid("message-1", "Hello?", "print(1)"))
        dialogue.conversation.turns.update(state="stopped")
        Conversation.objects.update(claimed_until=None)

    await in_database(waiting)
    async with upstream([Say(ANSWER)]), browser(ada, lesson) as page:
        await page.turn("done")
        while written(page) or not [f for f in page.frames if f.get("number") == 2]:
            await page.turn("done")
        assert not [frame for frame in page.frames if frame.get("asked_anew")]


async def test_a_layer_that_is_down_costs_who_follows_the_words_and_nobody_the_answer(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*those: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("tutor.session.session.POLL_INTERVAL_S", 0.05)
    async with (
        upstream(model=script([Say(ENDLESS)]), pace=SLOWLY),
        browser(ada, lesson) as page,
    ):
        for call in ("send", "group_send"):
            monkeypatch.setattr(ThreadSafeLayer, call, down)
        await page.say("Why?")
        await shows(page, 10)
        async with reloaded(ada, lesson) as other:
            await page.send("stop")
            assert await is_answered(page) == await is_answered(other)
