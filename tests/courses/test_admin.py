"""The admin's pages about courses, as a superuser meets them."""

import io
import zipfile

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from courses.models import Course, Enrolment, Lesson, Upload
from courses.source import CourseSource, read
from tests.courses.conftest import COURSE, CourseFiles

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


def test_a_course_says_what_becomes_of_what_would_solve_a_step(
    staff: Client, files: CourseFiles
) -> None:
    files.write("course.yaml", "tutor: {gate: log, support: open}\n" + COURSE)
    source = read(files.path)
    assert isinstance(source, CourseSource)
    html = page(staff, "course_change", Course.publish(source).course.pk)
    for word in ("gate", "log", "support", "open"):
        assert f"&quot;{word}&quot;" in html


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


# Uploads -----------------------------------------------------------------------------------------


def upload(client: Client, files: CourseFiles) -> str:
    """Upload the course as a zip file; the address of the page about it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        for file in files.path.rglob("*"):
            target.write(file, file.relative_to(files.path))
    packed.seek(0)
    packed.name = "small.zip"
    sent = client.post(reverse("admin:courses_upload_add"), {"file": packed})
    assert sent.status_code == 302, sent.content.decode()
    return str(sent["Location"])


def test_an_uploaded_course_is_looked_at_and_then_published(
    staff: Client, files: CourseFiles
) -> None:
    url = upload(staff, files)
    html = staff.get(url).content.decode()
    assert "2 lessons, all new." in html
    assert not Course.objects.exists(), "uploading publishes nothing"
    sent = staff.post(url, {"_publish": "Publish"}, follow=True)
    assert "Published: A small course." in sent.content.decode()
    assert Lesson.objects.current().count() == 2
    row = Upload.objects.get()
    assert row.published_at is not None
    assert row.uploaded_by == User.objects.get(username="root")
    files.replace("first/prompt.md", "Write", "Please write")
    html = staff.get(upload(staff, files)).content.decode()
    assert "changed first: 0 dialogues" in html
    assert "unchanged second" in html


def test_the_errors_of_an_uploaded_course_are_those_of_check(
    staff: Client, files: CourseFiles
) -> None:
    files.replace("first/lesson.yaml", "title: Twice", "titel: <b>Twice")
    url = upload(staff, files)
    html = staff.get(url).content.decode()
    assert "first/lesson.yaml:2:1: There is no key `titel`. Did you mean `title`?" in html
    assert "  2 | titel: &lt;b&gt;Twice as much\n    | ^" in html
    assert 'name="_publish"' not in html
    staff.post(url, {"_publish": "Publish"})
    assert not Course.objects.exists()


def test_the_preview_shows_what_a_student_may_see(staff: Client, rich_files: CourseFiles) -> None:
    upload(staff, rich_files)
    row = Upload.objects.get()
    url = reverse("admin:courses_upload_preview", args=[row.pk, "everything"])
    html = staff.get(url).content.decode()
    assert "What does it print?" in html
    assert "total([1, 2])" in html
    assert "<code>the program</code> with the input<pre>4\n5\n</pre>" in html
    for secret in ("# the secret", "21, 21", "rounded down", "product", "When does"):
        assert secret not in html
    nothing = reverse("admin:courses_upload_preview", args=[row.pk, "nothing"])
    assert staff.get(nothing).status_code == 404


def test_what_is_no_zip_file_is_refused_with_a_reason(staff: Client) -> None:
    packed = io.BytesIO(b"no zip file")
    packed.name = "x.zip"
    url = staff.post(reverse("admin:courses_upload_add"), {"file": packed})["Location"]
    html = staff.get(url).content.decode()
    assert "This is not a zip file that can be read." in html
    assert "It cannot be published." in html


def test_who_may_only_look_publishes_nothing(
    client: Client, staff: Client, files: CourseFiles
) -> None:
    url = upload(staff, files)
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_upload"))
    client = Client()
    client.force_login(looker)
    assert 'name="_publish"' not in client.get(url).content.decode()
    assert client.post(url, {"_publish": "Publish"}).status_code == 403
    assert not Course.objects.exists()
    student = Client()
    student.force_login(User.objects.create_user("ana"))
    assert student.get(url).status_code == 302


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
