"""A run's row, from the request to the result. No container."""

import math
from dataclasses import replace
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from kombu.exceptions import OperationalError
from pytest_django import DjangoAssertNumQueries, Settings

from sandbox import container, tasks
from sandbox.cases import CallCase, Observation, StdinCase
from sandbox.files import OutputFile
from sandbox.job import Limits, Result, Status, limits_for
from sandbox.languages import PLOTS, PYTHON
from sandbox.models import Run

from .conftest import Request

pytestmark = pytest.mark.django_db

FINE = Result(Status.OK, 0, "42\n", "", 12, "")


def test_a_new_run_is_queued_once_its_row_is_committed(
    stranger: User, queued: list[str], nudges: object, db: None
) -> None:
    run = Run.request(
        key="k", code="print(1)", stdin="", student=stranger, origin="student", group="g"
    )
    assert (run.status, run.finished, run.origin) == ("queued", False, "student")
    assert queued == []  # the test's transaction never commits


def test_the_same_key_is_the_same_run_and_queued_once(
    request_run: Request, queued: list[str]
) -> None:
    first = request_run("call_1")
    second = request_run("call_1", code="something else")
    assert second == first
    assert second.code == "print(42)"
    assert queued == [str(first.pk)]


@pytest.mark.parametrize("code", ["x\0", "x" * 300_000, "'\ud800'"])
def test_a_program_that_must_not_run_is_finished_at_once_with_the_reason(
    request_run: Request, queued: list[str], code: str
) -> None:
    run = request_run(code=code)
    assert run.finished
    assert run.result().status is Status.ERROR
    assert run.exit_code is None
    assert run.message
    assert queued == []
    assert len(Run.objects.get().code) <= 256 * 1024


