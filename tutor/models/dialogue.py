"""The rows of a dialogue: turns, items, and what waits to become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Prefetch, Q
from django.urls import reverse

from sandbox.models import RunFile
from tutor.method.tools import asked_run, parse_call
from tutor.protocol import frames
from tutor.protocol.events import Call, Ending, StoredCall

if TYPE_CHECKING:
    from sandbox.models import Run
    from tutor.protocol.events import Payload


# Shown of a call that has no run and will have none.
NOT_RUN = "This program was not run: the tutor's turn ended without it."


class Turn(models.Model):
    """What a student said, and all that answers it."""

    RUNNING = "running"
    STATES = [(RUNNING, "running"), *((ending.value, ending.value) for ending in Ending)]

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="turns")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=STATES, default=RUNNING)
    # Somebody pressed Stop on a page that does not run the turn.
    stop_requested = models.BooleanField(default=False)
    # Why it failed, as the student was told.
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
        """Whether the tutor is at it, or the session that was has died."""
        return self.state == self.RUNNING

    @property
    def has_failed(self) -> bool:
        """Whether the student may try again."""
        return self.state == Ending.FAILED.value

    def view(self) -> frames.TurnChanged:
        """The turn as a page that does not run it can tell it."""
        state = "thinking" if self.state == self.RUNNING else self.state
        return frames.TurnChanged.model_validate(
            {"number": self.number, "state": state, "message": self.message}
        )


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
    # A compaction of all items up to this number; None for what was said. Only the model is told.
    stands_for = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["conversation", "number"]
        # How much a student has said in the last minute is asked with every question.
        indexes = [models.Index(fields=["created_at"], name="item_created_at")]
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
        """Whether it is a call of the tutor's tool."""
        return bool(self.payload.get("type") == "function_call")

    @property
    def kind(self) -> str:
        """Who said it: `student` or `tutor`; else the API's name for the type of the item."""
        kind = self.payload.get("type")
        if kind == "message":
            # What came in a response the student has not said, whatever role it has there.
            is_students = self.payload.get("role") == "user" and not self.response_id
            return "student" if is_students else "tutor"
        return str(kind)

    def view(self, run: Run | None) -> frames.ItemView | None:
        """The item as a page shows it, or None if a page does not. `run`: that of a call."""
        place = {"number": self.number, "turn": self.turn.number}
        match self.kind:
            case "student":
                return frames.StudentItem(id=self.client_id, text=_said(self.payload), **place)
            case "tutor":
                text = spoken(self.payload)
                return frames.TutorItem(text=text, interrupted=self.interrupted, **place)
            case "function_call":
                shown = run_view(run) if run else self._requested_run()
                return frames.RunItem(run=shown, **place) if shown else None
            case _:
                return None

    def _requested_run(self) -> frames.RunView | None:
        """The run that a call asks for, while it has no row; None if it asks for none."""
        call = parse_call(StoredCall(self.number, self.payload))
        if not isinstance(call, Call):
            return None
        return asked_run(call, "" if self.turn.is_running else NOT_RUN)


class Waiting(models.Model):
    """A student's message that came while a turn was on. Told to the model, it is an item."""

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="waiting")
    client_id = models.CharField(max_length=64)
    # As in Item.
    payload = models.JSONField()
    program = models.TextField(null=True, blank=True)  # noqa: DJ001  # an empty program is one
    step = models.CharField(max_length=64, blank=True)
    files = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

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

    def view(self) -> frames.WaitingMessage:
        """The message as a page shows it."""
        return frames.WaitingMessage(id=self.client_id, text=_said(self.payload))


def _said(payload: Payload) -> str:
    """What a student said: the first part; behind it is what the model is told besides."""
    return next(iter(_texts(payload)), "")


def spoken(payload: Payload) -> str:
    """The text of a message of the tutor's, in Markdown; a refusal is text too."""
    return "".join(_texts(payload))


def _texts(payload: Payload) -> list[str]:
    """The parts of a message, whatever its row has: rows are older than what we require of them."""
    content = payload.get("content")
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") or part.get("refusal") for part in parts if isinstance(part, dict)]
    return [text if isinstance(text, str) else "" for text in texts]


def run_view(run: Run) -> frames.RunView:
    """A run as a page shows it, under the name that the conversation gave it."""
    files = (
        frames.FileView(
            name=file.name,
            kind=file.kind,
            bytes=file.size,
            url=reverse("run-file", args=[run.pk, file.pk]),
            skipped=file.skipped,
        )
        for file in (run.left.all() if run.finished else ())
    )
    return frames.RunView.model_validate(
        {
            "id": run_id(run.key),
            "by": run.origin,
            "code": run.code,
            "state": run.status,
            "position": run.position(),
            "interactive": run.interactive,
            "exit_code": run.exit_code,
            "output": printed_by(run),
            "files": tuple(files),
            "duration_ms": run.duration_ms or 0,
            "peak_memory_kb": run.peak_memory_kb,
            "message": run.message,
        }
    )


def printed_by(run: Run) -> tuple[frames.Printed, ...]:
    """What a run has printed, in the order in which it came."""
    return tuple(
        frames.Printed.model_validate({"stream": stream, "text": text})
        for stream, text in run.pieces()
    )


def with_files(runs: models.QuerySet[Run]) -> models.QuerySet[Run]:
    """The runs with the files they have left, but not what is in those."""
    return runs.prefetch_related(Prefetch("left", RunFile.objects.defer("data")))


def run_id(key: str) -> str:
    """The name of a run, which is in its key: see `Conversation.run_key`."""
    return key.split(":", 2)[2]
