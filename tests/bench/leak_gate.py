"""What the leak gate costs: `python -m tests.bench.leak_gate`.

Students talk with a model whose answers have something to judge in every sentence, or nothing; the
sandbox is real, and busy with ordinary runs to a share of what it can do. Prints how long texts
with candidates waited for their judgement, what an answer took, and the CPU of the web process with
its embedded worker.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bin.machine.serving import free_port
from tests.bench import classroom, report
from tests.bench.children import Child, child, environment, scratch
from tests.bench.page import Page, page
from tests.running import SAMPLE
from tutor import emulator
from tutor.emulator import Pace, Request, Say

STARTER = (SAMPLE / "every-day-counts" / "starter.py").read_text()
SENTENCES = 8
# What the model says to a message, by its first word.
PROSE = "What do you expect the loop to do on the last of three days, and why? " * SENTENCES
CODE = " ".join(
    f"What would `total = {number}` change in line 2, for you?" for number in range(SENTENCES)
)
ONE: Final = (
    f"{PROSE[: len(PROSE) // 2]}What would `total = 5` change in line 2? {PROSE[: len(PROSE) // 2]}"
)
# As a fast model speaks: a sentence is judged while the next one comes.
PACE = Pace(tokens_per_s=60)
RUNNERS = 8
# Of the good turns in dialogues of experts so many have one with something to be tried.
SOME = 4
# Seconds in which the sandbox's capacity is measured.
CAPACITY_S = 6.0
# Who was refused tries again so much later.
REFUSED_S = 0.5

_ids = itertools.count(1)


@dataclass(frozen=True)
class Sizes:
    """What is measured."""

    students: int
    seconds: float
    # The share of its capacity to which the sandbox is busy.
    load: float
    # Seconds that a student reads and thinks between an answer and the next message.
    think: float
    # Only the ways whose names have this in them.
    way: str = ""


@dataclass(frozen=True)
class Found:
    """What came of one way: milliseconds of judgements and of answers, CPU per answer."""

    judged: tuple[float, ...]
    answers: tuple[float, ...]
    cpu_ms: float
    withheld: int
    # Those that the sandbox did not bring to an end in time.
    unsure: int


def model(request: Request) -> list[Say]:
    """Prose, code in one sentence or in each, as the student's last message wants."""
    texts = [item["content"][0]["text"] for item in request.items if item.get("role") == "user"]
    return [Say({"code": CODE, "one": ONE, "some": ONE}.get(texts[-1] if texts else "", PROSE))]


async def serve(port: int) -> None:
    """The model, until told to stop."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with emulator.serve(port=port, model=model, record=False, pace=PACE):
        await stop.wait()


async def run_once(student: Page) -> bool:
    """Run a program of the student's, to its end; False if it was not run."""
    name = f"bench-run-{next(_ids)}"
    await student._send("run", id=name, code="print(6 * 7)\n", base=0)
    while True:
        frame = json.loads(await student._socket.recv())
        if frame["type"] == "check":
            await student._send("checked", id=frame["id"])
        if frame["type"] in ("refused", "error"):
            await asyncio.sleep(REFUSED_S)
            return False
        run = frame.get("run", {})
        if frame["type"] == "run_changed" and run["state"] not in ("queued", "running"):
            return bool(run["state"] == "ok")


async def capacity(pages: Sequence[Page]) -> float:
    """Runs per second when everybody runs one after another."""
    end, done = time.monotonic() + CAPACITY_S, 0

    async def one(student: Page) -> None:
        nonlocal done
        while time.monotonic() < end:
            was_run = await run_once(student)
            done += was_run

    await asyncio.gather(*map(one, pages))
    return done / CAPACITY_S


@contextlib.asynccontextmanager
async def busy(pages: Sequence[Page], per_second: float) -> AsyncIterator[None]:
    """So many runs a second, over all pages, for the length of a block."""

    async def one(student: Page) -> None:
        while True:
            begun = time.monotonic()
            await run_once(student)
            await asyncio.sleep(max(0.0, begun + len(pages) / per_second - time.monotonic()))

    tasks = [asyncio.create_task(one(student)) for student in pages] if per_second else []
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def talk(pages: Sequence[Page], text: str, seconds: float, think: float) -> list[float]:
    """Question after question on all pages; milliseconds of each answer."""
    end, took = time.monotonic() + seconds, list[float]()

    async def one(number: int, student: Page) -> None:
        await asyncio.sleep(think * number / len(pages))
        while time.monotonic() < end:
            begun = time.monotonic()
            is_prose = text == "some" and next(_ids) % SOME
            await student.say("prose" if is_prose else text, STARTER)
            took.append((time.monotonic() - begun) * 1000)
            await asyncio.sleep(think)

    await asyncio.gather(*(one(number, student) for number, student in enumerate(pages)))
    return took


