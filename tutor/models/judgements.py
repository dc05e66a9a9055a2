"""Judgements of the leak gate: what of the tutor's was held back, and why. For instructors only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils import timezone

from tutor.leaks.judgement import Verdict
from tutor.leaks.said import Channel
from tutor.models.percentile import Percentile
from tutor.models.turns import Turn

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

# What an instructor may say to be wrong: the gate was against it, or has only noted that it is.
IS_AGAINST = Q(held_back=True) | Q(verdict=Verdict.LEAK.value)


class JudgementQuerySet(models.QuerySet["Judgement"]):
    """Many judgements."""

    def say_wrong(self, user: AbstractBaseUser) -> int:
        """Note that `user` says that these were withheld wrongly; the number of those noted.

        Who has said it before stays; what was not held to be a leak cannot be one wrongly.
        """
        said = self.filter(IS_AGAINST, wrong_at=None)
        return said.update(wrong_at=timezone.now(), wrong_by=user)

    def take_back(self) -> int:
        """Undo that; the number of those of which somebody had said it."""
        return self.exclude(wrong_at=None).update(wrong_at=None, wrong_by=None)

    def totals(self) -> dict[str, Any]:
        """Their sums: see `sums`."""
        return self.aggregate(**sums())

    def grouped(self, *keys: str) -> Any:
        """The sums of each group with the same `keys`, in one query: a QuerySet of dicts."""
        return self.order_by().values(*keys).annotate(**sums())


class Judgement(models.Model):
    """A text of the tutor's that was run before it was shown."""

    VERDICTS = [
        (Verdict.OK.value, "solves nothing"),
        (Verdict.PARTIAL.value, "mends a part"),
        (Verdict.LEAK.value, "solves the step"),
        (Verdict.UNSURE.value, "could not be run"),
    ]
    CHANNELS = [(channel.value, channel.value) for channel in Channel]

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="judgements")
    turn = models.ForeignKey(Turn, models.CASCADE, related_name="judgements")
    # The step that it would solve.
    step = models.CharField(max_length=64)
    channel = models.CharField(max_length=10, choices=CHANNELS)
    verdict = models.CharField(max_length=10, choices=VERDICTS)
    # Whether it was kept from the student; where the gate only takes notes, nothing is.
    held_back = models.BooleanField(default=False)
    # What was judged; empty where it solves nothing.
    text = models.TextField(blank=True)
    # How the program that passed was made of it, and that program.
    way = models.CharField(max_length=40, blank=True)
    mended = models.TextField(blank=True)
    # Of the student's program: its hash, and how many cases it fails.
    code_hash = models.CharField(max_length=64)
    failing = models.PositiveSmallIntegerField(default=0)
    # What it took.
    programs = models.PositiveSmallIntegerField(default=0)
    case_runs = models.PositiveIntegerField(default=0)
    ms = models.PositiveIntegerField(default=0)
    # Of the algorithm: it can be judged again.
    gate_version = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    # An instructor says that it was withheld wrongly.
    wrong_at = models.DateTimeField(null=True, blank=True)
    wrong_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = JudgementQuerySet.as_manager()

    class Meta:
        ordering = ["conversation", "pk"]
        indexes = [models.Index(fields=["conversation", "step"], name="judgement_step")]

    def __str__(self) -> str:
        return f"{self.step}: {self.verdict}"

    @property
    def is_against(self) -> bool:
        """True for what an instructor may say to be withheld wrongly."""
        return self.held_back or self.verdict == Verdict.LEAK.value


def sums() -> dict[str, Any]:
    """What is summed up of judgements, as aggregates by name."""
    return {
        "judged": Count("pk"),
        "withheld": Count("pk", filter=Q(held_back=True)),
        "noted": Count("pk", filter=Q(held_back=False, verdict=Verdict.LEAK.value)),
        "partial": Count("pk", filter=Q(verdict=Verdict.PARTIAL.value)),
        "unsure": Count("pk", filter=Q(verdict=Verdict.UNSURE.value)),
        "wrong": Count("pk", filter=Q(wrong_at__isnull=False)),
        "ms_p50": Percentile("ms", 0.5),
        "ms_p95": Percentile("ms", 0.95),
    }
