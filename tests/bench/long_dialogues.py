"""What a long dialogue costs: `python -m tests.bench.long_dialogues [--checkout FOLDER …]`.

The same dialogue of 2,000 items that are shown, and one of 50, in the database of each checkout,
with its own server: what is read and sent when a page is opened; and in real Chromium, how the page
fares. The checkouts take turns in every run. The page must have been built in each.
"""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page, async_playwright

from bin.machine.serving import free_port
from tests.bench import classroom, report
from tests.bench.children import scratch
from tests.running import ROOT
from tutor import emulator
from tutor.emulator import Output, Pace, Request, Say

LENGTHS: Final = (50, 2_000)
LESSON: Final = "/lessons/first-steps/every-day-counts/"
CHROMIUM: Final = "/usr/bin/chromium"
KEYS: Final = "abcdefghij"
PATIENCE_MS: Final = 120_000
# So fast that the page is drawn with each piece, and 20 KB take some seconds.
PACE: Final = Pace(tokens_per_s=1_000)
PART: Final = """Look at turn {number} of the loop: what is `day` then, and **why**?

```python
for day in range(1, days):
    total = total + day  # {number}
    print(day, total)
```

1. Say the numbers aloud.
2. Compare them with what you expected, one after the other.

"""
PARTS: Final = 80
ANSWER: Final = "".join(PART.format(number=number) for number in range(PARTS))

FILL: Final = """
import django, sys
django.setup()
from django.contrib.auth.models import User
from courses.models import Lesson
from tutor.models import Conversation
exec(sys.argv[1])
lesson = Lesson.objects.get(slug="every-day-counts")
for number, shown in enumerate(map(int, sys.argv[2:])):
    conversation = Conversation.open(User.objects.get(username=f"student-{number}"), lesson)
    conversation = Conversation.objects.get(pk=conversation.pk)
    fill(conversation, shown, lesson.source().steps[0].id)
"""
# What opening reads, several times in a process that has read it once: the fastest counts.
OPEN: Final = """
import json, sys, time
import django
django.setup()
from django.db import connection
from django.db.models.sql import compiler
from django.test.utils import CaptureQueriesContext
from tutor.models import Conversation
from tutor.session.context import ModelContext
from tutor.session.page import PageSync

class Outbox:
    class storage:
        call = None

rows = 0
given = compiler.SQLCompiler.results_iter
def counted(self, *arguments, **options):
    global rows
    for row in given(self, *arguments, **options):
        rows += 1
        yield row
compiler.SQLCompiler.results_iter = counted

found = []
for number in range(int(sys.argv[1])):
    def conversation():
        rows = Conversation.objects.select_related("lesson__course", "student")
        return rows.get(student__username=f"student-{number}")
    def hello():
        read = PageSync(conversation(), Outbox)._read_hello()
        return (read[0] if isinstance(read, tuple) else read).model_dump_json()
    def context():
        ModelContext(conversation())._read()
    took = {}
    for name, read in (("hello", hello), ("context", context)):
        times = []
        for _ in range(6):
            began = time.process_time()
            said = read()
            times.append(time.process_time() - began)
        took[name] = 1000 * min(times)
        rows = 0
        with CaptureQueriesContext(connection) as made:
            said = read()
        if name == "hello":
            took |= {"bytes": len(said.encode()), "queries": len(made), "rows": rows}
    found.append(took)
print(json.dumps(found))
"""
TASKS: Final = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.longTasks.push(entry.duration);
}).observe({ type: "longtask" });
"""
# Until the end of the dialogue has been drawn: since the page was asked for.
SHOWN: Final = """() => new Promise((done) => {
  const look = () => document.querySelector('.message.tutor')
    ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(look);
  look();
})"""
# Each key as the browser itself would hand it on, and drawn before the next one.
DRAWN: Final = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"""


@dataclass
class Side:
    """A checkout with its room and its running server, and what was measured, by length."""

    name: str
    room: classroom.Room
    port: int = 0
    server: list[dict[str, float]] = field(default_factory=list)
    page: dict[int, dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )


def answer(_request: Request) -> list[Output]:
    """20 KB of paragraphs, programs and lists."""
    return [Say(ANSWER)]


def prepared(checkout: Path, folder: Path, model_port: int) -> Side:
    """A checkout with both dialogues."""
    folder.mkdir()
    made = classroom.room(folder, len(LENGTHS), model_port, checkout)
    made.env["LEAK_GATE"] = "off"
    writer = (ROOT / "tests" / "long_dialogue.py").read_text()
    python(made, FILL, writer, *map(str, LENGTHS))
    name = "this checkout" if checkout == ROOT else checkout.name
    return Side(name, made)


def python(room: classroom.Room, script: str, *arguments: str) -> str:
    """What a script prints in the checkout of a room."""
    said = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=room.checkout, env=room.env, capture_output=True, text=True,
    )  # fmt: skip
    if said.returncode:
        raise RuntimeError(said.stderr[-2000:])
    return said.stdout


