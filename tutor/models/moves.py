"""The moves of the tutor's method, decided and stored by the server: predictions, hints, offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, assert_never

from django.db import transaction
from django.utils import timezone

from courses.facts import CodeStep, ExplainStep
from tutor.method import facts as method
from tutor.method import hints, tools
from tutor.models.conversation import Busy
from tutor.models.dialogue import Dialogue
from tutor.models.facts import facts_of
from tutor.models.hint_moves import HintMoves
from tutor.models.limits import check_limits
from tutor.models.messages import Messages
from tutor.models.prediction_moves import SENT, PredictionMoves
from tutor.models.results import HintShown, MessageQueued, TurnStarted
from tutor.models.run_guard import NotAllowed, check_run
from tutor.models.turns import Turn, Waiting
from tutor.models.workbook import Workbook
from tutor.protocol.calls import HintCall, OfferCall, PredictionCall
from tutor.protocol.events import Ending
from tutor.turn.revisions import NO_WRITES, OwnWrites

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.models import Run
    from tutor.models.conversation import Conversation
    from tutor.models.evidence import StepHistory
    from tutor.models.predictions import HintGiven
    from tutor.models.programs import SavedProgram
    from tutor.protocol import frames
    from tutor.protocol.calls import MoveCall, Payload
    from tutor.protocol.commands import StudentAnswered
    from tutor.protocol.events import StudentAskedHint

# What a student's wish for a hint says in the dialogue.
HINT_WISH: Final = "A hint, please."
NO_CHECK: Final = "There is nothing to check in this step."
NO_VARIANT: Final = "There is no variant of this step."
NO_NEXT: Final = "This is the last step of the lesson."


@dataclass(frozen=True)
class Moves:
    """The moves in one conversation: each once, whoever asks for it however often."""

    conversation: Conversation

    # From the model

    @transaction.atomic
    def make(self, call: MoveCall) -> Payload:
        """Decide about a call and store what is granted, once for its item: the output."""
        self.conversation.lock()
        match call:
            case PredictionCall():
                return PredictionMoves(self.conversation).ask(call)
            case HintCall():
                return HintMoves(self.conversation).give(call)
            case OfferCall():
                return self._offer(call)
            case _:
                assert_never(call)

    def _offer(self, call: OfferCall) -> Payload:
        step = Messages(self.conversation).step()
        steps = self.conversation.lesson.source().steps
        why = {
            "attempt": NO_CHECK if isinstance(step, ExplainStep) else "",
            "variant": "" if isinstance(step, CodeStep) and step.variants else NO_VARIANT,
            "next": NO_NEXT if step.id == steps[-1].id else "",
        }[call.what]
        if why:
            return tools.refused_output(call.call_id, why)
        return tools.granted_output(call, tools.OFFERED, step=step.id, what=call.what)

    # From the student

    def answer(self, answered: StudentAnswered) -> frames.PredictionView:
        """Store the answer to a prediction, once under its id, and request the run for it.

        Raises NotAllowed or BadStep.
        """
        return PredictionMoves(self.conversation).answer(answered)

    @transaction.atomic
    def ask_hint(
        self, asked: StudentAskedHint, own: OwnWrites = NO_WRITES
    ) -> HintShown | TurnStarted | MessageQueued:
        """Give the student the next hint, once under the id, or begin the turn that writes it.

        The program is stored with it; see `Workbook.save_program`. Raises NotAllowed, Busy while a
        turn is on, TooFast, QuotaUsed or BadStep.
        """
        self.conversation.lock()
        given = self.conversation.hints.filter(client_id=asked.id).first()
        if given is not None:
            return self._given(given)
        last = self.conversation.turns.last()
        if last and last.is_running:
            raise Busy
        if Messages(self.conversation).is_stored(asked.id):
            raise NotAllowed(SENT)
        workbook = Workbook(self.conversation)
        written = workbook.save_program(asked, own)
        step = workbook.step(written.work.step)
        seen, hint = HintMoves(self.conversation).next(step, written.work)
        if isinstance(hint, hints.HintRefused):
            raise NotAllowed(hint.for_student, hint.for_model)
        if hint.text:
            return self._show(asked, seen, hint, last, written)
        return self._have_written(asked, seen, hint, last, written)

    def _given(self, given: HintGiven) -> HintShown | TurnStarted:
        items = self.conversation.items.select_related("turn")
        if given.text:
            return HintShown(items.get(number=given.number))
        wish = items.get(client_id=given.client_id)
        return TurnStarted(wish.turn, [wish], None)

    def _show(
        self,
        asked: StudentAskedHint,
        seen: StepHistory,
        hint: hints.HintGranted,
        last: Turn | None,
        written: SavedProgram,
    ) -> HintShown:
        """The author's hint, in a turn of its own that is over: the model hears of it later."""
        now = timezone.now()
        turn = Dialogue(self.conversation).new_turn(last, state=Ending.DONE.value, ended_at=now)
        item = HintMoves(self.conversation).show(turn, seen, hint, asked.id)
        return HintShown(item, written)

    def _have_written(
        self,
        asked: StudentAskedHint,
        seen: StepHistory,
        hint: hints.HintGranted,
        last: Turn | None,
        written: SavedProgram,
    ) -> TurnStarted:
        """A turn in which the model writes the hint, before which stand the facts that say so."""
        self.conversation.lock_student()
        check_limits(self.conversation)
        messages = Messages(self.conversation)
        ready = messages.ready()
        fields = messages.fields(HINT_WISH, seen.step, written.code, written.files, ready)
        wish = Waiting(conversation=self.conversation, client_id=asked.id, **fields)
        fence = self.conversation.claim(updated_at=timezone.now())
        turn = Dialogue(self.conversation).new_turn(last)
        moves = HintMoves(self.conversation)
        told = facts_of(self.conversation, seen.with_hint(moves.unsaved(seen, hint)), hint)
        others = messages.facts_of_answers(ready, seen.step.id)
        items = messages.add(turn, [*ready, wish], *others, method.facts_item(told))
        moves.store(seen, hint, items[len(others)].number, asked.id)
        return TurnStarted(turn, items, fence, written)

    # From the sandbox

    def record_prediction(self, run: Run) -> frames.PredictionView | None:
        """The prediction that `run` is for, compared if the run is over; None if there is none."""
        return PredictionMoves(self.conversation).record(run)

    def views(self, numbers: Iterable[int]) -> list[frames.PredictionView]:
        """The predictions of these numbers as pages show them now, in order."""
        asked = self.conversation.predictions.filter(number__in=list(numbers))
        return PredictionMoves(self.conversation).views(list(asked))

    def check_run(self, step: str, code: str, *, by: Literal["student", "tutor"]) -> None:
        """Raises NotAllowed if that run would show what is to be predicted; see `run_guard`."""
        check_run(self.conversation, step, code, by=by)
