"""The demo accounts: `manage.py demo`, and the system check outside a demo."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client

from courses.models import Course, Lesson
from tests.tutor.identity.doors import knock
from tutor import checks
from tutor.identity import demo, roles
from tutor.models import Conversation

pytestmark = pytest.mark.django_db


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
        assert user.get_all_permissions() == (
            set(roles.INSTRUCTOR_PERMISSIONS) if teaches else set()
        )


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
