"""The operations on a dialogue: messages taken, turns begun, taken over and stored, items read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, assert_never

from django.db import transaction
from django.utils import timezone

from tutor.method import answers, prompts
from tutor.models import pages
from tutor.models.conversation import LEASE, Busy
from tutor.models.limits import check_limits
from tutor.models.messages import Messages
from tutor.models.prediction_moves import PredictionMoves
from tutor.models.results import Changes, LeaseRenewed, MessageQueued, TurnStarted
from tutor.models.shown import views_of
from tutor.models.turns import Item, Turn, Waiting
from tutor.models.usage import Response
from tutor.models.views import waiting_view
from tutor.models.withheld import Withheld
from tutor.models.workbook import Workbook
from tutor.protocol.actions import EndTurn, Save, SaveFacts, SaveWaiting, Stored
from tutor.protocol.gate import SaveReady, SaveWithheld
from tutor.turn.revisions import NO_WRITES, OwnWrites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tutor.models.conversation import Conversation
    from tutor.models.pages import DialoguePage, NewestPage
    from tutor.models.predictions import Prediction
    from tutor.models.programs import SavedProgram
    from tutor.protocol import frames
    from tutor.protocol.calls import Payload
    from tutor.protocol.events import StudentSaid, Usage

# So many messages may wait for the tutor.
MAX_WAITING: Final = 5


class TooManyWaiting(Exception):
    """MAX_WAITING messages wait already; nothing was written."""


@dataclass(frozen=True)
class Dialogue:
    """The turns and items of one conversation."""

    conversation: Conversation

    @property
    def _workbook(self) -> Workbook:
        return Workbook(self.conversation)

    @property
    def _messages(self) -> Messages:
        return Messages(self.conversation)

    # Messages of the student's

    @transaction.atomic
    def say(self, said: StudentSaid, own: OwnWrites = NO_WRITES) -> TurnStarted | MessageQueued:
        """Begin the turn of a student's message, or let it wait while one is on.

        A message that is stored already stays as it is. One that is nothing but a value is the
        answer to the question that is open in its step. The program is stored with it, for which
        `own` is needed; see `Workbook.save_program`. Raises TooManyWaiting, TooFast, QuotaUsed or
        BadStep.
        """
        # Before anything is read: another page may be sending the same message.
        self.conversation.lock()
        waiting = list(self.conversation.waiting.all())
        if any(message.client_id == said.id for message in waiting):
            return MessageQueued()
        known = self.conversation.items.filter(client_id=said.id).select_related("turn").first()
        if known:
            return TurnStarted(known.turn, [known], None)
        if asked := PredictionMoves(self.conversation).answered_by(said):
            return self._answer(asked, said, own)
        self.conversation.lock_student()  # the limits count what is asked in other lessons too
        check_limits(self.conversation)
        written = self._workbook.save_program(said, own)
        step = self._workbook.step(written.work.step)
        ready = self._messages.ready() if waiting else []
        fields = self._messages.fields(said.text, step, written.code, written.files, ready)
        message = Waiting(conversation=self.conversation, client_id=said.id, **fields)
        last = self.conversation.turns.last()
        if last and last.is_running:
            # Also if its session has died: it is finished first, see take_over.
            return self._queue(message, written, waiting)
        try:
            fence = self.conversation.claim(updated_at=timezone.now())
        except Busy:
            return self._queue(message, written, waiting)
        turn = self.new_turn(last)
        items = self._messages.add_with_facts(turn, [*ready, message], written.work)
        return TurnStarted(turn, items, fence, written)

    def _answer(self, asked: Prediction, said: StudentSaid, own: OwnWrites) -> MessageQueued:
        """A message that is nothing but a value is the answer to the question that is open."""
        written = self._workbook.save_program(said, own)
        answer = None if answers.is_unknown(said.text) else said.text
        moves = PredictionMoves(self.conversation)
        return MessageQueued(written, moves.store_answer(asked, said.id, answer, said.text))

    def _queue(
        self, message: Waiting, written: SavedProgram, waiting: Sequence[Waiting]
    ) -> MessageQueued:
        # Those that answer a question are beyond the limit.
        if sum(one.prediction_id is None for one in waiting) >= MAX_WAITING:
            raise TooManyWaiting
        message.save()
        return MessageQueued(written)

    # Turns

    @transaction.atomic
    def take_over(self) -> TurnStarted | None:
        """The turn that waits for somebody, now ours; None if there is none.

        It is the one that its session left behind; else that of the messages that wait.
        Raises Busy while another session is at one.
        """
        # Claimed first: a turn seen before might have ended in between.
        fence = self.conversation.claim()
        last = self.conversation.turns.last()
        if last and last.is_running:
            return TurnStarted(last, [], fence)
        waiting = self._ready()
        if not waiting:
            self.conversation.release(fence)
            return None
        turn = self.new_turn(last)
        return TurnStarted(turn, self._messages.add_with_facts(turn, waiting), fence)

    def _ready(self) -> list[Waiting]:
        """The messages that can begin a turn. Answers whose run has died with its session do."""
        waiting = list(self.conversation.waiting.select_related("prediction"))
        if any(one.prediction and one.prediction.compared_at is None for one in waiting):
            PredictionMoves(self.conversation).settle()
            return self._messages.ready()
        return waiting

    @transaction.atomic
    def reopen(self) -> TurnStarted | None:
        """The last turn, running again and ours, if it failed; else None. Raises Busy."""
        fence = self.conversation.claim()
        turn = self.conversation.turns.last()
        if turn is None or not turn.has_failed:
            self.conversation.release(fence)
            return None
        turn.state, turn.message, turn.ended_at = Turn.RUNNING, "", None
        turn.stop_requested = False
        turn.save(update_fields=["state", "message", "ended_at", "stop_requested"])
        return TurnStarted(turn, [], fence)

    def renew_lease(self, fence: int, turn: Turn) -> LeaseRenewed:
        """Hold the claim for another LEASE, and read the requests of others. Raises ClaimLost."""
        self.conversation.renew(fence, timezone.now() + LEASE)
        stop = Turn.objects.filter(pk=turn.pk, stop_requested=True).exists()
        waiting = tuple(self.conversation.waiting.all())
        return LeaseRenewed(stop, waiting, tuple(one for one in waiting if not one.prediction_id))

    def request_stop(self) -> None:
        """Ask whoever runs the turn, now or after a crash, to stop it."""
        self.conversation.turns.filter(state=Turn.RUNNING).update(stop_requested=True)

    @transaction.atomic
    def store(self, fence: int, turn: Turn, actions: Sequence[Stored]) -> list[Item]:
        """Store what the actions say, all or nothing: the new items. Raises ClaimLost."""
        ends = isinstance(actions[-1], EndTurn)
        self.conversation.renew(fence, until=None if ends else timezone.now() + LEASE)
        items: list[Item] = []
        for action in actions:
            match action:
                case Save(payloads, response_id, interrupted, usage, withheld):
                    if usage:
                        self.add_usage(response_id, usage)
                    source = {"response_id": response_id, "interrupted": interrupted}
                    items += self.conversation.add_items(
                        Item(turn=turn, payload=payload, withheld=place in withheld, **source)
                        for place, payload in enumerate(payloads)
                    )
                case SaveWaiting(ids):
                    items += self._save_waiting(turn, ids)
                case SaveFacts():
                    items += self._messages.add_facts(turn)
                case SaveWithheld():
                    items.append(Withheld(self.conversation, turn).notice())
                case SaveReady():
                    items.append(Withheld(self.conversation, turn).ask_instead())
                case EndTurn(ending, message):
                    turn.state, turn.message = ending.value, message
                    turn.ended_at = timezone.now()
                    turn.save(update_fields=["state", "message", "ended_at"])
                case _:
                    assert_never(action)
        return items

    def _save_waiting(self, turn: Turn, ids: tuple[str, ...] | None) -> list[Item]:
        if ids is None:
            return self._messages.add_with_facts(turn, self._messages.ready())
        steered = self.conversation.waiting.filter(client_id__in=ids)
        return self._messages.add(turn, steered)

    def add_usage(self, response_id: str, usage: Usage) -> None:
        """Store the cost of a response."""
        self.conversation.responses.add(Response.of(response_id, usage), bulk=False)

    def new_turn(self, last: Turn | None, **fields: Any) -> Turn:
        """The turn after `last`. The conversation must be locked or claimed."""
        return self.conversation.turns.create(number=last.number + 1 if last else 1, **fields)

    # Reading

    def last_message_step(self) -> tuple[str, dict[str, str] | None]:
        """The step of the last message that is an item, and the files that came with it.

        Empty and None if there was none.
        """
        return self._messages.last_message_step()

    def told_program(self) -> str | None:
        """The student's program as the messages that are items brought it; None without one."""
        brought = self.conversation.items.filter(program__isnull=False).order_by("-number")
        told = brought.values_list("program", flat=True).first()
        return None if told is None else prompts.code_of(told)

    def items_of(self, turn: Turn) -> list[tuple[int, Payload, bool]]:
        """The items of a turn, in order: their numbers, payloads, and whether they are withheld."""
        said = self.conversation.items.filter(turn=turn, compacts_up_to=None).order_by("number")
        return list(said.values_list("number", "payload", "withheld"))

    def shown(self, *, after: int = 0) -> list[frames.ItemView]:
        """The items numbered above `after`, in order, as a page shows them."""
        said = self.conversation.items.filter(number__gt=after, compacts_up_to=None)
        items = list(said.order_by("number").select_related("turn"))
        return [view for view in self.views_of(items) if view]

    def newest(self) -> NewestPage:
        """The end of the dialogue, and all that changes or waits: for a page that is opened."""
        # In this order: see `changes`.
        waiting, turn = self._waiting_views(), self.conversation.turns.last()
        return pages.newest(self.conversation, waiting, turn)

    def before(self, number: int) -> DialoguePage:
        """The last items before that of this number."""
        return pages.before(self.conversation, number)

    def views_of(self, items: Sequence[Item]) -> list[frames.ItemView | None]:
        """How a page shows each of these items; None where it does not."""
        return views_of(self.conversation, items)

    def changes(self, *, after: int) -> Changes:
        """The changes for a page that was shown the items up to number `after`."""
        # In this order: a message that waits becomes an item of a turn, and a turn ends with one.
        waiting = self._waiting_views()
        turn = self.conversation.turns.last()
        return Changes(waiting, turn, tuple(self.shown(after=after)))

    def _waiting_views(self) -> tuple[frames.WaitingMessage, ...]:
        return tuple(waiting_view(message) for message in self.conversation.waiting.all())
