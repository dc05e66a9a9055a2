"""The facts of a step, as the model is told them before a message: made of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from courses.facts import CodeStep, Policy
from tutor.method.facts import (
    Facts,
    check_facts,
    hint_facts,
    prediction_facts,
    run_facts,
)
from tutor.method.hints import HintPolicy
from tutor.method.state import state_of
from tutor.models.evidence import history

if TYPE_CHECKING:
    from typing import Any

    from courses.steps import Step
    from tutor.method.hints import HintGranted
    from tutor.models.attempts import Attempt
    from tutor.models.conversation import Conversation
    from tutor.models.evidence import StepHistory
    from tutor.models.programs import Work


def facts(conversation: Conversation, step: Step, work: Work | None = None) -> Facts:
    """What the model is told of a step now; `work` is its row, if that was read already."""
    return facts_of(conversation, history(conversation, step, work))


def facts_of(
    conversation: Conversation, seen: StepHistory, asked: HintGranted | None = None
) -> Facts:
    """What the model is told of this history of a step; see `method.facts`.

    `asked` is the hint that the student has asked for and that the model is to write.
    """
    now = timezone.now()
    step, work, known = seen.step, seen.work, seen.evidence
    return Facts(
        step=step.id,
        kind=step.kind,
        state=state_of(known, now),
        attempts=work.attempts,
        minutes=round((now - work.begun_at).total_seconds() / 60),
        check=_check(seen.attempts[-1]) if seen.attempts else None,
        run=run_facts(str(seen.runs[-1].status), seen.runs[-1].stderr) if seen.runs else None,
        prediction=prediction_facts(known),
        hints=hint_facts(known, hint_policy(conversation, step), now, asked),
    )


def hint_policy(conversation: Conversation, step: Step) -> HintPolicy:
    """The hints of a step, and what the course says of them."""
    policy = Policy.from_document(conversation.lesson.course.policy)
    return HintPolicy(
        hints=step.hints if isinstance(step, CodeStep) else (),
        max_level=policy.max_hint_level,
        support=policy.support,
    )


def _check(attempt: Attempt) -> dict[str, Any]:
    beliefs = attempt.misconceptions
    return check_facts(attempt.number, attempt.passed, attempt.facts, beliefs)
