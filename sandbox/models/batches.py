"""Programs for one container, in batches: asked for while it runs, with what was observed."""

import json
from collections.abc import Sequence
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from sandbox import patches
from sandbox.cases import Observation, ProgramCase, observations_from_json
from sandbox.job import MIB, JobError, check_program_case, limits_with
from sandbox.languages import language_named

from .run import Run

# The most that one batch holds, and all batches of a series together.
MOST_PROGRAMS = 200
MOST_BATCH_BYTES = 1 * MIB
MOST_SERIES_BYTES = 16 * MIB
# Seconds for which answers can be read when the series is over.
KEPT_S = 60.0


class Batch(models.Model):
    """Programs to try in a run that is a series, each on a case, in order.

    The programs are kept until they are answered, the row for a minute after the series.
    """

    run = models.ForeignKey("sandbox.Run", on_delete=models.CASCADE, related_name="batches")
    # From 1 within the run.
    number = models.PositiveIntegerField()
    # What is run, as `patches` has it; empty when it has been.
    programs = models.JSONField()
    # The observations as JSON, one for each program, in order; None until they are known. Fewer
    # where the run ended before.
    observations = models.JSONField(null=True, blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="batch_number"),
        ]

    def __str__(self) -> str:
        return f"batch {self.number}"

    # By the requester

    @classmethod
    def ask(cls, run: Run, base: str, cases: Sequence[ProgramCase]) -> "Batch":
        """Have `cases` tried in this series; the row has their programs as patches against `base`.

        Where the series is over, or has been asked for too much in all, the batch has no row and
        is answered with nothing. Raises JobError for what no series tries.
        """
        limits = limits_with(run.limits, language_named(run.language))
        for case in cases:
            check_program_case(case, limits)
        programs = patches.to_json(base, cases)
        size = len(json.dumps(programs))
        if len(cases) > MOST_PROGRAMS or size > MOST_BATCH_BYTES:
            raise JobError(f"A batch of {len(cases)} programs and {size:,} bytes is too large.")
        with transaction.atomic():
            # Whoever else asks now waits here for the commit: no two get one number, and no worker
            # sees a later batch before an earlier one.
            if not run.take_room(size, MOST_SERIES_BYTES):
                return cls(run=run, number=0, programs={}, observations=[])
            last = cls.objects.filter(run=run).aggregate(last=Max("number"))["last"] or 0
            return cls.objects.create(run=run, number=last + 1, programs=programs)

    def answers(self) -> list[Observation] | None:
        """One observation for each program, in order; fewer where the series ended before. None
        until they are known."""
        if self.observations is None:
            rows = Batch.objects.filter(pk=self.pk).values_list("observations", "answered_at")
            # A row that is gone belonged to a series that has ended.
            self.observations, self.answered_at = rows.first() or ([], None)
        if self.observations is None:
            return None
        return list(observations_from_json(self.observations))

    # By the worker

    def tried(self) -> list[ProgramCase]:
        """What is to be tried. Raises ValueError if the row is not what `ask` has stored."""
        return patches.from_json(self.programs)

    def answer(self, observations: Sequence[Observation]) -> None:
        """Store what was observed, and forget the programs."""
        self.observations = [each.to_json() for each in observations]
        unanswered = Batch.objects.filter(pk=self.pk, observations__isnull=True)
        unanswered.update(observations=self.observations, programs={}, answered_at=timezone.now())


def forget() -> int:
    """Delete the batches of series that have ended and can have been read; how many."""
    long_ago = timezone.now() - timedelta(seconds=KEPT_S)
    return Batch.objects.filter(run__finished_at__lt=long_ago).delete()[0]
