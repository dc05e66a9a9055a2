"""A student's conversation about a lesson: who may write it (lease and fence), and its runs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, models, transaction
from django.db.models import F, Max, Prefetch, Q
from django.utils import timezone

from courses.models import Lesson
from sandbox.languages import Language, language_named
from sandbox.models import Run, RunFile
from tutor.models.programs import Work
from tutor.models.turns import Item
from tutor.protocol.calls import run_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.contrib.auth.models import User

    from courses.steps import Step
    from tutor.protocol.commands import StudentTyped

# The purpose of a run: the student's own, a call of the tutor's, a check of an attempt, programs
# that the leak gate tries.
Origin = Literal["student", "tutor", "check", "gate"]
# Of those the ones that a student may have any number of: they do not ask for them.
NOT_ASKED_FOR: Final = ("tutor", "gate")

# A session that has not renewed its claim for so long counts as gone: so long at most does a
# student wait after a crash until the turn goes on.
LEASE = timedelta(seconds=6)


class ClaimLost(Exception):
    """Another session has claimed the conversation; nothing was written."""


class Busy(Exception):
    """Somebody else is at it; nothing was written."""


class BusyElsewhere(Busy):
    """A program of the student's is on in another lesson; nothing was written."""


class Conversation(models.Model):
    """One student's dialogue about one version of a lesson.

    One session at a time may write: it claims the conversation and gets a fence number, which every
    later write must name. A claim lapses after LEASE unless it is renewed.
    """

    student = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, "conversations")
    lesson = models.ForeignKey(Lesson, models.PROTECT, related_name="conversations")
    # The step that the page shows, by its id.
    step = models.CharField(max_length=64, blank=True)
    # Grows with each claim; a write that names an older one comes too late.
    fence = models.PositiveIntegerField(default=0, editable=False)
    # Until when the present claim holds; None when nobody has one.
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    # Up to this item number, sealed items and reasoning are left out of the model's context: its
    # server cannot open them, or does not take them.
    unsealed_to = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at"]
        constraints = [
            models.UniqueConstraint(fields=["student", "lesson"], name="one_per_student_and_lesson")
        ]

    def __str__(self) -> str:
        return f"{self.student} – {self.lesson}"

    @classmethod
    def open(cls, student: User, lesson: Lesson) -> Conversation:
        """The student's dialogue about `lesson`, on the version it began with; else a new one."""
        begun = (
            cls.objects.filter(
                student=student, lesson__course=lesson.course, lesson__slug=lesson.slug
            )
            .select_related("lesson__course")
            .first()
        )
        if begun:
            return begun
        conversation, is_new = cls.objects.get_or_create(student=student, lesson=lesson)
        if is_new:
            conversation.visit(lesson.source().steps[0])
        return conversation

    @transaction.atomic
    def visit(self, step: Step) -> None:
        """Show this step from now on. The student's work in it begins, unless it has."""
        self.step = step.id
        self.touch(step=step.id)
        Work.visit(self.pk, step)

    def touch(self, **fields: Any) -> None:
        """Note that the student works here now; sets `fields` too."""
        self.updated_at = timezone.now()
        type(self).objects.filter(pk=self.pk).update(updated_at=self.updated_at, **fields)

    @property
    def group(self) -> str:
        """The channel-layer group of everybody who follows this conversation."""
        return f"conversation.{self.pk}"

    @property
    def language(self) -> Language:
        """The language and image in which the programs of the lesson run."""
        course = self.lesson.course
        return language_named(course.image or course.language)

    # Claims

    def claim(self, **fields: Any) -> int:
        """The fence number of a new claim; sets `fields` too. Raises Busy while another holds."""
        now = timezone.now()
        free = Q(claimed_until=None) | Q(claimed_until__lt=now)
        me = type(self).objects.filter(pk=self.pk)
        if not me.filter(free).update(fence=F("fence") + 1, claimed_until=now + LEASE, **fields):
            raise Busy
        return me.values_list("fence", flat=True).get()

    def lock(self) -> None:
        """Let nobody else write here until the transaction ends.

        SQLite lets nobody else write at all.
        """
        if connection.features.has_select_for_update:
            type(self).objects.select_for_update().values_list("pk").get(pk=self.pk)

    def renew(self, fence: int, until: datetime | None) -> None:
        """Hold the claim until then; None gives it free. Raises ClaimLost.

        Locks the row in a transaction.
        """
        now = timezone.now()
        mine = type(self).objects.filter(pk=self.pk, fence=fence)
        if not mine.update(claimed_until=until, updated_at=now):
            raise ClaimLost

    def release(self, fence: int) -> None:
        """Give a claim back before its lease is over; one that is lost stays lost."""
        type(self).objects.filter(pk=self.pk, fence=fence).update(claimed_until=None)

    def add_items(self, items: Iterable[Item]) -> list[Item]:
        """Store new items, numbered behind those that are there. The row must be locked."""
        last = self.items.aggregate(last=Max("number"))["last"] or 0
        numbered = list(items)
        for number, item in enumerate(numbered, start=last + 1):
            item.conversation, item.number = self, number
        return Item.objects.bulk_create(numbered)

    # Runs

    def run_key(self, origin: Origin, run_id: str) -> str:
        """The unique key of a run of this conversation; `run_id` is the way back."""
        return f"{self.pk}:{origin}:{run_id}"

    def call_key(self, item: int) -> str:
        """The key of the run that the call in item number `item` asks for."""
        return self.run_key("tutor", run_name(item))

    @transaction.atomic
    def request_run(
        self,
        origin: Origin,
        run_id: str,
        code: str,
        *,
        files: Mapping[str, str],
        **facts: Any,
    ) -> Run:
        """The run of that name: it is requested once, and returned ever after.

        `files` stand beside the program (Workbook.files_for); `facts` are further arguments of
        Run.request. Raises Busy for a new run of the student's own while another one is on, on
        whatever page; one that no page watches any more is ended instead.
        """
        key = self.run_key(origin, run_id)
        if origin not in NOT_ASKED_FOR:
            self.lock_student()  # another page may be asking too, perhaps in another lesson
            theirs = Run.objects.unfinished().filter(student=self.student_id)
            for run in theirs.exclude(key=key).exclude(origin__in=NOT_ASKED_FOR):
                if not run.is_unwatched():
                    raise Busy if run.group == self.group else BusyElsewhere
                run.cancel()
        return Run.request(
            key=key,
            code=code,
            student=self.student,
            origin=origin,
            group=self.group,
            files=dict(files),
            language=self.language,
            watched=facts.get("interactive", False),
            **facts,
        )

    def lock_student(self) -> None:
        """Let no other page of the student's ask or run anything until the transaction ends.

        Whoever locks the conversation too does that first.
        """
        if connection.features.has_select_for_update:
            get_user_model().objects.select_for_update().values_list("pk").get(pk=self.student_id)

    def type_into_run(self, typed: StudentTyped) -> None:
        """Give the student's own run what was typed; a run that is over takes nothing."""
        run = Run.objects.filter(key=self.run_key("student", typed.id)).first()
        if run:
            run.type(typed.text, ends=typed.ends)

    def cancel_run(self, run_id: str, *origins: Origin) -> None:
        """Ask for the end of runs; those that are unknown or over stay as they are."""
        for run in Run.objects.filter(key__in=[self.run_key(one, run_id) for one in origins]):
            run.cancel()

    def last_own_run(self) -> Run | None:
        """The last program that the student ran, with its files; None if there was none."""
        return with_files(self.own_runs()).first()

    def own_runs(self) -> models.QuerySet[Run]:
        """The student's own runs, newest first."""
        return Run.objects.filter(group=self.group, origin="student").order_by("-created_at")


def with_files(runs: models.QuerySet[Run]) -> models.QuerySet[Run]:
    """The runs as pages show them: with what they are to their step, and with the files they have
    left, but without the contents of those."""
    left = Prefetch("left", RunFile.objects.defer("data"))
    return runs.select_related("in_step").prefetch_related(left)


def run_id(key: str) -> str:
    """The name of a run, which is in its key: see `Conversation.run_key`."""
    return key.split(":", 2)[2]


def is_check_run(key: str) -> bool:
    """Whether the run of that key is made for an attempt."""
    return key.split(":", 2)[1:2] == ["check"]


def is_gate_run(key: str) -> bool:
    """Whether the run of that key tries programs for the leak gate."""
    return key.split(":", 2)[1:2] == ["gate"]
