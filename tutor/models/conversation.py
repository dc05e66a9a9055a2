"""One student's dialogue about one lesson: who may write, what is stored, what is read."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, assert_never
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, models, transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from courses.models import Lesson
from sandbox.languages import Language
from sandbox.models import Run
from tutor.method import prompts
from tutor.models import limits
from tutor.models.dialogue import Item, Turn, Waiting, with_files
from tutor.models.results import Begun, Kept, News, Queued
from tutor.models.work import Workbook, has_program
from tutor.protocol.actions import EndTurn, Save, SaveWaiting, Stored
from tutor.protocol.events import run_name
from tutor.turn.revisions import NO_WRITES, OwnWrites

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.contrib.auth.models import User

    from tutor.models.programs import Written
    from tutor.protocol import frames
    from tutor.protocol.commands import StudentTyped
    from tutor.protocol.events import Payload, StudentSaid, Usage

# Who wants a run: the student, the tutor, or an attempt that is to be judged.
Origin = Literal["student", "tutor", "check"]

# A session that has not renewed its claim for so long counts as gone: so long at most does a
# student wait after a crash until the turn goes on.
LEASE = timedelta(seconds=6)
# So many messages may wait for the tutor.
MAX_WAITING: Final = 5


class ClaimLost(Exception):
    """Another session has claimed the conversation; nothing was written."""


class Busy(Exception):
    """Somebody else is at it; nothing was written."""


class TooMany(Exception):
    """MAX_WAITING messages wait already; nothing was written."""


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
    # Items up to this number that are sealed, or thoughts, are told no more: the model's server
    # cannot open them, or does not take them.
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
            conversation.workbook.go("")
        return conversation

    @property
    def group(self) -> str:
        """The channel-layer group of everybody who follows this conversation."""
        return f"conversation.{self.pk}"

    @property
    def workbook(self) -> Workbook:
        """What the student does in the steps of the lesson."""
        return Workbook(self)

    @property
    def language(self) -> Language:
        """What the programs of the lesson are written in, and where they run."""
        course = self.lesson.course
        return Language(course.image or course.language)

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

    def keep(self, fence: int, turn: Turn) -> Kept:
        """Hold the claim for another LEASE, and see what others want. Raises ClaimLost."""
        self.renew(fence, timezone.now() + LEASE)
        stop = Turn.objects.filter(pk=turn.pk, stop_requested=True).exists()
        return Kept(stop, tuple(self.waiting.all()))

    # Turns

    @transaction.atomic
    def say(self, said: StudentSaid, own: OwnWrites = NO_WRITES) -> Begun | Queued:
        """Begin the turn of a student's message, or let it wait while one is on.

        A message that is stored already stays as it is. The program is stored with it, for which
        `own` is needed; see `Workbook.write`. Raises TooMany, TooFast, QuotaUsed or BadStep.
        """
        self.lock()  # before anything is read: another page may be sending the same message
        waiting = list(self.waiting.all())
        if any(message.client_id == said.id for message in waiting):
            return Queued()
        known = self.items.filter(client_id=said.id).select_related("turn").first()
        if known:
            return Begun(known.turn, [known], None)
        limits.check(self)
        written = self.workbook.write(said, own)
        told = self._message(said, written, waiting)
        message = Waiting(conversation=self, client_id=said.id, **told)
        last = self.turns.last()
        if last and last.is_running:
            # Also if its session has died: it is finished first, see take_over.
            return self._queue(message, written, waiting)
        try:
            fence = self.claim(updated_at=timezone.now())
        except Busy:
            return self._queue(message, written, waiting)
        turn = self._new_turn(last)
        return Begun(turn, self._tell(turn, [*waiting, message]), fence, written)

    def _queue(self, message: Waiting, written: Written, waiting: Sequence[Waiting]) -> Queued:
        if len(waiting) >= MAX_WAITING:
            raise TooMany
        message.save()
        return Queued(written)

    def _message(self, said: StudentSaid, written: Written, waiting: Sequence[Waiting]) -> Payload:
        """What of a message is stored: for the model, with the program unless it knows it.

        The program is the one that came with it, whatever that is stored as.
        """
        work = written.work
        program = prompts.NO_PROGRAM
        if has_program(self.workbook.step(work.step)):
            program = prompts.program(written.code, written.files, self.lesson.course.language)
        now = prompts.Situation(
            step=work.step,
            attempts=work.attempts,
            minutes=round((timezone.now() - work.begun_at).total_seconds() / 60),
            last_check=self.workbook.last_check(work.step) if work.attempts else "",
            last_run=self._last_run(),
        )
        told = None if program == self._told_program(waiting) else program
        more = (prompts.situation(now), *([] if told is None else [told]))
        payload = prompts.student_message(said.text, *more)
        files = dict(written.files)
        return {"payload": payload, "program": told, "step": work.step, "files": files}

    def _last_run(self) -> str:
        run = self._own_runs().only("status", "stderr").first()
        return prompts.last_run(run.status, run.stderr) if run and run.finished else ""

    def _new_turn(self, last: Turn | None) -> Turn:
        return self.turns.create(number=last.number + 1 if last else 1)

    def request_stop(self) -> None:
        """Ask whoever runs the turn, now or after a crash, to stop it."""
        self.turns.filter(state=Turn.RUNNING).update(stop_requested=True)

    @transaction.atomic
    def take_over(self) -> Begun | None:
        """The turn that waits for somebody, now ours; None if there is none.

        It is the one that its session left behind; else that of the messages that wait.
        Raises Busy while another session is at one.
        """
        # Claimed first: a turn seen before might have ended in between.
        fence = self.claim()
        last = self.turns.last()
        if last and last.is_running:
            return Begun(last, [], fence)
        waiting = list(self.waiting.all())
        if not waiting:
            self.release(fence)
            return None
        turn = self._new_turn(last)
        return Begun(turn, self._tell(turn, waiting), fence)

    @transaction.atomic
    def reopen(self) -> Begun | None:
        """The last turn, running again and ours, if it failed; else None. Raises Busy."""
        fence = self.claim()
        turn = self.turns.last()
        if turn is None or not turn.has_failed:
            self.release(fence)
            return None
        turn.state, turn.message, turn.ended_at = Turn.RUNNING, "", None
        turn.stop_requested = False
        turn.save(update_fields=["state", "message", "ended_at", "stop_requested"])
        return Begun(turn, [], fence)

    @transaction.atomic
    def store(self, fence: int, turn: Turn, actions: Sequence[Stored]) -> list[Item]:
        """Store what a turn brought, all or nothing; the new items. Raises ClaimLost."""
        ends = isinstance(actions[-1], EndTurn)
        self.renew(fence, until=None if ends else timezone.now() + LEASE)
        items: list[Item] = []
        for action in actions:
            match action:
                case Save(payloads, response_id, interrupted, usage):
                    if usage:
                        self.add_usage(response_id, usage)
                    source = {"response_id": response_id, "interrupted": interrupted}
                    items += self._number(
                        Item(turn=turn, payload=payload, **source) for payload in payloads
                    )
                case SaveWaiting(ids):
                    waits = self.waiting.all()
                    items += self._tell(
                        turn, waits if ids is None else waits.filter(client_id__in=ids)
                    )
                case EndTurn(ending, message):
                    turn.state, turn.message = ending.value, message
                    turn.ended_at = timezone.now()
                    turn.save(update_fields=["state", "message", "ended_at"])
                case _:
                    assert_never(action)
        return items

    def add_usage(self, response_id: str, usage: Usage) -> None:
        """Store what a response cost."""
        self.responses.create(
            response_id=response_id,
            input_tokens=usage.input,
            cached_tokens=usage.cached,
            output_tokens=usage.output,
        )

    @transaction.atomic
    def add_compaction(
        self, response_id: str, told: Sequence[Payload], payloads: Sequence[Payload]
    ) -> bool:
        """Let `payloads` stand for `told`, with which `payloads()` began. Needs no claim.

        The items stay, for the page; what has come meanwhile is told after the compaction. If
        another compaction has come meanwhile, nothing is stored: False.
        """
        # Locks the row, so that no two sessions number their items alike.
        type(self).objects.filter(pk=self.pk).update(updated_at=timezone.now())
        items = list(self.told()[: len(told)])
        if not items or [item.payload for item in items] != list(told):
            return False
        if self.items.exclude(stands_for=None).filter(response_id=response_id).exists():
            # The id comes from outside, and tells compactions apart.
            response_id = f"{response_id}/{uuid4().hex}"
        upto = max(item.stands_for or item.number for item in items)
        turn = items[-1].turn
        self._number(
            Item(turn=turn, payload=payload, response_id=response_id, stands_for=upto)
            for payload in payloads
        )
        return True

    def unseal(self, upto: int) -> None:
        """Tell the model nothing more that is sealed, or that it thought, among the items up to
        number `upto`.
        """
        type(self).objects.filter(pk=self.pk, unsealed_to__lt=upto).update(unsealed_to=upto)

    def _number(self, items: Iterable[Item]) -> list[Item]:
        """Store new items behind those that are there. The row must be locked."""
        last = self.items.aggregate(last=Max("number"))["last"] or 0
        numbered = list(items)
        for number, item in enumerate(numbered, start=last + 1):
            item.conversation, item.number = self, number
        return Item.objects.bulk_create(numbered)

    def _tell(self, turn: Turn, messages: Iterable[Waiting]) -> list[Item]:
        """Make items of messages, and let those wait no more that did."""
        told = list(messages)
        waited = [message.pk for message in told if message.pk]
        if waited:
            self.waiting.filter(pk__in=waited).delete()
        return self._number(message.item(turn) for message in told) if told else []

    def _told_program(self, waiting: Sequence[Waiting]) -> str | None:
        """What the model knows of the student's program, or will once it is told what waits."""
        for message in reversed(waiting):
            if message.program is not None:
                return message.program
        told = self.told().exclude(program=None).order_by("-number")
        return told.values_list("program", flat=True).first()

    # What is read

    def asked_in(self) -> tuple[str, dict[str, str] | None]:
        """The step that the last message which was told is about, and the files that came with it.

        Empty and None if there was none.
        """
        said = self.items.exclude(client_id="").order_by("-number")
        return said.values_list("step", "files").first() or ("", None)

    def payloads(self) -> list[Payload]:
        """The whole dialogue as the model sees it, in order."""
        return list(self.told().values_list("payload", flat=True))

    def told(self) -> models.QuerySet[Item]:
        """The items that the model is told: the last compaction, and what it does not stand for.

        Of what is sealed only what can be opened; else what it stands for.
        """
        items = self._readable()
        last = items.exclude(stands_for=None).order_by("number").last()
        if last is None:
            return items.order_by("number")
        compaction = Q(stands_for=last.stands_for, response_id=last.response_id)
        rest = Q(stands_for=None, number__gt=last.stands_for)
        # First the compaction, although what came meanwhile may have lower numbers.
        first = F("stands_for").asc(nulls_last=True)
        return items.filter(compaction | rest).order_by(first, "number")

    def _readable(self) -> models.QuerySet[Item]:
        """The items without those that are sealed and cannot be opened.

        What the model thought is left out alone, a compaction with all that came with it.
        """
        unsealed_to = self.read_unsealed_to()
        if not unsealed_to:
            return self.items.all()
        sealed = Q(payload__has_key="encrypted_content") | Q(
            payload__type__in=["reasoning", "compaction"]
        )
        lost = self.items.filter(sealed, number__lte=unsealed_to)
        compactions = lost.exclude(stands_for=None).values("response_id")
        return self.items.exclude(pk__in=lost.values("pk")).exclude(
            stands_for__isnull=False, response_id__in=compactions
        )

    def read_unsealed_to(self) -> int:
        """`unsealed_to` as it is in the database now: other sessions change it."""
        return type(self).objects.values_list("unsealed_to", flat=True).get(pk=self.pk)

    def shown(self, *, after: int = 0) -> list[frames.ItemView]:
        """What a page shows of the items numbered above `after`, in order."""
        said = self.items.filter(number__gt=after, stands_for=None)
        items = list(said.order_by("number").select_related("turn"))
        keys = {item.number: self.call_key(item.number) for item in items if item.is_call}
        runs = {run.key: run for run in with_files(Run.objects.filter(key__in=keys.values()))}
        views = (item.view(runs.get(keys.get(item.number, ""))) for item in items)
        return [view for view in views if view]

    def items_of(self, turn: Turn) -> list[tuple[int, Payload]]:
        """What was said in a turn, numbered, in order."""
        said = self.items.filter(turn=turn, stands_for=None).order_by("number")
        return list(said.values_list("number", "payload"))

    def news(self, *, after: int) -> News:
        """What a page needs to know that was shown the items up to number `after`."""
        # In this order: a message that waits becomes an item of a turn, and a turn ends with one.
        waiting = tuple(message.view() for message in self.waiting.all())
        turn = self.turns.last()
        return News(waiting, turn, tuple(self.shown(after=after)))

    def request_fields(self) -> Payload:
        """The fields of every request upstream. What identifies the student is not among them."""
        lesson, key = self.lesson, settings.SECRET_KEY.encode()
        course = prompts.CourseText(
            lesson.course.title,
            lesson.course.instructions,
            language=lesson.course.language,
            **lesson.course.policy,
        )
        return prompts.request_fields(
            model=settings.OPENAI_MODEL,
            instructions=prompts.instructions(course, lesson.for_tutor()),
            language=lesson.course.language,
            student_hash=hmac.new(key, str(self.student_id).encode(), "sha256").hexdigest(),
            cache_key=f"{lesson.course.slug}/{lesson.slug}/{lesson.version}",
        )

    # Runs

    def run_key(self, origin: Origin, run_id: str) -> str:
        """What makes a run of this conversation the same run; `run_id` is the way back."""
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
        step: str = "",
        files: Mapping[str, str] | None = None,
        **what: Any,
    ) -> Run:
        """The run of that name: it is requested once, and returned ever after.

        `files` are those that the student has changed, None: as they were kept; `what` is more of
        what Run.request takes.
        Raises Busy for a new run of the student's own while another one is on, on whatever page;
        BadStep.
        """
        key = self.run_key(origin, run_id)
        if origin != "tutor":
            self._lock_student()  # another page may be asking too, perhaps in another lesson
            theirs = Run.objects.unfinished().filter(student=self.student_id)
            if theirs.exclude(key=key).exclude(origin="tutor").exists():
                raise Busy
        return Run.request(
            key=key,
            code=code,
            student=self.student,
            origin=origin,
            group=self.group,
            files=self.workbook.beside(step, files),
            language=self.language,
            **what,
        )

    def _lock_student(self) -> None:
        """Let nobody else request a run of the student's own until the transaction ends."""
        if connection.features.has_select_for_update:
            get_user_model().objects.select_for_update().values_list("pk").get(pk=self.student_id)

    def type_into_run(self, typed: StudentTyped) -> None:
        """Give the student's own run what was typed; what is over takes nothing."""
        run = Run.objects.filter(key=self.run_key("student", typed.id)).first()
        if run:
            run.type(typed.text, ends=typed.ends)

    def cancel_run(self, run_id: str, *origins: Origin) -> None:
        """Ask for the end of runs; what is unknown or over stays as it is."""
        for run in Run.objects.filter(key__in=[self.run_key(one, run_id) for one in origins]):
            run.cancel()

    def last_own_run(self) -> Run | None:
        """What the student ran last."""
        return with_files(self._own_runs()).first()

    def _own_runs(self) -> models.QuerySet[Run]:
        return Run.objects.filter(group=self.group, origin="student").order_by("-created_at")
