"""Admission to a lesson's socket: version, log-in, enrolment, dialogue."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from courses.models import Enrolment, Lesson
from sandbox.models import Run
from tests.tutor.browser import browser, stored_session
from tests.tutor.classroom import Upstream
from tutor.database import in_database
from tutor.models import Conversation, Item
from tutor.protocol import frames
from tutor.web import admission
from tutor.web.admission import Seat

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]


async def test_who_is_not_logged_in_is_told_so(upstream: Upstream, lesson: Lesson) -> None:
    async with upstream(), browser(AnonymousUser(), lesson) as page:
        error = await page.next("error")
        assert (error["code"], bool(error["message"])) == ("not_logged_in", True)
        assert await page.closed() == frames.Close.NOT_LOGGED_IN


async def test_who_is_not_enrolled_is_told_so(
    upstream: Upstream, stranger: User, lesson: Lesson
) -> None:
    async with upstream(), browser(stranger, lesson) as page:
        assert (await page.next("error"))["code"] == "not_enrolled"
        assert await page.closed() == frames.Close.NOT_ENROLLED


async def test_who_logs_out_elsewhere_is_turned_away_at_the_next_message(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    session = await in_database(stored_session, ada)
    async with upstream(), browser(ada, lesson, session=session) as page:
        await page.next("hello")
        await in_database(session.delete)
        await page.say("Am I still here?")
        assert (await page.next("error"))["code"] == "not_logged_in"
        assert await page.closed() == frames.Close.NOT_LOGGED_IN
    assert await in_database(Item.objects.count) == 0


@pytest.mark.parametrize("over", ["password", "time"])
async def test_whose_log_in_is_over_is_turned_away_at_the_next_message(
    upstream: Upstream, ada: User, lesson: Lesson, over: str
) -> None:
    """By a new password, which is to end whoever has the old one, or by SESSION_HOURS."""
    session = await in_database(stored_session, ada)
    async with upstream(), browser(ada, lesson, session=session) as page:
        await page.next("hello")
        if over == "password":
            await User.objects.filter(pk=ada.pk).aupdate(password="another")
        else:
            await Session.objects.all().aupdate(expire_date=timezone.now())
        await page.say("Am I still here?")
        assert (await page.next("error"))["code"] == "not_logged_in"
        assert await page.closed() == frames.Close.NOT_LOGGED_IN
    assert await in_database(Item.objects.count) == 0


async def test_who_has_a_public_password_is_turned_away_where_there_is_no_demo(
    upstream: Upstream, ada: User, lesson: Lesson, settings: Any
) -> None:
    assert ada.check_password("ada")
    async with upstream(), browser(ada, lesson) as page:
        await page.next("hello")
        settings.IS_DEMO = False
        await page.say("Am I still here?")
        assert (await page.next("error"))["code"] == "not_logged_in"
        assert await page.closed() == frames.Close.NOT_LOGGED_IN
    assert await in_database(Item.objects.count) == 0


async def test_who_is_removed_from_the_course_is_turned_away_at_the_next_run(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson) as page:
        await page.next("hello")
        await in_database(Enrolment.objects.all().delete)
        await page.send("run", id="my-run-1", code="print(1)")
        assert (await page.next("error"))["code"] == "not_enrolled"
        assert await page.closed() == frames.Close.NOT_ENROLLED
    assert await in_database(Run.objects.count) == 0


def test_a_page_is_asked_about_with_two_queries_and_so_is_a_class(
    ada: User, lesson: Lesson, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def seat(user: User) -> Seat:
        key = stored_session(user).session_key or ""
        return Seat(user.pk, key, lesson.course.slug, lesson.slug)

    others = [User.objects.create_user(f"student-{number}") for number in range(3)]
    Enrolment.objects.bulk_create(
        Enrolment(course=lesson.course, student=student) for student in others
    )
    one, everybody = seat(ada), [seat(student) for student in (ada, *others)]
    with django_assert_num_queries(2):
        admission.check(one)
    with django_assert_num_queries(2):
        found = admission.standings([*everybody, one])
    assert not any(standing.refusal() for standing in found.values())


def test_nobody_is_in_another_s_session(ada: User, stranger: User, lesson: Lesson) -> None:
    key = stored_session(stranger).session_key or ""
    seat = Seat(ada.pk, key, lesson.course.slug, lesson.slug)
    assert not admission.standings([seat])[seat].logged_in


def test_a_key_that_is_being_replaced_logs_nobody_out(
    ada: User, lesson: Lesson, settings: Any
) -> None:
    key = stored_session(ada).session_key or ""
    seat = Seat(ada.pk, key, lesson.course.slug, lesson.slug)
    before, settings.SECRET_KEY = settings.SECRET_KEY, "the-next-key"
    assert not admission.standings([seat])[seat].logged_in
    settings.SECRET_KEY_FALLBACKS = [before]
    assert admission.standings([seat])[seat].logged_in


async def test_a_lesson_that_does_not_exist_is_told_so(upstream: Upstream, ada: User) -> None:
    async with upstream(), browser(ada, "first-steps/no-such-lesson") as page:
        assert (await page.next("error"))["code"] == "no_lesson"
        assert await page.closed() == frames.Close.NO_LESSON


async def test_a_page_of_another_protocol_is_asked_to_reload(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream(), browser(ada, lesson, query="protocol=0") as page:
        assert "Reload" in (await page.next("error"))["message"]
        assert await page.closed() == frames.Close.PROTOCOL


async def test_a_page_whose_browser_is_somebody_else_s_by_now_is_turned_away(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    theirs = await in_database(lambda: Conversation.open(ada, lesson).pk)
    query = f"protocol={frames.PROTOCOL}&conversation="
    async with upstream():
        for other in (theirs + 1, "", f"{theirs}&conversation={theirs}"):
            async with browser(ada, lesson, query=f"{query}{other}") as page:
                assert "somebody else" in (await page.next("error"))["message"]
                assert await page.closed() == frames.Close.OTHER
                assert all(frame["type"] != "hello" for frame in page.frames)
        async with browser(ada, lesson, query=f"{query}{theirs}") as page:
            assert (await page.next("hello"))["conversation"] == theirs


async def test_a_page_whose_name_cannot_be_stored_is_asked_to_reload(
    upstream: Upstream, ada: User, lesson: Lesson
) -> None:
    async with upstream():
        for wrong in ("page=a%00b", f"page={'x' * 65}", "device=a+b", "page=one&page=two"):
            query = f"protocol={frames.PROTOCOL}&{wrong}"
            async with browser(ada, lesson, query=query) as page:
                assert "Reload" in (await page.next("error"))["message"]
                assert await page.closed() == frames.Close.PROTOCOL
        # One that has none is served, as other clients are.
        query = f"protocol={frames.PROTOCOL}&page=&device="
        async with browser(ada, lesson, query=query) as page:
            await page.next("hello")
