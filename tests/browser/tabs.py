"""Students with several pages and devices, in real Chromium."""

import re
import time
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Locator, Page, WebSocketRoute, expect

from tests.browser.test_story import write
from tests.running import Classroom

# A busy machine with two cores takes its time to start containers.
PATIENCE_MS = 20_000
LESSON = "/lessons/first-steps/every-day-counts/"
# What the pages of this browser have left of programs, in its database and beside it.
LEFT = """async () => {
    const left = new Map();
    for (const {name} of await indexedDB.databases()) {
        const database = await new Promise((done) => {
            indexedDB.open(name).onsuccess = ({target}) => done(target.result);
        });
        await new Promise((done) => {
            const all = database.transaction("records").objectStore("records").openCursor();
            all.onsuccess = ({target: {result: found}}) => {
                if (found) {
                    left.set(found.key, found.value);
                    found.continue();
                } else {
                    done();
                }
            };
        });
        database.close();
    }
    for (const [key, text] of Object.entries(localStorage)) {
        if (key.includes(".page.")) {
            left.set(key, JSON.parse(text));
        }
    }
    const pages = [...left].filter(([key]) => key.includes(".page."));
    return pages.flatMap(([, {copies = {}}]) => Object.values(copies).flat()).map(({code}) => code);
}"""


@dataclass
class Tab:
    """One page at the lesson. Its line can be cut and mended."""

    page: Page
    lines: list[WebSocketRoute] = field(default_factory=list)
    is_cut: bool = False

    @property
    def editor(self) -> Locator:
        return self.page.get_by_role("textbox", name="Your program")

    @property
    def notice(self) -> Locator:
        return self.page.get_by_role("region", name="Versions of your program")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def write(self, code: str) -> None:
        """Replace what the editor holds, and let nothing of it reach the server."""
        assert self.is_cut
        write(self.page, code)
        expect(self.page.locator(".saved-mark")).to_have_text("Kept in this browser")

    def cut(self) -> None:
        self.is_cut = True
        for line in self.lines:
            line.close(code=1012)
        expect(self.page.get_by_role("status", name="Connection")).to_contain_text("Offline")

    def leaves(self, *programs: str) -> None:
        """Wait until this browser has just these programs that the server has not confirmed."""
        wanted, deadline = sorted(programs), time.monotonic() + PATIENCE_MS / 1_000
        while (found := sorted(self.page.evaluate(LEFT))) != wanted:
            assert time.monotonic() < deadline, found
            self.page.wait_for_timeout(50)

    def mend(self) -> None:
        self.is_cut = False
        # Between two tries it is either waiting or trying.
        self.page.evaluate("window.dispatchEvent(new Event('online'))")
        self.online()

    def online(self) -> None:
        status = self.page.get_by_role("status", name="Connection")
        expect(status).to_have_text("Online")

    def _route(self, line: WebSocketRoute) -> None:
        if self.is_cut:
            line.close(code=1012)
        else:
            line.connect_to_server()
            self.lines.append(line)


@dataclass
class Student:
    """Somebody with devices of their own."""

    room: Classroom
    browser: Browser
    name: str
    errors: list[str]

    def device(self) -> BrowserContext:
        context = self.browser.new_context()
        self.log_in(context)
        return context

    def log_in(self, device: BrowserContext) -> None:
        page = device.new_page()
        page.goto(self.room.url)
        page.get_by_label("Username").fill(self.name)
        page.get_by_label("Password").fill(self.name)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Your lessons")).to_be_visible()
        page.close()

    def tab(self, device: BrowserContext, lesson: str = LESSON, *, direct: bool = False) -> Tab:
        """A lesson in a tab. `direct`: its line goes straight to the server, and is not cut."""
        page = device.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        tab = Tab(page)
        if not direct:
            page.route_web_socket(re.compile("/ws/"), tab._route)
        page.goto(self.room.url + lesson)
        tab.online()
        return tab

    def stores(self, program: str, *versions: str) -> None:
        """Wait until the database holds this program, and these versions beside it."""
        wanted, deadline = ([program], sorted(versions)), time.monotonic() + PATIENCE_MS / 1_000
        while (found := (self._codes("work"), self._codes("keptversion"))) != wanted:
            assert time.monotonic() < deadline, found
            # Not `sleep`: what comes over a routed line is passed on here.
            pages = [page for context in self.browser.contexts for page in context.pages]
            pages[0].wait_for_timeout(50)

    def _codes(self, table: str) -> list[str]:
        rows = self.room.rows(
            f"SELECT t.code FROM tutor_{table} t "  # noqa: S608  # our own tables
            "JOIN tutor_conversation c ON c.id = t.conversation_id "
            "JOIN auth_user u ON u.id = c.student_id WHERE u.username = ?",
            self.name,
        )
        return sorted(str(code) for (code,) in rows)
