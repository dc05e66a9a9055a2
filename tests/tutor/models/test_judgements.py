"""Judgements as rows: who may say that one was wrong, and what is counted."""

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from tests.tutor.models.judged import judged, withheld
from tutor.models import Conversation, Judgement

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(ada: User, lesson: Lesson) -> Conversation:
    return Conversation.open(ada, lesson)


def test_who_said_first_that_it_was_wrong_stays(
    conversation: Conversation, teacher: User, stranger: User
) -> None:
    one = withheld(conversation).judgement
    assert Judgement.objects.all().say_wrong(teacher) == 1
    one.refresh_from_db()
    first = one.wrong_at
    assert Judgement.objects.all().say_wrong(stranger) == 0
    one.refresh_from_db()
    assert (one.wrong_by, one.wrong_at) == (teacher, first)
    assert Judgement.objects.all().take_back() == 1
    one.refresh_from_db()
    assert (one.wrong_by, one.wrong_at) == (None, None)
    assert Judgement.objects.all().take_back() == 0


@pytest.mark.parametrize(
    ("verdict", "held_back", "sayable"),
    [("leak", True, True), ("leak", False, True), ("unsure", True, True), ("unsure", False, False),
     ("partial", False, False), ("ok", False, False)],
)  # fmt: skip
def test_what_was_not_against_the_text_cannot_be_wrong(
    conversation: Conversation, teacher: User, verdict: str, held_back: bool, sayable: bool
) -> None:
    one = withheld(conversation, verdict=verdict, held_back=held_back).judgement
    assert one.is_against is sayable
    assert Judgement.objects.all().say_wrong(teacher) == sayable


def test_the_sums_are_of_each_verdict_and_time(conversation: Conversation, teacher: User) -> None:
    turn = withheld(conversation, ms=100).turn
    for verdict, held_back, ms in (
        ("leak", False, 10), ("partial", False, 20), ("unsure", True, 1_500), ("ok", False, 30),
    ):  # fmt: skip
        Judgement.objects.create(**judged(turn, verdict=verdict, held_back=held_back, ms=ms))
    Judgement.objects.filter(verdict="leak", held_back=True).say_wrong(teacher)
    assert Judgement.objects.all().totals() == {
        "judged": 5, "withheld": 2, "noted": 1, "partial": 1, "unsure": 1, "wrong": 1,
        "ms_p50": 30, "ms_p95": 1_500,
    }  # fmt: skip
    [row] = Judgement.objects.all().grouped("step")
    assert (row["judged"], row["withheld"]) == (5, 2)
