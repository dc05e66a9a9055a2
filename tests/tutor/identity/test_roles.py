"""What the demo's teacher may do, and may not."""

import io
import zipfile
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from courses.models import Course, Enrolment, Lesson, Upload
from sandbox.files import PNG, OutputFile
from sandbox.job import Result, Status
from tests.conftest import SAMPLE
from tutor.models import Conversation, Dialogue, TurnStarted, run_view
from tutor.protocol.actions import EndTurn, Save
from tutor.protocol.events import Ending, StudentSaid, Usage

pytestmark = pytest.mark.django_db


@pytest.fixture
def teaching(accounts: None, client: Client) -> Client:
    """The demo teacher's browser."""
    assert client.login(username="teacher", password="teacher")
    return client


@pytest.fixture
def conversation(accounts: None, lesson: Lesson) -> Conversation:
    """A dialogue of Ada's with a question, an answer and a run that has left a picture."""
    conversation = Conversation.open(User.objects.get(username="ada"), lesson)
    begun = Dialogue(conversation).say(StudentSaid("message-1", "Why is it 6?", "print(1)\n"))
    assert isinstance(begun, TurnStarted)
    assert begun.fence
    answer = {"type": "message", "role": "assistant", "content": "What do you expect?"}
    Dialogue(conversation).store(begun.fence, begun.turn, (Save((answer,)), EndTurn(Ending.DONE)))
    Dialogue(conversation).add_usage("resp_1", Usage(1_000, 600, 50))
    run = conversation.request_run("student", "my-run-1", "print(1)", files={})
    run.finish(Result(Status.OK, 0, files=(OutputFile("p.png", PNG, b"p"),)))
    return conversation


@pytest.mark.parametrize(
    "model", ["courses/course", "courses/lesson", "courses/enrolment", "courses/upload",
              "tutor/conversation", "tutor/response", "sandbox/run", "auth/user"],
)  # fmt: skip
def test_the_demo_teacher_finds_everything(
    teaching: Client, conversation: Conversation, model: str
) -> None:
    assert f"/admin/{model}/" in teaching.get("/admin/").content.decode()
    assert teaching.get(f"/admin/{model}/?q=ada").status_code == 200


def test_the_demo_teacher_sees_every_table_on_a_page_that_is_theirs(
    teaching: Client, rf: RequestFactory
) -> None:
    request = rf.get("/admin/")
    request.user = User.objects.get(username="teacher")
    pages = [page for page in admin.site._registry.values() if page.has_view_permission(request)]
    hidden = [
        inline
        for page in pages
        for inline in page.inlines
        if not inline(page.model, admin.site).has_view_permission(request)
    ]
    assert pages
    assert hidden == []


def test_the_demo_teacher_reads_a_dialogue_its_runs_and_what_they_have_left(
    teaching: Client, conversation: Conversation
) -> None:
    url = f"/admin/tutor/conversation/{conversation.pk}/change/"
    page = teaching.get(url).content.decode()
    for part in (
        "Why is it 6?",
        "What do you expect?",
        "print(1)",
        "Turns",
        "Dialogue",
        "Attempts",
    ):
        assert part in page
    run = conversation.request_run("student", "my-run-1", "print(1)", files={})
    assert "print(1)" in teaching.get(f"/admin/sandbox/run/{run.pk}/change/").content.decode()
    [picture] = run_view(run).files
    assert teaching.get(picture.url)["Content-Type"] == PNG
    assert "1,000</strong> tokens in" in teaching.get("/admin/tutor/response/").content.decode()
    lesson = f"/lessons/{conversation.lesson.course.slug}/{conversation.lesson.slug}/"
    assert teaching.get(lesson).status_code == 200


def test_the_demo_teacher_enrols_a_student(teaching: Client, course: Course) -> None:
    ana = User.objects.create_user("ana")
    where = {"app_label": "courses", "model_name": "enrolment"}
    for field, found in (("student", ana), ("course", course)):
        query = {**where, "field_name": field, "term": "a"}
        offered = teaching.get("/admin/autocomplete/", query).json()["results"]
        assert str(found.pk) in [one["id"] for one in offered]
    sent = {"student": ana.pk, "course": course.pk}
    assert teaching.post("/admin/courses/enrolment/add/", sent).status_code == 302
    enrolment = Enrolment.objects.get(student=ana)
    gone = teaching.post(f"/admin/courses/enrolment/{enrolment.pk}/delete/", {"post": "yes"})
    assert gone.status_code == 302
    assert not Enrolment.objects.filter(student=ana).exists()


def test_the_demo_teacher_uploads_looks_and_publishes(teaching: Client) -> None:
    Enrolment.objects.all().delete()
    Lesson.objects.all().delete()
    sent = teaching.post("/admin/courses/upload/add/", {"file": zipped(SAMPLE)})
    page = teaching.get(sent["Location"]).content.decode()
    assert 'name="_publish"' in page
    preview = f"/admin/courses/upload/{Upload.objects.get().pk}/preview/every-day-counts/"
    assert preview in page
    assert "Every day counts" in teaching.get(preview).content.decode()
    teaching.post(sent["Location"], {"_publish": "Publish"})
    assert Lesson.objects.current().filter(slug="every-day-counts").exists()


def zipped(folder: Path) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        for file in folder.rglob("*"):
            target.write(file, file.relative_to(folder))
    packed.seek(0)
    packed.name = "course.zip"
    return packed


def test_nobody_makes_a_demo_account_their_own(teaching: Client) -> None:
    """It would be an instructor's with a secret password when the demo is over."""
    words = {
        "old_password": "teacher", "new_password1": "a word of my own",
        "new_password2": "a word of my own",
    }  # fmt: skip
    refused = teaching.post("/admin/password_change/", words)
    assert refused.status_code == 403
    assert "stays as it is" in refused.content.decode()
    assert User.objects.get(username="teacher").check_password("teacher")
    assert Client().get("/admin/password_change/")["Location"].startswith("/admin/login/")


def test_everybody_else_changes_their_password_in_the_admin(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root", password="old words of mine"))
    words = {
        "old_password": "old words of mine", "new_password1": "new words of mine",
        "new_password2": "new words of mine",
    }  # fmt: skip
    assert client.post("/admin/password_change/", words).status_code == 302
    assert User.objects.get().check_password("new words of mine")


def test_the_demo_teacher_makes_no_account_and_changes_no_record(
    teaching: Client, conversation: Conversation
) -> None:
    ada = User.objects.get(username="ada")
    dialogue = f"/admin/tutor/conversation/{conversation.pk}"
    for url in (
        "/admin/auth/user/add/", f"/admin/auth/user/{ada.pk}/password/",
        f"/admin/auth/user/{ada.pk}/delete/", "/admin/auth/group/", f"{dialogue}/delete/",
    ):  # fmt: skip
        assert teaching.get(url).status_code == 403, url
    for url in (f"/admin/auth/user/{ada.pk}/change/", f"{dialogue}/change/"):
        assert teaching.post(url, {"is_superuser": "on"}).status_code == 403, url
    chosen = {"action": "delete_selected", "_selected_action": conversation.pk, "post": "yes"}
    teaching.post("/admin/tutor/conversation/", chosen)
    assert Conversation.objects.exists()
