"""The headers of every answer: what a browser keeps, and what it is to forget."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from courses.models import Lesson
from tutor.web.middleware import FORGET, NOBODY, USER_COOKIE

pytestmark = pytest.mark.django_db


def test_nothing_personal_is_cached(client: Client, ada: User, lesson: Lesson) -> None:
    client.force_login(ada)
    for url in ("/", f"/lessons/{lesson.course.slug}/{lesson.slug}/", "/nowhere/"):
        assert "no-store" in client.get(url)["Cache-Control"]


@pytest.mark.parametrize("url", ["/logout/", "/admin/logout/"])
def test_a_browser_forgets_the_site_at_log_out(client: Client, teacher: User, url: str) -> None:
    client.force_login(teacher)
    assert "Clear-Site-Data" not in client.get("/")
    assert client.post(url)["Clear-Site-Data"] == FORGET
    # Nobody else can make a browser forget: there is nobody to log out.
    assert "Clear-Site-Data" not in client.post(url)


def test_pages_can_read_who_has_logged_in_or_out_last(client: Client, ada: User) -> None:
    ada.set_password("secret")
    ada.save()
    client.post("/login/", {"username": "ada", "password": "secret"})
    cookie = client.cookies[USER_COOKIE]
    assert (cookie.value, cookie["httponly"], cookie["max-age"]) == (str(ada.pk), "", "")
    assert f'data-user="{ada.pk}"' in client.get("/").text
    client.post("/logout/")
    assert client.cookies[USER_COOKIE].value == NOBODY
    assert "data-user" not in client.get("/login/").text
