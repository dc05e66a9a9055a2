"""Hints: given to the tutor that asks for one, and to the student."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.utils import timezone

from tutor.method import facts as method
from tutor.method import hints, tools
from tutor.models.evidence import history
from tutor.models.facts import facts_of, hint_policy
from tutor.models.messages import Messages
from tutor.models.predictions import HintGiven

if TYPE_CHECKING:
    from courses.steps import Step
    from tutor.models.conversation import Conversation
    from tutor.models.evidence import StepHistory
    from tutor.models.programs import Work
    from tutor.models.turns import Item, Turn
    from tutor.protocol.calls import HintCall, Payload


@dataclass(frozen=True)
class HintMoves:
    """The hints of one conversation: each rung once, stored before anybody is told of it."""

    conversation: Conversation

    def give(self, call: HintCall) -> Payload:
        """Give the hint that the tutor asks for, once for the item of the call: its output.

        It may be a refusal. The conversation must be locked.
        """
        given = self.conversation.hints.filter(number=call.item).first()
        if given is not None:
            return _output(call, given)
        step = Messages(self.conversation).step()
        seen = history(self.conversation, step)
        policy = hint_policy(self.conversation, step)
        match hints.asked_hint(seen.evidence, policy, timezone.now(), call.level):
            case hints.HintRefused(for_model=because, allowed=allowed):
                return tools.refused_output(call.call_id, because, allowed=allowed)
            case hints.HintGranted() as granted:
                return _output(call, self.store(seen, granted, call.item))

    def next(
        self, step: Step, work: Work
    ) -> tuple[StepHistory, hints.HintGranted | hints.HintRefused]:
        """The hint that the student may have now, and what has happened in the step."""
        seen = history(self.conversation, step, work)
        policy = hint_policy(self.conversation, step)
        return seen, hints.next_hint(seen.evidence, policy, timezone.now())

    def show(
        self, turn: Turn, seen: StepHistory, granted: hints.HintGranted, client_id: str = ""
    ) -> Item:
        """Give the author's hint without the model, which hears of it later: its item.

        `client_id` is the page's name for the student's wish; empty where the server gives it.
        """
        told = facts_of(self.conversation, seen.with_hint(self.unsaved(seen, granted)))
        asked_by: Literal["student", "server"] = "student" if client_id else "server"
        payload = method.hint_item(told, granted, asked_by)
        [item] = Messages(self.conversation).add(turn, [], payload)
        self.store(seen, granted, item.number, client_id)
        return item

    def unsaved(self, seen: StepHistory, granted: hints.HintGranted) -> HintGiven:
        """The hint as if it had been given before."""
        return HintGiven(
            step=seen.step.id, ladder=granted.ladder, level=granted.level,
            created_at=timezone.now(), code_hash=seen.evidence.code_hash,
        )  # fmt: skip

    def store(
        self, seen: StepHistory, granted: hints.HintGranted, item: int, client_id: str = ""
    ) -> HintGiven:
        """Store that a hint was given, with the number of the item that holds it."""
        return self.conversation.hints.create(
            number=item, step=seen.step.id, ladder=granted.ladder, level=granted.level,
            text=granted.text, client_id=client_id, code_hash=seen.evidence.code_hash,
        )  # fmt: skip


def _output(call: HintCall, given: HintGiven) -> Payload:
    if not given.text:
        return tools.granted_output(call, tools.WRITE, level=given.level)
    return tools.granted_output(call, tools.GIVEN, level=given.level, text=given.text)
