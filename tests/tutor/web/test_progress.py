"""The pages that show how far a student is, and lead on."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from courses.models import Course, Enrolment, Lesson
from tests.conftest import sample
from tutor.models import Conversation

pytestmark = pytest.mark.django_db

URL = "/lessons/first-steps/"


@pytest.fixture
def hers(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def passes(student: User, course: Course, slug: str, *, helped: bool = False) -> Conversation:
    """The student has passed all steps of a lesson."""
    talk = Conversation.open(student, course.lessons.current().get(slug=slug))
    for step in talk.lesson.source().steps:
        work = {"done_at": timezone.now(), "helped": helped}
        talk.works.update_or_create(step=step.id, defaults=work)
    return talk


def card(page: Any) -> str:
    """The title of the card on top, as a reader has it."""
    html = str(page.content.decode())
    return html.partition('id="go-on">')[2].partition("</h2>")[0].strip()


def test_a_new_student_begins_with_the_first_lesson(hers: Client) -> None:
    page = hers.get("/")
    assert card(page) == "Next: Every day counts"
    assert page.content.decode().count(">New<") == 3
    assert hers.get("/continue/")["Location"] == URL + "every-day-counts/"


def test_the_list_says_how_far_each_lesson_is_and_goes_on_with_the_last(
    hers: Client, ada: User, course: Course
) -> None:
    passes(ada, course, "every-day-counts", helped=True)
    talk = Conversation.open(ada, course.lessons.current().get(slug="pack-your-bag"))
    page = hers.get("/")
    lessons = page.context["courses"][0]["lessons"]
    assert [(one["label"], one["passed_steps"], one["all_steps"]) for one in lessons] == [
        ("Passed with help", 1, 1), ("Begun", 0, 1), ("New", 0, 1),
    ]  # fmt: skip
    assert card(page) == "Go on: Pack your bag"
    text = page.content.decode()
    assert "Passed with help" in text
    assert "1 of 1 step<" in text
    assert 'class="mark passed_with_help"' in text
    step = talk.lesson.source().steps[0].id
    assert hers.get("/continue/")["Location"] == f"{URL}pack-your-bag/?step={step}"


def test_the_page_of_progress_shows_lessons_steps_and_skills(
    hers: Client, ada: User, course: Course
) -> None:
    foundations = Course.publish(sample("python-foundations")).course
    Enrolment.objects.create(course=foundations, student=ada)
    passes(ada, foundations, "conditions")
    page = hers.get("/progress/")
    first = page.context["courses"][0]
    assert (first["slug"], first["passed_lessons"], first["passed_steps"]) == (
        "python-foundations", 1, 3,
    )  # fmt: skip
    text = page.content.decode()
    assert "Decisions with if" in text
    assert "?step=ticket-price" in text
    assert {"title": "Decisions with if", "state": "passed", "label": "Practised"} in first[
        "skills"
    ]
    assert 'href="/progress/"' in hers.get("/").content.decode()


def test_after_a_lesson_the_next_one_comes_and_after_all_of_them_nothing(
    hers: Client, ada: User, course: Course
) -> None:
    def after(slug: str) -> str:
        return hers.get("/continue/", {"after": f"first-steps/{slug}"})["Location"]

    passes(ada, course, "every-day-counts")
    assert after("every-day-counts") == URL + "pack-your-bag/"
    passes(ada, course, "pack-your-bag")
    assert after("every-day-counts") == URL + "saving-up/"
    passes(ada, course, "saving-up")
    assert after("saving-up") == "/progress/"
    for url in ("/", "/progress/"):
        assert "You have finished everything here." in hers.get(url).content.decode()


@pytest.mark.parametrize(
    "after", ["", "nowhere/nothing", "first-steps", "/", "https://evil.test/x"]
)
def test_whatever_is_asked_for_the_way_leads_to_a_lesson_of_ours(hers: Client, after: str) -> None:
    assert hers.get("/continue/", {"after": after})["Location"] == URL + "every-day-counts/"


def test_who_is_in_no_course_is_led_to_the_empty_list(client: Client, stranger: User) -> None:
    client.force_login(stranger)
    assert client.get("/continue/")["Location"] == "/"
    for url in ("/", "/progress/"):
        assert "not enrolled" in client.get(url).content.decode()


def test_nobody_is_led_anywhere_without_logging_in(client: Client) -> None:
    for url in ("/", "/progress/", "/continue/"):
        assert client.get(url)["Location"] == f"/login/?next={url}"


def test_no_page_tells_of_another_student(
    client: Client, ada: User, stranger: User, course: Course
) -> None:
    passes(ada, course, "every-day-counts")
    Enrolment.objects.create(course=course, student=stranger)
    client.force_login(stranger)
    for url in ("/", "/progress/"):
        text = client.get(url).content.decode()
        assert "0 of 3 lessons" in text
        assert "mark passed" not in text


def test_a_lesson_that_is_not_released_is_no_way_on(
    hers: Client, ada: User, course: Course
) -> None:
    passes(ada, course, "every-day-counts")
    later = timezone.now() + timedelta(days=1)
    Lesson.objects.filter(slug="pack-your-bag").update(released_at=later)
    asked = {"after": "first-steps/every-day-counts"}
    assert hers.get("/continue/", asked)["Location"] == URL + "saving-up/"


def test_looking_changes_nothing(hers: Client, ada: User, course: Course) -> None:
    talk = passes(ada, course, "every-day-counts")
    before = list(Conversation.objects.values())
    for url in ("/", "/progress/", "/continue/", f"/continue/?after={course.slug}/saving-up"):
        hers.get(url)
    assert list(Conversation.objects.values()) == before
    assert talk.works.count() == 1


def test_the_page_of_a_lesson_is_told_its_skills_and_what_comes_next(
    hers: Client, ada: User
) -> None:
    foundations = Course.publish(sample("python-foundations")).course
    Enrolment.objects.create(course=foundations, student=ada)
    page = hers.get("/lessons/python-foundations/files-and-exceptions/").context["page"]
    assert page["skills"] == ["Reading files", "What to do when something fails"]
    assert page["next"] == {"title": "Boxes in boxes", "course": "Python foundations"}
    assert hers.get(page["continue_url"])["Location"] == "/lessons/python-foundations/recursion/"


def test_the_address_may_ask_for_a_step_and_an_unknown_one_is_ignored(
    hers: Client, ada: User
) -> None:
    foundations = Course.publish(sample("python-foundations")).course
    Enrolment.objects.create(course=foundations, student=ada)
    url = "/lessons/python-foundations/conditions/"
    for asked, shown in (("ticket-price", "ticket-price"), ("nothing", ""), ("", "")):
        page = hers.get(url, {"step": asked})
        assert page.context["page"]["asked_step"] == shown
        current = [step["id"] for step in page.context["steps"] if step["current"]]
        assert current == [shown or "two-ifs"]
    # It is the page that goes there.
    assert Conversation.objects.get(lesson__slug="conditions").step == "two-ifs"


def test_the_admin_tells_how_far_a_student_is(
    client: Client, teacher: User, ada: User, course: Course
) -> None:
    talk = passes(ada, course, "every-day-counts", helped=True)
    client.force_login(teacher)
    assert "Passed with help, 1 of 1" in client.get("/admin/tutor/conversation/").content.decode()
    url = f"/admin/tutor/conversation/{talk.pk}/change/"
    assert "Passed with help" in client.get(url).content.decode()
