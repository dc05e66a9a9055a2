"""A demo with its accounts; and real use of a site that was one."""

import io
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import call_command

from courses.models import Course
from tests.conftest import REAL_HASHERS


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
