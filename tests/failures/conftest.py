"""What may fail is tried under both servers; each has one classroom for all these tests."""

from collections.abc import Iterator

import pytest

from tests.failures.meddler import Meddler, meddler
from tests.failures.school import ENROL, School, beside
from tests.running import classroom, stop

SERVERS = ("daphne", "uvicorn")


@pytest.fixture(scope="session", params=SERVERS)
def school(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[School]:
    """A classroom as it is, without an engine: nothing here depends on what a program prints."""
    folder = tmp_path_factory.mktemp(f"failures-{request.param}")
    dead = "unix:///nonexistent/docker.sock"
    with classroom(folder, request.param, people=ENROL, DOCKER_HOST=dead) as room:
        yield School(room)


@pytest.fixture(scope="session")
def between(school: School) -> Iterator[Meddler]:
    """What stands between the model and the web process whose waits are short."""
    with meddler(int(school.room.env["EMULATOR_PORT"])) as meddling:
        yield meddling


@pytest.fixture(scope="session")
def hurried(school: School, between: Meddler) -> Iterator[School]:
    """The same with a web process of its own, whose waits and limits are small."""
    second = beside(school, between.port)
    second.room.start_web()
    yield second
    stop(second.room.web)
