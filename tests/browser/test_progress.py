"""A whole lesson in real Chromium, from the list to what comes next."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import FOUNDATIONS
from tests.browser.tabs import Student
from tests.browser.test_story import write
from tests.running import Classroom

pytestmark = [pytest.mark.browser, pytest.mark.docker, pytest.mark.usefixtures("foundations")]

LESSON = FOUNDATIONS / "conditions"
RIGHT = (LESSON / "solution.py").read_text()
# The tutor has given a hint, whatever it said.
HINT = """
INSERT INTO tutor_hintgiven
  (conversation_id, number, step, ladder, level, text, client_id, code_hash, created_at)
SELECT c.id, 900, 'ticket-price', '', 1, 'Look.', '', 'h', '2026-01-01'
FROM tutor_conversation c JOIN auth_user u ON u.id = c.student_id WHERE u.username = '{name}';
"""
# What would scroll the page sideways.
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def visit(browser: Browser, enrolled: Callable[[], Student]) -> Callable[..., tuple[Student, Page]]:
    """A student at the list of lessons, on a device of these options."""

    def begin(**options: object) -> tuple[Student, Page]:
        student = enrolled()
        device = browser.new_context(**options)  # type: ignore[arg-type]  # as the caller has them
        student.log_in(device)
        page = device.new_page()
        page.on("pageerror", lambda error: student.errors.append(str(error)))
        page.goto(student.room.url)
        return student, page

    return begin


def test_by_mouse_on_a_desk_a_lesson_is_finished_with_help_and_leads_on(
    room: Classroom, visit: Callable[..., tuple[Student, Page]]
) -> None:
    student, page = visit(color_scheme="light", viewport={"width": 1440, "height": 900})
    page.get_by_role("link", name="What a ticket costs").click()
    steps = page.get_by_role("navigation", name="Steps of the lesson")
    page.get_by_label("What will it print?").fill("over five")
    page.get_by_role("button", name="That is my prediction").click()

    # Continue stands where the result is.
    page.get_by_role("region", name="Prediction").get_by_role("button", name="Continue").click()
    page.get_by_label("age <= 18").check()
    page.get_by_label("age >= 18").check()
    page.get_by_role("button", name="Answer").click()
    expect(steps.get_by_role("button", name=re.compile("Question.*passed"))).to_be_visible()

    # She leaves the lesson there; the list leads back to the step that comes next.
    page.get_by_role("link", name="Progress").click()
    course = page.get_by_role("region", name="Python foundations")
    expect(course.get_by_role("progressbar")).to_have_attribute("value", "2")
    expect(course.get_by_text("2 of 3 steps · last worked on")).to_be_visible()
    room.script(HINT.format(name=student.name))
    page.get_by_role("link", name="Continue").click()
    expect(page).to_have_url(re.compile("/conditions/$"))
    write(page, RIGHT)
    page.get_by_role("button", name="Check", exact=True).click()

    finish = page.get_by_role("region", name="Lesson finished")
    expect(finish).to_contain_text("2 of 3 steps on your own and 1 with help")
    expect(finish.get_by_role("list", name="What you learnt")).to_contain_text("Decisions with if")
    expect(finish.get_by_role("button", name="Program")).to_be_visible()
    # Its result can be seen beside that.
    expect(page.get_by_role("status", name="Verdict")).to_be_visible()
    finish.get_by_role("button", name="Close").click()
    expect(finish).to_be_hidden()
    expect(
        steps.get_by_role("button", name=re.compile("Program.*passed with help"))
    ).to_be_visible()

    # A reload shows no second one, but it can be had again, and leads on.
    page.reload()
    expect(page.get_by_text("Online", exact=True)).to_be_visible()
    expect(finish).to_be_hidden()
    steps.get_by_role("button", name="Lesson finished").click()
    expect(finish).to_contain_text("Countdown")
    finish.get_by_role("link", name="Next lesson").click()
    expect(page.get_by_role("heading", name="Countdown")).to_be_visible()
    page.get_by_role("link", name="Python foundations").click()
    lesson = page.get_by_role("link", name="What a ticket costs")
    expect(lesson).to_contain_text("Passed with help")
    expect(lesson).to_contain_text("3 of 3 steps")


def test_by_keyboard_on_a_dark_phone_a_lesson_is_finished_and_leads_on(
    visit: Callable[..., tuple[Student, Page]],
) -> None:
    _, page = visit(
        color_scheme="dark", viewport={"width": 360, "height": 740}, reduced_motion="reduce"
    )
    press = page.keyboard.press

    def fits() -> None:
        assert page.evaluate(TOO_WIDE) <= 0

    def reach(name: str, role: str = "button") -> None:
        """Tab to it, and press Enter."""
        wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]  # a role's name
        expect(wanted).to_be_visible()
        for _ in range(60):
            press("Tab")
            if wanted.evaluate("it => it === document.activeElement"):
                break
        expect(wanted).to_be_focused()
        press("Enter")

    fits()
    reach("What a ticket costs", "link")
    expect(page.get_by_role("tab", name="Lesson", selected=True)).to_be_visible()
    fits()
    page.get_by_role("tab", name="Lesson").focus()
    press("ArrowRight")
    page.get_by_label("What will it print?").focus()
    page.keyboard.insert_text("over five\nover ten")
    reach("That is my prediction")
    reach("Continue")
    # The text of the next step has the focus, from where she goes on.
    expect(page.locator("#step-which-comparison")).to_be_focused()
    for choice in ("age <= 18", "age >= 18"):
        page.get_by_label(choice).focus()
        press("Space")
    reach("Answer")
    expect(page.get_by_text("Right!")).to_be_visible()
    reach("Continue")
    page.get_by_role("tab", name="Lesson").focus()
    press("ArrowRight")
    write(page, RIGHT)
    press("Escape")
    page.get_by_role("button", name="Check", exact=True).focus()
    press("Enter")

    # It is said, and has the focus: the button that was pressed has lost it while it could not be.
    finish = page.get_by_role("region", name="Lesson finished")
    expect(finish).to_contain_text("You passed all 3 steps on your own.")
    expect(page.get_by_role("status", name="Lesson")).to_contain_text("Lesson finished.")
    fits()
    expect(page.get_by_role("heading", name="Lesson finished")).to_be_focused()
    press("Escape")
    expect(finish).to_be_hidden()
    expect(page.get_by_role("button", name="What comes next")).to_be_focused()
    press("Enter")
    reach("Next lesson", "link")
    expect(page.get_by_role("heading", name="Countdown")).to_be_visible()
    page.goto(page.url.partition("/lessons")[0] + "/progress/")
    expect(page.get_by_text("Practised")).to_be_visible()
    fits()