def test_without_a_broker_the_run_is_unavailable(
    request_run: Request, monkeypatch: pytest.MonkeyPatch, nudges: list[Any]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(current_app, "send_task", refuse)
    run = request_run()
    run.refresh_from_db()
    assert run.status == Status.UNAVAILABLE
    assert "cannot be run at the moment" in run.message


def test_a_run_is_claimed_once(request_run: Request) -> None:
    run = request_run()
    claimed = Run.objects.claim(str(run.pk))
    assert claimed is not None
    assert (claimed.status, claimed.fence) == ("running", 1)
    assert claimed.started_at is not None
    assert Run.objects.claim(str(run.pk)) is None


def test_a_finished_run_stays_as_it_is(request_run: Request) -> None:
    run = Run.objects.claim(str(request_run().pk))
    assert run is not None
    run.finish(FINE)
    assert run.finish(Result(Status.CANCELLED)) is False
    run.cancel()
    assert Run.objects.get().result() == FINE
    assert Run.objects.claim(str(run.pk)) is None


def test_files_and_cases_travel_with_the_row_and_observations_come_back(
    stranger: User, queued: list[str], nudges: object
) -> None:
    cases = (CallCase("f(1)"), StdinCase("1\n"))
    run = Run.request(
        key="k", code="", stdin="", student=stranger, origin="student", group="g",
        files={"a.txt": "text"}, cases=cases,
    )  # fmt: skip
    run = Run.objects.claim(str(run.pk)) or run
    assert (run.job().files, run.job().cases) == ((("a.txt", "text"),), cases)
    seen = (Observation("value", {"type": "int", "repr": "1"}), Observation("not_run"))
    left = (OutputFile("a.png", "image/png", b"\x89PNG"), OutputFile("", skipped="too many"))
    run.finish(replace(FINE, observations=seen, files=left))
    assert Run.objects.get().result() == replace(FINE, observations=seen, files=left)
    assert [(file.name, file.size) for file in run.left.defer("data")] == [("a.png", 4), ("", 0)]


def test_who_said_what_is_stored_with_the_result(request_run: Request) -> None:
    run = Run.objects.claim(str(request_run().pk))
    assert run is not None
    order = (("stdout", 2), ("stdin", 2), ("stderr", 1))
    result = replace(FINE, stdout="? 42", stderr="!", typed="x\n", order=order)
    run.finish(result)
    said = [("stdout", "? "), ("stdin", "x\n"), ("stderr", "!"), ("stdout", "42")]
    assert run.pieces() == Run.objects.get().pieces() == said
    assert Run.objects.get().result() == result


def test_the_limits_of_a_run_are_the_usual_ones_but_for_those_that_were_chosen(
    request_run: Request,
) -> None:
    usual = request_run("a")
    assert (usual.limits, usual.job().limits) == ({}, limits_for(PYTHON))
    limits = replace(limits_for(PLOTS), wall_s=20, case_wall_s=0.5, memory_bytes=2**30)
    run = request_run("b", limits=limits, language=PLOTS)
    run.refresh_from_db()
    assert run.limits == {"wall_s": 20, "case_wall_s": 0.5, "memory_bytes": 2**30}
    assert run.job().limits == limits


@pytest.mark.parametrize("limits", [Limits(cpu_s=99), Limits(wall_s=0), Limits(wall_s=math.inf)])
def test_limits_that_nobody_may_choose_are_not_requested(
    request_run: Request, limits: Limits
) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        request_run(limits=limits)
    assert not Run.objects.exists()


@pytest.mark.django_db(transaction=True)  # the task looks after its connection
@pytest.mark.parametrize(
    "limits",
    [
        {"cpu_s": 99}, {"wall_s": 0}, {"wall_s": -1}, {"wall_s": "9"}, {"wall_s": True},
        {"case_wall_s": None}, {"memory_bytes": 1.5}, {"case_output_bytes": [1]}, ["wall_s"], 7,
    ],
)  # fmt: skip
def test_limits_that_nobody_may_choose_start_nothing(
    request_run: Request, limits: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "run", lambda *_, **__: pytest.fail("it was started"))
    run = request_run()
    Run.objects.update(limits=limits)
    run.refresh_from_db()
    with pytest.raises(ValueError, match="[Ll]imit"):
        run.job()
    tasks.execute(str(run.pk))
    assert Run.objects.get().status == Status.SANDBOX_ERROR


def test_a_run_may_check_an_answer(request_run: Request) -> None:
    run = request_run(origin=Run.Origin.CHECK)
    run.full_clean()
    assert Run.objects.get().origin == "check"


def test_a_run_knows_its_place_in_the_queue(request_run: Request) -> None:
    first, second, third = (request_run(key) for key in "abc")
    assert [run.position() for run in (first, second, third)] == [1, 2, 3]
    claimed = Run.objects.claim(str(first.pk))
    assert claimed is not None
    assert [run.position() for run in (claimed, second, third)] == [0, 1, 2]


def test_a_place_in_the_queue_is_one_look_into_an_index(
    request_run: Request, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request_run("a")
    run = request_run("b")
    with django_assert_num_queries(1) as seen:
        assert run.position() == 2
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {seen.captured_queries[0]['sql']}")
        plan = str(cursor.fetchall())
    assert "SEARCH sandbox_run USING COVERING INDEX sandbox_run_queue" in plan


def test_a_file_that_must_not_be_is_refused(request_run: Request, stranger: User) -> None:
    run = Run.request(
        key="k", code="", stdin="", student=stranger, origin="student", group="g",
        files={"../x": ""},
    )  # fmt: skip
    assert run.finished
    assert "'../x'" in run.message


def test_a_queued_run_that_is_cancelled_is_finished_at_once(
    request_run: Request, nudges: list[Any]
) -> None:
    run = request_run()
    run.cancel()
    assert run.finished
    assert run.result().status is Status.CANCELLED
    assert Run.objects.claim(str(run.pk)) is None
    assert nudges == [("lesson.7", {"type": "run.finished", "key": "call_1"})]


def test_a_running_run_that_is_cancelled_waits_for_its_worker(request_run: Request) -> None:
    run = request_run()
    Run.objects.claim(str(run.pk))
    run.cancel()
    assert (run.status, run.cancel_requested) == ("running", True)


def test_a_channel_layer_that_fails_costs_nothing_but_the_nudge(
    request_run: Request, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    run = request_run()
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.sandbox.recording.BrokenLayer"}}
    run.cancel()
    assert run.finished
    assert "run.finished was not announced: ConnectionError" in caplog.text


def test_the_admin_shows_runs_and_changes_none(
    request_run: Request, teacher: User, client: Client
) -> None:
    run = request_run(code="print('<script>')")
    client.force_login(teacher)
    page = client.get("/admin/sandbox/run/?q=stranger&status=queued").content.decode()
    assert "1 run" in page
    page = client.get(f"/admin/sandbox/run/{run.pk}/change/").content.decode()
    assert "&lt;script&gt;" in page
    assert 'name="_save"' not in page
    assert client.get("/admin/sandbox/run/add/").status_code == 403
    assert client.post(f"/admin/sandbox/run/{run.pk}/delete/").status_code == 403
