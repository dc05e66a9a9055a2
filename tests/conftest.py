"""The cast: who is in the classroom, and what is taught there."""

import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from hypothesis import settings

from courses.models import Course, Enrolment, Lesson
from courses.source import CourseSource, read

# The time of one example says nothing on a machine that does much else.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# Files that take longest begin first: one left to the end keeps all other processes waiting.
LONGEST = (
    "test_queue.py", "test_engine.py", "test_story.py", "test_preview.py",
    "test_javascript_first_steps.py", "test_interactive.py", "test_sandbox.py",
    "test_notify_failures.py", "test_tasks.py", "test_command.py", "test_isolation.py",
    "test_cut_everywhere.py",
    "test_demo_site.py", "test_context.py", "test_versions.py", "test_pages.py",
)  # fmt: skip

# What selects tests of which most files have none.
MARKS = {"docker", "failures", "browser", "slow"}

# The product's password hashers: Django's own choice.
REAL_HASHERS = ("tutor.identity.hashing.BoundedHasher",)

SAMPLE = Path(__file__).parent.parent / "courses" / "content" / "first-steps"


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    """Accounts that a test makes have passwords that cost nothing: a real hash takes 0.3 s of CPU.

    Processes that tests start hash as the product does; so does whoever sets REAL_HASHERS.
    """
    cheap = ("django.contrib.auth.hashers.MD5PasswordHasher", *REAL_HASHERS)
    with override_settings(PASSWORD_HASHERS=cheap):
        yield


@cache
def sample(name: str) -> CourseSource:
    """A sample course; its files are read once in a process."""
    source = read(SAMPLE.parent / name)
    assert isinstance(source, CourseSource)
    return source


@pytest.fixture
def course(db: None) -> Course:
    """The sample course, published."""
    return Course.publish(sample(SAMPLE.name)).course


@pytest.fixture
def lesson(course: Course) -> Lesson:
    """The first lesson of the sample course."""
    return course.lessons.current().earliest("position")


@pytest.fixture
def ada(course: Course) -> User:
    """A student of the sample course."""
    student = User.objects.create_user(
        "ada", "ada@school.example", "ada", first_name="Ada", last_name="Byron"
    )
    Enrolment.objects.create(course=course, student=student)
    return student


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody with an account and without a course."""
    return User.objects.create_user("stranger", password="stranger")


@pytest.fixture
def teacher(db: None) -> User:
    """An instructor: may read everything in the admin."""
    return User.objects.create_superuser("teacher", password="teacher")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays until the end: no garbage collection looks at it again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no file for `-m "docker and …"` in which nothing has that mark: it takes seconds."""
    wanted = str(config.option.markexpr).partition(" ")[0]
    if wanted in MARKS and collection_path.suffix == ".py":
        return f"mark.{wanted}" not in collection_path.read_text() or None
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of LONGEST, then as collected."""
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(LONGEST)))
