"""A student types on while the server is killed at random moments: no character is lost."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.browser.chaos.site import Site, Student
from tests.browser.chaos.stored import ends_as_stored

# Characters in a line, with its end: short enough to be seen at once.
LINE = 50
# Between two keys, as a quick typist has them.
KEY_MS = 4

pytestmark = [pytest.mark.browser, pytest.mark.docker]


def text_of(chars: int, chance: random.Random) -> str:
    """So many characters, of which no two lines are the same; nothing that an editor completes."""
    alphabet = "abcdefghijklmnopqrstuvwxyz 0123456789"
    lines = ["#" + "".join(chance.choices(alphabet, k=LINE - 2)) for _ in range(chars // LINE)]
    return "\n".join(lines) + "\n"


@contextmanager
def killed_at_random(
    site: Site, kills: int, within_s: float, chance: random.Random
) -> Iterator[None]:
    """So often the server is killed and started again, in the length of a block or after it."""
    waits = sorted(chance.uniform(0, within_s / kills) for _ in range(kills))
    over = threading.Event()

    def kill() -> None:
        for wait_s in waits:
            over.wait(wait_s)
            site.kill_web()
            site.room.start_web()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        killer.join()


@pytest.mark.parametrize(
    ("seed", "chars", "kills"),
    [
        (0, 300, 2),
        *(pytest.param(seed, 2_000, 4, marks=pytest.mark.slow) for seed in range(1, 21)),
    ],
)
def test_no_character_is_lost_however_often_the_server_dies(
    chaos: Site, student: Student, seed: int, chars: int, kills: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  # moments, no secrets
    typed = text_of(chars, chance)
    tab = student.device().tab()
    tab.write("")  # the keyboard writes there from now on
    with killed_at_random(chaos, kills, chars * KEY_MS / 1_000, chance):
        for line in typed.splitlines(keepends=True):
            tab.page.keyboard.type(line, delay=KEY_MS)
    tab.wake()
    ends_as_stored(tab, typed)
