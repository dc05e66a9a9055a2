"""What a student does in the steps of a lesson: programs kept, attempts made and judged."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, assert_never

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from courses.audience import StudentCode, StudentExplain, StudentPredict, StudentQuiz
from courses.facts import CodeStep, ExplainStep, PredictStep, QuizStep
from courses.grading import unreadable
from sandbox.cases import case_for
from sandbox.job import Status, limits_for_cases
from sandbox.models import Run
from tutor.method import feedback
from tutor.models.dialogue import printed_by
from tutor.models.programs import KeptVersion, Work, Written
from tutor.protocol import frames
from tutor.turn.revisions import NO_WRITES, OwnWrites, Text, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from courses.audience import StudentStep
    from courses.steps import Step
    from tutor.models.conversation import Conversation
    from tutor.turn.revisions import Draft

# How a run ended that says nothing about the student's work.
NOT_JUDGED: Final = {Status.UNAVAILABLE, Status.SANDBOX_ERROR, Status.CANCELLED}
NOT_RUN: Final = "It could not be run."


class BadStep(ValueError):
    """What a page says of a step does not fit the lesson. The text is for the student."""


class Attempt(models.Model):
    """A check, a prediction or an answer to a question. Stored before it is judged."""

    PENDING, JUDGED, FAILED = "pending", "judged", "failed"
    STATES = [(PENDING, "pending"), (JUDGED, "judged"), (FAILED, "not judged")]

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="attempts")
    step = models.CharField(max_length=64)
    # The page's name for it: sent twice, it counts once.
    client_id = models.CharField(max_length=64)
    # A program with its files, a prediction or choices: the frame without what stands here.
    answer = models.JSONField()
    state = models.CharField(max_length=10, choices=STATES, default=PENDING)
    # Among those that count, from 1; 0 while it does not.
    number = models.PositiveIntegerField(default=0)
    passed = models.BooleanField(default=False)
    # What the student was told: a frames.AttemptView.
    told = models.JSONField(default=dict, blank=True)
    # The misconceptions for which the failed cases were made.
    beliefs = models.JSONField(default=list, blank=True)
    # What is run for it; None where nothing is.
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    judged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["conversation", "created_at"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "client_id"], name="attempt_once"),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.number or self.state}"

    def view(self) -> frames.AttemptView:
        """The attempt as a page shows it."""
        if self.state != self.PENDING:
            return frames.AttemptView.model_validate(self.told)
        run = self.run
        running = run is not None and run.status == "running"
        return frames.AttemptView(
            id=self.client_id,
            step=self.step,
            state="running" if running else "queued",
            position=run.position() if run else 0,
        )


@dataclass(frozen=True)
class Attempted:
    """An attempt as it stands, and the program that was stored with it; None if none was."""

    view: frames.AttemptView
    written: Written | None = None


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

    @transaction.atomic
    def go(self, name: str) -> None:
        """The student is on this step now. Raises BadStep."""
        step = self.step(name)
        type(self.conversation).objects.filter(pk=self.conversation.pk).update(step=step.id)
        self.conversation.step = step.id
        work = self._work(step)
        if isinstance(step, ExplainStep) and work.done_at is None:
            work.done_at = timezone.now()
            work.save(update_fields=["done_at"])

    @transaction.atomic
    def write(self, draft: Draft, own: OwnWrites = NO_WRITES) -> Written:
        """Store what a page's editor holds, over the text that it was made from or beside it.

        `own` are the writes of the same connection. What the lesson does not let the student
        change stays as the lesson has it. Raises BadStep.
        """
        step = self.step(draft.step)
        self._check_files(step, draft.files)
        self.conversation.lock()
        work = self._work(step)
        over = own.latest(draft.page, step.id, named(draft.base, draft.version))
        if isinstance(step, PredictStep):
            made = Text(work.revision)
            return Written(draft.page, work, made, made, work.code, work.files, changed=False)
        made, changed = work.write(draft, over)
        return Written(draft.page, work, over, made, draft.code, draft.files, changed)

    @transaction.atomic
    def restore(
        self, name: str, base: int, version: int, own: OwnWrites = NO_WRITES
    ) -> tuple[Written, Written] | None:
        """Let the program and a kept version change places: the new program, and the version.

        None if either is not there any more. Raises BadStep.
        """
        step = self.step(name)
        self.conversation.lock()
        work = self._work(step)
        program, kept = (own.latest("", step.id, text) for text in (Text(base), named(0, version)))
        old = work.code, work.files
        made = work.swap(program, kept)
        if made is None:
            return None
        return (
            Written("", work, kept, Text(work.revision), work.code, work.files),
            Written("", work, program, made, *old),
        )

    @transaction.atomic
    def dismiss(self, name: str, version: int, own: OwnWrites = NO_WRITES) -> bool:
        """Take a kept version from the list; False if it is not in it. Raises BadStep."""
        step = self.step(name)
        self.conversation.lock()
        return self._work(step).dismiss(own.latest("", step.id, named(0, version)))

    def beside(self, name: str, files: Mapping[str, str] | None = None) -> dict[str, str]:
        """The files beside a program of a step, with the student's changes. Raises BadStep.

        Without `files` these are the changes that were kept.
        """
        step = self.step(name)
        if files is None:
            kept = self.conversation.works.filter(step=step.id).values_list("files", flat=True)
            files = kept.first() or {}
        self._check_files(step, files)
        return {**self.conversation.lesson.source().files_of(step.id), **files}

    def stdin(self, name: str) -> str:
        """What the lesson gives programs to read in a step. Raises BadStep."""
        step = self.step(name)
        return step.stdin if isinstance(step, CodeStep | PredictStep) else ""

    def _work(self, step: Step) -> Work:
        """The work in a step. It begins with what the author put there."""
        begin = {"code": starter(step)}
        return self.conversation.works.get_or_create(step=step.id, defaults=begin)[0]

    def _check_files(self, step: Step, files: Mapping[str, str]) -> None:
        theirs = self.conversation.lesson.source().editable_of(step.id)
        if not files.keys() <= theirs:
            raise BadStep("This step has no such file to change. Reload the page.")

    # Attempts

    @transaction.atomic
    def attempt(self, tried: frames.TryFrame, own: OwnWrites = NO_WRITES) -> Attempted:
        """Store an attempt, once under its name, and ask for the run that it takes.

        A program that is checked is written too, for which `own` is needed; see `write`.
        Raises BadStep; Busy while a program of the student's is on.
        """
        self.conversation.lock()
        known = self.conversation.attempts.filter(client_id=tried.id).select_related("run").first()
        if known:
            return Attempted(known.view())
        step = self.step(tried.step)
        match tried, step:
            case frames.CheckCode(), CodeStep():
                return self._check(tried, step, own)
            case frames.Predict(), PredictStep():
                return Attempted(self._predict(tried, step))
            case frames.Choose(), QuizStep():
                return Attempted(self._choose(tried, step))
        raise BadStep(f"This step is of another kind: {step.kind}. Reload the page.")

    def _check(self, tried: frames.CheckCode, step: CodeStep, own: OwnWrites) -> Attempted:
        written = self.write(tried, own)
        if why := unreadable(tried.code, self._language):
            unread = frames.AttemptView(id=tried.id, step=step.id, state="unread", message=why)
            return Attempted(unread, written)
        run = self.conversation.request_run(
            "check", tried.id, tried.code, step=step.id, files=tried.files,
            cases=[case_for(case.call, case.stdin) for case in step.cases],
            limits=limits_for_cases(
                self.conversation.language, len(step.cases), **asdict(step.limits)
            ),
        )  # fmt: skip
        return Attempted(self._begin(tried, step, run), written)

    def _predict(self, tried: frames.Predict, step: PredictStep) -> frames.AttemptView:
        run = self.conversation.request_run(
            "check", tried.id, step.program, step=step.id, stdin=step.stdin
        )
        return self._begin(tried, step, run)

    def _choose(self, tried: frames.Choose, step: QuizStep) -> frames.AttemptView:
        if max(tried.choices) >= len(step.choices):
            raise BadStep("There is no such answer. Reload the page.")
        attempt = self._new(tried, step)
        self._store(attempt, step, feedback.choice(step, tried.choices))
        return attempt.view()

    def _begin(self, tried: frames.TryFrame, step: Step, run: Run) -> frames.AttemptView:
        self._new(tried, step, run)
        settled = self.settle(run)  # it may have been refused at once
        assert settled
        return settled

    def _new(self, tried: frames.TryFrame, step: Step, run: Run | None = None) -> Attempt:
        answer = tried.model_dump(mode="json", exclude={"type", "id", "step"})
        return self.conversation.attempts.create(
            step=step.id, client_id=tried.id, answer=answer, run=run
        )

    @transaction.atomic
    def settle(self, run: Run) -> frames.AttemptView | None:
        """The attempt that `run` is for, judged if the run is over; None if there is none."""
        if run.finished:
            self.conversation.lock()  # two pages may hear of the end at once
        attempt = self.conversation.attempts.filter(run=run).select_related("run").first()
        if attempt is None:
            return None
        if run.finished and attempt.state == Attempt.PENDING:
            self._judge(attempt, run)
        return attempt.view()

    def _judge(self, attempt: Attempt, run: Run) -> None:
        step = self.step(attempt.step)
        match step:
            case _ if run.status in NOT_JUDGED:
                self._fail(attempt, run.message)
            case CodeStep() if run.observations:
                code = attempt.answer["code"]
                judged = feedback.check(step, code, run.observations, self._language)
                self._store(attempt, step, judged)
            case PredictStep():
                printed = printed_by(run)
                self._store(attempt, step, feedback.prediction(attempt.answer["text"], printed))
            case _:
                self._fail(attempt, run.message)

    def _store(self, attempt: Attempt, step: Step, judged: feedback.Feedback) -> None:
        if not judged.is_attempt:
            self._fail(attempt, feedback.UNREADABLE, "unread")
            return
        now = timezone.now()
        work = self._work(step)
        work.attempts += 1
        update = ["attempts"]
        if work.done_at is None and (judged.passed or isinstance(step, PredictStep)):
            work.done_at = now
            update.append("done_at")
        work.save(update_fields=update)
        view = frames.AttemptView(
            id=attempt.client_id, step=step.id, state="judged", number=work.attempts,
            passed=judged.passed, **judged.fields,
        )  # fmt: skip
        attempt.state, attempt.number, attempt.passed = Attempt.JUDGED, view.number, view.passed
        attempt.told, attempt.beliefs = view.model_dump(mode="json"), list(judged.misconceptions)
        attempt.judged_at = now
        attempt.save()

    def _fail(self, attempt: Attempt, why: str, state: Any = "failed") -> None:
        view = frames.AttemptView(
            id=attempt.client_id, step=attempt.step, state=state, message=why or NOT_RUN
        )
        attempt.state, attempt.told = Attempt.FAILED, view.model_dump(mode="json")
        attempt.judged_at = timezone.now()
        attempt.save()

    @property
    def _language(self) -> str:
        """What programs are written in; where they run (`Conversation.language`) may say more."""
        return self.conversation.lesson.course.language

    # What is read

    def views(self) -> list[frames.StepView]:
        """What the student has in each step of the lesson, in order."""
        for attempt in self._attempts().filter(state=Attempt.PENDING):
            if attempt.run is None:
                self._fail(attempt, NOT_RUN)  # the run was deleted
            elif attempt.run.finished:
                self.settle(attempt.run)
        works = {work.step: work for work in self.conversation.works.all()}
        latest = self._attempts().order_by().values("step").annotate(last=Max("pk")).values("last")
        last = {one.step: one.view() for one in self._attempts().filter(pk__in=latest)}
        versions = list(self.conversation.versions.listed())
        return [
            _view(step, works.get(step.id), versions, last.get(step.id))
            for step in self.conversation.lesson.source().steps
        ]

    def program(self, name: str) -> frames.ProgramChanged:
        """What a step's editors are to know. Raises BadStep."""
        step = self.step(name)
        work = self.conversation.works.filter(step=step.id).first()
        versions = self.conversation.versions.filter(step=step.id).listed()
        return frames.ProgramChanged(step=step.id, **_program(step, work, versions))

    def last_check(self, step: str) -> str:
        """How the last attempt at a step that counted went, in a line for the model."""
        judged = self._attempts().filter(step=step, state=Attempt.JUDGED).last()
        return feedback.summary(judged.view(), judged.beliefs) if judged else ""

    def _attempts(self) -> models.QuerySet[Attempt]:
        return self.conversation.attempts.select_related("run")


def has_program(step: Step) -> bool:
    """Whether there is a program in the step, to write or to read."""
    return isinstance(step, CodeStep | PredictStep) or starter(step) != ""


def starter(step: Step | StudentStep) -> str:
    """What the editor holds when a student comes to a step."""
    match step:
        case CodeStep() | StudentCode():
            return step.starter
        case ExplainStep() | PredictStep() | StudentExplain() | StudentPredict():
            return step.program
        case QuizStep() | StudentQuiz():
            return ""
        case _:
            assert_never(step)


def _program(step: Step, work: Work | None, versions: Iterable[KeptVersion]) -> dict[str, Any]:
    return {
        "revision": work.revision if work else 0,
        "code": work.code if work else starter(step),
        "files": work.files if work else {},
        "versions": tuple(kept.view() for kept in versions if kept.step == step.id),
    }


def _view(
    step: Step,
    work: Work | None,
    versions: Iterable[KeptVersion],
    last: frames.AttemptView | None,
) -> frames.StepView:
    state: Any = "new" if work is None else "done" if work.done_at else "begun"
    return frames.StepView(
        id=step.id,
        **_program(step, work, versions),
        state=state,
        attempts=work.attempts if work else 0,
        last=last,
    )
