"""What stands in the dialogue in place of answers that were withheld."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from courses.facts import CodeStep
from tutor.leaks.judgement import Verdict
from tutor.method import facts as method
from tutor.method import hints, prompts
from tutor.method.attempt_facts import CaseFacts
from tutor.method.ready_questions import ready_question
from tutor.method.withheld import Place, changed_line
from tutor.models.attempts import Attempt
from tutor.models.evidence import history
from tutor.models.facts import facts_of
from tutor.models.hint_moves import HintMoves
from tutor.models.messages import Messages
from tutor.models.programs import Work
from tutor.models.turns import Item, tutor_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db import models

    from courses.steps import Step
    from tutor.models.conversation import Conversation
    from tutor.models.evidence import StepHistory
    from tutor.models.turns import Turn


@dataclass(frozen=True)
class Withheld:
    """The withheld answers of a turn. The conversation must be claimed."""

    conversation: Conversation
    turn: Turn

    def notice(self) -> Item:
        """Tell the model that its answer was not shown, and what it may ask about instead."""
        step = Messages(self.conversation).step()
        seen = history(self.conversation, step)
        told = facts_of(self.conversation, seen)
        payload = method.withheld_item(told, self._notices() + 1, self._place(seen))
        [item] = Messages(self.conversation).add(self.turn, [], payload)
        return item

    def ask_instead(self) -> Item:
        """Give the student the hint of the author's that may be given now, else ask for ourselves.

        The last hint of a ladder is the student's to ask for: it may say everything.
        """
        step = Messages(self.conversation).step()
        moves = HintMoves(self.conversation)
        seen, hint = moves.next(step, Work.begin(self.conversation.pk, step))
        if isinstance(hint, hints.HintGranted) and hint.text and not _is_last(step, hint):
            return moves.show(self.turn, seen, hint)
        text = ready_question(step.kind, self._place(seen), self._asked_last(step))
        payload = {"type": "message", "role": "assistant", "content": text}
        [item] = self.conversation.add_items([Item(turn=self.turn, payload=payload)])
        return item

    def _notices(self) -> int:
        """How many answers of this turn were withheld before."""
        told = self._said("developer").filter(turn=self.turn)
        return sum(map(method.is_withheld_notice, told.values_list("payload", flat=True)))

    def _place(self, seen: StepHistory) -> Place:
        """Where the student's program was mended by what was withheld last; a case that failed."""
        failed = _failed(seen.attempts)
        return Place(self._line(seen.step), failed.call, failed.stdin)

    def _line(self, step: Step) -> int:
        """0 where that is not known, and where another step would have been solved."""
        leaks = self.conversation.judgements.filter(
            turn=self.turn, held_back=True, verdict=Verdict.LEAK.value
        )
        last = leaks.order_by("-pk").values_list("step", "mended").first()
        told = self.conversation.items.exclude(program=None).order_by("-number")
        program = told.values_list("program", flat=True).first()
        if last is None or last[0] != step.id or program is None:
            return 0
        return changed_line(prompts.code_of(program) or "", last[1])

    def _asked_last(self, step: Step) -> str:
        """The last question of ours in the step; empty if there was none."""
        turns = self.conversation.items.filter(step=step.id).exclude(client_id="").values("turn")
        said = self._said("assistant").filter(response_id="", interrupted=False, turn__in=turns)
        last = said.order_by("-number").values_list("payload", flat=True).first()
        return tutor_text(last) if last else ""

    def _said(self, role: str) -> models.QuerySet[Item]:
        return self.conversation.items.filter(payload__role=role, compacts_up_to=None)


def _is_last(step: Step, hint: hints.HintGranted) -> bool:
    return isinstance(step, CodeStep) and hint.level >= step.last_level(hint.ladder)


def _failed(attempts: Sequence[Attempt]) -> CaseFacts:
    """A visible case that the last check found wrong; an empty one if it found none."""
    checked = [one for one in attempts if one.state == Attempt.JUDGED]
    cases = checked[-1].facts.cases if checked else ()
    return next((case for case in cases if not case.passed), CaseFacts())
