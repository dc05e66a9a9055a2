"""A full classroom on one web process: `python -m tests.bench.load`.

1,000 students with the page open and 200 who talk, each hearing 50 pieces a second. Prints memory
per student, the latency of the pieces, and what becomes of the memory while they talk on.
"""

import argparse
import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bin.machine.serving import free_port
from tests.bench import classroom, report
from tests.bench.children import Child, environment, fake_model, raise_open_files, scratch
from tests.bench.page import Page, Timing, page

PER_SECOND = 50.0
# Pages that open at the same time.
AT_ONCE = 40
# Memory is looked at this often while students talk.
LOOK_S = 5.0
SETTLE_S = 3.0


@dataclass(frozen=True)
class Sizes:
    """What is asked of the web process."""

    idle: int
    talking: int
    # Pieces in one answer: how often a turn ends and the next begins.
    pieces: int
    seconds: float
    server: str


@dataclass
class Talk:
    """What the talking students have met so far."""

    timings: list[Timing] = field(default_factory=list)
    # Memory of the web process at each look, in KiB.
    memory: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Spent:
    """Seconds that the processor has computed, by whom; `machine` is everybody, and `at` when."""

    at: float
    web: float
    model: float
    pages: float
    machine: float

    def since(self, before: "Spent") -> "Spent":
        """Cores in use, on average, from `before` to this moment; `at` is the time between."""
        time_s = self.at - before.at
        names = ("web", "model", "pages", "machine")
        shares = {name: (getattr(self, name) - getattr(before, name)) / time_s for name in names}
        return Spent(at=time_s, **shares)


