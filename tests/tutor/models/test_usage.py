"""What responses cost, as rows and as sums."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import Lesson
from tutor.models import Conversation, Dialogue, Response
from tutor.models.percentile import Percentile
from tutor.protocol.events import ResponseKind, Usage

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(ada: User, lesson: Lesson) -> Conversation:
    return Conversation.open(ada, lesson)


def test_a_row_has_the_price_of_its_day(settings: Any, conversation: Conversation) -> None:
    dialogue = Dialogue(conversation)
    settings.OPENAI_PRICES = "gpt-6-astra=2/0.2/8, gpt-6-astra flex=1/0.1/4"
    usage = Usage(1_000, 600, 50, 40, model="gpt-6-astra", effort="low", first_word_ms=700)
    dialogue.add_usage("resp_1", usage)
    settings.OPENAI_PRICES = ""
    dialogue.add_usage("resp_2", usage)
    settings.OPENAI_PRICES = "1/1/1"
    dialogue.add_usage("resp_3", Usage(kind=ResponseKind.DROPPED, cut_short="x" * 200))
    first, second, third = Response.objects.order_by("pk")
    assert (first.cost, second.cost, third.cost) == (Decimal("0.00132"), None, None)
    assert (first.kind, first.effort, first.first_word_ms) == ("answer", "low", 700)
    assert (third.kind, len(third.cut_short)) == ("dropped", 64)


def test_sums_are_those_of_each_group_in_one_query(conversation: Conversation) -> None:
    for effort, words in (("low", [100, 200, 300, None]), ("high", [1_000])):
        for word in words:
            usage = Usage(1_000, 400, 50, 20, effort=effort, first_word_ms=word, cut_short="x")
            conversation.responses.add(Response.of("r", usage), bulk=False)
    warm = Usage(2_000, kind=ResponseKind.WARM_UP, effort="low")
    conversation.responses.add(Response.of("w", warm), bulk=False)
    conversation.responses.update(cost=Decimal("0.1"))
    with CaptureQueriesContext(connection) as queries:
        high, low = Response.objects.all().grouped("effort").order_by("effort")
    assert len(queries) == 1
    assert low == {
        "effort": "low", "responses": 5, "answers": 4, "cut": 4, "input": 6_000, "cached": 1_600,
        "output": 200, "reasoning": 80, "amount": Decimal("0.5"), "unpriced": 0,
        "first_word_p50": 200, "first_word_p95": 300,
    }  # fmt: skip
    assert (high["first_word_p50"], high["first_word_p95"]) == (1_000, 1_000)
    assert Response.objects.totals()["responses"] == 6
    assert Response.objects.none().totals()["first_word_p50"] is None


def test_a_process_of_the_release_before_goes_on_storing(conversation: Conversation) -> None:
    """It names the columns that it knows; so are its rows."""
    with connection.cursor() as cursor:
        for output in (50, 0):
            cursor.execute(
                "INSERT INTO tutor_response (conversation_id, response_id, input_tokens, "
                "cached_tokens, output_tokens, created_at) VALUES (%s, 'r', 9, 3, %s, %s)",
                [conversation.pk, output, timezone.now()],
            )
    totals = Response.objects.totals()
    # One of them was a warm-up.
    assert (totals["responses"], totals["answers"], totals["unpriced"]) == (2, 1, 2)
    assert (totals["input"], totals["reasoning"], totals["first_word_p95"]) == (18, 0, None)


def test_postgresql_is_asked_for_its_own_percentiles() -> None:
    server = DatabaseWrapper({**connection.settings_dict, "NAME": "x", "OPTIONS": {}}, "x")
    query = Response.objects.values("effort").annotate(half=Percentile("first_word_ms", 0.5)).query
    sql, params = query.get_compiler(connection=server).as_sql()
    column = '"tutor_response"."first_word_ms"'
    assert f"PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY {column}) AS" in sql
    assert params == ()
