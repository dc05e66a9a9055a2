"""Somebody types to a run through its row."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, InterfaceError, connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from sandbox import run_observer, tasks
from sandbox.embedded import EmbeddedWorker
from sandbox.job import Job, Limits, Result, Status
from sandbox.models import Run, RunInput
from sandbox.run_observer import RunObserver
from sandbox.run_poller import RunPoller
from tests.polling import wait_until
from tests.servers import postgres

from . import recording

ROOT = Path(__file__).parent.parent.parent
MOST = Limits().stdin_bytes
ASK = "name = input('Name? '); print('Hi', name, flush=True)\n"


@pytest.fixture(autouse=True)
def nudges(settings: Settings) -> list[tuple[str, dict[str, Any]]]:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.sandbox.recording.RecordingLayer"}}
    recording.sent.clear()
    return recording.sent


def create(student: User, code: str = ASK, *, interactive: bool = True) -> Run:
    """A run that waits, and of which no worker is told."""
    return Run.objects.create(
        key=uuid4().hex, code=code, student=student, origin="student", group="g.1",
        interactive=interactive,
    )  # fmt: skip


def claimed(student: User, *, interactive: bool = True) -> Run:
    """One that a worker has on."""
    run = Run.objects.claim(str(create(student, interactive=interactive).pk))
    assert run
    return run


def at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> RunObserver:
    """Its watch, which looks every time it is asked."""
    monkeypatch.setattr(run_observer, "INTERACTIVE_POLL_INTERVAL_S", 0)
    return RunObserver(run)


# The row


@pytest.mark.django_db
def test_what_is_typed_is_read_once_and_in_order(
    stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = create(stranger), create(stranger)
    watch = at_once(run, monkeypatch)
    assert watch.typed() == ""
    assert all([run.type("one\n"), other.type("not for it\n"), run.type("zwei ä\n")])
    assert watch.typed() == "one\nzwei ä\n"
    assert watch.typed() == ""
    assert run.type("last", ends=True)
    assert [watch.typed(), watch.typed(), watch.typed()] == ["last", None, None]


@pytest.mark.django_db
def test_the_end_alone_can_be_typed(stranger: User, monkeypatch: pytest.MonkeyPatch) -> None:
    run = create(stranger)
    watch = at_once(run, monkeypatch)
    assert run.type("", ends=True)
    assert [watch.typed(), watch.typed()] == ["", None]


@pytest.mark.django_db
def test_a_run_that_begins_anew_is_typed_everything_again(
    stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create(stranger)
    run.type("early\n")
    assert at_once(run, monkeypatch).typed() == "early\n"
    assert at_once(run, monkeypatch).typed() == "early\n"


@pytest.mark.django_db
def test_nothing_is_typed_to_a_run_that_does_not_listen(stranger: User) -> None:
    deaf, over, ended = (
        create(stranger, interactive=interactive) for interactive in (False, True, True)
    )
    over.finish(Result(Status.OK))
    ended.type("", ends=True)
    before = RunInput.objects.count()
    assert [run.type("x") for run in (deaf, over, ended)] == [False] * 3
    assert not ended.type("", ends=True)
    assert RunInput.objects.count() == before


@pytest.mark.django_db
def test_nothing_that_was_typed_is_stored_twice_when_the_run_is_over(stranger: User) -> None:
    over, stopped, on = (create(stranger) for _ in range(3))
    assert all(run.type("x") for run in (over, stopped, on))
    over.finish(Result(Status.OK, typed="x"))
    stopped.cancel()
    assert [each.run for each in RunInput.objects.all()] == [on]
    assert Run.objects.get(pk=over.pk).typed == "x"


@pytest.mark.django_db
def test_typing_nothing_stores_nothing(stranger: User) -> None:
    assert create(stranger).type("")
    assert not RunInput.objects.exists()


@pytest.mark.django_db
def test_more_than_a_program_may_read_is_refused_whole(stranger: User) -> None:
    run = create(stranger)
    assert not run.type("x" * (MOST + 1))
    assert run.type("ä" * (MOST // 2 - 1))
    assert not run.type("xxx")
    assert run.type("xx")
    assert not run.type("x")
    assert [len(text) for text in run.inputs.values_list("text", flat=True)] == [MOST // 2 - 1, 2]


@pytest.mark.django_db
def test_what_no_database_stores_is_replaced(stranger: User) -> None:
    run = create(stranger)
    assert run.type("a\0b\ud800\n")
    assert run.inputs.get().text == "a\N{REPLACEMENT CHARACTER}b?\n"


@pytest.mark.django_db
def test_all_rows_together_are_looked_up_ten_times_a_second_at_most(
    stranger: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = [claimed(stranger) for _ in range(3)]
    watches = [RunObserver(run) for run in runs]
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(run_observer, "poller", RunPoller())

    def look() -> list[tuple[str | None, bool]]:
        """As each program's thread does, again and again."""
        for _ in range(9):
            found = [(each.typed(), each.cancelled()) for each in watches]
        return found

    # The first one looks before the others have asked.
    with django_assert_num_queries(1):
        assert look() == [("", False)] * 3
    runs[1].type("x")
    runs[2].cancel()
    now += 0.11
    with django_assert_num_queries(2):
        assert [(each.typed(), each.cancelled()) for each in watches] == [
            ("", False), ("x", False), ("", True),
        ]  # fmt: skip
    now += 0.11
    with django_assert_num_queries(1):
        assert look() == [("", False), ("", False), ("", True)]


