"""Workers that serve the queues: rows by which others know that one is there, or was."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from sandbox.constants import WORKER_LEASE_S
from sandbox.owner import OWNER, is_alive


class SandboxWorker(models.Model):
    """A process that takes runs. The row is gone when it has ended as it should; one that was
    killed leaves it until the next worker starts."""

    # As `sandbox.owner` names it.
    owner = models.CharField(max_length=160, unique=True)
    # The names of the queues that it serves.
    queues = models.JSONField()
    # Until its first container is ready.
    starting = models.BooleanField(default=True)
    started_at = models.DateTimeField(auto_now_add=True)
    # Until when it speaks for itself.
    lease_until = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.owner

    @classmethod
    def enter(cls, queues: Collection[str]) -> None:
        """This process serves these queues from now on. Those that have died are forgotten."""
        cls.objects.filter(lease_until__lt=timezone.now()).delete()
        cls.renew(queues, starting=True)

    @classmethod
    def renew(cls, queues: Collection[str], *, starting: bool) -> None:
        """This process serves these queues still."""
        facts = {"queues": sorted(queues), "lease_until": _lease(), "starting": starting}
        cls.objects.update_or_create(owner=OWNER, defaults=facts)

    @classmethod
    def leave(cls) -> None:
        """This process serves none any more."""
        cls.objects.filter(owner=OWNER).delete()

    @classmethod
    def states(cls, queue: str) -> set[str]:
        """The states of the workers of this queue: "starting", "ready", "dead". Empty if none has
        come since the last one was told to end."""
        now = timezone.now()
        rows = cls.objects.values_list("queues", "starting", "lease_until", "owner")
        return {
            _state(starting=starting, is_dead=lease_until < now or is_alive(owner) is False)
            for queues, starting, lease_until, owner in rows
            if queue in queues
        }


def _state(*, starting: bool, is_dead: bool) -> str:
    if is_dead:
        return "dead"
    return "starting" if starting else "ready"


def _lease() -> datetime:
    return timezone.now() + timedelta(seconds=WORKER_LEASE_S)
