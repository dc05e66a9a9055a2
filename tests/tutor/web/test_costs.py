"""The page of the admin that sums up what the tutor cost."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import Lesson
from tutor.models import Conversation, Dialogue, Response
from tutor.protocol.events import ResponseKind, Usage
from tutor.web import costs

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(ada: User, lesson: Lesson) -> Conversation:
    return Conversation.open(ada, lesson)


URL = "/admin/tutor/response/costs/"


@pytest.fixture
def answered(settings: Any, conversation: Conversation) -> Conversation:
    settings.OPENAI_PRICES, settings.CURRENCY = "2/0.2/8", "EUR"
    for effort, word in (("low", 400), ("low", 600), ("medium", 2_500)):
        usage = Usage(1_000, 600, 50, 40, model="m", effort=effort, first_word_ms=word)
        Dialogue(conversation).add_usage("resp", usage)
    Dialogue(conversation).add_usage("warm", Usage(900, kind=ResponseKind.WARM_UP, model="m"))
    return conversation


def shown(client: Client, query: str) -> Any:
    page = client.get(f"{URL}?{query}")
    assert page.status_code == 200
    return page.context


def test_an_instructor_sees_the_effect_of_an_effort(
    client: Client, teacher: User, answered: Conversation
) -> None:
    client.force_login(teacher)
    page = shown(client, "by=asked")
    sums = {
        row["names"][1]: (row["answers"], row["first_word_p50"], row["cost"])
        for row in page["rows"]
    }
    assert sums == {
        "low": (2, 400, Decimal("0.0026")), "medium": (1, 2_500, Decimal("0.0013")),
        "": (0, None, Decimal("0.0018")),
    }  # fmt: skip
    assert (page["totals"]["responses"], page["total_cost"]) == (4, Decimal("0.0058"))
    text = client.get(f"{URL}?by=asked").content.decode()
    assert "EUR" in text
    assert "2,500 ms" in text


@pytest.mark.parametrize("by", costs.GROUPINGS)
def test_each_grouping_names_its_rows_in_as_many_queries_as_any(
    client: Client, teacher: User, answered: Conversation, by: str
) -> None:
    client.force_login(teacher)
    with CaptureQueriesContext(connection) as queries:
        [row, *_] = shown(client, f"by={by}")["rows"]
    lesson = answered.lesson
    expected = {
        "course": [lesson.course.title],
        "lesson": [lesson.course.title, lesson.slug],
        "student": ["ada"],
        "conversation": [answered.pk, "ada", lesson.title],
        "day": [timezone.localdate()],
        "asked": ["m", "low", ""],
        "kind": ["answer"],
    }
    assert row["names"] == expected[by]
    # Those of the log-in, the courses, the groups, and their sum.
    assert len(queries) <= 8
    if by == "conversation":
        assert client.get(row["link"]).status_code == 200


def test_only_the_days_and_the_course_that_were_chosen_are_summed_up(
    client: Client, teacher: User, answered: Conversation
) -> None:
    client.force_login(teacher)
    first = Response.objects.earliest("pk")
    Response.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(days=40))
    assert shown(client, "")["totals"]["responses"] == 3
    then = timezone.localdate() - timedelta(days=40)
    assert shown(client, f"from={then}")["totals"]["responses"] == 4
    assert shown(client, f"from={then}&to={then}")["totals"]["responses"] == 1
    course = answered.lesson.course_id
    assert shown(client, f"course={course}")["totals"]["responses"] == 3
    assert shown(client, f"course={course + 1}")["rows"] == []


@pytest.mark.parametrize(
    "query", ["by=x&from=y&to=z&course=w", "from=2026-02-30", "to=9999-12-31&from=0001-01-01",
              "course=99999999999999999999", "course=²"]
)  # fmt: skip
def test_an_address_that_says_it_badly_shows_the_usual(
    client: Client, teacher: User, answered: Conversation, query: str
) -> None:
    client.force_login(teacher)
    assert shown(client, query)["chosen"].by == "course"


def test_without_prices_nothing_is_said_to_be_free(
    client: Client, teacher: User, answered: Conversation, settings: Any
) -> None:
    settings.OPENAI_PRICES = ""
    Response.objects.update(cost=None)
    client.force_login(teacher)
    page = shown(client, "")
    assert (page["total_cost"], page["rows"][0]["cost"]) == (None, None)
    assert "No prices are set" in client.get(URL).content.decode()


def test_at_most_so_many_rows_are_shown_and_all_are_summed_up(
    client: Client, teacher: User, answered: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "MAX_ROWS", 1)
    client.force_login(teacher)
    page = shown(client, "by=kind")
    assert (len(page["rows"]), page["more"], page["totals"]["responses"]) == (1, True, 4)


def test_students_do_not_see_it(client: Client, ada: User, answered: Conversation) -> None:
    assert client.get(URL).status_code == 302
    client.force_login(ada)
    assert client.get(URL).status_code == 302
    ada.is_staff = True
    ada.save()
    client.force_login(User.objects.get(pk=ada.pk))
    assert client.get(URL).status_code == 403
