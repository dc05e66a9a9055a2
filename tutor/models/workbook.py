"""A student's work in the steps of a lesson: programs saved, attempts made and judged."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, assert_never

from django.db import models, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from courses.facts import CodeStep, PredictStep, QuizStep
from courses.grading import unreadable
from sandbox.cases import case_for
from sandbox.job import Limits, Status, limits_for_cases
from tutor.method import feedback
from tutor.method.attempt_facts import FeedbackFacts, PrintedFacts
from tutor.method.program_hash import program_hash
from tutor.models.attempts import Attempt
from tutor.models.help import help_before
from tutor.models.programs import SavedProgram, Work
from tutor.models.run_guard import check_open, check_run
from tutor.models.views import attempt_view, program_view, step_view
from tutor.protocol import frames
from tutor.turn.revisions import NO_WRITES, OwnWrites, TextName, text_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from courses.steps import Step
    from sandbox.models import Run
    from tutor.models.conversation import Conversation
    from tutor.models.program_history import Sources
    from tutor.models.programs import KeptVersion
    from tutor.turn.revisions import Draft

# Ends of a run that say nothing about the student's work.
NOT_JUDGED: Final = {Status.UNAVAILABLE, Status.SANDBOX_ERROR, Status.CANCELLED}
NOT_RUN: Final = "It could not be run."


class BadStep(ValueError):
    """A page's request does not fit the step or the lesson. The text is for the student."""


@dataclass(frozen=True)
class AttemptResult:
    """An attempt as it stands, and the program that was stored with it; None if none was."""

    view: frames.AttemptView
    written: SavedProgram | None = None


