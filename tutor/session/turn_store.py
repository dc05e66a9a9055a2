"""The turn of a session in the database: begun, taken over, stored and ended under one claim."""

import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from math import ceil
from typing import Final

from django.db import InterfaceError, OperationalError

from tutor.database import in_database
from tutor.models import (
    BadStep,
    Busy,
    ClaimLost,
    Conversation,
    Dialogue,
    HintShown,
    MessageQueued,
    Moves,
    NotAllowed,
    QuotaUsed,
    TooFast,
    TooManyWaiting,
    Turn,
    TurnStarted,
)
from tutor.models.results import LeaseRenewed
from tutor.protocol import frames
from tutor.protocol.actions import EndTurn, Save, Stored
from tutor.protocol.calls import StoredCall
from tutor.protocol.events import (
    CallsStored,
    Ending,
    ResponseKind,
    StudentAskedHint,
    StudentSaid,
    TurnBegan,
    TurnLost,
    TurnTaken,
    Usage,
)
from tutor.session.drafts import Drafts
from tutor.session.notifications import Notifications
from tutor.session.outbox import Outbox
from tutor.session.page import PageSync
from tutor.session.storage import OutcomeUnknown
from tutor.telemetry import Span
from tutor.turn import history

TOO_MANY: Final = "Several messages wait for the tutor already. Send this one when it has answered."
TOO_FAST: Final = "You ask faster than the tutor can follow. Send this again in {} s."
HINT_BUSY: Final = "The tutor is answering. Ask for a hint when it has finished."


