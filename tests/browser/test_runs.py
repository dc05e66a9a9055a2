"""A program to which somebody types, over reloads and on two pages, in real Chromium."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.tabs import Student
from tests.browser.test_story import write

pytestmark = [pytest.mark.browser, pytest.mark.docker]

ASKS = """\
name = input("Name? ")
age = input("Age? ")
print(f"{name} is {age}.")
"""


def output(page: Page) -> Locator:
    return page.get_by_role("region", name="Output").get_by_role("group")


def answer(page: Page, text: str) -> None:
    field = page.get_by_role("textbox", name="Type an answer")
    field.fill(text)
    field.press("Enter")


def test_a_program_goes_on_over_reloads_and_is_followed_on_another_page(student: Student) -> None:
    device = student.device()
    one = student.tab(device, direct=True)
    other = student.tab(device, direct=True)
    write(one.page, ASKS)
    student.stores(ASKS)
    one.page.get_by_role("button", name="Run", exact=True).click()
    answer(one.page, "Ada")
    for page in (one.page, other.page):
        expect(output(page)).to_have_text("Name? Ada\nAge? ")
    for _ in "123":
        one.page.reload()
        expect(output(one.page)).to_have_text("Name? Ada\nAge? ")
    expect(one.page.get_by_role("button", name="Stop program")).to_be_enabled()
    answer(one.page, "36")
    for page in (one.page, other.page):
        expect(output(page)).to_have_text("Name? Ada\nAge? 36\nAda is 36.\n")
        expect(page.get_by_role("status", name="Run")).to_have_text("Finished")
