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
from tests.tutor.classroom import without_facts
from tests.tutor.far_end import Emulated
from tutor.method.facts import is_facts
from tutor.models import (
    ClaimLost,
    Conversation,
    Dialogue,
    MessageQueued,
    StoredContext,
    Turn,
    TurnStarted,
)
from tutor.protocol.actions import EndTurn, Save, SaveFacts, SaveWaiting, Stored
from tutor.protocol.calls import Payload
from tutor.protocol.events import Ending, StudentSaid
from tutor.session.context import ModelContext

# As it is found: to shorten a sequence that fails would take minutes with a database.
SEQUENCES = bounds(
    max_examples=12, stateful_step_count=25, deadline=None, database=None, phases=[Phase.generate]
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
        # Whether the model was told messages that no facts came with.
        self.facts_due = False
        super().__init__()

    def begin(self, text: str) -> None:
        self.take(Dialogue(self.conversation).say(message(text)))

    def wait(self, text: str) -> None:
        assert isinstance(Dialogue(self.conversation).say(message(text)), MessageQueued)
        last = self.conversation.waiting.order_by("pk").last()
        assert last
        self.waiting.append(last.payload)

    def tell_waiting(self) -> None:
        assert self.turn
        facts = [SaveFacts()] if self.facts_due and not self.waiting else []
        stored = self.commit(*facts, SaveWaiting())
        assert without_facts(stored) == self.waiting
        assert (len(stored) > len(self.waiting)) == bool(self.waiting or facts)
        self.rows += stored
        self.waiting, self.facts_due = [], False

    def tell_steered(self) -> None:
        names = self.conversation.waiting.values_list("client_id", flat=True)
        assert self.commit(SaveWaiting(tuple(names))) == self.waiting
        self.facts_due = True
        super().tell_steered()

    def commit(self, *actions: Stored) -> list[Payload]:
        """Store what belongs together under the claim: the new items."""
        assert self.turn
        items = Dialogue(self.conversation).store(self.fence, self.turn, actions)
        return [item.payload for item in items]

    def store(self, items: list[Payload], *, interrupted: bool = False) -> None:
        super().store(items)
        self.commit(Save(tuple(items), interrupted=interrupted))

    def end(self) -> None:
        super().end()
        self.commit(EndTurn(Ending.DONE))

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
            begun_with = [item.payload for item in begun.items]
            assert is_facts(begun_with[0])
            *before, _ = without_facts(begun_with)
            assert before == self.waiting
            self.rows += begun_with
            self.waiting, self.facts_due = [], False

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