@pytest.mark.django_db
def test_a_program_that_is_over_at_once_costs_no_look(
    stranger: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    watch = RunObserver(claimed(stranger, interactive=False))
    with django_assert_num_queries(0):
        assert not watch.cancelled()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [DatabaseError, InterfaceError])
def test_a_database_that_fails_for_a_moment_loses_nothing_that_was_typed(
    stranger: User, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*_: object) -> None:
        raise error

    run = create(stranger)
    watch = at_once(run, monkeypatch)
    run.type("x")
    with connection.execute_wrapper(fail):
        assert watch.typed() == ""
    assert watch.typed() == "x"


# The first page stops after it has typed and before it commits; the second one types meanwhile.
RACE = """
import json, threading, time
import django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections, transaction
from sandbox.models import Run
from sandbox.run_observer import RunObserver

call_command("migrate", verbosity=0)
ada = User.objects.create_user("ada")
run = Run.objects.create(key="k", student=ada, origin="student", group="g", interactive=True)
typed = threading.Event()

def slowly():
    with transaction.atomic():
        run.type("a")
        typed.set()
        time.sleep(0.7)
    connections.close_all()

def meanwhile():
    typed.wait(10)
    run.type("b")
    connections.close_all()

pages = [threading.Thread(target=slowly), threading.Thread(target=meanwhile)]
for page in pages:
    page.start()
watch, read = RunObserver(run), ""
while any(page.is_alive() for page in pages):
    read += watch.typed()
    time.sleep(0.02)
time.sleep(0.2)
print(json.dumps(read + watch.typed()))
"""


