"""A dialogue of 300 items in real Chromium: its end at once, all of it on demand."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import long_dialogue
from tests.browser.tabs import Student

pytestmark = pytest.mark.browser

SHOWN = 300
FILL = f"""
from django.contrib.auth.models import User
from courses.models import Lesson
from tutor.models import Conversation
exec({Path(long_dialogue.__file__).read_text()!r})
lesson = Lesson.objects.get(slug="every-day-counts", course__slug="first-steps")
conversation = Conversation.open(User.objects.get(username="{{name}}"), lesson)
fill(Conversation.objects.get(pk=conversation.pk), {SHOWN}, lesson.source().steps[0].id)
"""
EARLIER = "Show earlier messages"
# How far the top edge of an item is below that of the box.
TOP = """(box, item) => box.querySelector(`[data-item="${item}"]`).firstElementChild
  .getBoundingClientRect().top - box.getBoundingClientRect().top"""
# The first item of which something is seen.
FIRST = """box => [...box.querySelectorAll('[data-item]')].find(item =>
  item.firstElementChild.getBoundingClientRect().bottom > box.getBoundingClientRect().top
).dataset.item"""

# Whether an item before this one is drawn. A function: the page's policy lets no text be evaluated.
GREW = "first => +document.querySelector('[data-item]').dataset.item < first"


def drawn(page: Page) -> list[int]:
    """The numbers of the items that are drawn."""
    found = page.locator("[data-item]").evaluate_all("all => all.map(one => +one.dataset.item)")
    return [int(number) for number in found]


def box_of(page: Page) -> Locator:
    return page.get_by_role("region", name="Messages")


def test_a_long_dialogue_is_there_at_once_and_all_of_it_can_be_read(student: Student) -> None:
    student.room.manage("shell", "-v0", "-c", FILL.replace("{name}", student.name))
    page = student.tab(student.device(), direct=True).page
    last = page.get_by_text(re.compile(r"for the \d+th time")).last
    expect(last).to_be_in_viewport()
    assert len(drawn(page)) == 50

    # Scrolled to the top, it goes on before, and what is read stays where it is.
    box = box_of(page)
    first = drawn(page)[0]
    box.evaluate("box => { box.scrollTop = 150 }")
    read = box.evaluate(FIRST)
    was = box.evaluate(TOP, read)
    page.wait_for_function(GREW, arg=first)
    assert abs(box.evaluate(TOP, read) - was) < 2

    # By keyboard to the beginning.
    button = page.get_by_role("button", name=EARLIER)
    while button.count():
        before = drawn(page)[0]
        button.press("Enter")
        page.wait_for_function(GREW, arg=before)
        assert len(drawn(page)) <= 150
    expect(page.get_by_text("for the 1th time")).to_have_count(1)
    expect(box).to_be_focused()

    # And back to the end.
    page.get_by_role("button", name="Jump to latest").click()
    expect(last).to_be_in_viewport()
    expect(page.get_by_text("for the 1th time")).to_have_count(0)
    assert len(drawn(page)) == 100
