"""Programs of a turn, tried in one container: asked once, awaited, and given back."""

import asyncio
import time
from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from sandbox.models import Batch, Run
from tests.polling import wait_here_until
from tests.tutor.trying import SOLUTION, STARTER, Tried, observe
from tutor.database import in_database
from tutor.leaks.judgement import ProgramRun
from tutor.models import Conversation
from tutor.session import series
from tutor.session.series import Series, Unavailable

pytestmark = pytest.mark.django_db(transaction=True)

LONG_S = 30.0


@pytest.fixture
async def one(ada: User, lesson: Lesson) -> Series:
    conversation = await in_database(Conversation.open, ada, lesson)
    return Series(conversation, lesson.source().steps[0], {})


def runs(lesson: Lesson, *programs: str) -> list[ProgramRun]:
    [step] = lesson.source().code_steps()
    return [ProgramRun(program, step.cases, 1.0) for program in programs]


def values(observed: Any) -> list[list[str]]:
    return [[seen["value"]["repr"] for seen in program] for program in observed]


async def test_each_program_is_tried_once_on_each_case(
    one: Series, lesson: Lesson, tried: Tried
) -> None:
    first = await one.observe(runs(lesson, STARTER, SOLUTION))
    asked = len(tried.cases)
    again = await one.observe(runs(lesson, SOLUTION, STARTER))
    assert values(first) == values(again)[::-1]
    assert values(first)[0] != values(first)[1]
    assert asked == len(tried.cases) == len(set(tried.cases))
    assert tried.opened == [one.key]
    await one.end()
    assert tried.ended == [one.key]


async def test_one_that_came_to_its_limit_may_be_tried_again(
    one: Series, lesson: Lesson, tried: Tried
) -> None:
    endless = "while True:\n    pass\n"
    for times in (1, 2):
        observed = await one.observe(runs(lesson, endless))
        assert {seen["ended"] for seen in observed[0]} == {"timeout"}
        assert {tried.cases.count(case) for case in tried.cases} == {times}
    await one.end()


async def test_where_the_container_is_lost_nothing_can_be_tried(
    one: Series, lesson: Lesson, tried: Tried
) -> None:
    tried.is_away = True
    with pytest.raises(Unavailable):
        await one.observe(runs(lesson, STARTER))
    await one.end()


@pytest.mark.parametrize("notified", [True, False])
async def test_an_answer_is_noticed_by_notification_or_else_by_looking(
    one: Series, lesson: Lesson, tried: Tried, monkeypatch: pytest.MonkeyPatch, notified: bool
) -> None:
    monkeypatch.setattr(series, "POLL_S", LONG_S if notified else 0.01)
    tried.hangs = True
    observing = asyncio.create_task(one.observe(runs(lesson, STARTER)))
    await wait_here_until(lambda: tried.cases, 5)
    batch = await Batch.objects.aget()
    await in_database(batch.answer, [observe(case, {}) for case in tried.cases])
    began = time.monotonic()
    if notified:
        one.notice()
    await observing
    assert time.monotonic() - began < LONG_S / 2
    await one.end()


async def test_one_that_was_asked_for_and_has_not_come_is_given_back_too(
    one: Series, tried: Tried
) -> None:
    one.open()
    await one.end()
    assert tried.ended == tried.opened == [one.key]
    run = await Run.objects.aget()
    assert (run.origin, run.series, run.finished) == ("gate", True, True)


async def test_one_that_was_never_asked_for_costs_nothing(one: Series, tried: Tried) -> None:
    await one.end()
    assert tried.opened == tried.ended == []
    assert not await Run.objects.aexists()
