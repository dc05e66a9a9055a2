"""The facts of a step, as the model is told them before a message: made of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from courses.facts import CodeStep
from tutor.method import hints
from tutor.method.facts import MAX_FAILED_CASES, MAX_TEXT_CHARS, Facts
from tutor.method.state import state_of
from tutor.models.attempts import Attempt
from tutor.models.evidence import StepHistory, history

if TYPE_CHECKING:
    from datetime import datetime

    from courses.steps import Step
    from tutor.method.attempt_facts import CaseFacts
    from tutor.models.conversation import Conversation
    from tutor.models.programs import Work


def facts(conversation: Conversation, step: Step, work: Work | None = None) -> Facts:
    """What the model is told of a step now; `work` is its row, if that was read already."""
    return facts_of(conversation, history(conversation, step, work))


def facts_of(
    conversation: Conversation, seen: StepHistory, asked: dict[str, Any] | None = None
) -> Facts:
    """What the model is told of this history of a step; see `method.facts`.

    `asked` is the hint that the student has asked for and that the model is to write.
    """
    now = timezone.now()
    step, work = seen.step, seen.work
    judged = [one for one in seen.attempts if one.state == Attempt.JUDGED]
    return Facts(
        step=step.id,
        kind=step.kind,
        state=state_of(seen.evidence, now),
        attempts=work.attempts,
        minutes=round((now - work.begun_at).total_seconds() / 60),
        check=_check(judged[-1]) if judged else None,
        run=_run(seen),
        prediction=_prediction(seen),
        hints=_hints(seen, hint_policy(conversation, step), now, asked),
    )


def hint_policy(conversation: Conversation, step: Step) -> hints.HintPolicy:
    """The hints of a step, and what the course says of them."""
    policy = conversation.lesson.course.policy
    return hints.HintPolicy(
        hints=step.hints if isinstance(step, CodeStep) else (),
        max_level=policy.get("max_hint_level"),
        support=policy.get("support", "medium"),
    )


def _check(attempt: Attempt) -> dict[str, Any]:
    told = attempt.facts
    failed = [case for case in told.cases if not case.passed]
    check: dict[str, Any] = {"attempt": attempt.number, "passed": attempt.passed}
    if told.cases or told.hidden:
        check["visible"] = [len(told.cases) - len(failed), len(told.cases)]
    if told.hidden:
        check["hidden"] = [told.hidden_passed, told.hidden]
    more = {
        "failed": [_case(case) for case in failed[:MAX_FAILED_CASES]],
        "rules": list(told.rules),
        "beliefs": list(attempt.misconceptions),
        "wrong_from_line": told.differs.line if told.differs else None,
        "chose": [place + 1 for place in told.choices],
    }
    return check | {name: value for name, value in more.items() if value}


def _case(case: CaseFacts) -> dict[str, str]:
    told = {"call": case.call, "input": case.stdin, "got": case.got}
    return {name: _cut(text) for name, text in told.items() if text}


def _run(seen: StepHistory) -> dict[str, Any] | None:
    if not seen.runs:
        return None
    last = seen.runs[-1]
    told = {"status": str(last.status)}
    if last.error:
        said = f": {last.error.message}" if last.error.message else ""
        told["error"] = _cut(last.error.type + said)
    return told


def _prediction(seen: StepHistory) -> dict[str, Any] | None:
    """The open one, else the last that was compared."""
    told = [one for one in seen.predictions if one.is_open or one.verdict]
    one = next((each for each in told if each.is_open), told[-1] if told else None)
    if one is None:
        return None
    texts = {"call": one.call, "question": one.question, "said": one.answer or "", "gave": one.gave}
    shown: dict[str, Any] = {name: _cut(text) for name, text in texts.items() if text}
    shown["state"] = one.verdict or "open"
    if one.code_hash != seen.evidence.code_hash:
        shown["program_changed"] = True
    return shown


def _hints(
    seen: StepHistory, policy: hints.HintPolicy, now: datetime, asked: dict[str, Any] | None
) -> dict[str, Any] | None:
    told: dict[str, Any] = {}
    if seen.hints:
        told["given"] = max(hint.level for hint in seen.hints)
    match hints.next_hint(seen.evidence, policy, now):
        case hints.HintGranted(level=level):
            told["may"] = level
        case hints.HintRefused(for_model=because):
            told["because"] = because
    if asked:
        told["asked"] = asked
    return told


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT_CHARS else f"{text[: MAX_TEXT_CHARS - 1]}…"
