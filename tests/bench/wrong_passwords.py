"""What wrong passwords cost the others: `python -m tests.bench.wrong_passwords`.

Beside 40 clients that try passwords as fast as they are answered, somebody else opens pages one
after the other. Each server does it twice, with nobody else (the floor) and with the 40.
"""

import argparse
import http.client
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import report
from tests.failures.school import ENROL
from tests.page import log_in
from tests.running import Classroom, classroom

GUESSERS = 40
DEAD_ENGINE = "unix:///nonexistent/docker.sock"
TOKEN = "a" * 32
ADDRESSES = 8


class Guesser(threading.Thread):
    """Tries passwords until it is told to stop; `answers` are counted by their status."""

    def __init__(self, room: Classroom, number: int, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self._room, self._number, self._over = room, number, over
        self.answers: Counter[int] = Counter()

    def run(self) -> None:
        """Try them, over a connection for each."""
        # Loopback has many addresses: no single one uses all tries up.
        source = (f"127.0.0.{10 + self._number % ADDRESSES}", 0)
        while not self._over.is_set():
            name = f"nobody-{self._number}-{sum(self.answers.values())}"
            form = {"username": name, "password": "wrong", "csrfmiddlewaretoken": TOKEN}
            headers = {
                "Cookie": f"csrftoken={TOKEN}", "Content-Type": "application/x-www-form-urlencoded",
            }  # fmt: skip
            one = http.client.HTTPConnection(
                "127.0.0.1", self._room.port, timeout=30, source_address=source
            )
            try:
                one.request("POST", "/login/", urllib.parse.urlencode(form), headers)
                self.answers[one.getresponse().status] += 1
            finally:
                one.close()


@contextmanager
def guessing(room: Classroom) -> Iterator[list[Guesser]]:
    """Passwords are tried for the length of a block."""
    over = threading.Event()
    guessers = [Guesser(room, number, over) for number in range(GUESSERS)]
    for one in guessers:
        one.start()
    try:
        yield guessers
    finally:
        over.set()
        for one in guessers:
            one.join()


def open_pages(room: Classroom, cookies: str, seconds: float) -> list[float]:
    """How many ms each page took that was opened in so many seconds."""
    took = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        one = http.client.HTTPConnection("127.0.0.1", room.port, timeout=30)
        try:
            one.request("GET", "/", headers={"Cookie": cookies})
            one.getresponse().read()
        finally:
            one.close()
        took.append((time.monotonic() - began) * 1000)
    return took


def measure(server: str, seconds: float) -> Iterator[tuple[str, ...]]:
    """The rows of one server."""
    with (
        tempfile.TemporaryDirectory() as folder,
        classroom(Path(folder), server, people=ENROL, DOCKER_HOST=DEAD_ENGINE) as room,
    ):
        cookies = log_in(room, "ada")
        open_pages(room, cookies, 1)  # what is loaded once
        alone = open_pages(room, cookies, seconds)
        with guessing(room) as guessers:
            beside = open_pages(room, cookies, seconds)
        answers: Counter[int] = sum((one.answers for one in guessers), Counter())
    floor = report.median(alone)
    for name, took, said in (("alone", alone, ""), ("beside", beside, str(dict(answers)))):
        middle = report.median(took)
        yield (
            f"{server}, {name}", str(len(took)), f"{middle:.0f}",
            f"{report.percentile(took, 0.99):.0f}", f"{max(took):.0f}",
            f"{middle / floor:.1f}", said,
        )  # fmt: skip


def main() -> None:
    """Measure both servers, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    seconds = parser.parse_args().seconds
    report.write(report.machine())
    rows = tuple(row for server in ("daphne", "uvicorn") for row in measure(server, seconds))
    columns = ("", "pages", "p50 ms", "p99", "max", "÷ alone", "answers to guesses")
    report.write(report.Table(f"Pages beside {GUESSERS} who guess passwords", columns, rows))


if __name__ == "__main__":
    main()
