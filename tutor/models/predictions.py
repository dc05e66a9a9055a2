"""Predictions that the tutor asks for, hints that were given: facts of the method, no frames."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sandbox.models import Run
from tutor.models.turns import Turn


class Prediction(models.Model):
    """A call whose value the student is asked to foretell. Stored before the page shows it."""

    RIGHT, WRONG, UNKNOWN, NOT_RUN = "right", "wrong", "none", "not_run"
    VERDICTS = [
        (RIGHT, "right"),
        (WRONG, "wrong"),
        (UNKNOWN, "the student did not know"),
        (NOT_RUN, "could not be run"),
    ]

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="predictions")
    # The number of the item with the call that asks; names it in frames too.
    number = models.PositiveIntegerField()
    turn = models.ForeignKey(Turn, models.CASCADE, related_name="+")
    step = models.CharField(max_length=64)
    # An expression; empty for what the whole program prints.
    call = models.CharField(max_length=200, blank=True)
    question = models.TextField(blank=True)
    # The student's program when it was asked about, which is the one that is run.
    code = models.TextField(blank=True)
    files = models.JSONField(default=dict, blank=True)
    code_hash = models.CharField(max_length=64)
    asked_at = models.DateTimeField(auto_now_add=True)
    # The page's name for the answer: sent twice, it counts once. Empty until there is one.
    client_id = models.CharField(max_length=64, blank=True)
    # As the student wrote it; None until then, and for "I don't know".
    answer = models.TextField(null=True, blank=True)  # noqa: DJ001  # None is no answer
    answered_at = models.DateTimeField(null=True, blank=True)
    # What is run for it; None until it is answered, and where that run was deleted.
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="+")
    # What the program gave, in words; see `method.predictions.Outcome`.
    gave = models.TextField(blank=True)
    # Empty until answer and outcome have been compared.
    verdict = models.CharField(max_length=10, choices=VERDICTS, blank=True)
    # Why it could not be run, for the student.
    message = models.TextField(blank=True)
    compared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["conversation", "number"]
        # Those that are not settled are sought whenever a page is opened.
        indexes = [
            models.Index(
                fields=["conversation", "number"],
                condition=Q(compared_at__isnull=True),
                name="prediction_unsettled",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="prediction_once"),
            models.UniqueConstraint(
                fields=["conversation", "step"],
                condition=Q(answered_at=None),
                name="one_open_prediction_per_step",
            ),
            models.UniqueConstraint(
                fields=["conversation", "client_id"],
                condition=~Q(client_id=""),
                name="answer_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.call or 'the program'}"

    @property
    def is_open(self) -> bool:
        """True until the student has answered."""
        return self.answered_at is None


class HintGiven(models.Model):
    """A hint that was given: each rung of a ladder once in a step."""

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="hints")
    # The number of the item that holds it: the call that asked, or the server's own.
    number = models.PositiveIntegerField()
    step = models.CharField(max_length=64)
    # The error that the ladder is for; empty for that of the step.
    ladder = models.CharField(max_length=64, blank=True)
    level = models.PositiveSmallIntegerField()
    # Empty where the model writes it.
    text = models.TextField(blank=True)
    # The page's name for the student's wish; empty where the model asked.
    client_id = models.CharField(max_length=64, blank=True)
    # Of the student's program at that moment.
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["conversation", "number"]
        verbose_name_plural = "hints given"
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="hint_once"),
            models.UniqueConstraint(
                fields=["conversation", "step", "ladder", "level"], name="each_rung_once"
            ),
            models.UniqueConstraint(
                fields=["conversation", "client_id"],
                condition=~Q(client_id=""),
                name="hint_asked_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.ladder or 'hint'} {self.level}"


class StepRun(models.Model):
    """What a run is to a step: whose program it was, by its hash."""

    UNJUDGED, SHOWN, WITHHELD = "unjudged", "shown", "withheld"
    OUTPUTS = [(UNJUDGED, "not judged"), (SHOWN, "shown"), (WITHHELD, "withheld")]

    run = models.OneToOneField(Run, models.CASCADE, related_name="in_step")
    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="step_runs")
    step = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64)
    # Of a run of the tutor's: whether it ran the student's own program, and what it put behind it.
    own = models.BooleanField(default=False)
    added = models.TextField(blank=True)
    # Of a run of the tutor's: whether what it printed may be seen. Of one that is not judged it may
    # not; runs of earlier releases may.
    output = models.CharField(max_length=10, choices=OUTPUTS, default=SHOWN, db_default=SHOWN)

    class Meta:
        ordering = ["conversation", "pk"]
        # The newest of a step are read with every message.
        indexes = [models.Index(fields=["conversation", "step", "id"], name="step_run_newest")]

    def __str__(self) -> str:
        return self.step
