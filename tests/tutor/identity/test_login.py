"""Demo accounts: who may log in with a public password, and where."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client, RequestFactory

from courses.models import Course, Enrolment, Lesson, Upload
from sandbox.files import PNG, OutputFile
from sandbox.job import Result, Status
from tests.conftest import REAL_HASHERS, SAMPLE
from tutor import checks
from tutor.identity import demo, roles
from tutor.identity.login import NO_DEMO
from tutor.models import Begun, Conversation, run_view
from tutor.protocol.actions import EndTurn, Save
from tutor.protocol.events import Ending, StudentSaid, Usage

pytestmark = pytest.mark.django_db

DOORS = ("/login/", "/admin/login/")
PUBLIC = [(account.username, account.password) for account in demo.ACCOUNTS]


@pytest.fixture(autouse=True)
def a_demo(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins in a demo, whatever the environment says, and hashes quickly."""
    settings.IS_DEMO = True
    settings.PASSWORD_HASHERS = REAL_HASHERS
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)


@pytest.fixture
def accounts(course: Course) -> None:
    """The demo accounts, as `manage.py demo` makes them."""
    call_command("demo", stdout=io.StringIO())


@pytest.fixture
def real_site(accounts: None, settings: Any) -> None:
    """Real use of a site that was a demo before."""
    settings.IS_DEMO = False


def knock(door: str, username: str, password: str) -> tuple[bool, str]:
    """Log in as a person does: whether that went well, and the page that says so."""
    client = Client()
    answer = client.post(door, {"username": username, "password": password})
    return "_auth_user_id" in client.session, answer.content.decode()


@contextmanager
def hashings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is hashed meanwhile."""
    hashed: list[str] = []
    encode = PBKDF2PasswordHasher.encode

    def counted(self: Any, password: str, *rest: Any) -> str:
        hashed.append(password)
        return encode(self, password, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "encode", counted)
        yield hashed


# Where a public password opens nothing


@pytest.mark.parametrize(("username", "password"), PUBLIC)
@pytest.mark.parametrize("door", DOORS)
def test_outside_a_demo_a_public_password_opens_no_door_and_the_page_says_why(
    real_site: None, door: str, username: str, password: str
) -> None:
    entered, page = knock(door, username, password)
    assert not entered
    assert NO_DEMO in page


@pytest.mark.parametrize("door", DOORS)
def test_the_answer_does_not_tell_whether_the_account_is_there(real_site: None, door: str) -> None:
    assert NO_DEMO in knock(door, "ada", "ada")[1]
    User.objects.all().delete()
    assert NO_DEMO in knock(door, "ada", "ada")[1]


@pytest.mark.parametrize("door", DOORS)
def test_a_wrong_password_is_one_as_everywhere(real_site: None, door: str) -> None:
    for username in ("ada", "nobody"):
        page = knock(door, username, "something else")[1]
        assert "Please enter " in page
        assert NO_DEMO not in page


def test_a_refusal_takes_one_hashing_whoever_is_there(
    real_site: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo._fits.cache_clear()
    for username, password in (("ada", "ada"), ("ada", "wrong"), ("nobody", "wrong")):
        with hashings(monkeypatch) as hashed:
            assert authenticate(HttpRequest(), username=username, password=password) is None
        assert hashed == [password]


def test_the_log_in_page_of_a_real_site_names_no_accounts(real_site: None, settings: Any) -> None:
    assert "<code>ada</code>" not in Client().get("/login/").content.decode()
    settings.IS_DEMO = True
    assert "<code>ada</code>" in Client().get("/login/").content.decode()


def test_the_log_in_page_of_a_demo_names_only_who_gets_in(accounts: None) -> None:
    User.objects.filter(username="grace").update(is_active=False)
    User.objects.filter(username="teacher").update(password=make_password("a word of my own"))
    page = Client().get("/login/").content.decode()
    assert [name for name, _ in PUBLIC if f"<code>{name}</code>" in page] == ["ada"]


def test_a_session_of_a_demo_ends_with_it(accounts: None, client: Client, settings: Any) -> None:
    assert client.login(username="teacher", password="teacher")
    assert client.get("/admin/").status_code == 200
    settings.IS_DEMO = False
    assert client.get("/admin/").status_code == 302
    assert client.get("/")["Location"] == "/login/?next=/"


def test_no_other_way_leads_in_either(real_site: None, client: Client) -> None:
    client.force_login(User.objects.get(username="teacher"))
    assert client.get("/admin/").status_code == 302


def test_a_session_costs_one_hashing_and_no_more(
    course: Course, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.IS_DEMO = False
    client = Client()
    client.force_login(User.objects.create_user("ada", password="a word of my own"))
    with hashings(monkeypatch) as hashed:
        for _ in range(3):
            assert client.get("/").status_code == 200
    assert hashed == ["ada"]


def test_somebody_of_the_same_name_with_a_password_of_her_own_is_no_demo_account(
    course: Course, settings: Any, client: Client
) -> None:
    hers = User.objects.create_superuser("ada", password="a word of my own", first_name="Augusta")
    said, complaint = io.StringIO(), io.StringIO()
    call_command("demo", stdout=said, stderr=complaint)
    assert "ada" not in said.getvalue()
    assert complaint.getvalue() == "ada has a password of their own: left alone.\n"
    call_command("demo", "--disable", stdout=io.StringIO())
    settings.IS_DEMO = False
    assert checks.nobody_gets_in_with_a_public_password(None) == []
    assert client.login(username="ada", password="a word of my own")
    again = User.objects.get(username="ada")
    assert (again.first_name, again.is_superuser, again.password) == (
        "Augusta", True, hers.password,
    )  # fmt: skip


def test_whose_password_becomes_a_public_one_is_out(course: Course, settings: Any) -> None:
    settings.IS_DEMO = False
    ada = User.objects.create_user("ada", password="a word of my own")
    assert authenticate(HttpRequest(), username="ada", password="a word of my own") == ada
    ada.set_password("ada")
    ada.save()
    client = Client()
    client.force_login(ada)
    assert client.get("/").status_code == 302


# manage.py demo


def test_the_command_refuses_outside_a_demo(course: Course, settings: Any) -> None:
    settings.IS_DEMO = False
    with pytest.raises(CommandError, match="This is no demo"):
        call_command("demo")
    assert not User.objects.exists()


def test_disabled_accounts_are_out_until_a_demo_brings_them_back(accounts: None) -> None:
    client = Client()
    client.login(username="ada", password="ada")
    said = io.StringIO()
    call_command("demo", "--disable", stdout=said)
    assert said.getvalue().split() == [
        "disabled",
        "ada",
        "disabled",
        "grace",
        "disabled",
        "teacher",
    ]
    assert not User.objects.filter(is_active=True).exists()
    assert not knock("/login/", "ada", "ada")[0]
    assert "<code>" not in Client().get("/login/").content.decode()
    # A second time there is nothing to do, and an administrator's click does not open them.
    call_command("demo", "--disable", stdout=(again := io.StringIO()))
    assert again.getvalue() == ""
    User.objects.update(is_active=True)
    assert not knock("/login/", "ada", "ada")[0]
    call_command("demo", stdout=io.StringIO())
    assert knock("/login/", "ada", "ada")[0]
    assert client.get("/").status_code == 302, "a session from before has ended for good"


def test_a_dialogue_outlives_disabling(accounts: None, lesson: Lesson) -> None:
    ada = User.objects.get(username="ada")
    Conversation.open(ada, lesson)
    call_command("demo", "--disable", stdout=io.StringIO())
    call_command("demo", stdout=io.StringIO())
    assert Conversation.objects.get().student == User.objects.get(username="ada") == ada


def test_an_account_without_a_password_is_somebody_s_and_stays_theirs(course: Course) -> None:
    """Who logs in through a school's directory has no password here."""
    User.objects.create_user("grace")
    call_command("demo", stdout=io.StringIO(), stderr=io.StringIO())
    grace = User.objects.get(username="grace")
    assert not grace.has_usable_password()
    call_command("demo", "--disable", stdout=io.StringIO())
    assert User.objects.get(username="grace").is_active


