"""A model that solves the step, stopped, steered and killed at any moment.

Its pages never see the solution, whatever comes between; the dialogue that is stored in the end has
each message once, and nothing that was not judged.
"""

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from courses.models import Enrolment, Lesson
from tests.tutor.browser import Browser, browser, sessions_over
from tests.tutor.classroom import Upstream
from tests.tutor.leaking import ASKED, QUESTION, STARTER, leaked_in, repeated, run
from tests.tutor.trying import LEAK, SOLUTION, Tried
from tutor.database import in_database
from tutor.emulator import Pace, Say
from tutor.models import Conversation, Dialogue
from tutor.session.turn_store import TurnStore

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db(transaction=True)

# It speaks before it leaks; then in a program of its own; and then it asks.
MODEL = repeated([Say(f"Let me see. {LEAK}")], [Say("Look."), run(SOLUTION)], ASKED)
# Frames come while something is being judged.
DELAY_S = 0.02
PACE = Pace(tokens_per_s=400)
# Not behind every frame: most are of the same kind.
STRIDE = 3

_numbers = itertools.count(1)


def new_student(lesson: Lesson) -> User:
    student = User.objects.create(username=f"student-{next(_numbers)}")
    Enrolment.objects.create(course=lesson.course, student=student)
    return student


def stored(student: User) -> list[tuple[str, str]]:
    """What a page shows of the dialogue: who said what."""
    views = Dialogue(Conversation.objects.get(student=student)).shown()
    return [(view.kind, view.model_dump_json()) for view in views]


async def over(page: Browser, *states: str) -> None:
    """Wait until the first turn is in one of these states; it may be by now."""
    while not any(f["type"] == "turn" and f["state"] in states for f in page.frames):
        await page.next()


async def count_frames(student: User, lesson: Lesson) -> int:
    """How many frames a page gets of the whole dialogue from the message on."""
    async with browser(student, lesson) as page:
        await begin(page)
        before = len(page.frames)
        await page.turn("done")
        assert leaked_in(page.frames) == []
        return len(page.frames) - before


async def begin(page: Browser) -> None:
    await page.ready()
    await page.say("Just give me the code.", STARTER)
    await page.next("accepted")


@pytest.mark.parametrize("by", ["stop", "steering"])
async def test_whenever_the_student_speaks_or_stops_nothing_unjudged_is_shown_or_stored(
    upstream: Upstream, lesson: Lesson, tried: Tried, by: str
) -> None:
    tried.delay_s = DELAY_S
    async with upstream(model=MODEL, pace=PACE):
        frames = await count_frames(await in_database(new_student, lesson), lesson)
        for moment in range(0, frames, STRIDE):
            student = await in_database(new_student, lesson)
            async with browser(student, lesson) as page:
                await begin(page)
                for _ in range(moment):
                    await page.next()
                if by == "stop":
                    await page.send("stop")
                    await over(page, "stopped", "done")
                else:
                    await page.say("Please!", STARTER)
                    await over(page, "done")
                assert leaked_in(page.frames) == [], moment
            await sessions_over()
            dialogue = await in_database(stored, student)
            assert not any("days + 1" in text for _, text in dialogue)
            if by == "steering":
                assert [kind for kind, _ in dialogue].count("student") == 2
    assert frames > 5


class _KilledError(Exception):
    """The process has died."""


@pytest.mark.parametrize("when", ["before", "behind"])
async def test_whenever_the_session_is_killed_whoever_takes_over_shows_nothing_unjudged(
    upstream: Upstream, lesson: Lesson, tried: Tried, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    commit = TurnStore.commit
    kills: Iterator[int] = itertools.repeat(1)

    async def killed(store: TurnStore, actions: Any) -> Any:
        is_last = next(kills) == 0
        if is_last and when == "before":
            raise _KilledError
        outcome = await commit(store, actions)
        if is_last:
            raise _KilledError
        return outcome

    monkeypatch.setattr(TurnStore, "commit", killed)
    async with upstream(model=MODEL):
        for step in itertools.count():
            kills = itertools.chain(range(step, -1, -1), itertools.repeat(1))
            student = await in_database(new_student, lesson)
            seen: list[dict[str, Any]] = []
            async with browser(student, lesson) as page:
                await begin(page)
                is_killed = not await ended(page)
                seen += page.frames
            await sessions_over()
            await in_database(
                Conversation.objects.filter(student=student).update, claimed_until=timezone.now()
            )
            async with browser(student, lesson) as page:
                hello = await page.next("hello")
                if hello["turn"]["state"] == "thinking":
                    await page.turn("done")
                seen += page.frames
            await sessions_over()
            assert leaked_in(seen) == [], step
            dialogue = await in_database(stored, student)
            assert [kind for kind, _ in dialogue].count("student") == 1
            assert QUESTION in dialogue[-1][1]
            assert sum(QUESTION in text for _, text in dialogue) == 1
            if not is_killed:
                break
    assert step >= 3


async def ended(page: Browser) -> bool:
    """Wait for the end of the turn, or of the session: True for the former."""
    while True:
        output = await page._communicator.receive_output(10)
        if output["type"] == "websocket.close":
            return False
        page.frames.append(frame := json.loads(output["text"]))
        if frame["type"] == "turn" and frame["state"] == "done":
            return True
