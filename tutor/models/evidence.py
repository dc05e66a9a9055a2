"""What has happened in a step, read from its rows with a few bounded queries."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from django.db.models import Q
from django.db.models.functions import Right

from courses.languages import language_of
from sandbox.constants import QUEUED, RUNNING
from sandbox.job import Status
from tutor.method.evidence import Checked, Evidence, Hinted, Predicted, Ran
from tutor.method.hints import SYNTAX_ERROR
from tutor.method.program_hash import program_hash
from tutor.models.attempts import Attempt
from tutor.models.programs import Work, starter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from courses.steps import Step
    from tutor.models.conversation import Conversation
    from tutor.models.predictions import HintGiven, Prediction

# Of each kind of row so many are read, the newest.
MAX_RUNS: Final = 50
MAX_ATTEMPTS: Final = 60
MAX_PREDICTIONS: Final = 50
# Of what a program wrote to standard error: its end has the error.
MAX_ERROR_CHARS: Final = 2_000

# Nothing was run, or nothing is known of it.
NO_RUN: Final = (QUEUED, RUNNING, Status.UNAVAILABLE, Status.SANDBOX_ERROR)
# The last line of a traceback.
_RAISED: Final = re.compile(r"([A-Za-z_][\w.]{0,99})(?:: .*)?")


@dataclass(frozen=True)
class EndedRun:
    """A run of the student's own in a step, with the end of its standard error."""

    at: datetime
    code_hash: str
    status: str
    stderr: str

    def error(self, language: str) -> str:
        """The name of the error that has ended it, as its interpreter tells; else empty."""
        if self.status != Status.ERROR:
            return ""
        if output := language_of(language).error_output:
            thrown = output.thrown(self.stderr)
            return thrown.type if thrown else ""
        found = _RAISED.fullmatch(self.stderr.rstrip().rpartition("\n")[2].strip())
        return found[1] if found else ""


@dataclass(frozen=True)
class StepHistory:
    """The rows of a step, each list oldest first, and the evidence that is made of them.

    Attempts are those that were judged or could not be read.
    """

    step: Step
    work: Work
    attempts: Sequence[Attempt]
    runs: Sequence[EndedRun]
    predictions: Sequence[Prediction]
    hints: Sequence[HintGiven]
    evidence: Evidence

    def with_hint(self, hint: HintGiven) -> StepHistory:
        """The same with a hint that is given now."""
        hints = [*self.hints, hint]
        seen = replace(self.evidence, hints=[*map(_hinted, hints)])
        return replace(self, hints=hints, evidence=seen)


def history(conversation: Conversation, step: Step, work: Work | None = None) -> StepHistory:
    """What has happened in a step; `work` is its row, if that was read already."""
    work = work or Work.begin(conversation.pk, step)
    attempts = _attempts(conversation, step)
    runs = _runs(conversation, step)
    asked = conversation.predictions.filter(step=step.id).order_by("-number")
    predictions = list(asked[:MAX_PREDICTIONS])[::-1]
    hints = list(conversation.hints.filter(step=step.id).order_by("number"))
    language = conversation.lesson.course.language
    said = _last_message(conversation) if any(one.compared_at for one in predictions) else None
    seen = Evidence(
        kind=step.kind,
        begun_at=work.begun_at,
        starter_hash=program_hash(starter(step), {}, language),
        code_hash=work.hash(language),
        runs=[Ran(run.at, run.code_hash, run.error(language)) for run in runs],
        checks=[_checked(one) for one in attempts],
        predictions=[_predicted(one, said) for one in predictions],
        hints=[*map(_hinted, hints)],
        is_done=work.done_at is not None,
    )
    return StepHistory(step, work, attempts, runs, predictions, hints, seen)


def _attempts(conversation: Conversation, step: Step) -> list[Attempt]:
    counted = Q(state=Attempt.JUDGED, number__gt=0) | Q(state=Attempt.UNREAD)
    tried = conversation.attempts.filter(counted, step=step.id).order_by("-pk")
    return list(tried.defer("answer", "help")[:MAX_ATTEMPTS])[::-1]


def _checked(attempt: Attempt) -> Checked:
    facts = attempt.facts
    return Checked(
        at=attempt.judged_at or attempt.created_at,
        code_hash=attempt.code_hash,
        number=attempt.number,
        passed=attempt.passed,
        cases_passed=sum(case.passed for case in facts.cases) + facts.hidden_passed,
        error=SYNTAX_ERROR if attempt.state == Attempt.UNREAD else "",
    )


def _runs(conversation: Conversation, step: Step) -> list[EndedRun]:
    own = (
        conversation.step_runs.filter(step=step.id, run__origin="student")
        .exclude(run__status__in=NO_RUN)
        .annotate(tail=Right("run__stderr", MAX_ERROR_CHARS))
        .order_by("-pk")
    )
    rows = own.values_list("run__finished_at", "code_hash", "run__status", "tail")
    # All of them have ended.
    return [
        EndedRun(at, code_hash, status, stderr)
        for at, code_hash, status, stderr in reversed(rows[:MAX_RUNS])
        if at
    ]


def _predicted(asked: Prediction, said: tuple[str, datetime] | None) -> Predicted:
    since = (
        said is not None
        and asked.compared_at is not None
        and (said[0] != asked.client_id and said[1] > asked.compared_at)
    )
    return Predicted(
        asked_at=asked.asked_at,
        code_hash=asked.code_hash,
        call=asked.call,
        question=asked.question,
        answered_at=asked.answered_at,
        answer=asked.answer,
        gave=asked.gave,
        verdict=asked.verdict or None,  # type: ignore[arg-type]  # one of Prediction.VERDICTS
        said_since=since,
    )


def _hinted(hint: HintGiven) -> Hinted:
    return Hinted(hint.created_at, hint.code_hash, hint.ladder, hint.level)


def _last_message(conversation: Conversation) -> tuple[str, datetime] | None:
    """The last message of the student's that the tutor was told: its id, and when that was."""
    said = conversation.items.exclude(client_id="").order_by("-number")
    return said.values_list("client_id", "created_at").first()
