"""In the middle of an answer, a run, a prediction and a check something is cut, in real Chromium:
in the end every page shows what is stored, and nothing is lost or there twice."""

import pytest
from playwright.sync_api import expect

from tests.browser.chaos.cuts import CUTS, MORE, WITH_CLOCK
from tests.browser.chaos.moments import MOMENTS
from tests.browser.chaos.site import Site, Student
from tests.browser.chaos.stored import ends_as_stored

# The most telling ones; the others are soaks.
ALWAYS = {
    ("answer", "server_killed"),
    ("answer", "socket_three_times"),
    ("run", "reload"),
    ("run", "worker_killed"),
    ("prediction", "offline_for_a_minute"),
    ("check", "two_devices"),
}
# Where the answer dies with the process that was at it.
ASKED_ANEW = {"server_killed", "server_replaced"}
EACH = [
    pytest.param(moment, cut, marks=() if (moment, cut) in ALWAYS else pytest.mark.slow)
    for moment in MOMENTS
    for cut in CUTS
]

pytestmark = [pytest.mark.browser, pytest.mark.docker]


@pytest.mark.parametrize(("moment_name", "cut_name"), EACH)
def test_a_page_ends_with_exactly_what_is_stored(
    chaos: Site, student: Student, moment_name: str, cut_name: str
) -> None:
    moment, cut = MOMENTS[moment_name], CUTS[cut_name]
    tab = student.device().tab(clock=cut in WITH_CLOCK)
    tab.write(moment.code)
    moment.begin(chaos, tab)
    so_far = tab.writing.inner_text() if moment.name == "answer" else ""
    pages = cut(chaos, tab)
    if so_far and cut_name not in ASKED_ANEW:
        for page in pages:  # it has missed nothing
            expect(page.writing).to_contain_text(so_far)
    moment.finish(chaos, pages[0])
    if moment.ends_with and cut.__name__ != "worker_killed":
        expect(pages[0].output).to_contain_text(moment.ends_with)
    for page in pages:
        ends_as_stored(page, moment.code + MORE, *moment.said)
    once = "select count(*) from {} where conversation_id = ?"
    assert chaos.room.rows(once.format("tutor_attempt"), student.conversation) == [
        (int(moment.name == "check"),)
    ]
