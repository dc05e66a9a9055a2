"""The row by which others know that a worker is there. Rows only, no engine."""

from datetime import timedelta

import pytest
from django.utils import timezone

from sandbox import presence
from sandbox.constants import COMPUTING, INTERACTIVE
from sandbox.models import Run, SandboxWorker
from sandbox.presence import Presence
from tests.polling import wait_until

from .conftest import Request

LONG_AGO = timezone.now() - timedelta(days=1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_starting_until_it_is_ready_and_says_so_again_even_if_it_was_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(presence, "READY_INTERVAL_S", 0.01)
    monkeypatch.setattr(presence, "WORKER_RENEW_S", 0.01)
    ready: list[bool] = []
    SandboxWorker.objects.create(owner="dead", queues=[COMPUTING], lease_until=LONG_AGO)
    assert SandboxWorker.states(COMPUTING) == {"dead"}
    one = Presence()
    one.start([COMPUTING], lambda: bool(ready))
    assert SandboxWorker.states(COMPUTING) == {"starting"}  # the dead one has a successor
    assert SandboxWorker.states(INTERACTIVE) == set()
    ready.append(True)
    wait_until(lambda: SandboxWorker.states(COMPUTING) == {"ready"}, 9)
    SandboxWorker.objects.all().delete()
    wait_until(lambda: SandboxWorker.states(COMPUTING) == {"ready"}, 9)
    one.stop()
    assert SandboxWorker.states(COMPUTING) == set()


@pytest.mark.django_db
def test_what_a_run_waits_for_is_told_by_the_rows_of_workers(request_run: Request) -> None:
    run: Run = request_run("a")
    assert run.awaits_start()  # none has come yet
    SandboxWorker.enter([COMPUTING])
    assert run.awaits_start()
    SandboxWorker.renew([COMPUTING], starting=False)
    assert not run.awaits_start()
    SandboxWorker.objects.update(lease_until=LONG_AGO)  # it was killed
    assert not run.awaits_start()
    claimed = Run.objects.claim(str(run.pk))
    assert claimed
    assert not claimed.awaits_start()
    claimed.store_starting(starting=True)
    claimed.refresh_from_db()
    assert claimed.awaits_start()
