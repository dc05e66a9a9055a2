"""Real containers for the tests, each test with an owner of its own; rows of runs without any."""

import fcntl
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from sandbox import container, spec
from sandbox.execution import Observer
from sandbox.image.build import ensure_image
from sandbox.job import Job, Limits, Result
from sandbox.languages import JAVASCRIPT, PLOTS, PYTHON, Language
from sandbox.models import Run
from sandbox.pool import Pool
from tests.polling import wait_until

from . import recording

# Nothing that ends by itself takes so long, however busy the machine is.
WALL_S = 20.0
# For what never ends: long enough for it to begin, short enough to wait for often.
SHORT = Limits(wall_s=0.8, cpu_s=5)
# Long enough for a busy engine to replace some containers.
SETTLE_S = 20

Request = Callable[..., Run]


@pytest.fixture(scope="session")
def image() -> str:
    """The sandbox image for Python."""
    return image_for(PYTHON)


@pytest.fixture(scope="session")
def plots_image(image: str) -> str:
    """The image with NumPy, pandas and Matplotlib; building it takes minutes."""
    return image_for(PLOTS)


@pytest.fixture(scope="session")
def javascript_image(image: str) -> str:
    return image_for(JAVASCRIPT)


def image_for(language: Language) -> str:
    """The name of its image; built if it is missing. One process builds at a time."""
    name = language.image(django_settings.SANDBOX_IMAGE)
    with (Path(tempfile.gettempdir()) / "sandbox-image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ensure_image(name, print, language)
    return name


def containers_of(owner: str) -> list[str]:
    """The names of the containers of `owner` that exist, running or not."""
    label = f"{spec.OWNER_LABEL}={owner}"
    with closing(container.connect()) as engine:
        found = engine.containers(all=True, filters={"label": label})
    return [each["Names"][0].lstrip("/") for each in found]


@dataclass
class Sandbox:
    """Runs programs as the owner of this test: through `pool`, or each in its own container."""

    image: str
    owner: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex}")
    pool: Pool | None = None

    def run(
        self,
        code: str,
        stdin: str = "",
        observer: Observer | None = None,
        limits: Limits | None = None,
    ) -> Result:
        limits = limits or Limits(wall_s=WALL_S, cpu_s=5)
        return self.do(Job(code, stdin, limits), observer)

    def do(self, job: Job, observer: Observer | None = None) -> Result:
        if self.pool:
            return self.pool.run(job, observer)
        return container.run(job, image=self.image, observer=observer, owner=self.owner)

    def left_over(self) -> list[str]:
        """The containers that exist and are not waiting for their first program."""
        if self.pool is None:
            return containers_of(self.owner)
        wait_until(self.pool.is_full, SETTLE_S)
        return sorted(set(containers_of(self.owner)) - set(self.pool.names()))


@pytest.fixture(scope="session")
def pool(image: str) -> Iterator[Pool]:
    """Two warm containers, for all tests of this process."""
    pool = Pool(image, 2, 4, owner=f"test-{uuid.uuid4().hex}")
    pool.start()
    yield pool
    pool.drain()


@pytest.fixture(scope="module")
def pooled(pool: Pool) -> Iterator[Sandbox]:
    """A pool that is as good as new after whatever the tests of a module have run in it."""
    yield from _as_good_as_new(Sandbox(pool.image, pool.owner, pool))


@pytest.fixture(scope="module")
def started(image: str) -> Iterator[Sandbox]:
    """The same with a container started for each run."""
    yield from _as_good_as_new(Sandbox(image))


@pytest.fixture
def sandbox(pooled: Sandbox) -> Sandbox:
    """Warm containers, each used once. What one test runs is followed by what the next one does."""
    return pooled


@pytest.fixture
def cold(started: Sandbox) -> Iterator[Sandbox]:
    """A container for each run, of which nothing is left after any test."""
    yield started
    assert started.left_over() == []


def _as_good_as_new(sandbox: Sandbox) -> Iterator[Sandbox]:
    yield sandbox
    assert sandbox.left_over() == []
    assert sandbox.run("print('the next run')").stdout == "the next run\n"
    assert sandbox.left_over() == []


# Rows


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the runs that were handed to the broker."""
    ids: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda _, args, **__: ids.append(args[0]))
    return ids


@pytest.fixture
def nudges(settings: Settings) -> list[tuple[str, dict[str, Any]]]:
    """What was sent over the channel layer."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.sandbox.recording.RecordingLayer"}}
    recording.sent.clear()
    return recording.sent


@pytest.fixture
def request_run(
    stranger: User,
    queued: list[str],
    nudges: object,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> Request:
    def request(key: str = "call_1", code: str = "print(42)", stdin: str = "", **more: Any) -> Run:
        more |= {"student": stranger, "group": "lesson.7", "origin": more.get("origin", "tutor")}
        with django_capture_on_commit_callbacks(execute=True):
            return Run.request(key=key, code=code, stdin=stdin, **more)

    return request
