"""Rows that belong to a run: what is typed to it, and the files that it has left."""

from uuid import UUID

from django.db import models

from sandbox.files import OutputFile


class RunInput(models.Model):
    """Something that was typed to a run; by primary key in the order of typing."""

    run = models.ForeignKey("sandbox.Run", on_delete=models.CASCADE, related_name="inputs")
    text = models.TextField(blank=True)
    # True of the last one: no more will come.
    ends = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.created_at:%H:%M:%S}"


class RunFile(models.Model):
    """A file that a run has left. Only what is `image/png` may be shown inline."""

    run = models.ForeignKey("sandbox.Run", on_delete=models.CASCADE, related_name="left")
    name = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=40)
    data = models.BinaryField(blank=True)
    # Of the data, in bytes, so that a list need not read them.
    size = models.PositiveIntegerField(default=0)
    # Why there is no content; empty where there is.
    skipped = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name or self.skipped

    @classmethod
    def of(cls, run_id: UUID, file: OutputFile) -> "RunFile":
        return cls(
            run_id=run_id,
            name=file.name[:100],
            kind=file.kind,
            data=file.data,
            size=len(file.data),
            skipped=file.skipped[:100],
        )

    def content(self) -> OutputFile:
        return OutputFile(self.name, self.kind, bytes(self.data), self.skipped)
