"""Logging in with a public password, and where it opens nothing."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.auth.models import User
from django.core.management import call_command
from django.http import HttpRequest
from django.test import Client

from courses.models import Course
from tests.tutor.identity.doors import DOORS, knock
from tutor import checks
from tutor.identity import demo
from tutor.identity.login import NO_DEMO

pytestmark = pytest.mark.django_db

PUBLIC = [(account.username, account.password) for account in demo.ACCOUNTS]


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
    demo._matches.cache_clear()
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


@pytest.mark.django_db
def test_a_log_in_that_leads_to_itself_leads_to_the_lessons(client: Client) -> None:
    client.force_login(User.objects.create_user("student"))
    for door in ("/login/?next=/login/", "/login/?next=/login/%3Fnext=/login/"):
        assert client.get(door)["Location"] == "/"
