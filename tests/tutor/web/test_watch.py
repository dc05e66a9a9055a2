"""Open pages whose students may not go on: closed soon, whether or not a notification comes."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.http import HttpRequest
from django.utils import timezone

from courses.models import Course, Enrolment, Lesson
from sandbox.job import Result, Status
from tests.conftest import sample
from tests.tutor.browser import Browser, browser, sessions_over, stored_session
from tests.tutor.classroom import RUN_IT, Upstream, finish_run
from tutor.database import in_database
from tutor.emulator import Say
from tutor.identity import demo
from tutor.identity.sessions import REPLACED, SessionStore
from tutor.models import Turn
from tutor.protocol.frames import Close
from tutor.web import admission, changes, watch

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]

NEVER_S = 3600.0
# "Within about a second", on a machine that is busy.
WITHIN_S = 1.5


@dataclass(frozen=True)
class Seated:
    """A student on a page."""

    student: User
    session: SessionStore
    lesson: Lesson


def log_out(page: Seated) -> None:
    SessionStore(page.session.session_key).flush()


def let_session_expire(page: Seated) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Session.objects.filter(pk=page.session.session_key).update(expire_date=past)


def change_password(page: Seated) -> None:
    page.student.set_password("another one")
    page.student.save()


def deactivate(page: Seated) -> None:
    page.student.is_active = False
    page.student.save()


def disable_demo(page: Seated) -> None:
    assert demo.disable()


def unenrol(page: Seated) -> None:
    Enrolment.objects.filter(student=page.student).delete()


def move_release(page: Seated) -> None:
    page.lesson.released_at = timezone.now() + timedelta(days=1)
    page.lesson.save()


def withdraw(page: Seated) -> None:
    source = sample(page.lesson.course.slug)
    Course.publish(replace(source, lessons=source.lessons[1:]))


NOTIFIED: dict[Callable[[Seated], None], Close] = {
    log_out: Close.NOT_LOGGED_IN,
    change_password: Close.NOT_LOGGED_IN,
    deactivate: Close.NOT_LOGGED_IN,
    disable_demo: Close.NOT_LOGGED_IN,
    unenrol: Close.NOT_ENROLLED,
    move_release: Close.NO_LESSON,
    withdraw: Close.NO_LESSON,
}
# Time passes without a notification.
CAUSES = {**NOTIFIED, let_session_expire: Close.NOT_LOGGED_IN}


@pytest.fixture
def no_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a notification makes anybody look."""
    monkeypatch.setattr(watch, "LOOK_EVERY_S", NEVER_S)


@pytest.fixture
def no_notifications(monkeypatch: pytest.MonkeyPatch) -> None:
    """All are lost, and all pages are looked at often."""
    monkeypatch.setattr(changes, "_send", lambda user: None)
    monkeypatch.setattr(watch, "LOOK_EVERY_S", 0.05)


@asynccontextmanager
async def seated(student: User, lesson: Lesson) -> AsyncIterator[tuple[Browser, Seated]]:
    """A page that was shown everything."""
    session = await in_database(stored_session, student)
    async with browser(student, lesson, session=session) as page:
        await page.next("hello")
        yield page, Seated(student, session, lesson)


async def is_served(page: Browser) -> bool:
    """True if the page is answered."""
    await page.send("ping")
    return bool((await page.next("pong", "error"))["type"] == "pong")


@pytest.mark.usefixtures("no_looks")
@pytest.mark.parametrize("cause", NOTIFIED, ids=lambda cause: cause.__name__)
async def test_an_idle_page_is_closed_within_a_second(
    upstream: Upstream, ada: User, lesson: Lesson, cause: Callable[[Seated], None]
) -> None:
    async with upstream(), seated(ada, lesson) as (page, here):
        began = time.monotonic()
        await in_database(cause, here)
        assert (await page.next("error"))["code"] == CAUSES[cause].name.lower()
        assert await page.closed() == CAUSES[cause]
        assert time.monotonic() - began < WITHIN_S


