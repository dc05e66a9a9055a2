"""The programs of a step: the one that counts, and the versions that are kept beside it.

Everything that writes a program or a version goes through the methods of `Work`, in a transaction
that has locked the conversation. What they replace stays in the step's history.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from django.db import models
from django.utils import timezone

from courses.audience import StudentCode, StudentExplain, StudentPredict, StudentQuiz
from courses.facts import CodeStep, ExplainStep, PredictStep, QuizStep
from tutor.method.program_hash import program_hash
from tutor.method.progress import after_pass
from tutor.models.program_history import History
from tutor.turn.program_history import Source, Text
from tutor.turn.revisions import TextName

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from courses.audience import StudentStep
    from courses.steps import Step
    from tutor.method.progress import StepState
    from tutor.turn.revisions import Draft, Writer

# So many versions of a step are listed, and so long they are together, as frames carry them. What
# is more than that is dismissed, the oldest first; the newest always stays.
MAX_VERSIONS: Final = 20
MAX_LISTED_CHARS: Final = 512 * 1024
# So many dismissed versions of a conversation stay in the database.
MAX_DISMISSED: Final = 200


@dataclass(frozen=True)
class SavedProgram:
    """A text that was stored.

    `work` is the row after that, `replaced` the text that was to be replaced, `made` the one as
    which it is stored; `changed` is False where all that was there already. `code` and `files` are
    what was written, or what the author fixes.
    """

    page: str
    work: Work
    replaced: TextName
    made: TextName
    code: str
    files: Mapping[str, str]
    changed: bool = True


class Work(models.Model):
    """A student's work in one step: the program, and the progress."""

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="works")
    step = models.CharField(max_length=64)
    code = models.TextField(blank=True)
    # The files beside the program that the student has changed, by path.
    files = models.JSONField(default=dict, blank=True)
    # Grows with each change of code or files; 0 while they are the author's.
    revision = models.PositiveIntegerField(default=0)
    # The last number that a version was given.
    last_version = models.PositiveIntegerField(default=0, editable=False)
    attempts = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField(auto_now_add=True)
    # When it was passed; of a prediction and a text, when it was made and read.
    done_at = models.DateTimeField(null=True, blank=True)
    # Whether help came before each of its passes (Help.is_help); None until it is passed, and where
    # an earlier release has stored that.
    helped = models.BooleanField(null=True, blank=True)

    class Meta:
        ordering = ["conversation", "begun_at"]
        verbose_name_plural = "work"
        constraints = [
            models.UniqueConstraint(fields=["conversation", "step"], name="one_work_per_step"),
        ]

    def __str__(self) -> str:
        return self.step

    @property
    def versions(self) -> VersionQuerySet:
        """All that are kept beside the program, dismissed ones included."""
        return KeptVersion.objects.filter(conversation=self.conversation_id, step=self.step)

    @classmethod
    def begin(cls, conversation: int, step: Step) -> Work:
        """The work in a step; it begins with what the author put there."""
        return cls.objects.get_or_create(
            conversation_id=conversation, step=step.id, defaults={"code": starter(step)}
        )[0]

    @classmethod
    def visit(cls, conversation: int, step: Step) -> None:
        """Begin the work in a step that the student sees; a text is done with that."""
        work = cls.begin(conversation, step)
        if isinstance(step, ExplainStep) and work.done_at is None:
            work.save(update_fields=work.passed(timezone.now(), helped=False))

    @property
    def state(self) -> StepState:
        """How far the student is in the step; see `method.progress`."""
        if self.done_at is None:
            return "begun"
        return "passed_with_help" if self.helped else "passed"

    def passed(self, now: datetime, *, helped: bool) -> list[str]:
        """Note a pass of the step, after help or without; the fields to save."""
        self.helped = after_pass(self.state, helped=helped) != "passed"
        self.done_at = self.done_at or now
        return ["done_at", "helped"]

    @property
    def text(self) -> Text:
        """The program and the files."""
        return Text(self.code, self.files)

    def hash(self, language: str) -> str:
        """The hash of the program and the files; see program_hash."""
        return program_hash(self.code, self.files, language)

    def write(self, draft: Draft, over: TextName, writer: Writer) -> tuple[TextName, bool]:
        """Store a text of the writer's over `over`, or beside what there is now.

        What it is stored as, and whether that changed anything.
        """
        text, source = Text(draft.code, draft.files), Source.of(draft, writer)
        kept = self.versions.filter(number=over.version).first() if over.version else None
        if kept:
            if kept.text == text:
                return over, False
            return self._rewrite(kept, text, source), True
        if self.text == text:
            return TextName(self.revision), False
        if not over.version and self._replace(over.revision, text, source):
            return TextName(self.revision), True
        return self._keep(draft.base, text, source)

    def swap(self, over: TextName, which: TextName, writer: Writer) -> TextName | None:
        """Make the version `which` the program if that is `over`.

        The version as which the program is kept then; None if either is not there any more.
        """
        kept = self.versions.filter(number=which.version).first() if which.version else None
        if kept is None or over.version:
            return None
        program, source = self.text, Source(writer.page, writer.device, "restored")
        if not self._replace(over.revision, kept.text, source):
            return None
        kept.base = over.revision
        return self._rewrite(kept, program, source)

    def dismiss(self, which: TextName) -> bool:
        """Take a version from the list; False if it is not in it."""
        listed = self.versions.filter(number=which.version, dismissed_at=None)
        return self._dismiss(listed)

    def _replace(self, revision: int, text: Text, source: Source) -> bool:
        """Store a program in the place of the one at `revision`; False if that is not there."""
        now, files = Work.objects.filter(pk=self.pk, revision=revision), dict(text.files)
        if not now.update(code=text.code, files=files, revision=revision + 1):
            self.refresh_from_db(fields=["code", "files", "revision"])
            return False
        old = TextName(revision), self.text
        self.code, self.files, self.revision = text.code, files, revision + 1
        self._history.replace(old, (TextName(revision + 1), text), source, self.begun_at)
        return True

    def _keep(self, base: int, text: Text, source: Source) -> tuple[TextName, bool]:
        """Keep a text beside the program; one that is kept already is listed again."""
        for kept in self.versions.filter(code=text.code).order_by("-written_at"):
            if kept.text == text:
                was_dismissed = kept.dismissed_at is not None
                if was_dismissed:
                    self._list(kept)
                return TextName(version=kept.number), was_dismissed
        kept = KeptVersion(conversation=self.conversation, step=self.step, base=base)
        name = self._store(kept, text)
        self._history.add(name, text, source)
        return name, True

    def _rewrite(self, kept: KeptVersion, text: Text, source: Source) -> TextName:
        """Store a text in the place of a version. It has a new number then."""
        old, since = (TextName(version=kept.number), kept.text), kept.written_at
        name = self._store(kept, text)
        self._history.replace(old, (name, text), source, since)
        return name

    def _store(self, kept: KeptVersion, text: Text) -> TextName:
        self.last_version += 1
        self.save(update_fields=["last_version"])
        kept.number, kept.code, kept.files = self.last_version, text.code, dict(text.files)
        self._list(kept)
        return TextName(version=kept.number)

    @property
    def _history(self) -> History:
        return History(self.conversation_id, self.step)

    def _list(self, kept: KeptVersion) -> None:
        kept.written_at, kept.dismissed_at = timezone.now(), None
        kept.save()
        self._dismiss(self.versions.filter(pk__in=self._too_many()))

    def _too_many(self) -> list[int]:
        """The primary keys of the listed versions that are more than a page may list."""
        newest, *others = self.versions.listed()
        room, more = MAX_LISTED_CHARS - newest.chars, []
        for place, kept in enumerate(others, start=1):
            room -= kept.chars
            if place >= MAX_VERSIONS or room < 0:
                more.append(kept.pk)
        return more

    def _dismiss(self, versions: models.QuerySet[KeptVersion]) -> bool:
        if not versions.update(dismissed_at=timezone.now()):
            return False
        dismissed = self.conversation.versions.exclude(dismissed_at=None)
        oldest = dismissed.order_by("-dismissed_at", "-pk").values_list("pk", flat=True)
        KeptVersion.objects.filter(pk__in=list(oldest[MAX_DISMISSED:])).delete()
        return True


