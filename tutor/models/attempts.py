"""Attempts at the steps of a lesson, as they are stored: facts of our own, no frames."""

from __future__ import annotations

from django.db import models

from sandbox.models import Run
from tutor.method.attempt_facts import FeedbackFacts


class Attempt(models.Model):
    """A check, a prediction or an answer to a question. Stored before it is judged."""

    PENDING, JUDGED, FAILED, UNREAD = "pending", "judged", "failed", "unread"
    STATES = [
        (PENDING, "pending"),
        (JUDGED, "judged"),
        (FAILED, "not judged"),  # could not be run
        (UNREAD, "not judged"),  # the program cannot be parsed
    ]

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="attempts")
    step = models.CharField(max_length=64)
    # The page's name for it: sent twice, it counts once.
    client_id = models.CharField(max_length=64)
    # {"code": str, "files": {path: str}, "pasted": int}, {"text": str} or {"choices": [int]} (from
    # 0); `pasted` as in frames.CheckCode, absent for 0.
    answer = models.JSONField()
    state = models.CharField(max_length=10, choices=STATES, default=PENDING)
    # Among those that count, from 1; 0 while it does not.
    number = models.PositiveIntegerField(default=0)
    passed = models.BooleanField(default=False)
    # FeedbackFacts.to_json; empty while it is pending.
    feedback = models.JSONField(default=dict, blank=True)
    # The misconceptions for which the failed cases were made.
    misconceptions = models.JSONField(default=list, blank=True)
    # Of the program, see program_hash; empty for answers that are no program.
    code_hash = models.CharField(max_length=64, blank=True, db_default="", default="")
    # The help that came before it, frozen when it was judged: help.Help.to_json.
    help = models.JSONField(default=dict, blank=True, db_default={})
    # What is run for it; None where nothing is.
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    judged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["conversation", "created_at"]
        # Whenever a page is opened: the last of each step, and those that are under way.
        indexes = [
            models.Index(fields=["conversation", "step", "id"], name="attempt_newest"),
            models.Index(fields=["conversation", "state"], name="attempt_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "client_id"], name="attempt_once"),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.number or self.state}"

    @property
    def facts(self) -> FeedbackFacts:
        """The stored feedback."""
        return FeedbackFacts.from_json(self.feedback)
