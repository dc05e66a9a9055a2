"""Real Chromium on a real classroom."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.tabs import PATIENCE_MS, Student
from tests.running import DEMO, SAMPLE, STUDENTS, Classroom, classroom

FOUNDATIONS = SAMPLE.parent / "python-foundations"
ENROL = """
from django.contrib.auth.models import User
from courses.models import Course, Enrolment
course = Course.objects.get(slug="python-foundations")
enrolments = [Enrolment(course=course, student=student) for student in User.objects.all()]
Enrolment.objects.bulk_create(enrolments, ignore_conflicts=True)
"""

# Each story has a student of its own: enough for all of them.
NAMES = [f"student-{number}" for number in range(1, 101)]
_names = iter(NAMES)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, as root and without asking the network for anything."""
    return {
        **browser_type_launch_args,
        "executable_path": "/usr/bin/chromium",
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    """The classroom that all stories share; each takes a lesson of its own."""
    expect.set_options(timeout=PATIENCE_MS)
    people = DEMO + STUDENTS.format(names=NAMES)
    with classroom(tmp_path_factory.mktemp("classroom"), people=people) as running:
        yield running


@pytest.fixture(scope="session")
def foundations(room: Classroom) -> None:
    """A course with steps of all kinds; everybody is enrolled."""
    room.manage("course", "import", str(FOUNDATIONS))
    room.manage("shell", "-v0", "-c", ENROL)


@pytest.fixture
def ada(room: Classroom, page: Page) -> Iterator[Page]:
    """Ada's browser, logged in. Fails if the page wrote an error to its console."""
    errors: list[str] = []
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(room.url)
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("ada")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Your lessons")).to_be_visible()
    yield page
    assert errors == []


@pytest.fixture
def enrolled(room: Classroom, browser: Browser) -> Iterator[Callable[[], Student]]:
    """Makes students. Fails if a page of theirs wrote an error to its console."""
    students: list[Student] = []

    def enrol() -> Student:
        students.append(Student(room, browser, next(_names), []))
        return students[-1]

    yield enrol
    for context in browser.contexts:
        context.close()
    assert [error for one in students for error in one.errors] == []


@pytest.fixture
def student(enrolled: Callable[[], Student]) -> Student:
    return enrolled()
