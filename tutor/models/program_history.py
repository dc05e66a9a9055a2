"""The history of a step's programs: what was stored, when, and where it came from.

`Work` has an entry made, or written on, in the transaction of each write; see
tutor/turn/program_history.py for the rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import models
from django.db.models import Count, Max, Sum
from django.utils import timezone

from tutor.turn.program_history import (
    MAX_CHARS,
    MAX_ENTRIES,
    Entry,
    Source,
    Stored,
    Text,
    surplus,
    vanished_if_written_on,
)
from tutor.turn.revisions import TextName

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

# All of an entry but its text.
FACTS: Final = (
    "number", "begun_at", "written_at", "cause", "page", "device", "version", "chars", "lines",
)  # fmt: skip

# By step and number of a kept version.
Sources = dict[tuple[str, int], Source]


class ProgramRevisionQuerySet(models.QuerySet["ProgramRevision"]):
    """Entries, of one step or of many."""

    def facts(self) -> list[dict[str, Any]]:
        """The entries without their texts, newest first."""
        return list(self.order_by("-number").values(*FACTS))

    def sources(self, versions: Iterable[int]) -> Sources:
        """The sources of the kept versions of these numbers, as far as they are known."""
        numbers = set(versions)
        if not numbers:
            return {}
        entries = self.filter(version__in=numbers).order_by("number").defer("code", "files")
        return {(entry.step, entry.version): entry.source for entry in entries}


class ProgramRevision(models.Model):
    """An entry of a step's history: a text that is or was the program, or a kept version."""

    conversation = models.ForeignKey("Conversation", models.CASCADE, related_name="history")
    step = models.CharField(max_length=64)
    # Its place in the step's history, from 1; some are missing.
    number = models.PositiveIntegerField()
    code = models.TextField(blank=True)
    files = models.JSONField(default=dict, blank=True)
    # The name under which the text is or was stored, see tutor/turn/revisions.py: the revision of
    # the program that it was, or else the number of the version.
    revision = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=0)
    # A Source.
    cause = models.CharField(max_length=16)
    page = models.CharField(max_length=64, blank=True)
    device = models.CharField(max_length=64, blank=True)
    # When the entry was made, and when it was written on last.
    begun_at = models.DateTimeField()
    written_at = models.DateTimeField()
    # See Entry.
    vanished = models.PositiveIntegerField(default=0, editable=False)
    # Of the text; see Text.
    chars = models.PositiveIntegerField()
    lines = models.PositiveIntegerField()

    objects = ProgramRevisionQuerySet.as_manager()

    class Meta:
        ordering = ["conversation", "step", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "step", "number"], name="revision_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step}: revision {self.number}"

    @property
    def source(self) -> Source:
        """Where its text came from."""
        return Source(self.page, self.device, self.cause)


class History:
    """The history of one step, while its conversation is locked."""

    def __init__(self, conversation: int, step: str) -> None:
        self._place = {"conversation_id": conversation, "step": step}
        self._entries = ProgramRevision.objects.filter(**self._place)

    def add(self, name: TextName, text: Text, source: Source) -> None:
        """A text that has been stored and replaced none."""
        now = timezone.now()
        self._create(name, text, source, now, now)

    def replace(
        self,
        old: tuple[TextName, Text],
        new: tuple[TextName, Text],
        source: Source,
        since: datetime,
    ) -> None:
        """A text that has been stored in the place of another one, which has stood since then.

        Where that has no entry, because an earlier release stored it or its entry is gone, it gets
        one; not the author's text, which is in every history.
        """
        now = timezone.now()
        (replaced, old_text), (name, text) = old, new
        named = self._entries.filter(revision=replaced.revision, version=replaced.version)
        last = named.defer("code", "files").first()
        if last is not None:
            entry = Entry(last.source, (now - last.begun_at).total_seconds(), last.vanished)
            vanished = vanished_if_written_on(entry, old_text, text, source)
            if vanished is not None:
                written = {"written_at": now, "vanished": vanished, **_fields(name, text)}
                ProgramRevision.objects.filter(pk=last.pk).update(**written)
                return
        elif replaced != TextName():
            self._create(replaced, old_text, Source(), since, now)
        self._create(name, text, source, now, now)

    def _create(
        self, name: TextName, text: Text, source: Source, begun_at: datetime, now: datetime
    ) -> None:
        held = self._entries.aggregate(last=Max("number"), count=Count("pk"), chars=Sum("chars"))
        ProgramRevision.objects.create(
            **self._place, **_fields(name, text), number=(held["last"] or 0) + 1,
            page=source.page, device=source.device, cause=source.cause,
            begun_at=begun_at, written_at=now,
        )  # fmt: skip
        if held["count"] >= MAX_ENTRIES or (held["chars"] or 0) + text.chars > MAX_CHARS:
            self._shorten()

    def _shorten(self) -> None:
        """Delete the entries that are more than a step's history may have."""
        rows = self._entries.order_by("number").values_list("number", "cause", "chars")
        stored = [Stored(number, cause == "typed", chars) for number, cause, chars in rows]
        self._entries.filter(number__in=surplus(stored)).delete()


def _fields(name: TextName, text: Text) -> dict[str, Any]:
    """The columns of a text under its name."""
    return {
        "revision": name.revision, "version": name.version, "code": text.code,
        "files": dict(text.files), "chars": text.chars, "lines": text.lines,
    }  # fmt: skip
