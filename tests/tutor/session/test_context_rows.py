"""What is read back from real rows is what happened to the dialogue, and what the model is told."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from hypothesis import Phase
from hypothesis import settings as bounds
from hypothesis.stateful import invariant, run_state_machine_as_test

from courses.models import Lesson
from tests.tutor import telling
from tests.tutor.far_end import Emulated
from tutor.models import (
    ClaimLost,
    Conversation,
    Dialogue,
    MessageQueued,
    StoredContext,
    Turn,
    TurnStarted,
)
from tutor.protocol.actions import EndTurn, Save, SaveWaiting
from tutor.protocol.events import Ending, Payload, StudentSaid
from tutor.session.context import ModelContext

# As it is found: to shorten a sequence that fails would take minutes with a database.
SEQUENCES = bounds(
    max_examples=25, stateful_step_count=25, deadline=None, database=None, phases=[Phase.generate]
)


class StoredDialogue(telling.Dialogue):
    """With real rows; `rows` says what should be in them."""

    far_end = Emulated

    def __init__(self, student: User, lesson: Lesson) -> None:
        Conversation.objects.filter(student=student).delete()
        self.conversation = Conversation.open(student, lesson)
        # What the client reads them through.
        self.told = ModelContext(self.conversation)
        # The turn that is on and the claim on it; those that were lost last.
        self.turn: Turn | None = None
        self.fence = 0
        self.lost: tuple[int, Turn] | None = None
        super().__init__()

    def begin(self, text: str) -> None:
        self.take(Dialogue(self.conversation).say(message(text)))

    def wait(self, text: str) -> None:
        assert isinstance(Dialogue(self.conversation).say(message(text)), MessageQueued)
        last = self.conversation.waiting.order_by("pk").last()
        assert last
        self.waiting.append(last.payload)

    def tell_waiting(self) -> None:
        super().tell_waiting()
        assert self.turn
        Dialogue(self.conversation).store(self.fence, self.turn, [SaveWaiting()])

    def store(self, items: list[Payload], *, interrupted: bool = False) -> None:
        super().store(items)
        assert self.turn
        saved = Save(tuple(items), interrupted=interrupted)
        Dialogue(self.conversation).store(self.fence, self.turn, [saved])

    def end(self) -> None:
        super().end()
        assert self.turn
        Dialogue(self.conversation).store(self.fence, self.turn, [EndTurn(Ending.DONE)])

    def lose_claim(self) -> None:
        assert self.turn
        self.lost = self.fence, self.turn
        # Its session has not renewed the claim.
        Conversation.objects.filter(pk=self.conversation.pk).update(claimed_until=None)
        self.take(Dialogue(self.conversation).take_over())

    def take(self, begun: TurnStarted | MessageQueued | None) -> None:
        """The turn is ours now, and tells the model what it has begun with."""
        assert isinstance(begun, TurnStarted)
        assert begun.fence
        self.turn, self.fence = begun.turn, begun.fence
        if begun.items:
            *before, _ = begun_with = [item.payload for item in begun.items]
            assert before == self.waiting
            self.rows += begun_with
            self.waiting = []

    def store_too_late(self, items: list[Payload]) -> None:
        if self.lost:
            with pytest.raises(ClaimLost):
                Dialogue(self.conversation).store(*self.lost, [Save(tuple(items))])

    def store_compaction(self, told: list[Payload], items: list[Payload]) -> None:
        super().store_compaction(told, items)
        StoredContext(self.conversation).add_compaction(f"resp_{uuid4()}", told, items)

    def read(self) -> list[Payload]:
        return list(self.told._take(self.told._read()))

    @invariant()
    def another_reader_reads_the_same(self) -> None:
        assert StoredContext(self.conversation).payloads() == self.rows


def message(text: str) -> StudentSaid:
    return StudentSaid(str(uuid4()), text, f"print({text!r})")


def test_what_the_model_was_told_equals_the_rows_of_the_database(
    ada: User, lesson: Lesson, settings: Any
) -> None:
    settings.QUESTIONS_PER_MINUTE = 0

    class AdasDialogue(StoredDialogue):
        def __init__(self) -> None:
            super().__init__(ada, lesson)

    run_state_machine_as_test(AdasDialogue, settings=SEQUENCES)
