"""A course in which students work."""

import pytest
from django.contrib.auth.models import User

from courses.models import Course
from tests.conftest import sample
from tests.tutor.models.foundations import dialogue
from tutor.models import (
    Conversation,
)


@pytest.fixture
def nothing_runs_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are requested and stay in the queue: the test plays the sandbox."""
    monkeypatch.setattr("sandbox.models.Run.enqueue", lambda run: None)


@pytest.fixture
def foundations(db: None) -> Course:
    return Course.publish(sample("python-foundations")).course


@pytest.fixture
def conditions(foundations: Course, ada: User) -> Conversation:
    """A lesson with the steps two-ifs (predict), which-comparison (quiz), ticket-price (code)."""
    return dialogue(foundations, "conditions", ada)
