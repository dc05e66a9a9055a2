"""Lesson state. The items are the conversation; everything else can be lost and found again."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Max, Q, Sum
from django.utils import timezone

from courses.models import Lesson
from sandbox.models import Run
from tutor import frames, prompts
from tutor.events import Call, Ending, Payload, StudentSaid, Usage
from tutor.tools import parse_call

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.contrib.auth.models import User

Origin = Literal["student", "tutor"]

# A session that has not renewed its claim for so long counts as gone: so long at most does a
# student wait after a crash until the turn goes on.
LEASE = timedelta(seconds=6)


class ClaimLost(Exception):
    """Another session has claimed the conversation; nothing was written."""


class Busy(Exception):
    """A turn is on elsewhere; nothing was written."""


class Conversation(models.Model):
    """One student's dialogue about one version of a lesson.

    One session at a time may write: it claims the conversation and gets a fence number, which every
    later write must name. A claim lapses after LEASE unless it is renewed.
    """

    student = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, "conversations")
    lesson = models.ForeignKey(Lesson, models.PROTECT, related_name="conversations")
    # What the student's editor holds.
    code = models.TextField(blank=True)
    # Grows with each claim; a write that names an older one comes too late.
    fence = models.PositiveIntegerField(default=0, editable=False)
    # Until when the present claim holds; None when nobody has one.
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
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
        begun = cls.objects.filter(
            student=student, lesson__course=lesson.course, lesson__slug=lesson.slug
        ).first()
        if begun:
            return begun
        start = {"code": lesson.for_student().starter}
        return cls.objects.get_or_create(student=student, lesson=lesson, defaults=start)[0]

    @property
    def group(self) -> str:
        """The channel-layer group of everybody who follows this conversation."""
        return f"conversation.{self.pk}"

    # Claims

    def claim(self) -> int:
        """The fence number of a new claim. Raises Busy while somebody else's holds."""
        now = timezone.now()
        free = Q(claimed_until=None) | Q(claimed_until__lt=now)
        claimed = (
            type(self)
            .objects.filter(free, pk=self.pk)
            .update(fence=F("fence") + 1, claimed_until=now + LEASE)
        )
        if not claimed:
            raise Busy
        return type(self).objects.values_list("fence", flat=True).get(pk=self.pk)

    def renew(self, fence: int) -> None:
        """Hold the claim for another LEASE. Raises ClaimLost. Locks the row in a transaction."""
        mine = type(self).objects.filter(pk=self.pk, fence=fence)
        if not mine.update(claimed_until=timezone.now() + LEASE):
            raise ClaimLost

    def release(self, fence: int) -> None:
        """Give a claim back before its lease is over; one that is lost stays lost."""
        type(self).objects.filter(pk=self.pk, fence=fence).update(claimed_until=None)

    # Turns

    def known(self, client_id: str) -> Begun | None:
        """The turn of a message that is stored already, or None."""
        turn = self.turns.filter(client_id=client_id).first()
        return Begun(turn, turn.items.earliest("number"), None) if turn else None

    def request_stop(self) -> None:
        """Ask whoever runs the turn, now or after a crash, to stop it."""
        self.turns.filter(state=Turn.RUNNING).update(stop_requested=True)

    @transaction.atomic
    def begin(self, said: StudentSaid) -> Begun:
        """The turn of a student's message; the one it began before, if it was sent before.

        Raises Busy while a turn is on.
        """
        known = self.known(said.id)
        if known:
            return known
        fence = self.claim()
        # A turn whose session died is finished first: see take_over.
        if self.turns.filter(state=Turn.RUNNING).exists():
            raise Busy
        last = self.turns.aggregate(last=Max("number"))["last"] or 0
        turn = self.turns.create(number=last + 1, client_id=said.id)
        program = said.code if said.code != self._told_program() else None
        payload = prompts.student_message(said.text, program)
        [item] = self._append(turn, [payload], program=program)
        type(self).objects.filter(pk=self.pk).update(code=said.code, updated_at=timezone.now())
        return Begun(turn, item, fence)

    @transaction.atomic
    def take_over(self) -> Begun | None:
        """The turn that its session left behind, now ours; None if there is none.

        Raises Busy while that session is alive.
        """
        # Claimed first: a turn seen before might have ended in between.
        fence = self.claim()
        turn = self.turns.filter(state=Turn.RUNNING).first()
        if turn is None:
            self.release(fence)
            return None
        return Begun(turn, turn.items.earliest("number"), fence)

    @transaction.atomic
    def reopen(self) -> Begun | None:
        """The last turn, running again and ours, if it failed; else None. Raises Busy."""
        fence = self.claim()
        turn = self.turns.last()
        if turn is None or turn.state != Ending.FAILED.value:
            self.release(fence)
            return None
        turn.state, turn.message, turn.ended_at = Turn.RUNNING, "", None
        turn.stop_requested = False
        turn.save(update_fields=["state", "message", "ended_at", "stop_requested"])
        return Begun(turn, turn.items.earliest("number"), fence)

    @transaction.atomic
    def append(
        self,
        fence: int,
        turn: Turn,
        payloads: Sequence[Payload],
        *,
        response_id: str = "",
        interrupted: bool = False,
        usage: Usage | None = None,
    ) -> list[Item]:
        """Store new items of a turn: all or none. Raises ClaimLost."""
        self.renew(fence)
        if usage:
            self.add_usage(response_id, usage)
        return self._append(turn, payloads, response_id=response_id, interrupted=interrupted)

    def add_usage(self, response_id: str, usage: Usage) -> None:
        """Store what a response cost."""
        self.responses.create(
            response_id=response_id,
            input_tokens=usage.input,
            cached_tokens=usage.cached,
            output_tokens=usage.output,
        )

    @transaction.atomic
    def add_compaction(self, response_id: str, count: int, payloads: Sequence[Payload]) -> None:
        """Let `payloads` stand for the first `count` of `payloads()`. Needs no claim.

        The items stay, for the page; what has come meanwhile is told after the compaction.
        """
        # Locks the row, so that no two sessions number their items alike.
        type(self).objects.filter(pk=self.pk).update(updated_at=timezone.now())
        told = list(self._told()[:count])
        upto = max(item.stands_for or item.number for item in told)
        self._append(told[-1].turn, payloads, response_id=response_id, stands_for=upto)

    @transaction.atomic
    def end(self, fence: int, turn: Turn, ending: Ending, message: str) -> None:
        """Close the turn and give the conversation free. Raises ClaimLost."""
        self.renew(fence)
        turn.state, turn.message, turn.ended_at = ending.value, message, timezone.now()
        turn.save(update_fields=["state", "message", "ended_at"])
        type(self).objects.filter(pk=self.pk).update(claimed_until=None, updated_at=timezone.now())

    def _append(self, turn: Turn, payloads: Iterable[Payload], **fields: Any) -> list[Item]:
        last = self.items.aggregate(last=Max("number"))["last"] or 0
        return Item.objects.bulk_create(
            Item(conversation=self, turn=turn, number=number, payload=payload, **fields)
            for number, payload in enumerate(payloads, start=last + 1)
        )

    def _told_program(self) -> str | None:
        told = self._told().exclude(program=None).order_by("-number")
        return told.values_list("program", flat=True).first()

    # What is read

    def payloads(self) -> list[Payload]:
        """The whole dialogue as the model sees it, in order."""
        return list(self._told().values_list("payload", flat=True))

    def _told(self) -> models.QuerySet[Item]:
        """The items that the model is told: the last compaction, and what it does not stand for."""
        last = self.items.exclude(stands_for=None).order_by("number").last()
        if last is None:
            return self.items.order_by("number")
        compaction = Q(stands_for=last.stands_for, response_id=last.response_id)
        rest = Q(stands_for=None, number__gt=last.stands_for)
        # First the compaction, although what came meanwhile may have lower numbers.
        first = F("stands_for").asc(nulls_last=True)
        return self.items.filter(compaction | rest).order_by(first, "number")

    def shown(self, *, after: int = 0) -> list[frames.Item]:
        """What a page shows of the items numbered above `after`, in order."""
        said = self.items.filter(number__gt=after, stands_for=None)
        items = list(said.order_by("number").select_related("turn"))
        calls = [item.payload["call_id"] for item in items if item.is_call]
        keys = [self.run_key("tutor", call_id) for call_id in calls]
        runs = {run.key: run for run in Run.objects.filter(key__in=keys)}
        views = (
            item.view(runs.get(self.run_key("tutor", item.payload.get("call_id", ""))))
            for item in items
        )
        return [view for view in views if view]

    def news(self, *, after: int) -> tuple[Turn | None, list[frames.Item]]:
        """The last turn, and what a page shows of the items numbered above `after`.

        If that turn is over, all of its items are among them.
        """
        turn = self.turns.last()  # before the items: it may end between the two
        return turn, self.shown(after=after)

    def keep_code(self, code: str) -> None:
        """Store what the student's editor holds."""
        type(self).objects.filter(pk=self.pk).update(code=code, updated_at=timezone.now())

    def request_fields(self) -> Payload:
        """The fields of every request upstream. What identifies the student is not among them."""
        lesson, key = self.lesson, settings.SECRET_KEY.encode()
        course = prompts.CourseText(
            lesson.course.title, lesson.course.instructions, **lesson.course.policy
        )
        return prompts.request_fields(
            model=settings.OPENAI_MODEL,
            instructions=prompts.instructions(course, lesson.for_tutor()),
            student_hash=hmac.new(key, str(self.student_id).encode(), "sha256").hexdigest(),
            cache_key=f"{lesson.course.slug}/{lesson.slug}/{lesson.version}",
        )

    # Runs

    def run_key(self, origin: Origin, run_id: str) -> str:
        """What makes a run of this conversation the same run; see `run_id` for the way back."""
        return f"{self.pk}:{origin}:{run_id}"

    @staticmethod
    def run_id(key: str) -> str:
        """The client's id or the call id in a run's key."""
        return key.split(":", 2)[2]

    def request_run(self, origin: Origin, run_id: str, code: str, stdin: str) -> Run:
        """The run of that name: it is requested once, and returned ever after.

        Raises Busy for a new run of the student's own while another one is on, on whatever page.
        """
        key = self.run_key(origin, run_id)
        on = Run.objects.unfinished().filter(student=self.student_id, origin="student")
        if origin == "student" and on.exclude(key=key).exists():
            raise Busy
        return Run.request(
            key=key,
            code=code,
            stdin=stdin,
            student=self.student,
            origin=origin,
            group=self.group,
        )

    def cancel_run(self, origin: Origin, run_id: str) -> None:
        """Ask for the end of a run; one that is unknown or over stays as it is."""
        run = Run.objects.filter(key=self.run_key(origin, run_id)).first()
        if run:
            run.cancel()

    def last_own_run(self) -> Run | None:
        """What the student ran last."""
        own = Run.objects.filter(group=self.group, origin="student")
        return own.order_by("-created_at").first()


