"""Four pages of one student, two tabs on each of two devices, used at once and at random; and what
must be there in the end, whatever was done."""

import random
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from playwright.sync_api import Locator

from tests.browser.chaos.site import Device, Site, Student, Tab
from tests.browser.chaos.stored import under_way
from tests.polling import wait_until

# A text that has stood so long, or stands when something is cut, can be had back.
STOOD_S: Final = 2.0
SETTLE_S: Final = 45.0
ACTIONS_IN_A_ROUND: Final = 8
# All that a browser holds: what is stored of every page, and its undo.
HELD: Final = """async () => {
  const held = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
  for (const { name } of await indexedDB.databases()) {
    const opened = await new Promise((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    for (const store of opened.objectStoreNames) {
      const all = await new Promise((resolve, reject) => {
        const request = opened.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      held.push(JSON.stringify(all));
    }
    opened.close();
  }
  return held.join("\\n");
}"""
STORED: Final = (
    "select code from tutor_work where conversation_id = ?",
    "select code from tutor_keptversion where conversation_id = ?",
    "select code from tutor_programrevision where conversation_id = ?",
)


@dataclass
class Marks:
    """Words that were typed, each once: a model of what must be recoverable."""

    # When each was typed, or was found where it stands, by page.
    since: dict[tuple[int, str], float] = field(default_factory=dict)
    # What was typed and has stood long enough.
    kept: set[str] = field(default_factory=set)
    count: int = 0

    def new(self) -> str:
        """A line that is longer than what may be deleted without a trace."""
        self.count += 1
        return f"# word{self.count:05} and the rest of it"

    def see(self, page: int, text: str, *, cut: bool) -> None:
        """The page holds this text now; `cut`: something is cut in this moment."""
        now = time.monotonic()
        words = {line[2:11] for line in text.splitlines() if line.startswith("# word")}
        for key in [key for key in self.since if key[0] == page and key[1] not in words]:
            del self.since[key]
        for word in words:
            if now - self.since.setdefault((page, word), now) >= STOOD_S or cut:
                self.kept.add(word)


def is_at_rest(tab: Tab) -> bool:
    return not under_way(tab)


@dataclass
class Together:
    """The four pages, and a random script of what is done on them."""

    site: Site
    student: Student
    chance: random.Random
    kills: bool
    marks: Marks = field(default_factory=Marks)
    tabs: list[Tab] = field(default_factory=list)
    offline: list[Device] = field(default_factory=list)
    # What was done, for whoever reads of a failure.
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for device in (self.student.device(), self.student.device()):
            self.tabs += [device.tab(), device.tab()]
        for tab in self.tabs:
            self._steps(tab).last.click()

    def round(self) -> None:
        """A word that has stood is deleted, and more is done; then all can be had."""
        actions = [
            self.type, self.type, self.type, self.delete, self.leave_step,
            self.cut, self.reload, self.go_offline, self.go_online,
        ]  # fmt: skip
        # What has stood since the last round is thrown away by somebody.
        self.delete(self.chance.choice(self.tabs))
        for _ in range(ACTIONS_IN_A_ROUND):
            action, tab = self.chance.choice(actions), self.chance.choice(self.tabs)
            self.done.append(f"{action.__name__} {self.tabs.index(tab)}")
            action(tab)
            self.see()
        if self.kills and self.chance.random() < 0.3:
            self.done.append("kill")
            self.see(cut=True)
            self.site.kill_web()
            self.type(self.chance.choice(self.tabs))
            self.site.room.start_web()
        self.settle()
        self.see()
        wait_until(lambda: not self.lost(), SETTLE_S, f"{self.lost()} is lost: {self.done}")

    def see(self, *, cut: bool = False) -> None:
        for number, tab in enumerate(self.tabs):
            self.marks.see(number, tab.text, cut=cut)

    # What is done on a page

    def type(self, tab: Tab) -> None:
        self._show_program(tab)
        self._go_to_line(tab, self.chance.randrange(8))
        tab.page.keyboard.press("End")
        tab.page.keyboard.insert_text(f"\n{self.marks.new()}")

    def delete(self, tab: Tab) -> None:
        """One of the words, if there are any."""
        self._show_program(tab)
        lines = tab.text.splitlines()
        words = [number for number, line in enumerate(lines) if line.startswith("# word")]
        if not words:
            return
        self._go_to_line(tab, self.chance.choice(words))
        tab.page.keyboard.press("Home")
        tab.page.keyboard.press("Shift+End")
        tab.page.keyboard.press("Delete")

    def leave_step(self, tab: Tab) -> None:
        """To another step and back."""
        self._steps(tab).first.click()
        self._steps(tab).last.click()

    def cut(self, tab: Tab) -> None:
        self.see(cut=True)
        tab.device.network.cut()
        tab.wake()

    def reload(self, tab: Tab) -> None:
        if tab.device not in self.offline:
            self.see(cut=True)
            tab.page.reload()
            tab.online()

    def go_offline(self, tab: Tab) -> None:
        if tab.device not in self.offline:
            self.see(cut=True)
            self.offline.append(tab.device)
            tab.device.context.set_offline(True)
            tab.device.network.hold()

    def go_online(self, tab: Tab) -> None:
        if tab.device in self.offline:
            self.offline.remove(tab.device)
            tab.device.network.cut()
            tab.device.network.let_pass()
            tab.device.context.set_offline(False)

    def _steps(self, tab: Tab) -> Locator:
        steps = tab.page.get_by_role("navigation", name="Steps of the lesson")
        return steps.get_by_role("button")

    def _show_program(self, tab: Tab) -> None:
        if not tab.editor.is_visible():  # another page has gone to another step
            self._steps(tab).last.click()
        tab.editor.focus()

    def _go_to_line(self, tab: Tab, number: int) -> None:
        tab.page.keyboard.press("Control+Home")
        for _ in range(number):
            tab.page.keyboard.press("ArrowDown")

    # What is there in the end

    def settle(self) -> None:
        for tab in self.tabs:
            self.go_online(tab)
        for tab in self.tabs:
            tab.wake()
            wait_until(partial(is_at_rest, tab), SETTLE_S, f"not at rest: {self.done}")

    def lost(self) -> list[str]:
        """The words that are nowhere."""
        conversation = self.student.conversation
        rows: list[tuple[Any, ...]] = []
        for query in STORED:
            rows += self.site.room.rows(query, conversation)
        texts = [str(code) for (code,) in rows] + [tab.text for tab in self.tabs]
        there = "\n".join(texts)
        lost = sorted(word for word in self.marks.kept if word not in there)
        if lost:  # what has never reached the server may be had back in a browser
            held = "\n".join(str(tab.page.evaluate(HELD)) for tab in self.tabs[::2])
            lost = [word for word in lost if word not in held]
        return lost
