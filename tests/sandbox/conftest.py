"""Real containers for the tests, each test with an owner of its own."""

import fcntl
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from sandbox import container
from sandbox.follow import Observer
from sandbox.image.build import ensure_image
from sandbox.job import Job, Limits, Result

# Long enough for a busy machine, short enough to wait for often.
WALL_S = 1.5


@pytest.fixture(scope="session")
def image() -> str:
    """The name of the sandbox image; built if it is missing. One process builds at a time."""
    name: str = django_settings.SANDBOX_IMAGE
    with (Path(tempfile.gettempdir()) / "sandbox-image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ensure_image(name, print)
    return name


def containers_of(owner: str) -> list[str]:
    """The names of the containers of `owner` that exist, running or not."""
    label = f"{container.OWNER_LABEL}={owner}"
    with closing(container.connect()) as engine:
        found = engine.containers(all=True, filters={"label": label})
    return [each["Names"][0].lstrip("/") for each in found]


def wait_until(condition: Callable[[], object], seconds: float) -> None:
    """Return as soon as `condition` holds; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.02)


@dataclass
class Sandbox:
    """Runs programs as the owner of this test."""

    image: str
    owner: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex}")

    def run(
        self,
        code: str,
        stdin: str = "",
        observer: Observer | None = None,
        limits: Limits | None = None,
    ) -> Result:
        limits = limits or Limits(wall_s=WALL_S, cpu_s=5)
        job = Job(code, stdin, limits)
        return container.run(job, image=self.image, observer=observer, owner=self.owner)

    def left_over(self) -> list[str]:
        return containers_of(self.owner)


@pytest.fixture
def sandbox(image: str) -> Iterator[Sandbox]:
    """A sandbox that must be as good as new after whatever the test has run in it."""
    sandbox = Sandbox(image)
    yield sandbox
    assert sandbox.left_over() == []
    assert sandbox.run("print('the next run')").stdout == "the next run\n"
    assert sandbox.left_over() == []