def test_the_command_takes_from_its_accounts_what_their_role_has_not(accounts: None) -> None:
    others = Group.objects.create(name="Others")
    for user in User.objects.all():
        user.is_superuser = user.is_staff = True
        user.save()
        user.groups.add(others)
    call_command("demo", stdout=io.StringIO())
    for user in User.objects.all():
        assert not user.is_superuser
        teaches = user.username == "teacher"
        assert user.is_staff is teaches
        assert user.get_all_permissions() == (set(roles.MAY) if teaches else set())


# manage.py check


def test_a_system_check_names_the_accounts_that_are_open_outside_a_demo(real_site: None) -> None:
    [found] = checks.nobody_gets_in_with_a_public_password(None)
    assert found.id == "tutor.E003"
    assert "ada, grace, teacher" in found.msg
    assert found.hint
    assert "manage.py demo --disable" in found.hint
    call_command("demo", "--disable", stdout=io.StringIO())
    assert checks.nobody_gets_in_with_a_public_password(None) == []


def test_the_check_has_nothing_against_a_demo(accounts: None) -> None:
    assert checks.nobody_gets_in_with_a_public_password(None) == []


def test_the_check_passes_where_the_database_fails(
    real_site: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise OperationalError("no such table: auth_user")

    monkeypatch.setattr(demo, "open_accounts", fails)
    assert checks.nobody_gets_in_with_a_public_password(None) == []


@pytest.mark.parametrize(
    ("debug", "https", "found"), [(True, True, 1), (True, False, 0), (False, True, 0)]
)
def test_debug_pages_do_not_go_with_https(
    settings: Any, debug: bool, https: bool, found: int
) -> None:
    settings.DEBUG, settings.HTTPS = debug, https
    assert len(checks.a_real_site_hides_its_errors(None)) == found


def test_a_secret_key_that_somebody_made_up_is_warned_of(settings: Any) -> None:
    settings.SECRET_KEY = "change-me"
    assert checks.the_secret_key_is_one(None) == []
    settings.IS_DEMO = False
    assert [found.id for found in checks.the_secret_key_is_one(None)] == ["tutor.W002"]
    settings.SECRET_KEY = "k" * checks.SECRET_KEY_LENGTH
    assert checks.the_secret_key_is_one(None) == []


# What the demo's teacher may do


@pytest.fixture
def teaching(accounts: None, client: Client) -> Client:
    """The demo teacher's browser."""
    assert client.login(username="teacher", password="teacher")
    return client


@pytest.fixture
def conversation(accounts: None, lesson: Lesson) -> Conversation:
    """A dialogue of Ada's with a question, an answer and a run that has left a picture."""
    conversation = Conversation.open(User.objects.get(username="ada"), lesson)
    begun = conversation.say(StudentSaid("message-1", "Why is it 6?", "print(1)\n"))
    assert isinstance(begun, Begun)
    assert begun.fence
    answer = {"type": "message", "role": "assistant", "content": "What do you expect?"}
    conversation.store(begun.fence, begun.turn, (Save((answer,)), EndTurn(Ending.DONE)))
    conversation.add_usage("resp_1", Usage(1_000, 600, 50))
    run = conversation.request_run("student", "my-run-1", "print(1)")
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
    run = conversation.request_run("student", "my-run-1", "print(1)")
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
