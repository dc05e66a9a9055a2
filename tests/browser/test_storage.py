"""What is written survives in the browser, and with it what can be undone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.tabs import Student
from tests.browser.test_story import write

pytestmark = [pytest.mark.browser, pytest.mark.docker]

BEGUN = "one = 1\ntwo = 2\n"


def test_undo_survives_a_reload_and_is_not_another_tabs(student: Student) -> None:
    device = student.device()
    tab = student.tab(device)
    write(tab.page, BEGUN)
    student.stores(BEGUN)
    write(tab.page, "")
    student.stores("")
    other = student.tab(device)
    expect(other.editor).to_have_text("")
    other.editor.click()
    other.page.keyboard.press("Control+z")
    expect(other.editor).to_have_text("")
    # Loaded again, and from the page before in this tab.
    tab.page.reload()
    tab.online()
    tab.page.goto(student.room.url)
    tab.page.go_back()
    tab.online()
    expect(tab.editor).to_have_text("")
    tab.editor.click()
    tab.page.keyboard.press("Control+z")
    expect(tab.editor).to_contain_text("two = 2")
    student.stores(BEGUN)
    tab.page.keyboard.press("Control+y")
    student.stores("")


def test_what_is_typed_offline_comes_back_whole_in_the_next_tab(student: Student) -> None:
    device = student.device()
    tab = student.tab(device)
    write(tab.page, BEGUN)
    student.stores(BEGUN)
    tab.cut()
    tab.editor.click()
    tab.page.keyboard.press("Control+End")
    # Key by key, and gone at once.
    tab.page.keyboard.type("three = 3\nfour = 4\n")
    tab.page.close()
    again = student.tab(device)
    expect(again.editor).to_contain_text("four = 4")
    student.stores(BEGUN + "three = 3\nfour = 4\n")
    again.leaves()


def test_the_server_has_what_is_typed_without_a_pause(student: Student) -> None:
    tab = student.tab(student.device())
    write(tab.page, "#")
    student.stores("#")
    tab.page.evaluate("""() => {
        const editor = document.querySelector(".cm-content");
        editor.focus();
        window.typing = setInterval(() => document.execCommand("insertText", false, "x"), 100);
    }""")
    # It goes on and on; the server follows all the same.
    saved = tab.page.locator(".saved-mark")
    expect(saved).to_have_text("Saved", timeout=2_500)
    tab.page.evaluate("clearInterval(window.typing)")
    expect(saved).to_have_text("Saved")
    student.stores(re.sub(r"\s", "", tab.editor.inner_text()))
