"""One program on two pages in real Chromium: nothing is replaced unseen, and both can be had."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.tabs import Student, Tab
from tests.browser.test_story import write

pytestmark = [pytest.mark.browser, pytest.mark.docker]

BOTH_KEPT = "This program was also changed in another tab or on another device."
A_VERSION = re.compile("^A version from .* is kept")
BEGUN = "print('begun')\n"
OLDER = BEGUN + "#"
NEWER = "print('newer work')\n"
OLD = "print('from an old page')\n"


Two = tuple[Tab, Tab]


@pytest.fixture(params=["two tabs", "two devices"])
def two(student: Student, request: pytest.FixtureRequest) -> Two:
    device = student.device()
    one = student.tab(device)
    write(one.page, BEGUN)
    student.stores(BEGUN)
    other = student.tab(device if request.param == "two tabs" else student.device())
    expect(other.editor).to_contain_text("begun")
    return one, other


@pytest.fixture
def parted(two: Two, student: Student) -> Two:
    """The first has newer work; one key was pressed in the second, which did not know of it."""
    one, other = two
    other.cut()
    write(one.page, NEWER)
    student.stores(NEWER)
    other.editor.click()
    other.page.keyboard.press("Control+End")
    other.page.keyboard.type("#")
    other.mend()
    expect(other.notice).to_contain_text(BOTH_KEPT)
    student.stores(NEWER, OLDER)
    return two


def test_a_page_follows_what_is_written_on_another_one(two: Two, student: Student) -> None:
    one, other = two
    write(one.page, "first = 1\nlast = 3\n")
    expect(other.editor).to_contain_text("last = 3")
    other.editor.get_by_text("last").click()
    other.page.keyboard.press("End")
    one.editor.get_by_text("first").click()
    one.page.keyboard.press("End")
    one.page.keyboard.insert_text("\nsecond = 2")
    expect(other.editor).to_contain_text("second = 2")
    expect(other.page.get_by_role("status", name="Changes elsewhere")).to_have_text(
        re.compile("^Changed (in another tab|on another device)$")
    )
    # The cursor stands where it stood, and what came was not typed here.
    other.page.keyboard.insert_text("00")
    student.stores("first = 1\nsecond = 2\nlast = 300\n")
    expect(one.editor).to_contain_text("last = 300")
    for tab in two:
        expect(tab.notice).to_have_count(0)


def test_one_key_in_an_old_page_replaces_nothing(parted: Two, student: Student) -> None:
    one, other = parted
    expect(one.editor).to_contain_text("newer work")
    expect(one.notice).to_have_text(A_VERSION)
    expect(other.editor).to_contain_text("begun")
    expect(other.page.get_by_role("status", name="Versions")).to_contain_text(BOTH_KEPT)
    # Each goes on with its own.
    other.page.keyboard.type("!")
    one.editor.click()
    one.page.keyboard.press("Control+End")
    one.page.keyboard.insert_text("more = 1")
    student.stores(NEWER + "more = 1", OLDER + "!")
    one.press("Show it")
    expect(one.editor).to_contain_text("#!")
    expect(one.notice).to_contain_text("instead of your program")
    one.press("Show my program")
    expect(one.editor).to_contain_text("more = 1")


def test_the_student_uses_their_own_and_has_the_other_one_back(
    parted: Two, student: Student
) -> None:
    one, other = parted
    other.press("Use this one")
    student.stores(OLDER, NEWER)
    expect(other.notice).to_have_text(A_VERSION)
    expect(one.editor).to_contain_text("begun")
    one.press("Show it")
    expect(one.editor).to_contain_text("newer work")
    one.press("Use this one")
    student.stores(NEWER, OLDER)
    expect(other.editor).to_contain_text("newer work")


def test_a_reset_is_of_what_is_shown(parted: Two, student: Student) -> None:
    _, other = parted
    other.press("Reset")
    other.press("Replace my program")
    expect(other.editor).not_to_contain_text("begun")
    other.press("Show the other one")
    expect(other.editor).to_contain_text("newer work")
    other.press("Show it")
    expect(other.editor).to_contain_text("def kilometres")  # the key is for this text
    other.editor.click()
    other.page.keyboard.press("Control+z")
    student.stores(NEWER, OLDER)


def test_the_student_looks_at_the_other_one_and_dismisses_their_own(parted: Two) -> None:
    one, other = parted
    other.press("Show the other one")
    expect(other.editor).to_contain_text("newer work")
    expect(other.notice).to_be_focused()
    other.press("Dismiss")
    expect(one.notice).to_have_count(0)
    expect(other.notice).to_contain_text("Dismissed: print('begun')")
    expect(other.notice).to_be_focused()
    other.press("Undo")
    for tab in (one, other):
        expect(tab.notice).to_have_text(A_VERSION)


def test_a_version_that_was_dismissed_elsewhere_stays_and_can_be_kept(
    parted: Two, student: Student
) -> None:
    one, other = parted
    one.press("Dismiss")
    expect(other.notice).to_contain_text("It was dismissed or changed on another page")
    expect(other.notice).not_to_contain_text("Both versions are kept.")
    expect(other.editor).to_contain_text("begun")
    other.press("Keep it")
    expect(other.notice).to_contain_text("Both versions are kept.")
    expect(one.notice).to_contain_text(A_VERSION)
    student.stores(NEWER, OLDER)


def test_both_are_chosen_by_keyboard_alone(parted: Two) -> None:
    _, other = parted
    keys = other.page.keyboard
    other.page.get_by_role("button", name="Use this one").focus()
    keys.press("Tab")
    expect(other.page.get_by_role("button", name="Show the other one")).to_be_focused()
    keys.press("Enter")
    expect(other.editor).to_contain_text("newer work")
    expect(other.notice).to_be_focused()
    keys.press("Tab")
    keys.press("Space")
    expect(other.editor).to_contain_text("begun")
    expect(other.notice).to_be_focused()
    keys.press("Tab")
    expect(other.page.get_by_role("button", name="Compare")).to_be_focused()
    keys.press("Tab")
    expect(other.page.get_by_role("button", name="Use this one")).to_be_focused()
    keys.press("Enter")
    expect(other.notice).to_have_text(A_VERSION)
    expect(other.notice).to_be_focused()


def _run(page: Page) -> None:
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("region", name="Output")).to_contain_text("from an old page")


def _say(page: Page) -> None:
    page.get_by_label("Message to the tutor").fill("Why?")
    page.get_by_role("button", name="Send").click()
    said = page.get_by_role("region", name="Tutor").get_by_role("article", name="You", exact=True)
    expect(said).to_have_count(1)


def _check(page: Page) -> None:
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("region", name="Check")).to_contain_text("attempt 1")


@pytest.mark.parametrize("order", [_run, _say, _check], ids=["run", "say", "check"])
@pytest.mark.parametrize("two", ["two tabs"], indirect=True)
def test_an_order_with_an_old_program_replaces_nothing(
    parted: Two, student: Student, order: Callable[[Page], None]
) -> None:
    one, other = parted
    write(other.page, OLD)
    order(other.page)
    student.stores(NEWER, OLD)
    expect(one.editor).to_contain_text("newer work")
    expect(other.editor).to_contain_text("from an old page")


@pytest.mark.parametrize("two", ["two tabs"], indirect=True)
def test_a_message_that_waited_offline_replaces_nothing(two: Two, student: Student) -> None:
    one, other = two
    other.cut()
    write(one.page, NEWER)
    student.stores(NEWER)
    other.write(OLD)
    other.page.get_by_label("Message to the tutor").fill("Why?")
    other.press("Send")
    expect(other.page.get_by_text("Will be sent when you are online again")).to_be_visible()
    other.mend()
    student.stores(NEWER, OLD)
    expect(other.notice).to_contain_text(BOTH_KEPT)
    expect(one.editor).to_contain_text("newer work")


def test_a_reload_in_the_middle_of_it_keeps_both(two: Two, student: Student) -> None:
    one, other = two
    other.cut()
    write(one.page, NEWER)
    student.stores(NEWER)
    other.write(OLD)
    other.is_cut = False
    other.page.reload()
    student.stores(NEWER, OLD)
    expect(other.editor).to_contain_text("from an old page")
    other.press("Show the other one")
    expect(other.editor).to_contain_text("newer work")


def test_what_was_typed_last_is_stored_when_the_page_goes(student: Student) -> None:
    device = student.device()
    one, other = student.tab(device, direct=True), student.tab(device, direct=True)
    write(one.page, NEWER)
    one.page.goto("about:blank")
    student.stores(NEWER)
    expect(other.editor).to_contain_text("newer work")
    expect(other.notice).to_have_count(0)


def test_a_copy_of_days_ago_replaces_nothing(student: Student) -> None:
    laptop, school = student.device(), student.device()
    old = student.tab(laptop)
    write(old.page, BEGUN)
    student.stores(BEGUN)
    old.cut()
    old.write(OLD)
    old.page.close()

    elsewhere = student.tab(school)
    write(elsewhere.page, NEWER)
    student.stores(NEWER)

    again = student.tab(laptop)
    student.stores(NEWER, OLD)
    expect(again.editor).to_contain_text("newer work")
    expect(again.notice).to_have_text(A_VERSION)
    again.press("Show it")
    expect(again.editor).to_contain_text("from an old page")
    # The browser keeps nothing that the server has.
    again.leaves()


def test_what_a_closed_tab_could_not_send_goes_on_in_the_next_one(student: Student) -> None:
    laptop = student.device()
    old = student.tab(laptop)
    write(old.page, BEGUN)
    student.stores(BEGUN)
    old.cut()
    old.write(OLD)
    old.page.close()
    again = student.tab(laptop)
    expect(again.editor).to_contain_text("from an old page")
    student.stores(OLD)
    expect(again.notice).to_have_count(0)


def test_what_an_open_tab_could_not_send_is_left_to_it(student: Student) -> None:
    laptop = student.device()
    one, gone = student.tab(laptop), student.tab(laptop)
    write(one.page, BEGUN)
    student.stores(BEGUN)
    expect(gone.editor).to_contain_text("begun")
    one.cut()
    gone.cut()
    one.write(OLD)
    gone.write(OLDER)
    gone.page.close()
    # The next tab takes over what the closed one has left, and nothing else.
    other = student.tab(laptop)
    student.stores(OLDER)
    other.leaves(OLD)
    one.mend()
    student.stores(OLDER, OLD)
    expect(one.notice).to_contain_text(BOTH_KEPT)
    expect(one.editor).to_contain_text("from an old page")


def test_an_earlier_text_is_brought_back_after_a_reset(student: Student) -> None:
    tab = student.tab(student.device())
    write(tab.page, NEWER)
    student.stores(NEWER)
    tab.press("Reset")
    tab.press("Replace my program")
    expect(tab.editor).not_to_contain_text("newer work")
    tab.press("Earlier versions")
    dialog = tab.page.get_by_role("dialog", name="Earlier versions")
    entries = dialog.get_by_role("radio")
    expect(entries.nth(0)).to_have_accessible_name(re.compile("Started over .* in this tab"))
    expect(entries.nth(1)).to_have_accessible_name(re.compile("Written in this tab"))
    expect(entries.last).to_have_accessible_name(re.compile("The lesson’s own text"))
    expect(entries.nth(1)).to_be_checked()
    expect(dialog.get_by_role("textbox").first).to_contain_text("newer work")
    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_role("button", name="Earlier versions")).to_be_focused()
    tab.page.keyboard.press("Enter")
    tab.press("Bring this back")
    student.stores(NEWER)
    expect(tab.editor).to_contain_text("newer work")
    tab.editor.click()
    tab.page.keyboard.press("Control+z")
    expect(tab.editor).not_to_contain_text("newer work")


@pytest.mark.parametrize("two", ["two tabs"], indirect=True)
def test_two_texts_that_have_parted_are_put_together(two: Two, student: Student) -> None:
    one, other = two
    common = "first = 1\n\n\nlast = 2\n"
    write(one.page, common)
    expect(other.editor).to_contain_text("last = 2")
    other.cut()
    theirs = common.replace("1", "100")
    write(one.page, theirs)
    student.stores(theirs)
    mine = common.replace("2", "200")
    other.write(mine)
    other.mend()
    expect(other.notice).to_contain_text(BOTH_KEPT)
    student.stores(theirs, mine)
    other.press("Compare")
    dialog = other.page.get_by_role("dialog")
    expect(dialog).to_contain_text("The other one, written in another tab of this browser")
    dialog.get_by_role("button", name="Put together").click()
    expect(dialog).to_contain_text("The changes of both are in it.")
    dialog.get_by_role("button", name="Use this").click()
    both = "first = 100\n\n\nlast = 200\n"
    student.stores(both, mine)
    for tab in two:
        expect(tab.editor).to_contain_text("first = 100")
