"""An answer that comes, on a page that is reloaded in the middle of it and in a second tab."""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.served_model import served
from tests.browser.tabs import PATIENCE_MS, Student
from tests.running import STUDENTS, Classroom, classroom
from tutor.emulator import Output, Request, Say
from tutor.emulator.delivery import Pace

pytestmark = [pytest.mark.browser, pytest.mark.docker]

# It is on until it is stopped.
WORDS: Final = [f"word{number}" for number in range(5_000)]
NAMES: Final = ("reader",)


def model(request: Request) -> list[Output]:
    return [Say(" ".join(WORDS))]


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    """A classroom whose model takes its time."""
    expect.set_options(timeout=PATIENCE_MS)
    folder, people = tmp_path_factory.mktemp("slow"), STUDENTS.format(names=NAMES)
    with (
        served(model, Pace(tokens_per_s=12)) as url,
        classroom(folder, people=people, OPENAI_BASE_URL=url, LEAK_GATE="off") as room,
    ):
        yield room


def words(page: Page, at_least: int) -> int:
    """How many words of the answer are shown, once they are so many: each of them once."""
    writing = page.get_by_role("article", name="Tutor, writing")
    expect(writing).to_contain_text(re.compile(rf"\bword{at_least - 1}\b"))
    shown = writing.inner_text().split()
    # The last one may be half a word.
    assert shown[:-1] == WORDS[: len(shown) - 1]
    return len(shown)


def test_a_reload_and_a_second_tab_show_what_was_there_and_then_the_rest(
    slow: Classroom, browser: Browser
) -> None:
    errors: list[str] = []
    student = Student(slow, browser, *NAMES, errors)
    device = student.device()
    page = student.tab(device, direct=True).page
    page.get_by_label("Message to the tutor").fill("Why?")
    page.get_by_label("Message to the tutor").press("Enter")
    seen = words(page, 5)
    for _ in range(3):
        page.reload()
        seen = words(page, seen)
    other = student.tab(device, direct=True).page
    seen = words(other, seen)
    seen = words(page, seen + 5)
    words(other, seen)
    page.get_by_role("button", name="Stop", exact=True).click()
    texts = [one.get_by_role("article", name="Tutor", exact=True) for one in (page, other)]
    for text in texts:
        expect(text).to_be_visible()
    assert texts[0].inner_text() == texts[1].inner_text()
    for one in (page, other):
        expect(one.get_by_role("article", name="Tutor, writing")).to_have_count(0)
    device.close()
    assert errors == []