class TurnStore:
    """The rows of the turn that is ours, if one is; what is stored is shown and notified."""

    def __init__(
        self,
        conversation: Conversation,
        outbox: Outbox,
        page: PageSync,
        drafts: Drafts,
        notifications: Notifications,
        *,
        begin_gate: Callable[[Turn], Awaitable[bool]],
        refresh_soon: Callable[[], None],
        take_up_answer: Callable[[int], Awaitable[None]],
        on_end: Callable[[Turn], None],
    ) -> None:
        self._conversation = conversation
        self._dialogue = Dialogue(conversation)
        self._moves = Moves(conversation)
        self._outbox = outbox
        self._in_database = outbox.storage.call
        self._page = page
        self._drafts = drafts
        self._notifications = notifications
        # Awaited with a turn of ours: whether what is said in it is judged.
        self._begin_gate = begin_gate
        # Called where the rows have to be reread next.
        self._refresh_soon = refresh_soon
        # Awaited with the fence of a turn that was begun before, once it is ours.
        self._take_up_answer = take_up_answer
        # Called with the turn that we have ended, before the page is shown its end.
        self._on_end = on_end
        # The fence of our claim on the conversation, and its turn; None while no turn is ours.
        self._claim: tuple[int, Turn] | None = None
        # When the claim was made (time.monotonic).
        self.claimed_at = 0.0
        # The span of that turn, or of the one before.
        self._span: Span

    @property
    def is_ours(self) -> bool:
        """True while we hold the claim on a turn."""
        return self._claim is not None

    @property
    def fence(self) -> int | None:
        """The number of our claim; None while we hold none."""
        return self._claim[0] if self._claim else None

    # A turn begins

    async def begin(self, asked: StudentSaid | StudentAskedHint) -> TurnBegan | None:
        """Store a message or give a hint, and acknowledge it, or refuse it.

        None if no turn of ours begins. Raises TurnedAway.
        """
        outcome = await self._begin(asked)
        if outcome is None:
            return None
        await self._drafts.acknowledge(asked.id, outcome.written)
        match outcome:
            case MessageQueued():
                await self._outbox.show(frames.Accepted(id=asked.id, item=None))
                # Whoever is at the turn takes it from its row; that may be we.
                self._refresh_soon()
                await self._notifications.send("conversation.changed")
                return None
            case HintShown(item):
                # A turn of its own, over already: the model has no part in it.
                await self._page.show_accepted(asked.id, item)
                await self._page.show_end(item.turn)
                await self._notifications.send("conversation.changed")
                return None
        *waited, item = outcome.items
        await self._page.show_items(waited)
        await self._page.show_accepted(asked.id, item)
        if outcome.fence is None:
            # It is stored already, perhaps by a session that has ended since.
            self._refresh_soon()
            return None
        self._start_turn(outcome.fence, outcome.turn)
        await self._notifications.send("conversation.changed")
        return TurnBegan(outcome.turn.number, gated=await self._begin_gate(outcome.turn))

    async def _begin(
        self, asked: StudentSaid | StudentAskedHint
    ) -> TurnStarted | MessageQueued | HintShown | None:
        own, enrolled = self._drafts.own, self._outbox.if_still_enrolled
        try:
            if isinstance(asked, StudentAskedHint):
                return await enrolled(self._moves.ask_hint, asked, own)
            return await enrolled(self._dialogue.say, asked, own)
        except TooManyWaiting:
            await self._outbox.refuse(asked.id, "too_many", TOO_MANY)
        except TooFast as error:
            await self._outbox.refuse(asked.id, "too_fast", TOO_FAST.format(ceil(error.wait_s)))
        except QuotaUsed as error:
            await self._outbox.refuse(asked.id, "quota", str(error))
        except BadStep as error:
            await self._outbox.refuse(asked.id, "bad_step", str(error))
        except NotAllowed as error:
            await self._outbox.refuse(asked.id, "hint", error.for_student)
        except Busy:
            await self._outbox.refuse(asked.id, "busy", HINT_BUSY)
        return None

    async def reopen(self) -> TurnTaken | CallsStored | TurnLost | None:
        """Claim the turn that failed last; None if there is none to go on with.

        Raises TurnedAway.
        """
        try:
            taken = await self._outbox.if_still_enrolled(self._dialogue.reopen)
        except Busy:
            return None
        # Whatever was tried since it failed is to be told.
        return await self._continue(taken, facts_due=True) if taken else None

    async def take_over(self) -> TurnTaken | CallsStored | TurnLost | None:
        """Claim a turn that nobody is at; None if there is none to go on with."""
        try:
            taken = await self._in_database(self._dialogue.take_over)
        except Busy:
            return None
        # One that has items to begin with is new: of messages that waited.
        return await self._continue(taken, is_left=not taken.items) if taken else None

    async def _continue(
        self, taken: TurnStarted, *, facts_due: bool = False, is_left: bool = False
    ) -> TurnTaken | CallsStored | TurnLost | None:
        """Go on where the rows of a turn end; None if nothing was missing.

        `is_left`: whoever was at it has gone in the middle of it.
        """
        assert taken.fence is not None
        self._start_turn(taken.fence, taken.turn)
        await self._take_up_answer(taken.fence)
        await self._page.show_items(taken.items)
        items = await self._in_database(self._dialogue.items_of, taken.turn)
        payloads = [payload for _, payload, _ in items]
        withheld = {place for place, (_, _, is_withheld) in enumerate(items) if is_withheld}
        match step := history.next_step(payloads, withheld):
            case history.RunCalls() | history.AskAgain():
                places = step.places if isinstance(step, history.RunCalls) else ()
                return TurnTaken(
                    taken.turn.number,
                    tuple(StoredCall(*items[place]) for place in places),
                    facts_due=facts_due or history.facts_due(payloads),
                    has_unanswered=history.has_unanswered(payloads),
                    gated=await self._begin_gate(taken.turn),
                    withheld=history.times_withheld(payloads),
                    asked_anew=is_left and not places,
                )
            case history.WaitForStudent():
                return await self.commit([EndTurn(Ending.DONE)])

    def _start_turn(self, fence: int, turn: Turn) -> None:
        self._claim = (fence, turn)
        self.claimed_at = time.monotonic()
        facts: dict[str, str | int] = {
            "gen_ai.conversation.id": str(self._conversation.pk),
            "tutor.turn.number": turn.number,
        }
        self._span = Span("turn", facts).enter()

    # A turn goes on

    async def commit(self, actions: Sequence[Stored]) -> CallsStored | TurnLost | None:
        """Store what belongs together in one transaction, under the claim."""
        assert self._claim
        fence, turn = self._claim
        try:
            items = await self._outbox.storage.call_once(self._dialogue.store, fence, turn, actions)
        except ClaimLost:
            await self._store_costs(actions)
            return self._lose()
        except OutcomeUnknown:
            # Its rows say where to go on, to whoever takes the turn over: at once, if nobody has.
            await self._in_database(self._conversation.release, fence)
            return self._lose()
        await self._page.show_items(items)
        if any(isinstance(action, EndTurn) for action in actions):
            await self._end(turn)
        await self._notifications.send("conversation.changed")
        open_ones = [items[place] for place in history.open_calls([one.payload for one in items])]
        calls = tuple(StoredCall(one.number, one.payload, one.withheld) for one in open_ones)
        return CallsStored(calls) if calls else None

    async def _store_costs(self, actions: Sequence[Stored]) -> None:
        """Store what responses cost that are not stored themselves any more."""
        for action in actions:
            if isinstance(action, Save) and action.usage:
                cost = replace(action.usage, kind=ResponseKind.DROPPED)
                await self.charge(action.response_id, cost)

    async def charge(self, response_id: str, usage: Usage) -> None:
        """Store the cost of a response, at most once."""
        with contextlib.suppress(OutcomeUnknown):
            await self._outbox.storage.call_once(self._dialogue.add_usage, response_id, usage)

    async def renew(self) -> LeaseRenewed | TurnLost:
        """Renew the lease; the wishes of others for this turn."""
        assert self._claim
        try:
            return await self._in_database(self._dialogue.renew_lease, *self._claim)
        except ClaimLost:
            return self._lose()

    # A turn is over for us

    async def _end(self, turn: Turn) -> None:
        self._claim = None
        self._span.end("failed" if turn.has_failed else "", {"tutor.turn.state": turn.state})
        self._on_end(turn)
        await self._page.show_end(turn)

    def _lose(self) -> TurnLost:
        self._claim = None
        self._span.end("claim_lost")
        # The page is shown from its row how the turn goes on.
        self._refresh_soon()
        return TurnLost()

    async def release(self) -> None:
        """Give up the claim, if there is one: nobody need wait until the lease is over."""
        if self._claim:
            fence, _ = self._claim
            self._span.end("left_behind")
            # Without a database the claim lapses by itself.
            with contextlib.suppress(OperationalError, InterfaceError):
                await in_database(self._conversation.release, fence)
