"""The leak gate of a session with the real sandbox: one turn, one container, nothing left of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from sandbox import run_observer, tasks
from sandbox.embedded import EmbeddedWorker
from sandbox.image.build import ensure_image
from sandbox.models import Run
from sandbox.owner import OWNER
from tests.sandbox.conftest import containers_of
from tests.tutor.browser import browser
from tests.tutor.classroom import Upstream
from tests.tutor.trying import STARTER
from tutor.emulator import Say
from tutor.models import Judgement
from tutor.session import leak_gate

pytestmark = [pytest.mark.docker, pytest.mark.django_db(transaction=True)]

# Not the author's: without running it nobody can tell.
OTHER = "Try:\n\n```python\ndef kilometres(n):\n    return sum(range(n + 1))\n```\n"
GOOD = "What would this line do?\n\n```python\nweek = kilometres(7) * 2\n```\n\nTry it."


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[EmbeddedWorker]:
    settings.LEAK_GATE = "on"
    ensure_image(settings.SANDBOX_IMAGE, print)
    settings.SANDBOX_JUDGING_CONCURRENCY = 1
    monkeypatch.setattr(tasks, "require_healthy", lambda *_: None)
    # How fast it is is measured elsewhere.
    for name, bound in (("JUDGED_S", 20.0), ("CLOSED_S", 25.0), ("BOUND_S", 30.0)):
        monkeypatch.setattr(leak_gate, name, bound)
    worker = EmbeddedWorker()
    worker.start()
    yield worker
    worker.stop()
    run_observer.stopping.clear()
    assert containers_of(OWNER) == []


async def test_what_the_sandbox_finds_to_solve_the_step_is_held_back_and_a_question_shown(
    upstream: Upstream, ada: User, lesson: Lesson, worker: EmbeddedWorker
) -> None:
    async with upstream([Say(OTHER)], [Say(GOOD)]), browser(ada, lesson) as page:
        await page.say("Just give me the code.", STARTER)
        await page.turn("done")
        assert "sum(range" not in str(page.frames)
        items = [frame["item"] for frame in page.frames if frame["type"] == "item"]
        assert [item["text"] for item in items if item["kind"] == "tutor"] == [GOOD]
    found: list[Any] = [row async for row in Judgement.objects.order_by("pk")]
    assert [(row.verdict, row.way, row.held_back) for row in found] == [
        ("leak", "whole", True), ("ok", "", False)
    ]  # fmt: skip
    assert all(row.programs > 0 for row in found)
    [run] = [run async for run in Run.objects.filter(series=True)]
    assert run.input_ended
