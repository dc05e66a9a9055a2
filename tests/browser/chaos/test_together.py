"""Two tabs and two devices are written in at once, with random cuts: nothing that was typed is ever
unrecoverable."""

import random

import pytest
from playwright.sync_api import Browser

from tests.browser.chaos.site import FOUNDATIONS, Site
from tests.browser.chaos.together import Together

pytestmark = [pytest.mark.browser, pytest.mark.docker]


@pytest.mark.parametrize(
    ("seed", "rounds", "kills"),
    [
        (0, 3, False),
        *(pytest.param(seed, 10, True, marks=pytest.mark.slow) for seed in range(1, 6)),
    ],
)
def test_nothing_typed_on_two_tabs_and_two_devices_is_unrecoverable(
    chaos: Site, browser: Browser, seed: int, rounds: int, kills: bool
) -> None:
    with chaos.student(browser, FOUNDATIONS.name, "functions") as student:
        chance = random.Random(seed)  # noqa: S311  # a script, no secrets
        together = Together(chaos, student, chance, kills)
        for _ in range(rounds):
            together.round()
        assert together.marks.kept
