"""Limits on questions: a rate for all students, and the quotas of a course."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from courses.facts import Quotas
from tutor.models.turns import Item, Waiting

if TYPE_CHECKING:
    from django.db import models

    from tutor.models.conversation import Conversation

A_MINUTE: Final = timedelta(minutes=1)
A_DAY: Final = timedelta(days=1)

QUOTA: Final = (
    "You have asked the tutor {} times {}, as often as this course allows. Running and checking "
    "your programs goes on."
)


class TooFast(Exception):
    """The student has asked too much in the last minute; nothing was written."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s)
        # Until the next question may come.
        self.wait_s = wait_s


class QuotaUsed(Exception):
    """The student has asked as much as the course allows; nothing was written.

    The text is for the student.
    """


def check_limits(conversation: Conversation) -> None:
    """Raises TooFast or QuotaUsed if the student may not ask now. Waiting messages count too."""
    said = Item.objects.exclude(client_id="").filter(conversation__student=conversation.student_id)
    waiting = Waiting.objects.filter(conversation__student=conversation.student_id)
    if settings.QUESTIONS_PER_MINUTE:
        _check_pace(said, settings.QUESTIONS_PER_MINUTE - waiting.count())
    quotas = Quotas(**conversation.lesson.course.quotas)
    if (most := quotas.messages_per_lesson) is not None:
        here = Q(conversation=conversation)
        _check_quota(most, "in this lesson", said.filter(here), waiting.filter(here))
    if (most := quotas.messages_per_day) is not None:
        course = Q(conversation__lesson__course=conversation.lesson.course_id)
        lately = said.filter(course, created_at__gt=timezone.now() - A_DAY)
        _check_quota(most, "in the last 24 hours", lately, waiting.filter(course))


def _check_pace(said: models.QuerySet[Item], most: int) -> None:
    if most <= 0:
        raise TooFast(A_MINUTE.total_seconds())
    recent = said.filter(created_at__gt=timezone.now() - A_MINUTE).order_by("-created_at")
    # The oldest one that still counts: when it is a minute old, the next may come.
    oldest = recent.values_list("created_at", flat=True)[most - 1 : most]
    if oldest:
        raise TooFast((oldest[0] + A_MINUTE - timezone.now()).total_seconds())


def _check_quota(
    most: int, when: str, said: models.QuerySet[Item], waiting: models.QuerySet[Waiting]
) -> None:
    if said.count() + waiting.count() >= most:
        raise QuotaUsed(QUOTA.format(most, when))
