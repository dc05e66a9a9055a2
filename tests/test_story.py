"""What must not be lost when parts of the running product go away. Real processes, real engine."""

import contextlib
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.hurried import SHORT_CLAIMS, UNPROVEN, Waits
from tests.page import PATIENCE_S, Page, log_in, page, printed
from tests.polling import wait_until
from tests.running import DEMO, STUDENTS, Classroom, classroom, start_emulator, stop
from tests.servers import postgres, redis
from tutor.protocol import frames

pytestmark = pytest.mark.docker

WRONG = "def kilometres(days):\n    return sum(range(1, days))\n"


# The practice tutor's first turn stores: facts and question; what it says before its run, and the
# call; the output; what it says then, and the call that asks for a prediction; that output. The
# process is killed as soon as so many items are there.
STORED = (2, 4, 5, 7)
PEOPLE = DEMO + STUDENTS.format(names=[f"student-{stored}" for stored in (*STORED, 8)])


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    folder = tmp_path_factory.mktemp("classroom")
    with classroom(folder, people=PEOPLE, waits={**UNPROVEN, **SHORT_CLAIMS}) as running:
        yield running


@pytest.mark.parametrize("stored", STORED)
def test_a_web_process_killed_at_any_stored_step_loses_nothing_and_runs_nothing_twice(
    room: Classroom, stored: int
) -> None:
    name = f"student-{stored}"
    cookies = log_in(room, name)
    with page(room, cookies) as student:
        student.next("hello")
        student.send("say", id="question-1", text="Why is it wrong?", code=WRONG)
        student.next("accepted")
        wait_until(lambda: count(room, ITEMS, name) >= stored, PATIENCE_S)
        stop(room.web, signal.SIGKILL)
    # A program that was on is not run again.
    ended = "sandbox_error" if count(room, f"{RUNS} and status = 'running'", name) else "ok"
    room.start_web()
    with page(room, cookies) as student:
        if student.next("hello")["turn"]["state"] != "done":
            student.turn("done")
        # The page never saw the answer, so it may send its message again.
        student.send("say", id="question-1", text="Why is it wrong?", code=WRONG)
        student.next("accepted")
    with page(room, cookies) as student:
        items = student.next("hello")["items"]
    assert [item["kind"] for item in items] == ["student", "tutor", "run", "tutor", "prediction"]
    assert items[2]["run"]["state"] == ended
    assert items[4]["prediction"]["state"] == "open"
    assert count(room, RUNS, name) == 1


def test_a_web_process_killed_between_answer_and_comparison_loses_neither(room: Classroom) -> None:
    """With it dies the sandbox, which is in it here."""
    name = "student-8"
    cookies = log_in(room, name)
    with page(room, cookies) as student:
        student.next("hello")
        student.say("Why is it wrong?", WRONG)
        student.turn("done")
        number = prediction_in(student)["number"]
        student.send("answer", id="answer-01", prediction=number, text="6")
        student.next("accepted")
        stop(room.web, signal.SIGKILL)
    room.start_web()
    with page(room, cookies) as student:
        turn = student.next("hello")["turn"]
        if (turn["number"], turn["state"]) != (2, "done"):
            while student.turn("done")["number"] < 2:
                pass
    with page(room, cookies) as student:
        hello = student.next("hello")
    kinds = [item["kind"] for item in hello["items"]]
    assert kinds[:6] == ["student", "tutor", "run", "tutor", "prediction", "student"]
    compared = hello["items"][4]["prediction"]
    assert (compared["said"], compared["state"]) in (("6", "wrong"), ("6", "not_run"))
    assert hello["waiting"] == []
    assert count(room, f"{RUNS} and key like '%:prediction.%'", name) == 1


def prediction_in(student: Page) -> dict[str, Any]:
    """The one prediction that the page was shown."""
    items = [frame["item"] for frame in student.frames if frame["type"] == "item"]
    [found] = [item["prediction"] for item in items if item["kind"] == "prediction"]
    asked: dict[str, Any] = found
    return asked


# But for those of the leak gate, which a process that takes over asks for anew.
RUNS = """
    select count(*) from sandbox_run join auth_user u on u.id = student_id
    where origin != 'gate' and username = ?
"""
ITEMS = """
    select count(*) from tutor_item
    join tutor_conversation c on c.id = conversation_id
    join auth_user u on u.id = student_id
    where username = ?
"""


def count(room: Classroom, query: str, name: str) -> int:
    """How many rows the database holds of a student, seen from outside."""
    with contextlib.closing(sqlite3.connect(room.folder / "tutor.sqlite3", timeout=20)) as rows:
        found: int = rows.execute(query, [name]).fetchone()[0]
        return found


