"""The tutor's moves in real Chromium: predictions before runs, hints that must be earned."""

import re
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.tabs import Student
from tests.browser.test_story import write

pytestmark = [pytest.mark.browser, pytest.mark.docker]

PREDICT_STEP = "/lessons/python-foundations/functions/"
# Its call gives 3 where 6 is right.
TOO_SHORT = "def kilometres(days):\n    return sum(range(1, days))\n"


@dataclass
class Device:
    """A student's page, worked by mouse or by keyboard alone."""

    page: Page
    by: Literal["mouse", "keyboard"]

    @property
    def card(self) -> Locator:
        return self.page.get_by_role("article", name="Prediction").last

    @property
    def hint(self) -> Locator:
        return self.page.get_by_role("article", name="Hint 1")

    def press(self, name: str) -> None:
        button = self.page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_enabled()  # a key would not wait for that
        if self.by == "mouse":
            button.click()
        else:
            button.press("Enter")

    def panel(self, name: str) -> None:
        """Show a part of the lesson, where there is no room for all of them."""
        expect(self.page.locator("#tutor")).to_be_attached()  # the page is drawn
        tab = self.page.get_by_role("tab", name=re.compile(f"^{name}"))
        if tab.is_visible():
            tab.click()

    def write(self, code: str) -> None:
        self.panel("Code")
        write(self.page, code)
        self.panel("Tutor")

    def say(self, text: str) -> None:
        self.page.get_by_label("Message to the tutor").fill(text)
        self.page.get_by_label("Message to the tutor").press("Enter")


@pytest.mark.parametrize(
    ("by", "width", "scheme"), [("mouse", 1440, "light"), ("keyboard", 360, "dark")]
)
def test_a_hint_is_earned_by_a_prediction_that_is_compared(
    student: Student,
    browser: Browser,
    by: Literal["mouse", "keyboard"],
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 740})
    student.log_in(context)
    device = Device(student.tab(context, direct=True).page, by)
    page, card = device.page, device.card

    # Nothing was tried: no hint, until the program is another one.
    device.panel("Tutor")
    device.press("A hint")
    refusal = page.get_by_role("status", name="Hint")
    expect(refusal).to_contain_text("first")
    device.write(TOO_SHORT)
    expect(refusal).to_be_empty()

    # The tutor asks for a prediction; until it is made, nothing runs.
    device.say("I think range stops too early.")
    field = card.get_by_role("textbox")
    expect(field).to_be_focused()
    device.panel("Code")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Check", exact=True)).to_be_disabled()
    device.press("Show the question")
    expect(field).to_be_focused()
    field.fill("1234")
    device.press("Answer")
    expect(card).to_contain_text("You said")
    expect(card).to_contain_text("1234")
    expect(card).to_contain_text("Different: it is not what you expected.")
    expect(card).to_contain_text("It gave")
    answers = page.get_by_role("article", name="Tutor", exact=True)
    expect(answers.last).to_contain_text("?")

    # That was something new: now there is a hint, for this program.
    device.press("A hint")
    expect(device.hint).to_contain_text("counts as help")
    expect(device.hint).to_contain_text("walk through the loop on paper")
    earlier = device.hint.get_by_text("Given for an earlier version of your program.")
    expect(earlier).to_have_count(0)
    device.write(f"{TOO_SHORT}# more\nprint(1)\n")
    expect(earlier).to_be_visible()
    device.write(TOO_SHORT)
    expect(earlier).to_have_count(0)
    device.write(f"{TOO_SHORT}print(1)\n")
    expect(page.locator(".saved-mark")).to_have_text("Saved")
    page.reload()
    device.panel("Tutor")
    expect(earlier).to_be_visible()
    expect(card).to_contain_text("Different")


def test_a_predict_step_shows_no_output_before_its_prediction(
    foundations: None, student: Student
) -> None:
    device = student.device()
    one, other = (student.tab(device, PREDICT_STEP, direct=True).page for _ in range(2))
    for page in (one, other):
        expect(page.get_by_role("button", name="Run", exact=True)).to_be_disabled()
        page.get_by_role("textbox", name="The program").focus()
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("alert")).to_have_text("First say what it will print.")
        expect(page.get_by_role("region", name="Output")).to_have_count(0)
    one.get_by_role("button", name="Show the question").press("Enter")
    expect(one.get_by_label("What will it print?")).to_be_focused()
    one.keyboard.insert_text("Hello Ada\nNone")
    one.get_by_role("button", name="That is my prediction").press("Enter")
    # Whoever looks, sees both from now on, and may run it.
    for page in (one, other):
        expect(page.get_by_text("You predicted it exactly.")).to_be_visible()
        expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