@dataclass(frozen=True)
class Workbook:
    """All work of one conversation's student."""

    conversation: Conversation

    def step(self, name: str) -> Step:
        """The step `name` of the lesson; if it is empty, the one that the student is on.

        Raises BadStep if there is none.
        """
        lesson = self.conversation.lesson.source()
        try:
            return lesson.step(name or self.conversation.step or lesson.steps[0].id)
        except KeyError:
            raise BadStep("There is no such step in this lesson. Reload the page.") from None

    # What the student does

    def open_step(self, name: str) -> None:
        """The student is on this step now. Raises BadStep."""
        self.conversation.visit(self.step(name))

    @transaction.atomic
    def save_program(self, draft: Draft, own: OwnWrites = NO_WRITES) -> SavedProgram:
        """Store what a page's editor holds, over the text that it was made from or beside it.

        `own` are the writes of the same connection. What the lesson does not let the student
        change stays as the lesson has it. Raises BadStep.
        """
        step = self.step(draft.step)
        self._check_files(step, draft.files)
        self.conversation.lock()
        work = Work.begin(self.conversation.pk, step)
        over = own.latest(draft.page, step.id, text_name(draft.base, draft.version))
        if isinstance(step, PredictStep):
            made = TextName(work.revision)
            return SavedProgram(draft.page, work, made, made, work.code, work.files, changed=False)
        made, changed = work.write(draft, over, own.writer)
        if changed:
            self.conversation.touch()
        return SavedProgram(draft.page, work, over, made, draft.code, draft.files, changed)

    @transaction.atomic
    def restore(
        self, name: str, base: int, version: int, own: OwnWrites = NO_WRITES
    ) -> tuple[SavedProgram, SavedProgram] | None:
        """Let the program and a kept version change places: the new program, and the version.

        None if either is not there any more. Raises BadStep.
        """
        step = self.step(name)
        self.conversation.lock()
        work = Work.begin(self.conversation.pk, step)
        program, kept = (
            own.latest("", step.id, text) for text in (TextName(base), text_name(0, version))
        )
        old = work.code, work.files
        made = work.swap(program, kept, own.writer)
        if made is None:
            return None
        return (
            SavedProgram("", work, kept, TextName(work.revision), work.code, work.files),
            SavedProgram("", work, program, made, *old),
        )

    @transaction.atomic
    def dismiss(self, name: str, version: int, own: OwnWrites = NO_WRITES) -> bool:
        """Take a kept version from the list; False if it is not in it. Raises BadStep."""
        step = self.step(name)
        self.conversation.lock()
        return Work.begin(self.conversation.pk, step).dismiss(
            own.latest("", step.id, text_name(0, version))
        )

    def files_for(self, name: str, files: Mapping[str, str] | None = None) -> dict[str, str]:
        """The files beside a program of a step, with the student's changes. Raises BadStep.

        Without `files` the changes are those that are stored.
        """
        step = self.step(name)
        if files is None:
            kept = self.conversation.works.filter(step=step.id).values_list("files", flat=True)
            files = kept.first() or {}
        self._check_files(step, files)
        return {**self.conversation.lesson.source().files_of(step.id), **files}

    def stdin(self, name: str) -> str:
        """The standard input that the lesson gives programs in a step. Raises BadStep."""
        step = self.step(name)
        return step.stdin if isinstance(step, CodeStep | PredictStep) else ""

    def case_limits(self, step: Step, cases: int) -> Limits:
        """The limits of a program of the step that is run on so many cases."""
        chosen = asdict(step.limits) if isinstance(step, CodeStep) else {}
        return limits_for_cases(self.conversation.language, cases, **chosen)

    def hashes(self, steps: Iterable[str]) -> dict[str, str]:
        """The hash of the program that is stored in each of the steps."""
        names = set(steps)
        if not names:
            return {}
        works = self.conversation.works.filter(step__in=names)
        return {work.step: work.hash(self._language) for work in works}

    def _check_files(self, step: Step, files: Mapping[str, str]) -> None:
        theirs = self.conversation.lesson.source().editable_of(step.id)
        if not files.keys() <= theirs:
            raise BadStep("This step has no such file to change. Reload the page.")

    # Attempts

    @transaction.atomic
    def attempt(self, tried: frames.TryFrame, own: OwnWrites = NO_WRITES) -> AttemptResult:
        """Store an attempt, once under its name, and ask for the run that it takes.

        A program that is checked is saved too, for which `own` is needed; see `save_program`.
        Raises BadStep; Busy while a program of the student's is on; NotAllowed where its run would
        show what is to be predicted.
        """
        self.conversation.lock()
        known = self.conversation.attempts.filter(client_id=tried.id).select_related("run").first()
        if known:
            return AttemptResult(attempt_view(known))
        step = self.step(tried.step)
        match tried, step:
            case frames.CheckCode(), CodeStep():
                return self._check(tried, step, own)
            case frames.Predict(), PredictStep():
                return AttemptResult(self._predict(tried, step))
            case frames.Choose(), QuizStep():
                return AttemptResult(self._choose(tried, step))
        raise BadStep(f"This step is of another kind: {step.kind}. Reload the page.")

    def _check(self, tried: frames.CheckCode, step: CodeStep, own: OwnWrites) -> AttemptResult:
        check_run(self.conversation, step.id, tried.code, by="student")
        written = self.save_program(tried, own)
        if why := unreadable(tried.code, self._language):
            attempt = self._new(tried, step)
            self._fail(attempt, why, Attempt.UNREAD)
            return AttemptResult(attempt_view(attempt), written)
        run = self.conversation.request_run(
            "check", tried.id, tried.code, files=self.files_for(step.id, tried.files),
            cases=[case_for(case.call, case.stdin) for case in step.cases],
            limits=self.case_limits(step, len(step.cases)),
        )  # fmt: skip
        return AttemptResult(self._begin(tried, step, run), written)

    def _predict(self, tried: frames.Predict, step: PredictStep) -> frames.AttemptView:
        check_open(self.conversation, step.id, step.program)
        run = self.conversation.request_run(
            "check", tried.id, step.program, files=self.files_for(step.id), stdin=step.stdin
        )
        return self._begin(tried, step, run)

    def _choose(self, tried: frames.Choose, step: QuizStep) -> frames.AttemptView:
        if max(tried.choices) >= len(step.choices):
            raise BadStep("There is no such answer. Reload the page.")
        attempt = self._new(tried, step)
        self._store(attempt, step, feedback.choice(step, tried.choices))
        return attempt_view(attempt)

    def _begin(self, tried: frames.TryFrame, step: Step, run: Run) -> frames.AttemptView:
        self._new(tried, step, run)
        view = self.record_result(run)  # it may have been refused at once
        assert view
        return view

    def _new(self, tried: frames.TryFrame, step: Step, run: Run | None = None) -> Attempt:
        code_hash = ""
        if isinstance(tried, frames.CheckCode):
            code_hash = program_hash(tried.code, tried.files, self._language)
        self.conversation.touch()
        return self.conversation.attempts.create(
            step=step.id, client_id=tried.id, answer=_answer(tried), code_hash=code_hash, run=run
        )

    @transaction.atomic
    def record_result(self, run: Run) -> frames.AttemptView | None:
        """The attempt that `run` is for, judged if the run is over; None if there is none."""
        if run.finished:
            self.conversation.lock()  # two pages may hear of the end at once
        attempt = self.conversation.attempts.filter(run=run).select_related("run").first()
        if attempt is None:
            return None
        if run.finished and attempt.state == Attempt.PENDING:
            self._judge(attempt, run)
        return attempt_view(attempt)

    def _judge(self, attempt: Attempt, run: Run) -> None:
        step = self.step(attempt.step)
        match step:
            case _ if run.status in NOT_JUDGED:
                self._fail(attempt, run.message)
            case CodeStep() if run.observations:
                code = attempt.answer.get("code", "")
                judged = feedback.check(step, code, run.observations, self._language)
                self._store(attempt, step, judged)
            case PredictStep():
                printed = [PrintedFacts(stream, text) for stream, text in run.pieces()]
                predicted = attempt.answer.get("text", "")
                self._store(attempt, step, feedback.prediction(predicted, printed))
            case _:
                self._fail(attempt, run.message)

    def _store(self, attempt: Attempt, step: Step, judged: feedback.Feedback) -> None:
        if not judged.is_attempt:
            self._fail(attempt, feedback.UNREADABLE, Attempt.UNREAD)
            return
        now = timezone.now()
        work = Work.begin(self.conversation.pk, step)
        update = []
        # The same program again is the attempt that it was.
        number = self._number_of(attempt)
        if not number:
            work.attempts += 1
            number = work.attempts
            update.append("attempts")
        before = help_before(self.conversation, step, attempt.answer)
        if judged.passed or isinstance(step, PredictStep):
            update += work.passed(now, helped=before.is_help)
        work.save(update_fields=update)
        attempt.state, attempt.number, attempt.passed = Attempt.JUDGED, number, judged.passed
        attempt.feedback = judged.facts.to_json()
        attempt.misconceptions = list(judged.misconceptions)
        attempt.help = before.to_json()
        attempt.judged_at = now
        attempt.save()

    def _number_of(self, attempt: Attempt) -> int:
        """The number that an attempt with the same program has; 0 if there is none."""
        if not attempt.code_hash:
            return 0
        same = self.conversation.attempts.filter(
            step=attempt.step, code_hash=attempt.code_hash, state=Attempt.JUDGED
        )
        return same.order_by("-pk").values_list("number", flat=True).first() or 0

    def _fail(self, attempt: Attempt, why: str, state: str = Attempt.FAILED) -> None:
        attempt.state, attempt.feedback = state, FeedbackFacts(message=why or NOT_RUN).to_json()
        attempt.judged_at = timezone.now()
        attempt.save()

    @property
    def _language(self) -> str:
        """The language to parse; where it runs (`Conversation.language`) may say more."""
        return self.conversation.lesson.course.language

    # What is read

    def views(self) -> list[frames.StepView]:
        """The student's work in each step of the lesson, in order."""
        for attempt in self._attempts().filter(state=Attempt.PENDING):
            if attempt.run is None:
                self._fail(attempt, NOT_RUN)  # the run was deleted
            elif attempt.run.finished:
                self.record_result(attempt.run)
        works = {work.step: work for work in self.conversation.works.all()}
        # One look into the index for each step; a maximum by step would read all attempts.
        tried = self.conversation.attempts.filter(step=OuterRef("step")).order_by("-pk")
        latest = self.conversation.works.annotate(last=Subquery(tried.values("pk")[:1]))
        last = {one.step: one for one in self._attempts().filter(pk__in=latest.values("last"))}
        versions = list(self.conversation.versions.listed())
        sources = self._sources(versions)
        return [
            step_view(step, works.get(step.id), versions, sources, last.get(step.id))
            for step in self.conversation.lesson.source().steps
        ]

    def program(self, name: str) -> frames.ProgramChanged:
        """The program of a step and its versions, for the pages. Raises BadStep."""
        step = self.step(name)
        work = self.conversation.works.filter(step=step.id).first()
        versions = list(self.conversation.versions.filter(step=step.id).listed())
        return program_view(step, work, versions, self._sources(versions))

    def _sources(self, versions: Iterable[KeptVersion]) -> Sources:
        return self.conversation.history.sources(kept.number for kept in versions)

    def _attempts(self) -> models.QuerySet[Attempt]:
        return self.conversation.attempts.select_related("run")


def _answer(tried: frames.TryFrame) -> dict[str, Any]:
    """The student's answer as Attempt.answer stores it."""
    match tried:
        case frames.CheckCode():
            pasted = {"pasted": tried.pasted} if tried.pasted else {}
            return {"code": tried.code, "files": dict(tried.files), **pasted}
        case frames.Predict():
            return {"text": tried.text}
        case frames.Choose():
            return {"choices": list(tried.choices)}
        case _:
            assert_never(tried)
