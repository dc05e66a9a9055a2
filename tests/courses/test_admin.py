"""The admin's pages about courses, as a superuser meets them."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from courses.models import Course, Enrolment, Lesson
from courses.source import CourseSource, read
from tests.courses.conftest import CourseFiles

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    """A browser in which a superuser is logged in."""
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def course(files: CourseFiles) -> Course:
    """A course with three rows for two lessons, one of them an old version."""
    for word in ("Write", "Please write"):
        files.write("first/prompt.md", f"{word} `double`, then print('\\n').\n")
        source = read(files.path)
        assert isinstance(source, CourseSource)
        course = Course.publish(source).course
    return course


def page(client: Client, name: str, *args: object, **query: str) -> str:
    response = client.get(reverse(f"admin:courses_{name}", args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_of_courses_counts_current_lessons_and_students(
    staff: Client, course: Course
) -> None:
    for name in ("ana", "ben"):
        Enrolment.objects.create(course=course, student=User.objects.create_user(name))
    html = page(staff, "course_changelist", q="small")
    assert '<td class="field-lessons">2</td>' in html
    assert '<td class="field-students">2</td>' in html
    assert "Be kind." in page(staff, "course_change", course.pk)


def test_all_versions_of_a_lesson_are_listed_and_found(staff: Client, course: Course) -> None:
    html = page(staff, "lesson_changelist", q="first")
    for lesson in Lesson.objects.filter(slug="first"):
        assert lesson.version in html
    assert "1 result" in page(staff, "lesson_changelist", q="first", current__exact="1")


def test_a_lessons_content_is_shown_to_be_read_and_cannot_be_changed(
    staff: Client, course: Course
) -> None:
    lesson = Lesson.objects.current().get(slug="first")
    html = page(staff, "lesson_change", lesson.pk)
    assert "def double(n):\n    return n * 2  # the secret\n" in html
    assert "print(&#x27;\\\\n&#x27;)" in html, "an escape in a program stays an escape"
    assert 'name="_save"' not in html
    url = reverse("admin:courses_lesson_change", args=[lesson.pk])
    assert staff.post(url, {"title": "Mine"}).status_code == 403
    assert staff.get(reverse("admin:courses_lesson_add")).status_code == 403
    assert staff.get(reverse("admin:courses_lesson_delete", args=[lesson.pk])).status_code == 403


def test_a_student_is_enrolled_in_the_admin(staff: Client, course: Course) -> None:
    ana = User.objects.create_user("ana")
    assert "admin-autocomplete" in page(staff, "enrolment_add")
    url = reverse("admin:courses_enrolment_add")
    assert staff.post(url, {"student": ana.pk, "course": course.pk}).status_code == 302
    assert Lesson.objects.for_student(ana).count() == 2
    html = page(staff, "enrolment_changelist", q="ana")
    assert "1 enrolment" in html
    again = staff.post(url, {"student": ana.pk, "course": course.pk})
    assert "already exists" in again.content.decode()
