"""The moments of a cut: in the middle of an answer, a run, a prediction or a check."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Error, expect

from tests.browser.chaos.site import Site, Tab
from tests.polling import wait_until

HELLO: Final = "Hello"
GUESS: Final = "I think range stops too early."
FINISH_S: Final = 40.0
A_MOMENT_MS: Final = 1_000
LAST_RUN: Final = "select status from sandbox_run order by created_at desc limit 1"

WRONG: Final = "def kilometres(days):\n    return sum(range(1, days))\n"
ASKS: Final = "print('begun')\nname = input('Name? ')\nprint('Hello', name)\n"
SLOW: Final = f"import time\ntime.sleep(0.5)\n\n{WRONG}"


@dataclass(frozen=True)
class Moment:
    """`begin` leaves a page in the middle of it, `finish` does what is left for a student to do."""

    name: str
    code: str
    begin: Callable[[Site, Tab], None]
    finish: Callable[[Site, Tab], None]
    said: tuple[str, ...] = ()
    # What the program prints last.
    ends_with: str = ""


def _ask(site: Site, tab: Tab) -> None:
    site.room.order("silence", after=6, minutes=5)
    tab.say(HELLO)
    expect(tab.writing).to_be_visible()


def _hear(site: Site, tab: Tab) -> None:
    site.room.order("clock", minutes=5)


def _run(site: Site, tab: Tab) -> None:
    tab.press("Run")
    expect(tab.output).to_contain_text("Name?")


def _type(site: Site, tab: Tab) -> None:
    """Answer the program for as long as it asks: another worker may have begun it anew."""
    field = tab.output.get_by_role("textbox")

    def is_over() -> bool:
        states = site.room.rows(LAST_RUN)
        if states[0][0] not in ("queued", "running"):
            return True
        if field.is_visible() and field.is_enabled() and "Ada" not in tab.output.inner_text():
            with suppress(Error):  # it is over just now
                field.fill("Ada", timeout=A_MOMENT_MS)
                field.press("Enter", timeout=A_MOMENT_MS)
        tab.page.wait_for_timeout(200)
        return False

    wait_until(is_over, FINISH_S, "the program is still on")


def _predict(site: Site, tab: Tab) -> None:
    tab.say(GUESS)
    card = tab.page.get_by_role("article", name="Prediction").last
    card.get_by_role("textbox").fill("1234")
    tab.press("Answer")
    expect(card).to_contain_text("1234")


def _check(site: Site, tab: Tab) -> None:
    tab.press("Check")
    expect(tab.page.locator("#check")).to_have_attribute("aria-busy", "true")


def _wait(site: Site, tab: Tab) -> None:
    """Nothing is left to be done."""


MOMENTS: Final = {
    moment.name: moment
    for moment in (
        Moment("answer", WRONG, _ask, _hear, (HELLO,)),
        Moment("run", ASKS, _run, _type, ends_with="Hello Ada"),
        Moment("prediction", SLOW, _predict, _wait, (GUESS,)),
        Moment("check", SLOW, _check, _wait),
    )
}