@contextlib.contextmanager
def serving(sides: Sequence[Side]) -> Iterator[None]:
    """All of them at once: those that are not measured have nothing to do."""
    with contextlib.ExitStack() as stack:
        for side in sides:
            side.port = stack.enter_context(classroom.web(side.room)).port
        yield


async def look(browser: Browser, side: Side, place: int) -> None:
    """Open the page of a dialogue, type, and have an answer written; note what it took."""
    found = side.page[LENGTHS[place]]
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    name, _, value = side.room.cookies[place].partition("=")
    url = f"http://127.0.0.1:{side.port}"
    await context.add_cookies([{"name": name, "value": value, "url": url}])
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.add_init_script(TASKS)
    await page.goto(url + LESSON, wait_until="commit")
    found["shown, ms"].append(await page.evaluate(SHOWN))
    nodes = await page.evaluate("document.getElementsByTagName('*').length")
    found["nodes"].append(nodes)
    await page.get_by_label("Tutor state").get_by_text("Ready").wait_for()
    found["longest task of opening, ms"].append(await longest(page))
    await page.get_by_role("textbox", name="Your program").click()
    began = time.monotonic()
    for key in KEYS:
        await page.keyboard.press(key)
        await page.evaluate(DRAWN)
    found["ten keys, ms"].append(1000 * (time.monotonic() - began))
    found["longest task of the keys, ms"].append(await longest(page))
    field = page.get_by_label("Message to the tutor")
    await field.fill("Why?")
    await field.press("Enter")
    end = page.get_by_text(f"Look at turn {PARTS - 1} of").or_(page.locator(".notice.bad"))
    await end.first.wait_for()
    if await page.locator(".notice.bad").count():
        raise RuntimeError(await page.locator(".notice.bad").first.inner_text())
    await page.get_by_label("Tutor state").get_by_text("Ready").wait_for()
    found["long tasks of an answer"].append(await page.evaluate("window.longTasks.length"))
    found["longest task of an answer, ms"].append(await longest(page))
    await context.close()


async def longest(page: Page) -> float:
    """The longest task since this was asked last; 0 if none took 50 ms."""
    tasks: list[float] = await page.evaluate("window.longTasks.splice(0)")
    return max(tasks, default=0.0)


async def measure(sides: Sequence[Side], port: int, runs: int) -> None:
    """The pages, in turns."""
    async with (
        emulator.serve(model=answer, port=port, pace=PACE, record=False),
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(runs):
            for place in range(len(LENGTHS)):
                for side in sides:
                    await look(browser, side, place)
        await browser.close()


def table(title: str, sides: Sequence[Side], values: dict[str, list[float]]) -> report.Table:
    """A row for each name; with the ratio of the long dialogues where there are two checkouts."""
    names = [f"{side.name}, {length:,}" for length in LENGTHS for side in sides]
    ratios = [f"÷ {sides[0].name}"] if len(sides) > 1 else []

    def row(name: str, numbers: list[float]) -> tuple[str, ...]:
        ratio = f"{numbers[-1] / numbers[-2]:.2f}" if ratios and numbers[-2] else ""
        written = (f"{one:,.1f}".removesuffix(".0") for one in numbers)
        return (name, *written, *([ratio] * len(ratios)))

    rows = tuple(row(name, numbers) for name, numbers in values.items())
    return report.Table(title, ("", *names, *ratios), rows)


def server_table(sides: Sequence[Side]) -> report.Table:
    """What is read when a page is opened, and what the model's input takes after that."""
    labels = {"bytes": "bytes of hello", "hello": "CPU of hello, ms", "queries": "queries",
              "rows": "rows read", "context": "CPU of the model's input, after it, ms"}  # fmt: skip
    values = {
        label: [side.server[place][key] for place in range(len(LENGTHS)) for side in sides]
        for key, label in labels.items()
    }
    return table("Opening: the server", sides, values)


def page_table(sides: Sequence[Side]) -> report.Table:
    """How the page fares."""
    values = {
        name: [report.median(side.page[length][name]) for length in LENGTHS for side in sides]
        for name in sides[0].page[LENGTHS[0]]
    }
    return table("The page in Chromium, medians", sides, values)


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description="What a long dialogue costs.")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--checkout", type=Path, action="append", default=[], metavar="FOLDER",
        help="another checkout, a git worktree for instance, to be measured beside this one",
    )  # fmt: skip
    arguments = parser.parse_args()
    report.write(report.machine(), f"{arguments.runs} runs; an answer has {len(ANSWER):,} bytes")
    port = free_port()
    with scratch("long-dialogues") as base:
        checkouts = [*(one.resolve() for one in arguments.checkout), ROOT]
        sides = [prepared(one, base / str(at), port) for at, one in enumerate(checkouts)]
        for side in sides:
            side.server = json.loads(python(side.room, OPEN, str(len(LENGTHS))))
        report.write("", server_table(sides))
        with serving(sides):
            asyncio.run(measure(sides, port, arguments.runs))
        report.write(page_table(sides))


if __name__ == "__main__":
    main()
