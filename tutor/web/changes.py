"""Changes of who may be on a lesson's page, notified to all web processes over the channel layer.

A notification says whom to look at and no more: the rows decide, so one that is lost costs time
only. What changes rows without Django's signals (`QuerySet.update`) is found by and by, too.
"""

import contextlib
import time
from collections.abc import Collection
from concurrent.futures import wait
from typing import Any, Final

import structlog
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from courses.models import Course, Enrolment, Lesson
from sandbox.notify import notifier

log = structlog.get_logger()

GROUP: Final = "admission"
CHANGED: Final = "admission.changed"
# A change waits for its notification no longer than this: the process may end right after it …
SEND_S: Final = 0.5
# … and after one that was not sent for so long not at all.
PAUSE_S: Final = 5.0

# Until when no notification is waited for (time.monotonic).
_paused_until = 0.0


def notify(user: int | None = None) -> None:
    """Have the pages of `user`, or everybody's, looked at, once the transaction is committed."""
    transaction.on_commit(lambda: _send(user), robust=True)


def _send(user: int | None) -> None:
    global _paused_until  # noqa: PLW0603  # one layer in a process
    with contextlib.suppress(RuntimeError):  # no thread can be started any more
        sent = notifier.send(GROUP, {"type": CHANGED, "user": user})
        if time.monotonic() < _paused_until:
            sent.add_done_callback(lambda future: future.cancelled() or future.exception())
            return
        wait([sent], SEND_S)
        error = sent.exception() if sent.done() else TimeoutError()
        if error:
            _paused_until = time.monotonic() + PAUSE_S
            log.warning("layer.lost", reason=type(error).__name__)


# A log-out ends in the deletion of a row of sessions, whichever way it is done.
@receiver(post_delete, sender=Session)
def _session_ended(instance: Session, **_: Any) -> None:
    user = instance.get_decoded().get(SESSION_KEY)
    if user is not None:
        notify(int(user))


@receiver([post_save, post_delete], sender=User)
def _account_changed(
    instance: User, update_fields: Collection[str] | None = None, *, created: bool = False, **_: Any
) -> None:
    # Each log-in notes its time.
    if not created and list(update_fields or ()) != ["last_login"]:
        notify(instance.pk)


@receiver([post_save, post_delete], sender=Enrolment)
def _enrolment_changed(instance: Enrolment, **_: Any) -> None:
    notify(instance.student_id)


# Publishing a course saves its row too, where it withdraws lessons by a query.
@receiver([post_save, post_delete], sender=Lesson)
@receiver([post_save, post_delete], sender=Course)
def _course_changed(**_: Any) -> None:
    notify()