@pytest.mark.usefixtures("no_notifications")
@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
async def test_a_lost_notification_costs_time_only(
    upstream: Upstream, ada: User, lesson: Lesson, cause: Callable[[Seated], None]
) -> None:
    async with upstream(), seated(ada, lesson) as (page, here):
        await in_database(cause, here)
        assert await page.closed() == CAUSES[cause]


@pytest.mark.usefixtures("no_looks")
@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
async def test_nothing_is_begun_before_that_either(
    upstream: Upstream, ada: User, lesson: Lesson, cause: Callable[[Seated], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(changes, "_send", lambda user: None)
    async with upstream(), seated(ada, lesson) as (page, here):
        await in_database(cause, here)
        await page.say("Am I still here?")
        assert await page.closed() == CAUSES[cause]
    assert await in_database(Turn.objects.count) == 0


@pytest.mark.usefixtures("no_looks")
async def test_a_turn_that_is_on_is_brought_to_its_end(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream([RUN_IT], [Say("Why 41?")]), seated(ada, lesson) as (page, here):
        await page.say("Why is it wrong?")
        await page.turn("running")
        await in_database(log_out, here)
        assert await page.closed() == Close.NOT_LOGGED_IN
        await finish_run(Result(Status.OK, 0))
        await sessions_over()
    turn = await in_database(Turn.objects.get)
    assert turn.state == "done"


async def test_a_log_out_closes_the_pages_of_its_own_session_only(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), seated(ada, lesson) as (left, here), seated(ada, lesson) as (stays, _):
        await in_database(log_out, here)
        assert await left.closed() == Close.NOT_LOGGED_IN
        assert await is_served(stays)


def change_own_password(page: Seated) -> None:
    """As Django's views do it."""
    request = HttpRequest()
    request.user, request.session = page.student, SessionStore(page.session.session_key)
    change_password(page)
    update_session_auth_hash(request, page.student)
    request.session.save()


@pytest.mark.parametrize("way", ["notified", "lost"])
async def test_a_password_change_closes_all_but_the_session_that_made_it(
    upstream: Upstream, ada: User, lesson: Lesson, way: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("no_looks" if way == "notified" else "no_notifications")
    async with (
        upstream([Say("You are.")]),
        seated(ada, lesson) as (stays, here),
        seated(ada, lesson) as (other, _),
    ):
        await in_database(change_own_password, here)
        assert await other.closed() == Close.NOT_LOGGED_IN
        await stays.say("Am I still here?")
        await stays.turn("done")
        # A log-out of the session under its new key is one of this page too.
        await in_database(Session.objects.exclude(pk__startswith=REPLACED).delete)
        assert await stays.closed() == Close.NOT_LOGGED_IN


@pytest.mark.usefixtures("no_notifications")
async def test_a_database_that_is_away_closes_nothing_and_is_asked_again(
    upstream: Upstream, ada: User, lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[None] = []

    def away(seats: Any) -> Any:
        failures.append(None)
        if len(failures) > 1:
            monkeypatch.setattr(watch, "standings", admission.standings)
        raise OperationalError

    async with upstream(), seated(ada, lesson) as (page, here):
        monkeypatch.setattr(watch, "standings", away)
        await in_database(log_out, here)
        assert await page.closed() == Close.NOT_LOGGED_IN
    assert len(failures) == 2


async def test_nothing_is_looked_at_when_nobody_is_here(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), seated(ada, lesson):
        assert watch.watch._tasks
    assert not watch.watch._tasks
    assert not watch.watch._seats


@pytest.mark.usefixtures("redis_layer", "no_looks")
async def test_a_log_out_at_another_process_closes_within_a_second(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    # Whoever notifies has a loop and a connection of its own: only Redis brings it here.
    async with upstream(), seated(ada, lesson) as (page, here):
        began = time.monotonic()
        await in_database(log_out, here)
        assert await page.closed() == Close.NOT_LOGGED_IN
        assert time.monotonic() - began < WITHIN_S
