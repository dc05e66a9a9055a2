"""Programs for one container, in batches: asked for while it runs, with what was observed."""

from django.db import models


class Batch(models.Model):
    """Programs to try in a run that is a series, each on some cases, in order."""

    run = models.ForeignKey("sandbox.Run", on_delete=models.CASCADE, related_name="batches")
    # From 1 within the run.
    number = models.PositiveIntegerField()
    # What is run, as JSON; see `Batch.ask`.
    programs = models.JSONField()
    # Of each program the observations of its cases as JSON values, in order; None until they are
    # known. Fewer where the run ended before.
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