def test_who_may_not_come_in_is_told_why_over_the_socket(room: Classroom) -> None:
    with page(room, "") as nobody:
        assert nobody.next("error")["code"] == "not_logged_in"
        assert nobody.closed() == frames.Close.NOT_LOGGED_IN
    with page(room, log_in(room, "ada"), "no-such-lesson") as ada:
        assert ada.next("error")["code"] == "no_lesson"
        assert ada.closed() == frames.Close.NO_LESSON


def test_a_socket_opened_from_another_site_is_refused(room: Classroom) -> None:
    with pytest.raises(InvalidStatus), page(room, "", origin="https://evil.example"):
        pass


def test_a_message_of_a_megabyte_is_answered_and_the_connection_stays(room: Classroom) -> None:
    with page(room, log_in(room, "ada"), "pack-your-bag") as ada:
        for size in (1_000_000, 4_000_000):
            ada.send("edit", code="x" * size)
            assert "too large" in ada.next("error")["message"]
        ada.send("ping")
        ada.next("pong")


def test_a_lost_model_is_told_and_the_dialogue_goes_on_when_it_is_back(room: Classroom) -> None:
    with page(room, log_in(room, "grace")) as grace:
        while grace.next("tutor")["state"] != "ready":
            pass
        stop(room.emulator, signal.SIGKILL)
        lost = grace.next("tutor")
        assert (lost["state"], bool(lost["message"])) == ("unavailable", True)
        room.emulator = start_emulator(room.env, room.folder)
        while grace.next("tutor")["state"] != "ready":
            pass
        grace.send("say", id="question-1", text="Why is it wrong?", code=WRONG)
        grace.turn("done")


def test_what_students_write_and_who_they_are_is_in_no_log(room: Classroom) -> None:
    with page(room, log_in(room, "grace"), "saving-up") as grace:
        grace.send("run", id="canary-run-1", code="print('canary-4711')\nraise SystemExit(3)\n")
        assert printed(grace.run_ended()) == "canary-4711\n"
        grace.send("say", id="canary-say-1", text="canary-4712", code="canary_4713 = 1\n")
        grace.turn("done")
        grace.send("shout", text="canary-4714")
        grace.next("error")
    assert "canary" not in room.logged()


# An engine that does not answer is not taken for one that is starting for long.
SOON: Waits = {"sandbox.tasks": {"STARTING_S": 2.0}}


def test_without_an_engine_the_page_says_so_and_the_dialogue_goes_on(tmp_path: Path) -> None:
    dead = "unix:///nonexistent/docker.sock"
    with (
        classroom(tmp_path, people=PEOPLE, waits=SOON, DOCKER_HOST=dead) as room,
        page(room, log_in(room, "ada")) as ada,
    ):
        ada.send("run", id="my-run-1", code="print(1)")
        run = ada.run_ended()
        assert (run["state"], printed(run)) == ("unavailable", "")
        assert run["message"]
        ada.send("say", id="question-1", text="Why is it wrong?", code=WRONG)
        assert ada.turn("done", "failed")["state"] == "done"


def test_a_stopped_classroom_leaves_no_container(tmp_path: Path) -> None:
    marker = "import time\nprint('begun', flush=True)\ntime.sleep(60)\n"
    with classroom(tmp_path, people=PEOPLE, waits=UNPROVEN) as room:
        with page(room, log_in(room, "ada")) as ada:
            ada.send("run", id="my-run-1", code=marker)
            ada.next("output")
            before = containers_of(room)
            assert before
            assert stop(room.web, signal.SIGINT) == 0
            assert ada.closed() == frames.Close.RESTARTING
        assert containers_of(room) == []


def test_the_same_code_runs_on_postgresql_and_redis_with_a_worker_of_its_own(
    tmp_path: Path,
) -> None:
    with (
        postgres() as database_url,
        redis() as redis_url,
        classroom(tmp_path, waits=UNPROVEN, DATABASE_URL=database_url, REDIS_URL=redis_url) as room,
    ):
        cookies = log_in(room, "ada")
        with page(room, cookies) as ada:
            ada.send("run", id="my-run-1", code="print('one')")
            assert printed(ada.run_ended()) == "one\n"
            ada.send("say", id="question-1", text="Why is it wrong?", code=WRONG)
            ada.turn("done")
            number = prediction_in(ada)["number"]
            ada.send("answer", id="answer-01", prediction=number, text="6")
            while ada.turn("done")["number"] < 2:
                pass
        with page(room, cookies) as ada:
            items = ada.next("hello")["items"]
        [said] = [item["prediction"] for item in items if item["kind"] == "prediction"][:1]
        assert (said["said"], said["state"], bool(said["gave"])) == ("6", "wrong", True)


def containers_of(room: Classroom) -> list[str]:
    """The sandbox's containers that the web process of this classroom owns."""
    listed = subprocess.run(
        ["docker", "ps", "-a", "--filter", "label=tutor.sandbox.owner",
         "--format", '{{.ID}} {{.Label "tutor.sandbox.owner"}}'],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line for line in listed.stdout.splitlines() if f"-{room.web.pid}-" in line]