class VersionQuerySet(models.QuerySet["KeptVersion"]):
    """Versions, of one step or of many."""

    def listed(self) -> VersionQuerySet:
        """The versions that the student has not dismissed, newest first."""
        return self.filter(dismissed_at=None).order_by("-written_at", "-number")


class KeptVersion(models.Model):
    """A program of a step that was not to replace another one, nor to be lost."""

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="versions")
    step = models.CharField(max_length=64)
    # Its name, of which each change makes another one; see tutor/turn/revisions.py.
    number = models.PositiveIntegerField()
    code = models.TextField(blank=True)
    files = models.JSONField(default=dict, blank=True)
    # The revision of the program that it was made from.
    base = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    written_at = models.DateTimeField()
    # When the student, or the bound on their number, took it from the list.
    dismissed_at = models.DateTimeField(null=True, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["conversation", "step", "-written_at"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "step", "number"], name="version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.step}: version {self.number}"

    @property
    def text(self) -> Text:
        """The program and the files."""
        return Text(self.code, self.files)

    @property
    def chars(self) -> int:
        """Its length in characters of JSON, as in a frame."""
        return len(json.dumps([self.code, self.files]))


def has_program(step: Step) -> bool:
    """True if there is a program in the step, to write or to read."""
    return isinstance(step, CodeStep | PredictStep) or starter(step) != ""


def starter(step: Step | StudentStep) -> str:
    """The text of the editor when a student comes to a step."""
    match step:
        case CodeStep() | StudentCode():
            return step.starter
        case ExplainStep() | PredictStep() | StudentExplain() | StudentPredict():
            return step.program
        case QuizStep() | StudentQuiz():
            return ""
        case _:
            assert_never(step)
