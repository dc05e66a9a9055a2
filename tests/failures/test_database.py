"""PostgreSQL stands still or is gone for 8 s: no page is closed, and nothing is lost."""

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.failures.school import ENROL, School, Student
from tests.programs import told_by
from tests.running import classroom
from tests.servers import Postgres, fallible_postgres

pytestmark = pytest.mark.failures

OUTAGE_S: Final = 8.0
BUSY: Final = 6
STORED: Final = """
import json
import django
django.setup()
from collections import Counter
from tutor.models import Item, Turn
print(json.dumps({
    "said": sorted(Counter(Item.objects.exclude(client_id="").values_list(
        "conversation", "client_id")).values()),
    "turns": sorted(set(Turn.objects.values_list("state", flat=True))),
}))
"""


def turn_of(student: Student, name: str) -> int | None:
    """The turn in which the tutor was told the message, as far as the page knows."""
    items = [each["item"] for each in student.frames if each["type"] in ("accepted", "item")]
    told = (one for one in items if one and one["kind"] == "student" and one["id"] == name)
    return next((one["turn"] for one in told), None)


@contextlib.contextmanager
def outage(database: Postgres, how: str) -> Iterator[None]:
    """No database for the block, and until OUTAGE_S are over."""
    since = time.monotonic()
    if how == "stands still":
        database.signal_all(signal.SIGSTOP)
    else:
        database.kill()
    yield
    time.sleep(max(0.0, since + OUTAGE_S - time.monotonic()))
    if how == "stands still":
        database.signal_all(signal.SIGCONT)
    else:
        database.start()


@pytest.mark.parametrize(("server", "how"), [("daphne", "stands still"), ("uvicorn", "is killed")])
def test_a_database_that_is_gone_for_a_while_closes_no_page_and_loses_nothing(
    tmp_path: Path, server: str, how: str
) -> None:
    dead = "unix:///nonexistent/docker.sock"
    with (
        fallible_postgres() as database,
        classroom(
            tmp_path, server, people=ENROL, DATABASE_URL=database.url, DOCKER_HOST=dead
        ) as room,
        contextlib.ExitStack() as pages,
    ):
        school = School(room)
        students: list[Student] = [pages.enter_context(school.student()) for _ in range(BUSY)]
        for student in students[: BUSY // 2]:
            student.say("Why is it wrong?")
        students[0].next("accepted")
        for student in students[BUSY // 2 :]:
            student.send("edit", id="edit-0001", code="x = 1")
            student.next("saved")
        with outage(database, how):
            for student in students:
                student.send("edit", id="edit-0002", code="x = 2")
                student.say("And now?", name="question-2")
            for student in students:
                while student.next("storage")["state"] != "unavailable":
                    pass
        for student in students:
            while student.next("accepted", "refused", within_s=20)["id"] != "question-2":
                pass
            while student.turn("done")["number"] != turn_of(student, "question-2"):
                pass
            assert not [each for each in student.frames if each["type"] == "error"]
        stored = told_by(STORED, database.url)
    assert stored["said"] == [1] * (BUSY + BUSY // 2)
    assert stored["turns"] == ["done"]
