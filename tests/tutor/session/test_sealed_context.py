"""The model's context over its rows, when what is sealed can no longer be opened."""

import asyncio
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from tests.polling import wait_here_until
from tests.tutor.scripted import message
from tests.tutor.upstream.test_dead_dialogue import turn
from tutor.database import in_database
from tutor.method.facts_role import sent_role
from tutor.models import Conversation, Dialogue
from tutor.protocol.calls import Payload
from tutor.session.context import ModelContext, Read
from tutor.upstream import facts_role
from tutor.upstream.facts_role import refused_roles

pytestmark = pytest.mark.django_db(transaction=True)


def sealed(name: str, kind: str = "reasoning") -> Payload:
    return {"type": kind, "id": name, "encrypted_content": "gAAA"}


def said(payloads: list[Payload]) -> list[str]:
    """What was said, facts apart."""
    spoken = [item for item in payloads if item.get("role") != "developer"]
    return [item.get("id") or item["content"][0]["text"] for item in spoken]


async def test_what_cannot_be_opened_is_told_as_it_was_before_it_was_sealed(
    ada: User, lesson: Lesson
) -> None:
    conversation = await in_database(Conversation.open, ada, lesson)
    told, other = ModelContext(conversation), ModelContext(conversation)
    await in_database(turn, conversation, 1, sealed("rs_1"), message("a", id="msg_1"))
    first = await told.payloads()
    compacted = [message("kept", id="kept"), sealed("cmp_1", "compaction")]
    assert await told.compact("c1", first, compacted)
    await in_database(turn, conversation, 2, sealed("rs_2"), message("b", id="msg_2"))
    both = ["kept", "cmp_1", "question 2", "rs_2", "msg_2"]
    assert said(await told.payloads()) == said(await other.payloads()) == both
    assert await told.omit_sealed()
    open_only = ["question 1", "msg_1", "question 2", "msg_2"]
    assert said(await told.payloads()) == said(await other.payloads()) == open_only
    # What is sealed from now on is told, and may stand for all that came before.
    await in_database(turn, conversation, 3, sealed("rs_3"), message("c", id="msg_3"))
    for reader in (told, other, ModelContext(conversation)):
        assert said(await reader.payloads()) == [*open_only, "question 3", "rs_3", "msg_3"]
    # A server that calls all compactions alike does not mix them up.
    assert await told.compact("c1", await told.payloads(), [sealed("cmp_2", "compaction")])
    for reader in (told, other, ModelContext(conversation)):
        assert said(await reader.payloads()) == ["cmp_2"]
    assert await told.omit_sealed()
    assert not await told.omit_sealed()
    assert said(await other.payloads()) == [*open_only, "question 3", "msg_3"]
    assert len(await in_database(Dialogue(conversation).shown)) == 6


async def test_a_compaction_of_what_is_told_otherwise_by_now_is_not_stored(
    ada: User, lesson: Lesson
) -> None:
    conversation = await in_database(Conversation.open, ada, lesson)
    told = ModelContext(conversation)
    await in_database(turn, conversation, 1, sealed("rs_1"), message("a", id="msg_1"))
    before = await told.payloads()
    assert await told.omit_sealed()
    assert not await told.compact("c1", before, [sealed("cmp_1", "compaction")])
    assert not await told.compact("c1", [], [sealed("cmp_1", "compaction")])
    assert said(await told.payloads()) == ["question 1", "msg_1"]


@pytest.fixture
def nothing_refused() -> Iterator[None]:
    """What the process knows of the server is of this test alone."""
    refused_roles.cache_clear()
    yield
    refused_roles.cache_clear()


@pytest.mark.usefixtures("nothing_refused")
async def test_a_role_that_is_refused_meanwhile_is_no_longer_in_what_was_read(
    ada: User, lesson: Lesson
) -> None:
    conversation = await in_database(Conversation.open, ada, lesson)
    told = ModelContext(conversation)
    await in_database(turn, conversation, 1, message("a", id="msg_1"))
    read = await told.payloads()
    assert sent_role(read) == "developer"
    assert refused_roles().note(read)
    again = await told.payloads()
    assert sent_role(again) == "system"
    assert again[1:] == read[1:]
    await in_database(turn, conversation, 2, message("b", id="msg_2"))
    assert sent_role((await told.payloads())[len(again) :]) == "system"
    # It is compacted as it was told.
    assert await told.compact("c1", again, [sealed("cmp_1", "compaction")])


class SlowItems:
    """The second item of a conversation, over a database that answers when it is told to."""

    def __init__(self) -> None:
        self.asked = self.answered = 0
        self.answers = threading.Event()
        self.after = 0

    def filter(self, *, number__gt: int) -> "SlowItems":
        self.after = number__gt
        return self

    def order_by(self, _: str) -> "SlowItems":
        return self

    def defer(self, *_: str) -> list[Any]:
        found = [SimpleNamespace(number=2, payload={}, compacts_up_to=None)][self.after - 1 :]
        self.asked += 1
        self.answers.wait(10)
        self.answered += 1
        return found


async def test_a_reading_that_was_cancelled_adds_nothing_twice() -> None:
    items: Any = SlowItems()
    conversation: Any = SimpleNamespace(items=items)
    context = ModelContext(conversation)
    context._stored = cast("Any", SimpleNamespace(read_unsealed_to=lambda: 0))
    context._take(Read([{}], 1, 0, facts_role.current()))
    stopped = asyncio.create_task(context.payloads())
    await wait_here_until(lambda: items.asked == 1, 10)
    stopped.cancel()
    await asyncio.wait([stopped])
    again = asyncio.create_task(context.payloads())
    await wait_here_until(lambda: items.asked == 2, 10)
    items.answers.set()
    await again
    await wait_here_until(lambda: items.answered == 2, 10)
    assert await context.payloads() == [{}, {}]
