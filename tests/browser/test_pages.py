"""Several pages of one browser: each keeps its own, and follows the others without harm."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, expect

from tests.browser.tabs import LESSON, Student, Tab
from tests.browser.test_story import write

pytestmark = [pytest.mark.browser, pytest.mark.docker]

BEGUN = "import math\n\ndef area(r):\n    return r\n\nprint(area(1))\n"
KEPT = """indexedDB.databases().then(
    all => [all.length, localStorage.length, sessionStorage.length])"""
FULL = """Storage.prototype.setItem = IDBObjectStore.prototype.put =
    () => { throw new DOMException('', 'QuotaExceededError') }"""
NOT_KEPT = "Not saved: this browser keeps nothing. Leave the page open."
Two = tuple[Tab, Tab]


def selected(page: Page) -> str:
    return str(page.evaluate("getSelection().toString()"))


@pytest.fixture
def two(student: Student) -> Two:
    device = student.device()
    one = student.tab(device)
    write(one.page, BEGUN)
    student.stores(BEGUN)
    other = student.tab(device)
    expect(other.editor).to_contain_text("area")
    return one, other


def test_what_is_selected_stays_selected_where_another_page_writes_around_it(
    two: Two, student: Student
) -> None:
    one, other = two
    other.page.bring_to_front()
    other.editor.get_by_text("return").click()
    other.page.keyboard.press("Home")
    other.page.keyboard.press("Shift+End")
    assert selected(other.page) == "return r"
    write(one.page, f"# top\n{BEGUN}print(2)\n")
    expect(other.editor).to_contain_text("print(2)")
    assert selected(other.page) == "return r"
    other.page.keyboard.insert_text("return 1")
    student.stores(f"# top\n{BEGUN}print(2)\n".replace("return r", "return 1"))


def test_undo_makes_no_program_that_nobody_has_written(two: Two, student: Student) -> None:
    one, other = two
    write(other.page, "alpha\nbeta\n")
    student.stores("alpha\nbeta\n")
    expect(one.editor).to_contain_text("beta")
    write(one.page, "gamma\ndelta\n")
    expect(other.editor).to_contain_text("delta")
    other.editor.click()
    other.page.keyboard.press("Control+z")
    other.page.keyboard.press("Control+End")
    other.page.keyboard.insert_text("#")
    student.stores("gamma\ndelta\n#")


def test_a_page_of_somebody_who_has_logged_out_touches_nothing_of_the_next_one(
    enrolled: Callable[[], Student],
) -> None:
    first, second = enrolled(), enrolled()
    device = first.device()
    page = first.tab(device)
    write(page.page, "first = 1\n")
    first.stores("first = 1\n")
    theirs = second.tab(second.device())
    write(theirs.page, "second = 2\n")
    second.stores("second = 2\n")

    page.cut()
    page.write("first, typed offline\n")
    device.clear_cookies()
    second.log_in(device)
    page.is_cut = False
    expect(page.page.get_by_role("heading", name="Somebody else is logged in")).to_be_visible()
    expect(page.editor).to_have_count(0)
    page.leaves()
    # The name of the browser is nobody's.
    assert page.page.evaluate("Object.keys(localStorage)") == ["device"]
    page.page.reload()
    page.online()
    expect(page.editor).to_contain_text("second = 2")
    second.stores("second = 2\n")

    device.clear_cookies()
    first.log_in(device)
    page.page.reload()
    page.online()
    expect(page.editor).to_contain_text("first = 1")


def test_a_log_out_leaves_nothing_in_the_browser(student: Student) -> None:
    device = student.device()
    one, other = student.tab(device), student.tab(device)
    other.cut()
    other.write("typed offline\n")
    other.page.get_by_label("Message to the tutor").fill("half a question")
    write(one.page, "sent = 1\n")
    one.press("Log out")
    asked = one.page.get_by_role("dialog", name="Log out all the same?")
    expect(asked).to_contain_text("what another tab of this lesson holds")
    asked.get_by_role("button", name="Log out").click()
    expect(one.page.get_by_role("heading", name="Log in")).to_be_visible()

    ended = other.page.get_by_role("heading", name="You have logged out")
    expect(ended).to_be_visible(timeout=2_000)
    expect(other.page.get_by_role("link", name="Log in")).to_be_visible()
    assert "typed offline" not in other.page.content()
    other.page.goto(student.room.url)
    for page in (one.page, other.page):
        assert page.evaluate(KEPT) == [0, 0, 0]
        page.go_back()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    student.stores("sent = 1\n")


def _from_list(student: Student, page: Page) -> Tab:
    tab = Tab(page)
    page.route_web_socket(re.compile("/ws/"), tab._route)
    page.goto(student.room.url + LESSON)
    tab.online()
    return tab


def test_two_tabs_that_went_on_from_one_keep_each_its_own(student: Student) -> None:
    device: BrowserContext = student.device()
    first = student.tab(device)
    write(first.page, BEGUN)
    student.stores(BEGUN)
    # Back in the list, the tab is duplicated, with all that its session holds.
    first.page.goto(student.room.url)
    with device.expect_page() as opened:
        first.page.evaluate("void window.open(location.href)")
    one, other = _from_list(student, first.page), _from_list(student, opened.value)
    one.cut()
    other.cut()
    one.write("one = 1\n")
    other.write("other = 2\n")
    one.leaves("one = 1\n", "other = 2\n")
    other.page.close()
    one.page.close()
    again = student.tab(device)
    expect(again.notice).to_contain_text("is kept")
    student.stores(*_either("one = 1\n", "other = 2\n", again))


def _either(one: str, other: str, tab: Tab) -> tuple[str, str]:
    """The program that the page shows, and the one beside it."""
    return (one, other) if "one" in tab.editor.inner_text() else (other, one)


def test_a_browser_that_keeps_nothing_says_so_and_asks_before_it_goes(student: Student) -> None:
    device = student.device()
    device.add_init_script(FULL)
    tab = student.tab(device)
    tab.cut()
    write(tab.page, BEGUN)
    expect(tab.page.locator(".saved-mark")).to_have_text("Not saved")
    expect(tab.page.get_by_role("alert")).to_have_text(NOT_KEPT)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    tab.page.on("dialog", stay)
    with tab.page.expect_event("dialog"):
        tab.page.evaluate("void setTimeout(() => location.assign('/'))")
    tab.mend()
    expect(tab.page.locator(".saved-mark")).to_have_text("Saved")
    assert asked == ["beforeunload"]
    student.stores(BEGUN)
    tab.page.goto(student.room.url)
    assert asked == ["beforeunload"]


def test_a_phone_marks_the_part_with_several_versions(two: Two, student: Student) -> None:
    one, other = two
    other.page.set_viewport_size({"width": 360, "height": 740})
    other.cut()
    write(one.page, "newer\n")
    student.stores("newer\n")
    other.page.get_by_role("tab", name="Code").click()
    other.write("mine\n")
    other.page.get_by_role("tab", name="Lesson").click()
    other.mend()
    marked = other.page.get_by_role("tab", name="Code (Several versions)")
    expect(marked).to_be_visible()
    expect(other.page.get_by_role("status", name="Versions")).to_contain_text("Both versions are")
    marked.click()
    expect(other.notice).to_be_visible()
    expect(other.page.get_by_role("tab", name="Code", exact=True)).to_be_visible()
