"""The help that a student had in a step before an attempt, counted when it is judged."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Q

from courses.facts import CodeStep
from tutor.leaks.judgement import Verdict
from tutor.method.help import Help, is_large_paste

if TYPE_CHECKING:
    from courses.steps import Step
    from tutor.models.conversation import Conversation


def help_before(conversation: Conversation, step: Step, answer: dict[str, Any]) -> Help:
    """The help so far in a step; `answer` is that of the attempt, as its row has it."""
    level = conversation.hints.filter(step=step.id).aggregate(most=Max("level"))["most"]
    compared = conversation.predictions.filter(step=step.id).exclude(verdict="").order_by()
    verdicts = dict(compared.values_list("verdict").annotate(Count("pk")))
    return Help(
        level=level or 0,
        turns=conversation.items.filter(step=step.id).exclude(client_id="").count(),
        predictions=verdicts or None,
        shown_solution=isinstance(step, CodeStep) and step.share_solution,
        pasted=is_large_paste(answer.get("pasted", 0), answer.get("code", "")),
        **_judged(conversation, step),
    )


def _judged(conversation: Conversation, step: Step) -> dict[str, int]:
    """In how many turns the leak gate found what kind of help; what was wrong of it is none.

    A reply is judged as far as it has come, again and again.
    """
    turns = partial(Count, "turn", distinct=True)
    is_leak = Q(verdict=Verdict.LEAK)
    return conversation.judgements.filter(step=step.id, wrong_at=None).aggregate(
        leaks=turns(filter=is_leak & Q(held_back=False)),
        withheld=turns(filter=Q(held_back=True)),
        partial=turns(filter=Q(verdict=Verdict.PARTIAL, held_back=False)),
    )
