"""A run of a program, from the request to the result."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Self

from celery import current_app
from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from sandbox.cases import CaseJob, case_from_json, observations_from_json
from sandbox.constants import (
    AROUND_RUN_S,
    COMPUTING,
    EXECUTE,
    INTERACTIVE,
    JUDGING,
    QUEUED,
    RUNNING,
)
from sandbox.job import (
    Job,
    JobError,
    Limits,
    Result,
    Status,
    chosen_limits,
    limits_for,
    limits_with,
)
from sandbox.languages import DEFAULT, Language, language_named
from sandbox.notify import notify
from sandbox.outcome import STOPPED_EARLY
from sandbox.owner import OWNER
from sandbox.text import storable
from sandbox.transcript import Order, pieces

from .attached import RunFile, RunInput
from .followed import Followed, watched_until
from .in_line import InLine

logger = logging.getLogger(__name__)

STATES = (QUEUED, RUNNING, *(status.value for status in Status))
# What of a result is a column of its own, under the same name.
RESULT_FIELDS = (
    "status", "exit_code", "stdout", "stderr", "typed", "duration_ms", "message",
    "peak_memory_kb", "cpu_ms", "queued_ms",
)  # fmt: skip

# Which runs wait in which queue.
OF_QUEUE = {
    COMPUTING: Q(interactive=False, series=False),
    INTERACTIVE: Q(interactive=True),
    JUDGING: Q(series=True),
}

NO_WORKER = "Code cannot be run at the moment: no worker can be reached."


class RunQuerySet(models.QuerySet["Run"]):
    """Sets of runs, of which one may be claimed."""

    def unfinished(self) -> Self:
        return self.filter(status__in=(QUEUED, RUNNING))

    def in_queue(self, queue: str) -> Self:
        return self.filter(OF_QUEUE[queue])

    def claim(self, run_id: str) -> "Run | None":
        """The run, for this process alone to execute; None unless it waits.

        A run whose worker has died waits again once `recovery` has found it.
        """
        now = timezone.now()
        claimed = self.filter(pk=run_id, status=QUEUED).update(
            status=RUNNING,
            owner=OWNER,
            started_at=now,
            lease_until=now + timedelta(seconds=settings.SANDBOX_LEASE_S),
            fence=F("fence") + 1,
        )
        return self.get(pk=run_id) if claimed else None


class Run(Followed, InLine):
    """One program, run once. `key` is the requester's name for it: the same key, the same run."""

    class Origin(models.TextChoices):
        STUDENT = "student"
        TUTOR = "tutor"
        CHECK = "check"
        GATE = "gate"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=200, unique=True)
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs"
    )
    origin = models.CharField(max_length=10, choices=Origin.choices)
    # Who is notified: a group of the channel layer.
    group = models.CharField(max_length=99, db_index=True)
    code = models.TextField()
    stdin = models.TextField(blank=True)
    # The name of one of `languages.LANGUAGES`: a new one needs no migration.
    language = models.CharField(max_length=20, default=DEFAULT.name)
    # Other files of the program by name, and test cases as JSON.
    files = models.JSONField(default=dict, blank=True)
    cases = models.JSONField(default=list, blank=True)
    # Of the limits those that the requester has chosen.
    limits = models.JSONField(default=dict, blank=True)
    # Whether somebody may type while it runs; how much was typed, or asked of a series, and
    # whether that was all.
    interactive = models.BooleanField(default=False)
    typed_bytes = models.PositiveIntegerField(default=0)
    input_ended = models.BooleanField(default=False)

    # Whether it takes programs one after another, in batches, and has none of its own.
    series = models.BooleanField(default=False, db_default=False)

    status = models.CharField(
        max_length=20,
        default=QUEUED,
        choices=[(s, s.replace("_", " ")) for s in STATES],
    )
    exit_code = models.IntegerField(null=True, blank=True)
    stdout = models.TextField(blank=True)
    stderr = models.TextField(blank=True)
    # What was passed on to the program of what was typed.
    typed = models.TextField(blank=True)
    # Which of the three came next, with how many characters; see `pieces`.
    order = models.JSONField(default=list, blank=True)
    duration_ms = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)
    peak_memory_kb = models.PositiveIntegerField(default=0)
    cpu_ms = models.PositiveIntegerField(default=0)
    # From the moment at which a worker took it until a container had it.
    queued_ms = models.PositiveIntegerField(default=0)
    # What was observed of the test cases, one for each, or none at all.
    observations = models.JSONField(default=list, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    # When it was handed to the workers once more; None if it never was.
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    # How often the run was claimed; a result of an older claim does not count.
    fence = models.PositiveSmallIntegerField(default=0)
    # The process that has it on, as `sandbox.owner` names it, and the time until which it speaks
    # for itself where nobody can see that process.
    owner = models.CharField(max_length=160, blank=True, default="", db_default="")
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            # For `position`, which is asked every second for each run that waits.
            models.Index(
                fields=["status", "interactive", "series", "created_at"], name="sandbox_run_queue"
            ),
            # The last run of a kind in a group is asked for by every page that is opened.
            models.Index(fields=["group", "origin", "-created_at"], name="sandbox_run_of_group"),
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.status})"

    # By the requester

    @classmethod
    def request(  # the columns of a row
        cls,
        *,
        key: str,
        code: str,
        stdin: str = "",
        student: Any,
        origin: str,
        group: str,
        files: Mapping[str, str] | None = None,
        cases: Sequence[CaseJob] = (),
        language: Language = DEFAULT,
        interactive: bool = False,
        series: bool = False,
        watched: bool = False,
        limits: Limits | None = None,
    ) -> "Run":
        """The run of that key: new and queued on commit, or the one that exists already.

        It may be finished: refused because of what is in it, or unavailable without a worker.
        A `series` is asked for programs by `Batch.ask`, until `end_series`. One that is `watched`
        ends when nobody says any more that they watch it. Raises ValueError for
        limits that nobody may choose.
        """
        chosen = chosen_limits(limits or limits_for(language), language)
        files = dict(files or {})
        cases_json = [case.to_json() for case in cases]
        refusal = ""
        try:
            Job(
                code, stdin, files=tuple(files.items()), cases=tuple(cases), language=language,
                series=series,
            )  # fmt: skip
        except JobError as error:
            refusal = str(error)
            code, stdin, files, cases_json = _refused(code), _refused(stdin), {}, []
        run, created = cls.objects.get_or_create(
            key=key,
            defaults={
                "code": code,
                "stdin": stdin,
                "files": files,
                "cases": cases_json,
                "language": language.name,
                "limits": chosen,
                "interactive": interactive,
                "series": series,
                "watched_until": watched_until() if watched else None,
                "student": student,
                "origin": origin,
                "group": group,
            },
        )
        if created and refusal:
            run.finish(Result(Status.ERROR, message=refusal))
        elif created:
            transaction.on_commit(run.enqueue)
        return run

    def enqueue(self) -> None:
        """Hand the run to the workers; without a broker it is finished as unavailable."""
        try:
            # By name: the task's module imports this one. The options are those of the task.
            current_app.send_task(
                EXECUTE, (str(self.pk),), queue=self.queue, retry=False, ignore_result=True
            )
        except (OperationalError, OSError) as error:
            logger.warning("run %s could not be queued: %s", self.pk, type(error).__name__)
            self.finish(Result(Status.UNAVAILABLE, message=NO_WORKER))

    def cancel(self) -> None:
        """Ask that the run ends. One that has not started is finished at once."""
        Run.objects.unfinished().filter(pk=self.pk).update(cancel_requested=True)
        self._stop_waiting()

    def end_series(self) -> None:
        """Ask a series for nothing more: what it has not answered it does not answer any more."""
        Run.objects.unfinished().filter(pk=self.pk, series=True).update(input_ended=True)
        self._stop_waiting()

    def _stop_waiting(self) -> None:
        """Finish it unless it has started."""
        queued = Run.objects.filter(pk=self.pk, status=QUEUED)
        stopped = queued.update(
            status=Status.CANCELLED, message=STOPPED_EARLY, finished_at=timezone.now()
        )
        self.refresh_from_db()
        if stopped:
            self.inputs.all().delete()
            self._leave_unanswered()
            self.notify("run.finished")

    def take_room(self, size: int, most: int) -> bool:
        """Count so many bytes of what a series is asked; False, and nothing is counted, if it is
        over or that would be more than `most` in all."""
        listening = Run.objects.unfinished().filter(
            pk=self.pk, series=True, input_ended=False, typed_bytes__lte=most - size
        )
        return bool(listening.update(typed_bytes=F("typed_bytes") + size))

    def type(self, text: str, *, ends: bool = False) -> bool:
        """Type `text` to the program, and no more after it if it `ends`. What no database stores
        is replaced.

        False, and nothing is typed, if the run is over, does not listen (any more), or if that
        would be too much in all.
        """
        text = storable(text)
        size = len(text.encode())
        room = limits_for(language_named(self.language)).stdin_bytes - size
        listening = Run.objects.unfinished().filter(
            pk=self.pk, interactive=True, input_ended=False, typed_bytes__lte=room
        )
        with transaction.atomic():
            # Whoever else types now waits here for the commit: no row gets a lower number than
            # one that the worker has read already.
            heard = listening.update(typed_bytes=F("typed_bytes") + size, input_ended=ends)
            if heard and (text or ends):
                RunInput.objects.create(run=self, text=text, ends=ends)
        return bool(heard)

    # By the worker

    def job(self) -> Job:
        """Raises ValueError if the row is not what `request` has checked."""
        files, cases = tuple(self.files.items()), tuple(map(case_from_json, self.cases))
        language = language_named(self.language)
        limits = limits_with(self.limits, language)
        return Job(
            self.code, self.stdin, limits, files, cases, self.interactive, language, self.series
        )

    def longest_s(self) -> float:
        """Seconds from its claim in which a worker that works ends it; 0 if it runs no such row."""
        try:
            limits = limits_with(self.limits, language_named(self.language))
        except ValueError:
            return 0
        session_s = limits.session_s if self.interactive or self.series else 0
        return max(limits.wall_s, session_s) + AROUND_RUN_S

    def finish(self, result: Result) -> bool:
        """Store the result and say so; False if the run is not any more as it was read: finished,
        claimed anew, or waiting again."""
        mine = Run.objects.unfinished().filter(pk=self.pk, status=self.status, fence=self.fence)
        facts = {name: getattr(result, name) for name in RESULT_FIELDS}
        facts["finished_at"] = timezone.now()
        facts["order"] = [list(each) for each in result.order]
        facts["observations"] = [each.to_json() for each in result.observations]
        facts |= self.NOT_BEGUN
        with transaction.atomic():
            stored = mine.update(**facts)
            if stored and self.interactive:
                self.inputs.all().delete()  # what the program was given of it is in the result
            if stored and self.series:
                self._leave_unanswered()
            if stored and result.files:
                RunFile.objects.bulk_create(RunFile.of(self.pk, file) for file in result.files)
        for name, value in facts.items():
            setattr(self, name, value)
        if stored:
            transaction.on_commit(partial(self.notify, "run.finished"))
        else:
            self.refresh_from_db()
        return bool(stored)

    def _leave_unanswered(self) -> None:
        """Answer with nothing what a series, now over, has been asked and has not answered."""
        asked = self.batches.filter(observations__isnull=True)
        asked.update(observations=[], programs={}, answered_at=timezone.now())

    def notify(self, event: str, **facts: str | int) -> None:
        notify(self.group, {"type": event, "key": self.key, **facts})

    # By anybody

    @property
    def queue(self) -> str:
        """The name of the queue in which it waits for a worker."""
        if self.series:
            return JUDGING
        return INTERACTIVE if self.interactive else COMPUTING

    @property
    def finished(self) -> bool:
        return self.status not in (QUEUED, RUNNING)

    def result(self) -> Result:
        """How the run ended. Only for a run that has finished."""
        assert self.finished
        facts = {name: getattr(self, name) for name in RESULT_FIELDS}
        observations = observations_from_json(self.observations)
        facts |= {"status": Status(self.status), "observations": observations}
        facts["order"] = self._order()
        return Result(**facts, files=tuple(file.content() for file in self.left.all()))

    def pieces(self) -> list[tuple[str, str]]:
        """All that was printed and typed, exactly once: (stream, text), in order. Where the order
        is not known (any more): first stdout, then stderr, then stdin. Of a run that is on, what
        was stored when somebody asked for it last."""
        if self.status == RUNNING and self.printed:
            return [(stream, text) for stream, text in self.printed]
        texts = {"stdout": self.stdout, "stderr": self.stderr, "stdin": self.typed}
        return pieces(self._order(), texts)

    def _order(self) -> Order:
        return tuple((stream, length) for stream, length in self.order)


def _refused(text: str) -> str:
    """Of a refused text what is kept."""
    return storable(text[: Limits().code_bytes])
