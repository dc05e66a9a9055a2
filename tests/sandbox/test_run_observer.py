"""What a worker learns of a run that it has on. Rows only, no container."""

import pytest
from django.db import DatabaseError, connection

from sandbox import run_observer
from sandbox.job import Status
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
