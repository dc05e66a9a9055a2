"""Judgements of the leak gate: what of the tutor's was held back, and why. For instructors only."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from tutor.leaks.judgement import Verdict
from tutor.leaks.said import Channel
from tutor.models.turns import Turn


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
    created_at = models.DateTimeField(auto_now_add=True)
    # An instructor says that it was withheld wrongly.
    wrong_at = models.DateTimeField(null=True, blank=True)
    wrong_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["conversation", "pk"]
        indexes = [models.Index(fields=["conversation", "step"], name="judgement_step")]

    def __str__(self) -> str:
        return f"{self.step}: {self.verdict}"
