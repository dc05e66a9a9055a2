"""Who is looked at after a change, and that a layer that is down holds up nobody for long."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.db import transaction

from courses.models import Course, Enrolment, Lesson
from sandbox.notify import notifier
from tests.conftest import sample
from tests.tutor.browser import stored_session
from tutor.web import changes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """The students that web processes are told to look at, from here on."""
    looked_at: list[int | None] = []
    monkeypatch.setattr(changes, "_send", looked_at.append)
    return looked_at


def log_out(ada: User) -> None:
    stored_session(ada).flush()


def rename(ada: User) -> None:
    ada.save()


def unenrol(ada: User) -> None:
    Enrolment.objects.filter(student=ada).delete()


@pytest.mark.parametrize("change", [log_out, rename, unenrol])
def test_a_change_of_a_student_s_has_their_pages_looked_at(
    told: list[int | None], ada: User, change: Callable[[User], None]
) -> None:
    change(ada)
    assert told == [ada.pk]


def test_a_change_of_a_lesson_has_all_looked_at(told: list[int | None], lesson: Lesson) -> None:
    lesson.save()
    assert told == [None]


def test_a_course_that_withdraws_its_only_lesson_has_all_looked_at(
    told: list[int | None], course: Course
) -> None:
    Course.publish(replace(sample(course.slug), lessons=()))
    assert told == [None]


def test_a_log_in_has_nobody_looked_at(told: list[int | None], ada: User) -> None:
    user_logged_in.send(User, request=None, user=ada)
    stored_session(ada)
    User.objects.create_user("somebody-new")
    assert told == []


def test_nobody_is_looked_at_before_the_change_is_committed(
    told: list[int | None], ada: User
) -> None:
    with transaction.atomic():
        ada.save()
        assert told == []
    assert told == [ada.pk]


def test_many_changes_wait_once_for_a_layer_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []

    def hang(group: str, message: dict[str, Any]) -> "Future[None]":
        sent.append(message)
        return Future()

    monkeypatch.setattr(changes, "SEND_S", 0.05)
    monkeypatch.setattr(changes, "_paused_until", 0.0)
    monkeypatch.setattr(notifier, "send", hang)
    began = time.monotonic()
    for number in range(40):
        changes.notify(number)
    assert time.monotonic() - began < 40 * 0.05 / 2
    assert len(sent) == 40