def test_nothing_is_lost_when_two_pages_type_at_once() -> None:
    with postgres() as url:
        env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tutor.settings"}
        done = subprocess.run(
            [sys.executable, "-c", RACE],
            cwd=ROOT, env=env, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == "ab"


# The program


@pytest.fixture
def worker(image: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedWorker]:
    """A worker in this process, stopped at the end whatever the test does."""
    monkeypatch.setattr(tasks, "require_healthy", lambda *_: None)
    worker = EmbeddedWorker()
    worker.start()
    yield worker
    worker.stop()
    run_observer.stopping.clear()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever says nothing for less than a second counts as gone."""
    job = Run.job

    def short(run: Run) -> Job:
        made = job(run)
        return replace(made, limits=replace(made.limits, idle_s=0.6))

    monkeypatch.setattr(Run, "job", short)


def printed(run: Run) -> str:
    told = [message for _, message in recording.sent if message["key"] == run.key]
    return "".join(
        m["text"] for m in told if m["type"] == "run.printed" and m["stream"] == "stdout"
    )


def finished(run: Run) -> bool:
    run.refresh_from_db()
    return run.finished


@pytest.mark.docker
@pytest.mark.django_db(transaction=True)
def test_a_program_that_asks_is_answered_while_it_runs(
    worker: EmbeddedWorker, stranger: User
) -> None:
    run = Run.request(
        key="k", code=ASK + ASK, stdin="", student=stranger, origin="student", group="g.1",
        interactive=True,
    )  # fmt: skip
    wait_until(lambda: printed(run) == "Name? ", 20)
    assert run.type("Ada\n")
    wait_until(lambda: printed(run) == "Name? Hi Ada\nName? ", 5)
    assert run.type("Bo\n")
    wait_until(lambda: finished(run), 5)
    assert (run.status, run.typed) == (Status.OK, "Ada\nBo\n")
    said = [
        ("stdout", "Name? "), ("stdin", "Ada\n"), ("stdout", "Hi Ada\nName? "),
        ("stdin", "Bo\n"), ("stdout", "Hi Bo\n"),
    ]  # fmt: skip
    assert run.pieces() == said
    told = [(m["stream"], m["text"]) for _, m in recording.sent if m["type"] == "run.printed"]
    assert [each for each in told if each[0] == "stdin"] == [said[1], said[3]]
    assert told[:2] == said[:2]
    assert not run.type("late\n")


@pytest.mark.docker
@pytest.mark.django_db(transaction=True)
def test_what_was_given_beforehand_is_read_before_what_is_typed(image: str, stranger: User) -> None:
    run = create(stranger, ASK + ASK)
    Run.objects.update(stdin="Ada\n")
    run.type("Bo\n")
    tasks.execute(str(run.pk))
    run.refresh_from_db()
    assert run.stdout == "Name? Hi Ada\nName? Hi Bo\n"
    assert run.typed == "Bo\n"


@pytest.mark.docker
@pytest.mark.django_db(transaction=True)
def test_who_ends_the_input_ends_it_for_the_program(image: str, stranger: User) -> None:
    run = create(stranger, "import sys\nprint(sys.stdin.read().split())\n" + ASK)
    run.type("a b", ends=True)
    tasks.execute(str(run.pk))
    run.refresh_from_db()
    assert (run.status, run.stdout) == (Status.ERROR, "['a', 'b']\nName? ")
    assert "EOFError" in run.stderr


@pytest.mark.docker
@pytest.mark.django_db(transaction=True)
def test_a_question_that_nobody_answers_ends_the_run(
    image: str, impatient: None, stranger: User
) -> None:
    run = create(stranger)
    tasks.execute(str(run.pk))
    run.refresh_from_db()
    assert (run.status, run.pieces()) == (Status.IDLE, [("stdout", "Name? ")])
    assert "waited 0.6 s" in run.message


@pytest.mark.docker
@pytest.mark.django_db(transaction=True)
def test_a_database_that_fails_does_not_end_what_is_typed_to(
    image: str, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[str] = []

    def fail_twice(execute: Any, sql: str, *rest: Any) -> Any:
        if "runinput" in sql and len(failures) < 2:
            failures.append(sql)
            raise DatabaseError
        return execute(sql, *rest)

    run = create(stranger)
    run.type("Ada\n")
    with connection.execute_wrapper(fail_twice):
        tasks.execute(str(run.pk))
    run.refresh_from_db()
    assert (run.status, run.stdout, len(failures)) == (Status.OK, "Name? Hi Ada\n", 2)


@pytest.mark.docker
@pytest.mark.django_db(transaction=True)
def test_nobody_looks_for_what_is_typed_to_a_run_that_does_not_listen(
    image: str, stranger: User
) -> None:
    run = create(stranger, "import time; time.sleep(0.4); " + ASK, interactive=False)
    with CaptureQueriesContext(connection) as queries:
        tasks.execute(str(run.pk))
    assert Run.objects.get().status == Status.ERROR
    assert len(queries) > 2
    assert not [each for each in queries.captured_queries if "runinput" in each["sql"]]