def rows(folder: Path, after: int) -> list[tuple[int, float, int, str]]:
    """The judgements stored since: number, milliseconds, whether it was held back, verdict."""
    with contextlib.closing(sqlite3.connect(folder / "tutor.sqlite3")) as database:
        asked = "SELECT id, ms, held_back, verdict FROM tutor_judgement WHERE id > ?"
        return list(database.execute(asked, [after]))


async def measure(room: classroom.Room, text: str, sizes: Sizes) -> tuple[Found, float]:
    """One way, on a web process of its own; and the capacity of its sandbox."""
    talking, running = room.cookies[: sizes.students], room.cookies[sizes.students :]
    with classroom.web(room) as web:
        async with contextlib.AsyncExitStack() as stack:
            runners = await _open(stack, web, running)
            students = await _open(stack, web, talking)
            await talk(students[:1], text, 0.1, 0.0)  # loads what is loaded on first use
            while not await run_once(runners[0]):  # the sandbox is starting
                pass
            most = await capacity(runners)
            known = max((number for number, *_ in rows(room.folder, 0)), default=0)
            async with busy(runners, sizes.load * most):
                cpu = web.cpu_s
                answers = await talk(students, text, sizes.seconds, sizes.think)
                cpu = web.cpu_s - cpu
            judged = rows(room.folder, known)
    held_back = sum(one for _, _, one, _ in judged)
    unsure = sum(verdict == "unsure" for *_, verdict in judged)
    each = cpu / max(1, len(answers)) * 1000
    waited = tuple(ms for _, ms, *_ in judged)
    found = Found(waited, tuple(answers), each, held_back, unsure)
    return found, most


async def _open(stack: contextlib.AsyncExitStack, web: Child, cookies: Sequence[str]) -> list[Page]:
    return [
        await stack.enter_async_context(page(web.port, classroom.LESSON, cookie))
        for cookie in cookies
    ]


async def main(sizes: Sizes) -> None:
    """Measure and print."""
    report.write(f"{report.machine()}; one run of {sizes.seconds:.0f} s for each line", "")
    ways = {
        "gate off": ("off", "prose"),
        "on, nothing to judge": ("on", "prose"),
        "off, code in every sentence": ("off", "code"),
        "on, code in one sentence of every fourth": ("on", "some"),
        "on, code in one sentence": ("on", "one"),
        "on, code in every sentence": ("on", "code"),
    }
    lines = []
    for name, (gate, text) in ways.items():
        if sizes.way not in name:
            continue
        port = free_port()
        with scratch("leak-gate") as folder:
            env = environment(folder)
            serving = ("-m", "tests.bench.leak_gate", "--serve-model", str(port))
            with child(port, *serving, env=env, log=folder / "model.log"):
                room = classroom.room(folder, sizes.students + RUNNERS, port)
                env = {**room.env, "LEAK_GATE": gate}
                del env["DOCKER_HOST"]
                if engine := os.environ.get("DOCKER_HOST"):
                    env["DOCKER_HOST"] = engine
                found, most = await measure(replace(room, env=env), text, sizes)
        lines.append((name, *_cells(found), f"{most:.1f}"))
        report.write(" | ".join(lines[-1]))
    columns = (
        "", "answers", "judged", "held back", "unsure", "judged p50, ms", "p95", "max",
        "answer p50, ms", "p95", "CPU per answer, ms", "runs/s at most",
    )  # fmt: skip
    title = (
        f"{sizes.students} students, each with a message every {sizes.think:.0f} s and the time of "
        f"an answer; sandbox at {sizes.load:.0%} of its capacity"
    )
    report.write(report.Table(title, columns, tuple(lines)))


def _cells(found: Found) -> list[str]:
    of = found.judged or (0.0,)
    numbers = [report.percentile(of, 0.5), report.percentile(of, 0.95), max(of)]
    answers = [report.percentile(found.answers, share) for share in (0.5, 0.95)]
    counts = [len(found.answers), len(found.judged), found.withheld, found.unsure]
    return [*map(str, counts), *(f"{one:.0f}" for one in [*numbers, *answers, found.cpu_ms])]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What the leak gate costs.")
    parser.add_argument("--students", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--think", type=float, default=15.0, help="seconds between two messages")
    parser.add_argument("--load", type=float, default=0.7, help="share of the sandbox's capacity")
    parser.add_argument("--way", default="", help="only the ways whose names have this in them")
    parser.add_argument("--serve-model", type=int, help="be the model, on this port")
    chosen = parser.parse_args()
    if chosen.serve_model:
        asyncio.run(serve(chosen.serve_model))
    else:
        asyncio.run(
            main(Sizes(chosen.students, chosen.seconds, chosen.load, chosen.think, chosen.way))
        )
