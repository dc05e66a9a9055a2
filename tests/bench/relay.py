"""What consumer, session and upstream add to a bare relay: `python -m tests.bench.relay`.

The model, the relay and the pages are processes of their own. In each run the relays take turns;
what is printed are medians over the runs, and their ratios to the bare relay.
"""

import argparse
import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bin.machine.serving import free_port
from tests.bench import classroom, report
from tests.bench.children import Child, child, environment, fake_model, scratch
from tests.bench.page import Page, Timing, page

BARE = "bare websockets relay"
PIECES = 200
# Turns of each kind in a run: enough for the processor's clock to tell them apart.
TURNS = 10
# The paced block: this many students at once, each at this pace.
STUDENTS = 20
PER_SECOND = 50.0
PACED_PIECES = 100
# A turn that shows the way of the first piece: nothing else happens before the second one comes,
# and the one before it is so long ago that nothing is gathered.
FIRST_PIECES, FIRST_PER_SECOND, THINK_S = 2, 20.0, 0.05


@dataclass(frozen=True)
class Relay:
    """A relay under measurement: where it is and who may enter."""

    name: str
    process: Child
    path: str
    cookies: Sequence[str]


@dataclass(frozen=True)
class Run:
    """One relay in one run. CPU times are microseconds of the relay's process."""

    outward: float
    back: float
    burst_ms: float
    burst_us: float
    turn_us: float
    paced_us: float
    p50: float
    p99: float


async def measure(relay: Relay, number: int) -> Run:
    """One run: its students are new ones, so that no dialogue is longer than another's."""
    count = STUDENTS + 1
    cookies = relay.cookies[number * count : (number + 1) * count]
    async with page(relay.process.port, relay.path, cookies[0]) as one:
        await one.turn(PIECES)
        slow = [await _slow_turn(one) for _ in range(TURNS)]
        _, few_s = await _turns(relay, one, 1)
        many, many_s = await _turns(relay, one, PIECES)
    # What a turn costs whatever its length is left out of the price of an event.
    burst_us = (many_s - few_s) / TURNS / (PIECES - 1) * 1e6
    turn_us = few_s / TURNS * 1e6 - burst_us
    paced, paced_us = await _paced(relay, cookies[1:])
    delays = [delay for timing in paced for delay in timing.delays]
    return Run(
        outward=report.median(timing.outward for timing in slow),
        back=report.median(timing.back for timing in slow),
        burst_ms=report.median(timing.whole for timing in many),
        burst_us=burst_us,
        turn_us=turn_us,
        paced_us=paced_us - turn_us / PACED_PIECES,
        p50=report.percentile(delays, 0.5),
        p99=report.percentile(delays, 0.99),
    )


async def _slow_turn(one: Page) -> Timing:
    await asyncio.sleep(THINK_S)
    return await one.turn(FIRST_PIECES, FIRST_PER_SECOND)


async def _turns(relay: Relay, one: Page, pieces: int) -> tuple[list[Timing], float]:
    """TURNS turns one after the other, and the seconds that the relay computed meanwhile."""
    before = relay.process.cpu_s
    timings = [await one.turn(pieces) for _ in range(TURNS)]
    return timings, relay.process.cpu_s - before


async def _paced(relay: Relay, cookies: Sequence[str]) -> tuple[list[Timing], float]:
    """Many students at once, and the relay's microseconds for each piece."""
    async with contextlib.AsyncExitStack() as stack:
        pages = [
            await stack.enter_async_context(page(relay.process.port, relay.path, cookie))
            for cookie in cookies
        ]
        before = relay.process.cpu_s
        timings = await asyncio.gather(*(one.turn(PACED_PIECES, PER_SECOND) for one in pages))
        spent = relay.process.cpu_s - before
    return timings, spent / (len(pages) * PACED_PIECES) * 1e6


@contextlib.contextmanager
def relays(folder: Path, runs: int) -> Iterator[list[Relay]]:
    """The bare relay and the classroom under each server that is installed, over one model."""
    model, bare = free_port(), free_port()
    env, students = environment(folder), runs * (STUDENTS + 1)
    with contextlib.ExitStack() as stack:
        stack.enter_context(fake_model(model, env, folder))
        arguments = ("-m", "tests.bench.bare_relay", "--port", str(bare), "--model", str(model))
        process = stack.enter_context(child(bare, *arguments, env=env, log=folder / "bare.log"))
        found = [Relay(BARE, process, "/", [""] * students)]
        for server in classroom.servers():
            home = folder / server
            home.mkdir()
            room = classroom.room(home, students, model)
            process = stack.enter_context(classroom.web(room, server))
            found.append(Relay(server, process, classroom.LESSON, room.cookies))
        yield found


def tables(runs: dict[str, list[Run]]) -> Iterator[report.Table]:
    """The medians of `runs`, by relay."""

    def row(name: str, *fields: str, digits: int = 2) -> tuple[str, ...]:
        cells = [name]
        for field in fields:
            value = report.median(getattr(run, field) for run in runs[name])
            bare = report.median(getattr(run, field) for run in runs[BARE])
            cells += [f"{value:.{digits}f}", f"{value / bare:.1f}x"]
        return tuple(cells)

    yield report.Table(
        f"Time to the first piece, one student, and a burst of {PIECES} pieces",
        ("relay", "question to the model, ms", "", "first piece back, ms", "", "burst, ms", ""),
        tuple(row(name, "outward", "back", "burst_ms") for name in runs),
    )
    yield report.Table(
        "CPU of the relay's process",
        ("relay", "burst: µs/event", "", "paced: µs/event", "", "a turn of one piece: µs", ""),
        tuple(row(name, "burst_us", "paced_us", "turn_us", digits=0) for name in runs),
    )
    yield report.Table(
        f"Latency of a piece, {STUDENTS} students at {PER_SECOND:.0f} pieces a second",
        ("relay", "p50, ms", "", "p99, ms", ""),
        tuple(row(name, "p50", "p99") for name in runs),
    )


async def main(count: int) -> None:
    """Measure and print."""
    report.write(f"{report.machine()}; medians of {count} interleaved runs", "")
    with scratch("relay") as folder, relays(folder, count + 1) as found:
        runs: dict[str, list[Run]] = {relay.name: [] for relay in found}
        for number in range(count + 1):
            for relay in found:
                run = await measure(relay, number)
                # The first run loads modules and opens connections; it does not count.
                if number:
                    runs[relay.name].append(run)
    report.write(*tables(runs))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The relay's cost beside a bare one's.")
    parser.add_argument("--runs", type=int, default=5)
    asyncio.run(main(parser.parse_args().runs))
