"""Columns of a run that matter while it is on: what pages that follow it ask, and are told."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import F
from django.utils import timezone

from sandbox.constants import QUEUED, RUNNING, WATCH_S, WATCHED_S

# What a program printed or was typed to, in order: the stream and the text.
Pieces = Sequence[tuple[str, str]]


class Followed(models.Model):
    """What those who follow a run ask of its worker, and what it stores for them.

    What is printed is published and not stored while the program runs, unless somebody asks who
    has missed some of it.
    """

    if TYPE_CHECKING:
        fence: int

    # How often somebody has asked for all that was printed so far.
    replay_wanted = models.PositiveIntegerField(default=0, db_default=0)
    # The answer: [stream, text] in order, up to the publication of that number; None before one.
    printed = models.JSONField(null=True, blank=True)
    printed_seq = models.PositiveIntegerField(default=0, db_default=0)
    # Until when somebody is there who may type, unless it is said again. None: nobody need be.
    watched_until = models.DateTimeField(null=True, blank=True)
    # True while its worker has it and waits for the sandbox, which is starting.
    starting = models.BooleanField(default=False, db_default=False)

    # What a run has in these columns that is to begin (anew).
    NOT_BEGUN: ClassVar = {"printed": None, "printed_seq": 0, "starting": False}

    class Meta:
        abstract = True

    # By those who follow it

    @classmethod
    def want_replay(cls, keys: Collection[str]) -> None:
        """Have what these runs, if they are on, have printed so far stored: `run.so_far` says
        when it is."""
        on = _runs(cls).filter(key__in=list(keys), status=RUNNING)
        on.update(replay_wanted=F("replay_wanted") + 1)

    @classmethod
    def watch(cls, keys: Collection[str]) -> None:
        """Somebody is there still who may type to these runs: they go on for WATCHED_S more."""
        watched = _runs(cls).filter(
            key__in=list(keys), status__in=(QUEUED, RUNNING), watched_until__isnull=False
        )
        watched.update(watched_until=watched_until())

    def is_unwatched(self) -> bool:
        """Whether those who should say that they are there have left it out more than once."""
        missed = timedelta(seconds=WATCHED_S - 2 * WATCH_S)
        return self.watched_until is not None and self.watched_until < timezone.now() + missed

    # By the worker

    def store_printed(self, pieces: Pieces, seq: int) -> None:
        """Store what it has printed so far, unless this claim of it is lost."""
        stored = [list(piece) for piece in pieces]
        self._of_this_claim().update(printed=stored, printed_seq=seq)

    def store_starting(self, *, starting: bool) -> None:
        """Store whether it waits for a sandbox that is starting."""
        self._of_this_claim().update(starting=starting)

    def _of_this_claim(self) -> models.QuerySet[Any]:
        return _runs(type(self)).filter(pk=self.pk, status=RUNNING, fence=self.fence)


def _runs(model: Any) -> models.QuerySet[Any]:
    """All runs: the other columns of the model are not known here."""
    runs: models.QuerySet[Any] = model._default_manager.all()
    return runs


def watched_until() -> datetime:
    """Until when somebody counts as there who is there now."""
    return timezone.now() + timedelta(seconds=WATCHED_S)
