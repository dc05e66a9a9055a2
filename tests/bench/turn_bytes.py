"""What a turn sends upstream: `python -m tests.bench.turn_bytes [--checkout FOLDER …]`.

A student asks in a lesson of a sample course, over a real socket to a real web process; what that
sends to the model is read off the emulator's log. Each other checkout of this project is measured
beside this one, with its own server and its own course: what a change costs is the difference.
"""

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bin.machine.serving import free_port
from tests.bench import classroom, report
from tests.bench.children import scratch
from tests.bench.page import page
from tests.running import ROOT
from tutor import emulator
from tutor.emulator import Output, Request, Say
from tutor.emulator.log import Exchange

TURNS = 40
LESSON = "first-steps/every-day-counts"
QUESTION = "Why does it print that? I expected one more."
PROGRAM = "total = 0\nfor day in range(1, 7):\n    total += day\nprint(total)\n"
ANSWER = "Which numbers does `range(1, 7)` give, one by one? Say them aloud."
# Tokenizers in use come with files from elsewhere. English and JSON have about 4 bytes a token.
BYTES_PER_TOKEN = 4


@dataclass(frozen=True)
class Sent:
    """Bytes of one request, and of its parts."""

    all: int
    instructions: int
    tools: int
    input: int


def answer(_request: Request) -> list[Output]:
    """The same each time: what a turn sends does not depend on it."""
    return [Say(ANSWER)]


def sent(exchange: Exchange) -> Sent:
    """What a request of the log has sent."""
    parts = (_bytes(exchange.frame.get(name)) for name in ("instructions", "tools", "input"))
    return Sent(exchange.bytes, *parts)


async def turns(room: classroom.Room, path: str, port: int) -> list[Sent]:
    """TURNS turns of one student, each one request."""
    found: list[Sent] = []
    async with emulator.serve(model=answer, port=port) as server:
        with classroom.web(room) as process:
            async with page(process.port, path, room.cookies[0]) as student:
                for _ in range(TURNS):
                    before = len(server.requests)
                    await student.say(QUESTION, PROGRAM)
                    [request] = [one for one in server.requests[before:] if one.generate]
                    found.append(sent(request))
    return found


def measure(checkout: Path, lesson: str, folder: Path) -> list[Sent]:
    """The turns of a checkout's own server."""
    folder.mkdir()
    port = free_port()
    room = classroom.room(folder, 1, port, checkout)
    says = "from tutor.protocol.frames import PROTOCOL; print(PROTOCOL)"
    asked = subprocess.run(
        [sys.executable, "-c", says], cwd=checkout, env=room.env, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    path = f"/ws/lessons/{lesson}?protocol={asked.stdout.strip()}"
    return asyncio.run(turns(room, path, port))


def table(title: str, found: Sequence[Sent]) -> report.Table:
    """The first and the last turn, and by how much a turn is longer than the one before."""
    rows = [
        (
            name,
            *(f"{part}" for part in (one.all, one.instructions, one.tools, one.input)),
            f"{round(one.all / BYTES_PER_TOKEN)}",
            f"{round(one.input / BYTES_PER_TOKEN)}",
        )
        for name, one in ((f"turn {place + 1}", found[place]) for place in (0, 1, len(found) - 1))
    ]
    # The first one brings the program along.
    growth = [report.slope([getattr(one, name) for one in found[1:]]) for name in ("all", "input")]
    rows.append(("growth of a turn", f"{growth[0]:.2f}", "", "", f"{growth[1]:.2f}", "", ""))
    columns = (
        "", "bytes", "instructions", "tools", "what is new", "tokens, about", "of what is new",
    )  # fmt: skip
    return report.Table(title, columns, tuple(rows))


def _bytes(value: object) -> int:
    """The size of a part as it stands in a frame."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What a turn sends upstream.")
    parser.add_argument("--lesson", default=LESSON, help="COURSE/LESSON (default: %(default)s)")
    parser.add_argument(
        "--checkout", type=Path, action="append", default=[], metavar="FOLDER",
        help="another checkout, a git worktree for instance, to be measured first",
    )  # fmt: skip
    arguments = parser.parse_args()
    report.write(report.machine(), "")
    with scratch("turn-bytes") as base:
        for number, checkout in enumerate([*arguments.checkout, ROOT]):
            found = measure(checkout.resolve(), arguments.lesson, base / str(number))
            title = "this checkout" if checkout == ROOT else f"{checkout.name}, another checkout"
            report.write(table(f"{title}: {arguments.lesson}", found))
