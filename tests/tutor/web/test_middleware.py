"""The headers of every answer: what a browser keeps, and what it is to forget."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from courses.models import Lesson
from tutor.web.middleware import FORGET

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
