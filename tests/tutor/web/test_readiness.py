"""Whether a process wants to be sent anybody."""

from collections.abc import Iterator

import pytest
from django.test import Client

from tutor.web.readiness import draining


@pytest.fixture
def ending() -> Iterator[None]:
    draining.set()
    yield
    draining.clear()


def test_a_process_that_answers_is_healthy() -> None:
    assert Client().get("/healthz").status_code == 200


@pytest.mark.usefixtures("ending")
def test_a_process_that_is_about_to_end_sends_a_proxy_elsewhere() -> None:
    assert Client().get("/healthz").status_code == 503
