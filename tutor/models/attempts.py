"""Attempts at the steps of a lesson, as they are stored: facts of our own, no frames."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, assert_never

from django.db import models

from sandbox.models import Run
from tutor.method import feedback
from tutor.method.attempt_facts import FeedbackFacts
from tutor.protocol import frames

if TYPE_CHECKING:
    from tutor.protocol.frames import TryFrame


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
    # `answer_facts`: {"code": str, "files": {path: str}}, {"text": str} or {"choices": [int]}.
    answer = models.JSONField()
    state = models.CharField(max_length=10, choices=STATES, default=PENDING)
    # Among those that count, from 1; 0 while it does not.
    number = models.PositiveIntegerField(default=0)
    passed = models.BooleanField(default=False)
    # FeedbackFacts.to_json; empty while it is pending.
    feedback = models.JSONField(default=dict, blank=True)
    # The misconceptions for which the failed cases were made.
    misconceptions = models.JSONField(default=list, blank=True)
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

    @property
    def facts(self) -> FeedbackFacts:
        """The stored feedback."""
        return FeedbackFacts.from_json(self.feedback)

    def summary(self) -> str:
        """A judged attempt in a line or two for the model."""
        return feedback.summary(self.number, self.passed, self.facts, self.misconceptions)

    def view(self) -> frames.AttemptView:
        """The attempt as a page shows it."""
        named = {"id": self.client_id, "step": self.step}
        if self.state != self.PENDING:
            return frames.AttemptView.model_validate(
                {
                    **named,
                    "state": self.state,
                    "number": self.number,
                    "passed": self.passed,
                    **asdict(self.facts),
                }
            )
        run = self.run
        running = run is not None and run.status == "running"
        return frames.AttemptView(
            **named,
            state="running" if running else "queued",
            position=run.position() if run else 0,
        )


def answer_facts(tried: TryFrame) -> dict[str, Any]:
    """What the student answered, as a row stores it."""
    match tried:
        case frames.CheckCode():
            return {"code": tried.code, "files": dict(tried.files)}
        case frames.Predict():
            return {"text": tried.text}
        case frames.Choose():
            return {"choices": list(tried.choices)}
        case _:
            assert_never(tried)
