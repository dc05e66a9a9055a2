"""What the rows say, whatever happens between two looks at them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from courses.facts import CourseSource
from courses.models import Course, Lesson
from courses.source import read
from tutor.models import Conversation, Dialogue, MessageQueued, TurnStarted, Workbook
from tutor.protocol import frames
from tutor.protocol.actions import EndTurn, Save
from tutor.protocol.events import Ending, StudentSaid
from tutor.session.context import ModelContext
from tutor.session.outbox import Outbox
from tutor.session.page import PageSync

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_turn_is_not_told_as_over_without_its_last_item(
    ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = Conversation.open(ada, lesson)
    begun = Dialogue(conversation).say(StudentSaid("message-0", "Why?", "print(1)"))
    assert isinstance(begun, TurnStarted)
    fence = begun.fence
    assert fence
    read = Dialogue.shown

    def shown_just_before_the_end(self: Dialogue, **after: Any) -> Any:
        items = read(self, **after)
        answer = {"type": "message", "role": "assistant", "content": "What if?"}
        Dialogue(conversation).store(fence, begun.turn, [Save((answer,)), EndTurn(Ending.DONE)])
        return items

    with monkeypatch.context() as racing:
        racing.setattr(Dialogue, "shown", shown_just_before_the_end)
        news = Dialogue(conversation).changes(after=0)
    assert [item.kind for item in news.items] == ["student"]
    assert news.turn
    assert news.turn.is_running
    news = Dialogue(conversation).changes(after=news.items[-1].number)
    assert [item.kind for item in news.items] == ["tutor"]
    assert news.turn
    assert not news.turn.is_running


def begun_turn(conversation: Conversation, number: int) -> tuple[int, Any]:
    begun = Dialogue(conversation).say(StudentSaid(f"message-{number}", f"q{number}", "print(1)"))
    assert isinstance(begun, TurnStarted)
    assert begun.fence
    return begun.fence, begun.turn


def answered_turn(conversation: Conversation, number: int) -> None:
    answer = {"type": "message", "role": "assistant", "content": f"a{number}"}
    Dialogue(conversation).store(
        *begun_turn(conversation, number), [Save((answer,)), EndTurn(Ending.DONE)]
    )


def test_a_message_leaves_the_claim_of_a_turn_alone_whose_lease_has_run_out(
    ada: User, lesson: Lesson
) -> None:
    conversation = Conversation.open(ada, lesson)
    fence, turn = begun_turn(conversation, 0)
    Conversation.objects.update(claimed_until=timezone.now())
    queued = Dialogue(conversation).say(StudentSaid("message-1", "Hello?", "print(1)"))
    assert isinstance(queued, MessageQueued)
    # Whoever is at the turn was only slow, and goes on.
    Dialogue(conversation).store(fence, turn, [EndTurn(Ending.DONE)])


async def test_what_the_model_is_told_is_read_once_by_however_many_at_a_time(
    ada: User, lesson: Lesson
) -> None:
    def rows() -> Conversation:
        conversation = Conversation.open(ada, lesson)
        for number in range(5):
            answered_turn(conversation, number)
        return conversation

    conversation = await asyncio.to_thread(rows)
    for _ in range(10):
        told = ModelContext(conversation)
        for payloads in await asyncio.gather(*(told.payloads() for _ in range(4))):
            assert len(payloads) == 15


class Screen:
    """A page that notes what it is shown."""

    def __init__(self) -> None:
        self.frames: list[frames.ToBrowser] = []

    async def show(self, frame: frames.ToBrowser) -> None:
        self.frames.append(frame)

    async def turn_away(self, why: frames.TurnedAway) -> None:
        raise why

    def admit(self) -> None:
        pass

    def keeps_up(self) -> bool:
        return True

    @property
    def numbers(self) -> list[int]:
        """The numbers of the items, in the order in which they were shown."""
        items = [
            frame.item
            for frame in self.frames
            if isinstance(frame, frames.ItemStored | frames.Accepted)
        ]
        return [item.number for item in items if item]


async def test_a_page_is_shown_what_others_stored_before_its_own_message(
    ada: User, lesson: Lesson
) -> None:
    conversation = await asyncio.to_thread(Conversation.open, ada, lesson)
    screen = Screen()
    shown = PageSync(conversation, Outbox(screen))
    await shown.show_all()
    # Another page's turn, of which no news have come yet; then a message of this page's.
    await asyncio.to_thread(answered_turn, conversation, 0)
    said = StudentSaid("message-1", "And now?", "print(1)")
    begun = await asyncio.to_thread(Dialogue(conversation).say, said)
    assert isinstance(begun, TurnStarted)
    await shown.show_accepted("message-1", begun.items[-1])
    await shown.show_changes()
    assert screen.numbers == [2, 3, 5]  # the others are facts


def test_the_files_of_a_lesson_stand_beside_the_programs_of_its_dialogue(ada: User) -> None:
    folder = Path(__file__).parents[3] / "courses" / "content" / "python-foundations"
    source = read(folder)
    assert isinstance(source, CourseSource)
    course = Course.publish(source).course
    lesson = course.lessons.current().get(slug="small-programs")
    step = next(step for step in lesson.source().code_steps() if step.files)
    files = {file.path: file.text for file in step.files}
    conversation = Conversation.open(ada, lesson)
    assert Workbook(conversation).files_for(step.id) == files
