"""Hints: given to the tutor that asks for one, and to the student."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from tutor.method import hints, tools
from tutor.models.evidence import history
from tutor.models.facts import hint_policy
from tutor.models.messages import Messages

if TYPE_CHECKING:
    from courses.steps import Step
    from tutor.models.conversation import Conversation
    from tutor.models.evidence import StepHistory
    from tutor.models.predictions import HintGiven
    from tutor.models.programs import Work
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
