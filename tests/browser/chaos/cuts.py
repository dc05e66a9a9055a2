"""What is cut, and how it is mended; meanwhile the student types on."""

import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from playwright.sync_api import Page

from tests.browser.chaos.site import Site, Tab
from tests.running import stop

MORE: Final = "# typed meanwhile"
A_MINUTE_MS: Final = 60_000
HOURS: Final = timedelta(hours=5)

# Does it, types MORE at a time that tells, and returns all pages that must end as stored.
Cut = Callable[[Site, Tab], list[Tab]]


def socket(site: Site, tab: Tab) -> list[Tab]:
    tab.device.network.cut()
    tab.type_at_end(MORE)
    tab.wake()
    return [tab]


def socket_three_times(site: Site, tab: Tab) -> list[Tab]:
    for part in (MORE[:5], MORE[5:10], MORE[10:]):
        socket_part(tab, part)
    return [tab]


def socket_part(tab: Tab, part: str) -> None:
    tab.type_at_end(part)
    tab.device.network.cut()
    tab.wake()
    tab.online()


def reload(site: Site, tab: Tab) -> list[Tab]:
    tab.type_at_end(MORE)
    tab.page.reload()
    return [tab]


def server_killed(site: Site, tab: Tab) -> list[Tab]:
    site.kill_web()
    tab.type_at_end(MORE)
    site.room.start_web()
    tab.wake()
    return [tab]


def server_replaced(site: Site, tab: Tab) -> list[Tab]:
    """As an update does it: the turn that is on is handed over."""
    site.room.web.send_signal(signal.SIGTERM)
    tab.type_at_end(MORE)
    stop(site.room.web)
    site.room.start_web()
    tab.wake()
    return [tab]


def worker_killed(site: Site, tab: Tab) -> list[Tab]:
    tab.type_at_end(MORE)
    site.replace_worker()
    return [tab]


def offline_for_a_minute(site: Site, tab: Tab) -> list[Tab]:
    tab.device.network.hold()
    tab.device.context.set_offline(True)
    tab.type_at_end(MORE)
    tab.page.clock.fast_forward(A_MINUTE_MS)
    tab.device.network.cut()
    tab.device.network.let_pass()
    tab.device.context.set_offline(False)
    return [tab]


def two_tabs(site: Site, tab: Tab) -> list[Tab]:
    other = tab.device.tab()
    other.type_at_end(MORE)
    return [tab, other]


def tab_closed(site: Site, tab: Tab) -> list[Tab]:
    """The page goes, and another one is opened in its place."""
    tab.type_at_end(MORE)
    tab.page.close()
    tab.page = tab.device.tab().page
    return [tab]


def tab_hidden(site: Site, tab: Tab) -> list[Tab]:
    """The browser freezes a tab that nobody looks at, and the line breaks meanwhile."""
    tab.type_at_end(MORE)
    see(tab.page, "hidden")
    chromium = tab.page.context.new_cdp_session(tab.page)
    chromium.send("Page.setWebLifecycleState", {"state": "frozen"})
    tab.device.network.cut()
    chromium.send("Page.setWebLifecycleState", {"state": "active"})
    see(tab.page, "visible")
    return [tab]


def see(page: Page, state: str) -> None:
    page.evaluate(
        """state => {
          Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


def two_devices(site: Site, tab: Tab) -> list[Tab]:
    """The first one breaks off for good in the middle; the student goes on with another."""
    other = tab.device.student.device().tab()
    other.type_at_end(MORE)
    tab.device.network.cut()
    tab.wake()
    return [other, tab]


def clock_moved_on(site: Site, tab: Tab) -> list[Tab]:
    return _move_clock(tab, HOURS)


def clock_moved_back(site: Site, tab: Tab) -> list[Tab]:
    return _move_clock(tab, -HOURS)


def _move_clock(tab: Tab, by: timedelta) -> list[Tab]:
    now = tab.page.evaluate("Date.now()")
    tab.page.clock.set_system_time(now + by / timedelta(milliseconds=1))
    tab.type_at_end(MORE)
    tab.device.network.cut()
    tab.wake()
    return [tab]


CUTS: Final[dict[str, Cut]] = {
    cut.__name__: cut
    for cut in (
        socket, socket_three_times, reload, server_killed, server_replaced, worker_killed,
        offline_for_a_minute, two_tabs, tab_closed, tab_hidden, two_devices,
        clock_moved_on, clock_moved_back,
    )
}  # fmt: skip
# Cuts for which the test sets the page's time.
WITH_CLOCK: Final = {offline_for_a_minute, clock_moved_on, clock_moved_back}
