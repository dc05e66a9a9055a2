"""A dialogue that was refused goes on: the question at once, the next one, and in a new session.

Page, consumer, session, turn, upstream and rows are real; the server says what it is told to.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from tests.tutor.browser import Browser, browser, sessions_over
from tests.tutor.scripted import (
    WARM,
    Frame,
    Scripted,
    completed,
    created,
    delta,
    error,
    message,
    scripted,
)
from tests.tutor.upstream.test_recovery import SEALED, TOO_LONG, UNCODED, texts
from tutor.database import in_database
from tutor.models import Conversation, Dialogue, StoredContext, TurnStarted
from tutor.protocol.actions import EndTurn, Save
from tutor.protocol.calls import Payload
from tutor.protocol.events import Ending, StudentSaid
from tutor.session.context import ModelContext
from tutor.upstream.client import close_client

pytestmark = pytest.mark.django_db(transaction=True)

Respond = Callable[[Frame], list[Frame]]


@asynccontextmanager
async def serving(settings: Any, respond: Respond) -> AsyncIterator[Scripted]:
    """A server that answers everything, warm-ups too, with `respond`."""
    async with scripted(*[respond] * 40) as server:
        server.warm_ups.extend([respond] * 40)
        settings.OPENAI_BASE_URL = server.base_url
        await close_client()
        yield server
        await sessions_over()
        await close_client()


class Model:
    """Answers with the number of the answer, and with a sealed thought before it."""

    def __init__(self) -> None:
        self.key = "old"
        self.answers = 0

    def __call__(self, frame: Frame) -> list[Frame]:
        refused = self.refuses(frame)
        if refused:
            return [refused]
        if frame.get("generate") is False:
            return [created(WARM), completed(WARM)]
        self.answers += 1
        name, text = f"r{self.answers}", f"answer {self.answers}"
        thought = {"type": "reasoning", "id": f"rs_{self.answers}", "summary": [],
                   "encrypted_content": f"{self.key} {self.answers}"}  # fmt: skip
        return [created(name), delta(text), completed(name, thought, message(text))]

    def refuses(self, frame: Frame) -> Frame | None:
        return None


class Sealing(Model):
    """Opens only what it has sealed with its present key, perhaps not before it has to answer."""

    def __init__(self, *, when_warming_up: bool) -> None:
        super().__init__()
        self.when_warming_up = when_warming_up
        # The seals of what a socket holds.
        self.held: list[str] = []

    def refuses(self, frame: Frame) -> Frame | None:
        seals = [item.get("encrypted_content", self.key) for item in frame["input"]]
        self.held = [*(self.held if frame.get("previous_response_id") else []), *seals]
        if frame.get("generate") is False and not self.when_warming_up:
            return None
        return None if all(seal.startswith(self.key) for seal in self.held) else SEALED


class Small(Model):
    """Has a window of so many characters, and counts what a socket holds as well."""

    window = 400

    def __init__(self) -> None:
        super().__init__()
        self.held = 0

    def refuses(self, frame: Frame) -> Frame | None:
        said = sum(map(len, texts(frame)))
        self.held = said + (self.held if frame.get("previous_response_id") else 0)
        return TOO_LONG if self.held > self.window else None


class Forgetful(Model):
    """Refuses to continue anything but the warm-up, and does not say why."""

    def refuses(self, frame: Frame) -> Frame | None:
        return UNCODED if frame.get("previous_response_id", WARM) != WARM else None


class Thoughtless(Model):
    """Takes no thought back, not even its own; says so with `refusal`."""

    def __init__(self, refusal: Frame, seal: Frame) -> None:
        super().__init__()
        self.refusal, self.seal = refusal, seal

    def __call__(self, frame: Frame) -> list[Frame]:
        events = super().__call__(frame)
        for item in events[-1].get("response", {}).get("output", []):
            if item["type"] == "reasoning":
                del item["encrypted_content"]
                item.update(self.seal)
        return events

    def refuses(self, frame: Frame) -> Frame | None:
        thinks = any(item["type"] == "reasoning" for item in frame["input"])
        return self.refusal if thinks else None


class Strict(Model):
    """Takes no request that has what it once said itself in `said`; does not say why."""

    def __init__(self, odd: Frame) -> None:
        super().__init__()
        self.odd = odd

    def refuses(self, frame: Frame) -> Frame | None:
        return UNCODED if self.odd in frame["input"] else None


async def ask(page: Browser, *questions: str) -> None:
    for question in questions:
        await page.say(question)
        frame = await page.next("turn")
        while frame["state"] not in ("done", "failed"):
            frame = await page.next("turn")
        assert frame["state"] == "done", frame


async def shown(ada: User, lesson: Lesson) -> list[str]:
    async with browser(ada, lesson) as page:
        return [item["text"] for item in (await page.next("hello"))["items"]]


def dialogue(*questions: str) -> list[str]:
    numbered = enumerate(questions, start=1)
    return [text for number, said in numbered for text in (said, f"answer {number}")]


@pytest.mark.parametrize("warms_up", [True, False])
async def test_a_key_that_was_changed_does_not_end_the_dialogue(
    settings: Any, ada: User, lesson: Lesson, warms_up: bool
) -> None:
    model = Sealing(when_warming_up=warms_up)
    async with serving(settings, model):
        async with browser(ada, lesson) as page:
            await page.ready()
            await ask(page, "one", "two")
        await sessions_over()
        model.key = "new"
        for question in ("three", "four"):  # each in a session of its own
            async with browser(ada, lesson) as page:
                await page.ready()
                await ask(page, question)
                assert not [frame for frame in page.frames if frame["type"] == "withdrawn"]
            await sessions_over()
        assert await shown(ada, lesson) == dialogue("one", "two", "three", "four")
        # What was sealed with the new key is told.
        conversation = await in_database(Conversation.objects.get)
        told = await in_database(StoredContext(conversation).payloads)
        seals = [item["encrypted_content"] for item in told if "encrypted_content" in item]
        assert seals == ["new 3", "new 4"]


async def test_a_small_window_does_not_end_the_dialogue(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    questions = [f"question {number} " + "x" * 80 for number in range(8)]
    async with serving(settings, Small()):
        async with browser(ada, lesson) as page:
            await page.ready()
            await ask(page, *questions[:6])
        await sessions_over()
        for question in questions[6:]:
            async with browser(ada, lesson) as page:
                await page.ready()
                await ask(page, question)
            await sessions_over()
        assert await shown(ada, lesson) == dialogue(*questions)
        conversation = await in_database(Conversation.objects.get)
        [note, *_] = await in_database(StoredContext(conversation).payloads)
        assert "left out" in note["content"][0]["text"]


async def test_a_question_too_long_fails_and_the_next_one_is_answered(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    async with serving(settings, Small()):
        async with browser(ada, lesson) as page:
            await page.ready()
            await ask(page, "one")
            await page.say("x" * 500)
            failed = await page.turn("failed")
            assert "too long" in failed["message"]
            await ask(page, "Why?")
        await sessions_over()
        async with browser(ada, lesson) as page:
            await page.ready()
            await ask(page, "And?")


async def test_a_server_that_continues_nothing_does_not_end_the_dialogue(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    async with serving(settings, Forgetful()):
        async with browser(ada, lesson) as page:
            await page.ready()
            await ask(page, "one", "two", "three")
            assert not [frame for frame in page.frames if frame["type"] == "withdrawn"]
        await sessions_over()
        assert await shown(ada, lesson) == dialogue("one", "two", "three")


NOT_STORED = "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false."
WITHOUT = "Item 'rs_1' of type 'reasoning' was provided without its required following item."
INVALID = "Invalid value: 'reasoning'. Supported values are: 'message', 'function_call'."


@pytest.mark.parametrize("seal", [{}, {"encrypted_content": None}, {"encrypted_content": "s"}])
@pytest.mark.parametrize(
    "refusal",
    [
        error(None, NOT_STORED, 404), error(None, WITHOUT), error("invalid_value", INVALID),
        UNCODED,
    ],
)  # fmt: skip
async def test_thoughts_that_are_not_taken_back_do_not_end_the_dialogue(
    settings: Any, ada: User, lesson: Lesson, refusal: Frame, seal: Frame
) -> None:
    async with serving(settings, Thoughtless(refusal, seal)) as server:
        for question in ("one", "two", "three"):  # each in a session of its own: told as a whole
            async with browser(ada, lesson) as page:
                await page.ready()
                await ask(page, question)
            await sessions_over()
        # Nothing that was said is left out for it, and no refusal comes a third time.
        conversation = await in_database(Conversation.objects.get)
        told = await in_database(StoredContext(conversation).payloads)
        assert [item["role"] for item in told if item["type"] == "message"] == [
            "developer", "user", "assistant",
        ] * 3  # fmt: skip
        assert len(server.asked) <= 3 + 2
        assert await shown(ada, lesson) == dialogue("one", "two", "three")


async def test_rows_that_no_server_takes_do_not_end_the_dialogue(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    """A compaction was stored before such were looked at: its output answers no call."""
    orphan = {"type": "function_call_output", "call_id": "call_9", "output": "x"}
    conversation = await in_database(Conversation.open, ada, lesson)
    await in_database(turn, conversation, 1, message("a"))
    context = ModelContext(conversation)
    assert await context.compact("c1", await context.payloads(), [orphan])
    async with serving(settings, Strict(orphan)) as server:
        async with browser(ada, lesson) as page:
            await page.ready()
            await ask(page, "two", "three")
        assert len(server.asked) <= 4
        told = await in_database(StoredContext(conversation).payloads)
        assert orphan not in told
        assert "left out" in told[0]["content"][0]["text"]
    assert await shown(ada, lesson) == [
        "question 1", "a", *dialogue("two", "three"),
    ]  # fmt: skip


async def test_a_server_that_refuses_everything_for_a_while_costs_no_turn(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    model = Model()
    async with serving(settings, model):
        async with browser(ada, lesson) as page:
            await page.ready()
            await ask(page, "one", "two")
            model.refuses = lambda frame: UNCODED  # type: ignore[method-assign]
            await page.say("three")
            await page.turn("failed")
            del model.refuses
            await ask(page, "four")
        conversation = await in_database(Conversation.objects.get)
        told = await in_database(StoredContext(conversation).payloads)
        said_by = [item["role"] for item in told if item["type"] == "message"]
        answered, refused = ["developer", "user", "assistant"], ["developer", "user"]
        assert said_by == [*answered, *answered, *refused, *answered]


@pytest.mark.parametrize("content", [[], [{"type": "input_text", "text": "IMPOSTOR"}]])
async def test_what_a_model_says_as_a_student_is_not_a_students_word(
    settings: Any, ada: User, lesson: Lesson, content: list[Frame]
) -> None:
    odd = message("", role="user", content=content)

    class Impostor(Model):
        def __call__(self, frame: Frame) -> list[Frame]:
            events = super().__call__(frame)
            if frame.get("generate") is not False:
                events[-1]["response"]["output"] = [odd]
            return events

    async with serving(settings, Impostor()):
        async with browser(ada, lesson) as page:
            await page.ready()
            await ask(page, "one", "two")
        assert await shown(ada, lesson) == dialogue("one", "two")


@pytest.mark.parametrize(
    "content", [[], None, "text", 7, [7], [{}], [{"text": None}], [{"text": 7}], {"text": "x"}]
)
async def test_a_page_opens_whatever_shape_a_stored_message_has(
    ada: User, lesson: Lesson, content: Any
) -> None:
    conversation = await in_database(Conversation.open, ada, lesson)
    rows = [message("", role=role, content=content) for role in ("user", "assistant")]
    bare = {"type": "message"}
    await in_database(turn, conversation, 1, *rows, bare, {"type": "function_call_output"})
    await in_database(conversation.items.filter(payload=bare).update, response_id="r1")
    views = await in_database(Dialogue(conversation).shown)
    assert [view.kind for view in views] == ["student", "student", "tutor", "tutor"]
    assert await ModelContext(conversation).payloads()


def turn(conversation: Conversation, number: int, *items: Payload) -> None:
    begun = Dialogue(conversation).say(StudentSaid(f"message-{number}", f"question {number}", "x"))
    assert isinstance(begun, TurnStarted)
    assert begun.fence
    Dialogue(conversation).store(begun.fence, begun.turn, [Save(items), EndTurn(Ending.DONE)])
