"""What a worker learns of a run that it has on. Rows only, no container."""

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from sandbox import run_observer
from sandbox.job import Result, Status
from sandbox.models import Run
from sandbox.run_observer import RunObserver
from sandbox.run_poller import RunPoller

from .conftest import Request


def claim(run: Run) -> Run:
    claimed = Run.objects.claim(str(run.pk))
    assert claimed
    return claimed


@pytest.mark.django_db
def test_a_program_ends_whose_run_is_somebody_elses_or_over_or_deleted(
    request_run: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_observer, "INTERACTIVE_POLL_INTERVAL_S", 0)
    monkeypatch.setattr(run_observer, "poller", RunPoller())
    waits, given_away, over, deleted, on = runs = [
        claim(request_run(key, interactive=True)) for key in "abcde"
    ]
    watches = [RunObserver(run) for run in runs]
    # Twice: a row is read when it has been asked for.
    assert [[watch.cancelled() for watch in watches] for _ in "12"] == [[False] * 5] * 2
    for run, change in ((waits, {"status": "queued"}), (given_away, {"fence": 2})):
        Run.objects.filter(pk=run.pk).update(**change)
    Run.objects.filter(pk=over.pk).update(status=Status.UNAVAILABLE)
    Run.objects.filter(pk=deleted.pk).delete()
    assert [[watch.cancelled() for watch in watches] for _ in "12"][1] == [True] * 4 + [False]
    # The next claim of this process does not take the last one's row for its own.
    Run.objects.filter(pk=on.pk).update(status="queued")
    assert watches[4].cancelled()
    again = claim(on)
    with connection.execute_wrapper(_fail):
        assert not RunObserver(again).cancelled()


def _fail(*_: object) -> None:
    raise DatabaseError


class Heard:
    """The notifications of runs, instead of a channel layer."""

    def __init__(self) -> None:
        self.messages: list[dict[str, object]] = []

    def __call__(self, _group: str, message: dict[str, object]) -> None:
        self.messages.append(message)

    def pieces(self) -> list[tuple[object, object]]:
        return [(one["seq"], one["text"]) for one in self.messages if "seq" in one]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    heard = Heard()
    monkeypatch.setattr("sandbox.models.run.notify", heard)
    monkeypatch.setattr(run_observer, "INTERACTIVE_POLL_INTERVAL_S", 0)
    monkeypatch.setattr(run_observer, "GATHER_S", 0)
    monkeypatch.setattr(run_observer, "poller", RunPoller())
    return heard


@pytest.mark.django_db
def test_all_that_was_printed_and_typed_is_stored_for_who_asks_and_only_then(
    request_run: Request, heard: Heard
) -> None:
    run = claim(request_run("a", interactive=True))
    observer = RunObserver(run)
    for stream, text in (
        ("stdout", "Name? "),
        ("stdin", "Ada\n"),
        ("stderr", "oh"),
        ("stderr", "!"),
    ):
        observer.printed(stream, text)
    assert [observer.cancelled() for _ in "123"] == [False] * 3
    run.refresh_from_db()
    assert (run.printed, run.printed_seq) == (None, 0)
    Run.want_replay([run.key, "another"])
    for _ in "12":
        observer.cancelled()
    run.refresh_from_db()
    assert run.pieces() == [("stdout", "Name? "), ("stdin", "Ada\n"), ("stderr", "oh!")]
    assert run.printed_seq == heard.messages[-2]["seq"] == 4
    assert heard.messages[-1]["type"] == "run.so_far"
    # Answered once, until somebody asks again.
    stored = len(heard.messages)
    for _ in "123":
        observer.cancelled()
    assert len(heard.messages) == stored
    observer.printed("stdout", "Hello")
    Run.want_replay([run.key])
    for _ in "12":
        observer.cancelled()
    run.refresh_from_db()
    assert (run.pieces()[-1], run.printed_seq) == (("stdout", "Hello"), 5)
    # The result takes its place, and a run that waits anew has none of it.
    run.finish(Result(Status.OK, 0, stdout="whole"))
    run.refresh_from_db()
    assert (run.pieces(), run.printed) == ([("stdout", "whole")], None)


@pytest.mark.django_db
def test_the_last_number_is_said_again_after_a_silence_and_more_and_more_seldom(
    request_run: Request, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("sandbox.run_observer.time.monotonic", lambda: now[0])
    observer = RunObserver(claim(request_run("a", interactive=True)))
    observer.cancelled()
    observer.printed("stdout", "one")
    said = []
    for _ in range(40):
        now[0] += 0.5
        before = len(heard.pieces())
        observer.cancelled()
        said += [now[0]] * (len(heard.pieces()) - before)
    assert said == [101.0, 103.0, 107.0, 115.0]
    assert heard.pieces() == [(1, "one")] + [(1, "")] * 4


@pytest.mark.django_db
def test_a_program_ends_when_nobody_has_been_there_for_long_and_not_for_a_moment(
    request_run: Request, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = claim(request_run("a", interactive=True, watched=True))
    unwatched = claim(request_run("b", interactive=True))
    observers = [RunObserver(run) for run in (watched, unwatched)]

    def are_ended() -> list[bool]:
        return [[each.cancelled() for each in observers] for _ in "12"][-1]

    assert are_ended() == [False, False]
    Run.objects.filter(pk=watched.pk).update(watched_until=timezone.now())
    assert are_ended() == [False, False]  # the database may have been away
    monkeypatch.setattr(run_observer, "RETURN_S", 0)
    Run.watch([watched.key, unwatched.key])
    assert are_ended() == [False, False]
    Run.objects.filter(pk=watched.pk).update(watched_until=timezone.now())
    assert are_ended() == [True, False]
    assert [each.is_left for each in observers] == [True, False]
