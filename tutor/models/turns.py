"""The rows of a dialogue: turns, their items, and the messages that wait to become items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from tutor.method.facts import is_facts
from tutor.protocol.calls import texts_of
from tutor.protocol.events import Ending

if TYPE_CHECKING:
    from tutor.protocol.calls import Payload


class Turn(models.Model):
    """A message of the student's, and all that answers it."""

    RUNNING = "running"
    STATES = [(RUNNING, "running"), *((ending.value, ending.value) for ending in Ending)]

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="turns")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=STATES, default=RUNNING)
    # Somebody pressed Stop on a page that does not run the turn.
    stop_requested = models.BooleanField(default=False)
    # The reason of a failure, as the student reads it.
    message = models.TextField(blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["conversation", "number"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="turn_number"),
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(state="running"), name="one_turn_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"turn {self.number}"

    @property
    def is_running(self) -> bool:
        """True while a session is at it, and after that session has died."""
        return self.state == self.RUNNING

    @property
    def has_failed(self) -> bool:
        """True if the student may try again."""
        return self.state == Ending.FAILED.value


class Item(models.Model):
    """One item of the dialogue, as the Responses API speaks it. Never changed."""

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="items")
    turn = models.ForeignKey(Turn, models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()
    payload = models.JSONField()
    # The page's name for a student's message: sent twice, it counts once. Empty for all else.
    client_id = models.CharField(max_length=64, blank=True)
    # The student's program, as a message brought it along; None if the model knew it already.
    program = models.TextField(null=True, blank=True)  # noqa: DJ001  # an empty program is one
    # The step that a student's message is about; empty for all else.
    step = models.CharField(max_length=64, blank=True)
    # The student's files beside that message's program, by path; None for all else.
    files = models.JSONField(null=True, blank=True)
    # The response it came in; empty for what the student or a tool said.
    response_id = models.TextField(blank=True)
    # Stop, or the model's own limit, ended it here.
    interrupted = models.BooleanField(default=False)
    # It would solve the step: the model is told it, the student does not see it.
    withheld = models.BooleanField(default=False, db_default=False)
    # A compaction of all items up to this number; None for all else. For the model only.
    compacts_up_to = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["conversation", "number"]
        indexes = [
            # How much a student has said in the last minute is asked with every question.
            models.Index(fields=["created_at"], name="item_created_at"),
            # The last of them is sought among items of which few or none are: without, in all.
            models.Index(
                fields=["conversation", "number"],
                condition=Q(compacts_up_to__isnull=False),
                name="item_compaction",
            ),
            models.Index(
                fields=["conversation", "number"],
                condition=Q(program__isnull=False),
                name="item_program",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="item_number"),
            models.UniqueConstraint(
                fields=["conversation", "client_id"],
                condition=~Q(client_id=""),
                name="message_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.kind}"

    @property
    def is_call(self) -> bool:
        """True for a call of the tutor's tool."""
        return bool(self.payload.get("type") == "function_call")

    @property
    def kind(self) -> str:
        """The speaker, `student` or `tutor`; `facts` of ours; else the API's name of its type."""
        kind = self.payload.get("type")
        if kind != "message":
            return str(kind)
        # What came in a response the tutor has said, whatever role it has there.
        if self.response_id:
            return "tutor"
        if is_facts(self.payload):
            return "facts"
        return "student" if self.payload.get("role") == "user" else "tutor"


class WaitingQuerySet(models.QuerySet["Waiting"]):
    """Messages that wait."""

    def ready(self) -> WaitingQuerySet:
        """Those that the tutor can be told: not the answers that have yet to be compared."""
        return self.filter(Q(prediction=None) | Q(prediction__compared_at__isnull=False))


class Waiting(models.Model):
    """A student's message that came while a turn was on. Told to the model, it is an item."""

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="waiting")
    client_id = models.CharField(max_length=64)
    # As in Item.
    payload = models.JSONField()
    program = models.TextField(null=True, blank=True)  # noqa: DJ001  # an empty program is one
    step = models.CharField(max_length=64, blank=True)
    files = models.JSONField(null=True, blank=True)
    # The prediction that it answers: it waits until that has been compared, too.
    prediction = models.ForeignKey(
        "Prediction", models.CASCADE, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WaitingQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "waiting"
        constraints = [
            models.UniqueConstraint(fields=["conversation", "client_id"], name="waiting_once"),
        ]

    def __str__(self) -> str:
        return self.client_id

    def item(self, turn: Turn) -> Item:
        """The item that it becomes, not yet numbered or stored."""
        said = {name: getattr(self, name) for name in ("payload", "program", "step", "files")}
        return Item(turn=turn, client_id=self.client_id, **said)


def student_text(payload: Payload) -> str:
    """The text of a student's message: its first part. The others are for the model only."""
    return next(iter(texts_of(payload)), "")


def tutor_text(payload: Payload) -> str:
    """The text of a message of the tutor's, in Markdown; a refusal is text too."""
    return "".join(texts_of(payload))
