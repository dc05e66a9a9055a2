"""Predictions: asked for by the tutor, answered by the student, compared with what a run gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from courses import observation
from sandbox.cases import case_for
from sandbox.models import Run
from tutor.method import answers, predictions, tools
from tutor.models.evidence import history
from tutor.models.messages import Messages
from tutor.models.predictions import Prediction
from tutor.models.programs import Work
from tutor.models.run_guard import NotAllowed
from tutor.models.turns import Waiting
from tutor.models.views import prediction_view
from tutor.models.workbook import NOT_JUDGED, NOT_RUN, Workbook
from tutor.protocol.calls import prediction_run_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from courses.steps import Step
    from tutor.models.conversation import Conversation
    from tutor.protocol import frames
    from tutor.protocol.calls import Payload, PredictionCall
    from tutor.protocol.commands import StudentAnswered
    from tutor.protocol.events import StudentSaid

# The message of a student who does not know.
UNKNOWN: Final = "I don't know."
NO_QUESTION: Final = "There is no such question in this lesson. Reload the page."
# For the model.
RUNS_NOW: Final = "A program of the student's is on, which could show it: ask when that has ended."
ANSWERED: Final = "This question was answered already."
SENT: Final = "Another message was sent under this name. Reload the page."


@dataclass(frozen=True)
class PredictionMoves:
    """The predictions of one conversation. Each is stored before anybody is told of it."""

    conversation: Conversation

    # The tutor asks

    def ask(self, call: PredictionCall) -> Payload:
        """Ask, once for the item of the call: the output of the call, which may be a refusal.

        The conversation must be locked.
        """
        asked = tools.granted_output(call, tools.ASKED)
        if self.conversation.predictions.filter(number=call.item).exists():
            return asked
        step = Messages(self.conversation).step()
        seen = history(self.conversation, step)
        work = seen.work
        language = self.conversation.lesson.course.language
        why = predictions.refusal(seen.evidence, step, call.call, work.code, language)
        if why is None and self._runs_now(step, seen.evidence.code_hash):
            why = RUNS_NOW
        if why is not None:
            return tools.refused_output(call.call_id, why)
        turn = self.conversation.items.values_list("turn", flat=True).get(number=call.item)
        self.conversation.predictions.create(
            number=call.item, turn_id=turn, step=step.id, call=call.call, question=call.question,
            code=work.code, files=work.files, code_hash=seen.evidence.code_hash,
        )  # fmt: skip
        return asked

    def _runs_now(self, step: Step, code_hash: str) -> bool:
        """Whether a program of the student's is on that may show it: here, or the same one."""
        going_on = Q(run__in=Run.objects.unfinished())
        here = Q(step=step.id) | Q(code_hash=code_hash)
        own = self.conversation.step_runs.filter(going_on, here, run__origin="student")
        return own.exists() or self.conversation.attempts.filter(going_on, here).exists()

    # The student answers

    @transaction.atomic
    def answer(self, answered: StudentAnswered) -> frames.PredictionView:
        """Store an answer, once under its id, and ask for the run it is compared with.

        Raises NotAllowed or BadStep.
        """
        self.conversation.lock()
        asked = self.conversation.predictions.filter(client_id=answered.id).first()
        if asked is not None:
            return self.view(asked)
        named = self.conversation.predictions.filter(number=answered.prediction).first()
        if named is None:
            raise NotAllowed(NO_QUESTION)
        if not named.is_open:
            raise NotAllowed(ANSWERED)
        if Messages(self.conversation).is_stored(answered.id):
            raise NotAllowed(SENT)
        text = UNKNOWN if answered.text is None else answered.text
        return self.store_answer(named, answered.id, answered.text, text)

    def answered_by(self, said: StudentSaid) -> Prediction | None:
        """The open prediction of its step that a message answers, by being nothing but a value."""
        step = Workbook(self.conversation).step(said.step)
        asked = self.conversation.predictions.filter(step=step.id, answered_at=None).first()
        language = self.conversation.lesson.course.language
        if asked and answers.is_bare_value(said.text, asked.call, language):
            return asked
        return None

    def store_answer(
        self, asked: Prediction, client_id: str, answer: str | None, text: str
    ) -> frames.PredictionView:
        """Store the answer, the message `text` that waits for its comparison, and the run.

        The conversation must be locked.
        """
        messages = Messages(self.conversation)
        step = Workbook(self.conversation).step(asked.step)
        work = Work.begin(self.conversation.pk, step)
        asked.client_id, asked.answer, asked.answered_at = client_id, answer, timezone.now()
        asked.run = self._request(asked, step)
        asked.save(update_fields=["client_id", "answer", "answered_at", "run"])
        said = messages.fields(text, step, work.code, work.files, messages.ready())
        Waiting.objects.create(
            conversation=self.conversation, client_id=client_id, prediction=asked, **said
        )
        if asked.run.finished:  # it was refused at once
            self._compare(asked, asked.run)
        return self.view(asked)

    def _request(self, asked: Prediction, step: Step) -> Run:
        workbook = Workbook(self.conversation)
        return self.conversation.request_run(
            "tutor",
            prediction_run_name(asked.number),
            asked.code,
            files=workbook.files_for(step.id, asked.files),
            cases=[case_for(asked.call, workbook.stdin(step.id))],
            limits=workbook.case_limits(step, 1),
        )

    # The run ends

    @transaction.atomic
    def record(self, run: Run) -> frames.PredictionView | None:
        """The prediction that `run` is for, compared if the run is over; None if there is none."""
        if run.finished:
            self.conversation.lock()  # two pages may hear of the end at once
        asked = self.conversation.predictions.filter(run=run).first()
        if asked is None:
            return None
        if run.finished and asked.compared_at is None:
            self._compare(asked, run)
        return self.view(asked)

    @transaction.atomic
    def settle(self) -> list[Prediction]:
        """Compare those whose run is over or was deleted: the answered ones that still wait."""
        self.conversation.lock()
        waits = self.conversation.predictions.filter(compared_at=None).exclude(answered_at=None)
        left = []
        for asked in waits.select_related("run"):
            if asked.run is None or asked.run.finished:
                self._compare(asked, asked.run)
            else:
                left.append(asked)
        return left

    def _compare(self, asked: Prediction, run: Run | None) -> None:
        seen = None
        if run and run.status not in NOT_JUDGED and len(run.observations) == 1:
            seen = observation.parse(run.observations[0])
        if seen is None or seen.ended == "not_run":
            asked.verdict, asked.message = Prediction.NOT_RUN, (run and run.message) or NOT_RUN
        else:
            language = self.conversation.lesson.course.language
            outcome = predictions.compare(asked.call, asked.answer, seen, language)
            asked.verdict, asked.gave = outcome.verdict, outcome.gave
        asked.compared_at = timezone.now()
        asked.save(update_fields=["verdict", "gave", "message", "compared_at"])

    def view(self, asked: Prediction) -> frames.PredictionView:
        """The prediction as pages show it now."""
        [view] = self.views([asked])
        return view

    def views(self, asked: Sequence[Prediction]) -> list[frames.PredictionView]:
        """The predictions as pages show them now, in order."""
        hashes = Workbook(self.conversation).hashes(one.step for one in asked)
        return [prediction_view(one, is_stale=hashes[one.step] != one.code_hash) for one in asked]