def spent(web: Child, model: Child) -> Spent:
    """What has been computed until now."""
    # user nice system idle iowait …: all that is neither idle nor waiting.
    first, _, _ = Path("/proc/stat").read_text().partition("\n")
    ticks = [int(word) for word in first.split()[1:]]
    busy = (sum(ticks[:8]) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
    return Spent(time.monotonic(), web.cpu_s, model.cpu_s, time.process_time(), busy)


@dataclass(frozen=True)
class Waiting:
    """The web process with students who only wait."""

    seconds_to_open: float
    kib_each: float
    # Share of one core that is spent on them.
    cpu_share: float


async def open_pages(
    stack: contextlib.AsyncExitStack, web: Child, cookies: Sequence[str]
) -> list[Page]:
    """A page for each of `cookies`, all with a tutor that is ready."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(cookie: str) -> Page:
        async with places:
            return await stack.enter_async_context(page(web.port, classroom.LESSON, cookie))

    return list(await asyncio.gather(*(one(cookie) for cookie in cookies)))


async def wait_idle(
    stack: contextlib.AsyncExitStack, web: Child, cookies: Sequence[str]
) -> Waiting:
    """Open the pages of students who say nothing."""
    before, begun = web.memory_kib, time.monotonic()
    await open_pages(stack, web, cookies)
    opened = time.monotonic() - begun
    await asyncio.sleep(SETTLE_S)
    cpu = web.cpu_s
    await asyncio.sleep(SETTLE_S)
    share = (web.cpu_s - cpu) / SETTLE_S
    return Waiting(opened, (web.memory_kib - before) / len(cookies), share)


async def talk(pages: Sequence[Page], web: Child, sizes: Sizes) -> Talk:
    """Turn after turn on all pages until the time is up; the last turns are finished."""
    end = time.monotonic() + sizes.seconds
    talk = Talk()

    async def one(number: int, student: Page) -> None:
        # Not all in the same moment: a classroom is no choir.
        await asyncio.sleep(number / len(pages) * sizes.pieces / PER_SECOND)
        while time.monotonic() < end:
            talk.timings.append(await student.turn(sizes.pieces, PER_SECOND))

    async def look() -> None:
        while time.monotonic() < end:
            talk.memory.append(web.memory_kib)
            await asyncio.sleep(LOOK_S)

    await asyncio.gather(look(), *(one(number, student) for number, student in enumerate(pages)))
    return talk


def table(waiting: Waiting, talk: Talk, sizes: Sizes, cores: Spent, stored: int) -> report.Table:
    """What was found."""
    delays = [delay for timing in talk.timings for delay in timing.delays]
    # The first third warms caches and the allocator up.
    later = talk.memory[len(talk.memory) // 3 :]
    each = cores.web * cores.at / len(delays) * 1e6
    others = cores.machine - cores.web - cores.model - cores.pages
    growth = report.slope(later) / LOOK_S * 60 / 1024
    rows = [
        ("memory per idle student, KiB", f"{waiting.kib_each:.0f}", "150"),
        (f"{sizes.idle} pages opened in, s", f"{waiting.seconds_to_open:.1f}", ""),
        ("one core while they wait, %", f"{waiting.cpu_share:.1%}", ""),
        ("pieces heard", f"{len(delays)}", ""),
        ("latency of a piece p50, ms", f"{report.percentile(delays, 0.5):.1f}", ""),
        ("latency of a piece p99, ms", f"{report.percentile(delays, 0.99):.1f}", "50"),
        ("longest, ms", f"{max(delays):.1f}", ""),
        ("first piece p50, ms", f"{report.median(t.first for t in talk.timings):.1f}", ""),
        (
            "first piece p99, ms",
            f"{report.percentile((t.first for t in talk.timings), 0.99):.1f}",
            "",
        ),
        ("CPU of the web process per piece, all in, µs", f"{each:.0f}", ""),
        ("cores in use: web process", f"{cores.web:.2f}", "1"),
        ("cores in use: model, pages", f"{cores.model:.2f}, {cores.pages:.2f}", ""),
        ("cores in use: everything else on this machine", f"{others:.2f}", ""),
        ("turns", f"{len(talk.timings)}", ""),
        ("memory at first, MiB", f"{talk.memory[0] / 1024:.0f}", ""),
        ("memory at last, MiB", f"{talk.memory[-1] / 1024:.0f}", ""),
        ("growth of memory, MiB/min", f"{growth:.1f}", "0"),
        ("growth of what is stored, MiB/min", f"{stored / 2**20 / sizes.seconds * 60:.1f}", ""),
    ]
    title = (
        f"{sizes.idle} idle and {sizes.talking} talking students, {sizes.pieces} pieces to an "
        f"answer, under {sizes.server}"
    )
    return report.Table(title, ("", "measured", "goal"), tuple(rows))


def stored_bytes(room: classroom.Room) -> int:
    """The size of all dialogues in the database."""
    with contextlib.closing(sqlite3.connect(room.folder / "tutor.sqlite3")) as database:
        [size] = database.execute("SELECT total(length(payload)) FROM tutor_item").fetchone()
        return int(size)


async def main(sizes: Sizes) -> None:
    """Measure and print."""
    raise_open_files()
    report.write(f"{report.machine()}; one run of {sizes.seconds:.0f} s", "")
    port = free_port()
    with scratch("load") as folder, fake_model(port, environment(folder), folder) as model:
        room = classroom.room(folder, sizes.idle + sizes.talking + 1, port)
        first, *others = room.cookies
        with classroom.web(room, sizes.server) as web:
            async with page(web.port, classroom.LESSON, first) as one:
                await one.turn(10)  # loads what is loaded on first use
            async with contextlib.AsyncExitStack() as stack:
                waiting = await wait_idle(stack, web, others[: sizes.idle])
                pages = await open_pages(stack, web, others[sizes.idle :])
                before = spent(web, model)
                found = await talk(pages, web, sizes)
                cores = spent(web, model).since(before)
                stored = stored_bytes(room)
            report.write(table(waiting, found, sizes, cores, stored))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A full classroom on one web process.")
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--talking", type=int, default=200)
    parser.add_argument("--pieces", type=int, default=250, help="pieces in an answer")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--server", choices=classroom.servers(), default="daphne")
    chosen = parser.parse_args()
    sizes = Sizes(chosen.idle, chosen.talking, chosen.pieces, chosen.minutes * 60, chosen.server)
    asyncio.run(main(sizes))
