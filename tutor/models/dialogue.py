"""The operations on a dialogue: messages taken, turns begun, taken over and stored, items read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from django.db import transaction
from django.utils import timezone

from sandbox.models import Run
from tutor.method import prompts
from tutor.models.context import StoredContext
from tutor.models.conversation import LEASE, Busy, with_files
from tutor.models.limits import check_limits
from tutor.models.programs import has_program
from tutor.models.results import Changes, LeaseRenewed, MessageQueued, TurnStarted
from tutor.models.turns import Item, Turn, Waiting
from tutor.models.usage import Response
from tutor.models.views import item_view, waiting_view
from tutor.models.workbook import Workbook
from tutor.protocol.actions import EndTurn, Save, SaveWaiting, Stored
from tutor.turn.revisions import NO_WRITES, OwnWrites

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tutor.models.conversation import Conversation
    from tutor.models.programs import SavedProgram
    from tutor.protocol import frames
    from tutor.protocol.events import Payload, StudentSaid, Usage

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

    # Messages of the student's

    @transaction.atomic
    def say(self, said: StudentSaid, own: OwnWrites = NO_WRITES) -> TurnStarted | MessageQueued:
        """Begin the turn of a student's message, or let it wait while one is on.

        A message that is stored already stays as it is. The program is stored with it, for which
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
        self.conversation.lock_student()  # the limits count what is asked in other lessons too
        check_limits(self.conversation)
        written = self._workbook.save_program(said, own)
        fields = self._message(said, written, waiting)
        message = Waiting(conversation=self.conversation, client_id=said.id, **fields)
        last = self.conversation.turns.last()
        if last and last.is_running:
            # Also if its session has died: it is finished first, see take_over.
            return self._queue(message, written, waiting)
        try:
            fence = self.conversation.claim(updated_at=timezone.now())
        except Busy:
            return self._queue(message, written, waiting)
        turn = self._new_turn(last)
        return TurnStarted(turn, self._make_items(turn, [*waiting, message]), fence, written)

    def _queue(
        self, message: Waiting, written: SavedProgram, waiting: Sequence[Waiting]
    ) -> MessageQueued:
        if len(waiting) >= MAX_WAITING:
            raise TooManyWaiting
        message.save()
        return MessageQueued(written)

    def _message(
        self, said: StudentSaid, written: SavedProgram, waiting: Sequence[Waiting]
    ) -> Payload:
        """The fields of a message's row: for the model, with the program unless it knows it.

        The program is the one that came with it, whatever that is stored as.
        """
        work = written.work
        program = prompts.NO_PROGRAM
        if has_program(self._workbook.step(work.step)):
            language = self.conversation.lesson.course.language
            program = prompts.program(written.code, written.files, language)
        now = prompts.Situation(
            step=work.step,
            attempts=work.attempts,
            minutes=round((timezone.now() - work.begun_at).total_seconds() / 60),
            last_check=self._workbook.last_check(work.step) if work.attempts else "",
            last_run=self._last_run(),
        )
        new = None if program == self._known_program(waiting) else program
        more = (prompts.situation(now), *([] if new is None else [new]))
        payload = prompts.student_message(said.text, *more)
        files = dict(written.files)
        return {"payload": payload, "program": new, "step": work.step, "files": files}

    def _last_run(self) -> str:
        run = self.conversation.own_runs().only("status", "stderr").first()
        return prompts.last_run(run.status, run.stderr) if run and run.finished else ""

    def _known_program(self, waiting: Sequence[Waiting]) -> str | None:
        """The program that the model knows of, or will once it is told the waiting messages."""
        for message in reversed(waiting):
            if message.program is not None:
                return message.program
        items = StoredContext(self.conversation).items().exclude(program=None)
        return items.order_by("-number").values_list("program", flat=True).first()

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
        waiting = list(self.conversation.waiting.all())
        if not waiting:
            self.conversation.release(fence)
            return None
        turn = self._new_turn(last)
        return TurnStarted(turn, self._make_items(turn, waiting), fence)

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
        return LeaseRenewed(stop, tuple(self.conversation.waiting.all()))

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
                case Save(payloads, response_id, interrupted, usage):
                    if usage:
                        self.add_usage(response_id, usage)
                    source = {"response_id": response_id, "interrupted": interrupted}
                    items += self.conversation.add_items(
                        Item(turn=turn, payload=payload, **source) for payload in payloads
                    )
                case SaveWaiting(ids):
                    waits = self.conversation.waiting.all()
                    items += self._make_items(
                        turn, waits if ids is None else waits.filter(client_id__in=ids)
                    )
                case EndTurn(ending, message):
                    turn.state, turn.message = ending.value, message
                    turn.ended_at = timezone.now()
                    turn.save(update_fields=["state", "message", "ended_at"])
                case _:
                    assert_never(action)
        return items

    def add_usage(self, response_id: str, usage: Usage) -> None:
        """Store the cost of a response."""
        self.conversation.responses.add(Response.of(response_id, usage), bulk=False)

    def _new_turn(self, last: Turn | None) -> Turn:
        return self.conversation.turns.create(number=last.number + 1 if last else 1)

    def _make_items(self, turn: Turn, messages: Iterable[Waiting]) -> list[Item]:
        """Store messages as items of a turn; those that waited wait no longer."""
        messages = list(messages)
        waited = [message.pk for message in messages if message.pk]
        if waited:
            self.conversation.waiting.filter(pk__in=waited).delete()
        return (
            self.conversation.add_items(message.item(turn) for message in messages)
            if messages
            else []
        )

    # Reading

    def last_message_step(self) -> tuple[str, dict[str, str] | None]:
        """The step of the last message that is an item, and the files that came with it.

        Empty and None if there was none.
        """
        said = self.conversation.items.exclude(client_id="").order_by("-number")
        return said.values_list("step", "files").first() or ("", None)

    def told_program(self) -> str | None:
        """The student's program as the messages that are items brought it; None without one."""
        brought = self.conversation.items.exclude(program=None).order_by("-number")
        told = brought.values_list("program", flat=True).first()
        return None if told is None else prompts.code_of(told)

    def items_of(self, turn: Turn) -> list[tuple[int, Payload]]:
        """The items of a turn with their numbers, in order."""
        said = self.conversation.items.filter(turn=turn, compacts_up_to=None).order_by("number")
        return list(said.values_list("number", "payload"))

    def shown(self, *, after: int = 0) -> list[frames.ItemView]:
        """The items numbered above `after`, in order, as a page shows them."""
        said = self.conversation.items.filter(number__gt=after, compacts_up_to=None)
        items = list(said.order_by("number").select_related("turn"))
        keys = {
            item.number: self.conversation.call_key(item.number) for item in items if item.is_call
        }
        runs = {run.key: run for run in with_files(Run.objects.filter(key__in=keys.values()))}
        views = (item_view(item, runs.get(keys.get(item.number, ""))) for item in items)
        return [view for view in views if view]

    def changes(self, *, after: int) -> Changes:
        """The changes for a page that was shown the items up to number `after`."""
        # In this order: a message that waits becomes an item of a turn, and a turn ends with one.
        waiting = tuple(waiting_view(message) for message in self.conversation.waiting.all())
        turn = self.conversation.turns.last()
        return Changes(waiting, turn, tuple(self.shown(after=after)))