@dataclass(frozen=True)
class Begun:
    """A turn with the student's message. `fence` is None if the turn is not ours to go on with."""

    turn: Turn
    item: Item
    fence: int | None


class Turn(models.Model):
    """A student's message and all that answers it."""

    RUNNING = "running"
    STATES = [(RUNNING, "running"), *((ending.value, ending.value) for ending in Ending)]

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="turns")
    number = models.PositiveIntegerField()
    # The page's name for the message: sent twice, it counts once.
    client_id = models.CharField(max_length=64)
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
            models.UniqueConstraint(fields=["conversation", "client_id"], name="message_once"),
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

    def view(self) -> frames.TurnChanged:
        """The turn as a page that does not run it can tell it."""
        state = "thinking" if self.state == self.RUNNING else self.state
        return frames.TurnChanged.model_validate(
            {"number": self.number, "state": state, "message": self.message}
        )


class ResponseQuerySet(models.QuerySet["Response"]):
    """Many responses."""

    def totals(self) -> Usage:
        """What they cost together."""
        sums = self.aggregate(
            input=Sum("input_tokens", default=0),
            cached=Sum("cached_tokens", default=0),
            output=Sum("output_tokens", default=0),
        )
        return Usage(**sums)


class Response(models.Model):
    """What one response of the model cost, warm-ups included. Says nothing of what it said."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="responses")
    response_id = models.TextField()
    input_tokens = models.PositiveIntegerField()
    # Those of the input that the API had read before.
    cached_tokens = models.PositiveIntegerField()
    output_tokens = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.response_id


class Item(models.Model):
    """One item of the dialogue, as the Responses API speaks it. Never changed."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="items")
    turn = models.ForeignKey(Turn, models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()
    payload = models.JSONField()
    # The program that a student's message brought along; None if the model knew it already.
    program = models.TextField(null=True, blank=True)  # noqa: DJ001  # an empty program is one
    # The response it came in; empty for what the student or a tool said.
    response_id = models.TextField(blank=True)
    # Stop, or the model's own limit, ended it here.
    interrupted = models.BooleanField(default=False)
    # A compaction of all items up to this number; None for what was said. Only the model is told.
    stands_for = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["conversation", "number"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="item_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.kind}"

    @property
    def is_call(self) -> bool:
        """Whether it is a call of the tutor's tool."""
        return bool(self.payload["type"] == "function_call")

    @property
    def kind(self) -> str:
        """Who said it: `student` or `tutor`; else the API's name for the type of the item."""
        if self.payload["type"] == "message":
            return "student" if self.payload["role"] == "user" else "tutor"
        return str(self.payload["type"])

    def view(self, run: Run | None) -> frames.Item | None:
        """The item as a page shows it, or None if a page does not. `run`: that of a call."""
        place = {"number": self.number, "turn": self.turn.number}
        match self.kind:
            case "student":
                said = self.payload["content"][0]["text"]
                return frames.StudentItem(id=self.turn.client_id, text=said, **place)
            case "tutor":
                text = spoken(self.payload)
                return frames.TutorItem(text=text, interrupted=self.interrupted, **place)
            case "function_call":
                shown = run_view(run) if run else self._requested_run()
                return frames.RunItem(run=shown, **place) if shown else None
            case _:
                return None

    def _requested_run(self) -> frames.RunView | None:
        """The run that a call asks for, before it has a row; None if it asks for none."""
        call = parse_call(self.payload)
        if not isinstance(call, Call):
            return None
        return frames.RunView(id=call.id, by="tutor", code=call.code, state="queued")


def spoken(payload: Payload) -> str:
    """The text of a message of the tutor's, in Markdown; a refusal is text too."""
    content = payload["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or part.get("refusal") or "" for part in content)


def run_view(run: Run) -> frames.RunView:
    """A run as a page shows it, under the name that the conversation gave it."""
    return frames.RunView.model_validate(
        {
            "id": Conversation.run_id(run.key),
            "by": run.origin,
            "code": run.code,
            "state": run.status,
            "exit_code": run.exit_code,
            "stdout": run.stdout,
            "stderr": run.stderr,
            "duration_ms": run.duration_ms or 0,
            "message": run.message,
        }
    )
