"""A site whose processes are killed and started again, and the devices of its students."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.chaos.relay import Relay, network, relay
from tests.browser.tabs import PATIENCE_MS
from tests.failures.school import ENROL
from tests.hurried import SHORT_CLAIMS, UNPROVEN
from tests.page import page as socket_page
from tests.running import SAMPLE, Classroom, classroom, start_worker, stop
from tests.servers import redis

FOUNDATIONS: Final = SAMPLE.parent / "python-foundations"
# Two courses, and students who are logged in.
PEOPLE: Final = f"""
from io import StringIO
call_command("course", "import", {str(FOUNDATIONS)!r}, stdout=StringIO())
{ENROL}"""
WAITS: Final = {**UNPROVEN, **SHORT_CLAIMS}
# One student at a time needs few containers.
FEW: Final = {
    "SANDBOX_POOL_SIZE": "1",
    "SANDBOX_JUDGING_POOL_SIZE": "1",
    "QUESTIONS_PER_MINUTE": "0",
    # So long a process that is ended waits for turns that are on.
    "DRAIN_SECONDS": "2",
}
# The whole text of an editor that is taller than its window is not in the document.
TALL: Final[Any] = {"width": 1440, "height": 1600}
TEXT: Final = """() => [...document.querySelectorAll("#editor .cm-line")]
  .map((line) => line.textContent).join("\\n")"""


@dataclass
class Site:
    """A web process and a worker of its own, with Redis between them."""

    room: Classroom
    _cookies: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        printed = self.room.prepared.split()
        self._cookies = (word for word in printed if word.startswith("sessionid="))

    def kill_web(self) -> None:
        stop(self.room.web, signal.SIGKILL)

    def replace_worker(self) -> None:
        """The worker is killed, and another one started."""
        assert self.room.worker
        stop(self.room.worker, signal.SIGKILL)
        self.room.worker = start_worker(self.room.env, self.room.folder, WAITS)

    @contextmanager
    def student(
        self, browser: Browser, course: str = SAMPLE.name, lesson: str = "every-day-counts"
    ) -> Iterator["Student"]:
        """Somebody who has never been here."""
        with ExitStack() as stack:
            student = Student(self, browser, next(self._cookies), course, lesson, stack)
            yield student
            for device in student.devices:
                device.context.close()
        assert student.errors == []


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """One for the length of a block."""
    with (
        network(),
        redis() as url,
        classroom(folder, people=PEOPLE, waits=WAITS, REDIS_URL=url, **FEW) as room,
    ):
        yield Site(room)


@dataclass
class Student:
    """Somebody with devices of their own, all in one lesson."""

    site: Site
    browser: Browser
    cookie: str
    course: str
    lesson: str
    stack: ExitStack
    devices: list["Device"] = field(default_factory=list)
    # What pages have thrown.
    errors: list[str] = field(default_factory=list)

    def device(self) -> "Device":
        """Another device, with a network of its own."""
        between = self.stack.enter_context(relay(self.site.room.port))
        context = self.browser.new_context(viewport=TALL)
        context.set_default_timeout(PATIENCE_MS)
        name, _, value = self.cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": between.url}])
        self.devices.append(Device(self, context, between))
        return self.devices[-1]

    @cached_property
    def conversation(self) -> int:
        """The number of the dialogue."""
        number: int = self.hello()["conversation"]
        return number

    def hello(self) -> dict[str, Any]:
        """What a page is shown now that comes anew: the rows, as the server shows them."""
        with socket_page(self.site.room, self.cookie, self.lesson, course=self.course) as page:
            return page.next("hello", within_s=10)


@dataclass
class Device:
    """A browser of a student's."""

    student: Student
    context: BrowserContext
    network: Relay

    def tab(self, *, clock: bool = False) -> "Tab":
        """The lesson in another tab. `clock`: the test sets its time."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.student.errors.append(str(error)))
        if clock:
            page.clock.install()
        page.goto(f"{self.network.url}/lessons/{self.student.course}/{self.student.lesson}/")
        tab = Tab(self, page)
        tab.online()
        return tab


@dataclass
class Tab:
    """A page of a student's."""

    device: Device
    page: Page

    @property
    def editor(self) -> Locator:
        return self.page.get_by_role("textbox", name="Your program")

    @property
    def output(self) -> Locator:
        return self.page.get_by_role("region", name="Output")

    @property
    def writing(self) -> Locator:
        """The answer that comes."""
        return self.page.get_by_role("article", name="Tutor, writing")

    @property
    def text(self) -> str:
        """What the editor holds."""
        return str(self.page.evaluate(TEXT))

    def online(self) -> None:
        status = self.page.get_by_role("status", name="Connection")
        expect(status).to_have_text("Online")

    def wake(self) -> None:
        """Do not wait for the next try to connect."""
        self.page.evaluate("window.dispatchEvent(new Event('online'))")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def write(self, code: str) -> None:
        """Replace what the editor holds."""
        self.editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(code)

    def type_at_end(self, text: str) -> None:
        self.editor.focus()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(text)

    def say(self, text: str) -> None:
        field = self.page.get_by_label("Message to the tutor")
        field.fill(text)
        field.press("Enter")
