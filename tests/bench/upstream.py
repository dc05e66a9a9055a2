"""What the socket saves: `python -m tests.bench.upstream`.

Turns with 1, 5 and 20 calls, and a dialogue of 40 turns, once over our socket (only what is new)
and once as POST with full input through OpenAI's SDK: same dialogue, same emulator, which is a
process of its own, in turns.
"""

import argparse
import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from bin.machine.serving import free_port
from tests.bench import report
from tests.bench.children import child, environment, scratch
from tests.bench.dialogue import FIELDS, Http, Turn, Way, hold, warm_socket
from tutor.method import prompts
from tutor.protocol.calls import Payload

CALLS = (1, 5, 20)
# So many turns, each with a call, lie behind the turn that is measured.
EARLIER = 10
TURNS = 40
QUESTION = prompts.student_message("00 calls, please. Are you there?")
SOCKET = "WebSocket, only what is new"
HTTP = "HTTP, full input"
PLAIN = "HTTP, full input past the SDK's types"


@asynccontextmanager
async def ways(base_url: str, items: list[Payload]) -> AsyncIterator[dict[str, Way]]:
    """All ways, warm, each about to continue `items`."""
    http = {HTTP: Http(base_url), PLAIN: Http(base_url, plain=True)}
    try:
        for way in http.values():
            # What is loaded on first use is not counted.
            await way.ask([*items, QUESTION])
        async with warm_socket(items) as socket:
            yield {SOCKET: socket, **http}
    finally:
        for way in http.values():
            await way.close()


async def turns(base_url: str, runs: int) -> report.Table:
    """Single turns in the middle of a dialogue."""
    earlier = await _earlier(base_url)
    found: dict[tuple[int, str], list[Turn]] = {}
    for run in range(runs + 1):
        for calls in CALLS:
            async with ways(base_url, earlier) as all_ways:
                # Who comes first changes from run to run; the first run does not count.
                for name in sorted(all_ways, reverse=bool(run % 2)):
                    turn = await hold(all_ways[name], list(earlier), calls)
                    if run:
                        found.setdefault((calls, name), []).append(turn)
    rows = tuple(
        (
            f"{calls} call{'s' if calls > 1 else ''}, {name}",
            f"{turns[0].bytes}",
            f"{report.median(turn.first_ms for turn in turns):.1f}",
            f"{report.median(turn.whole_ms for turn in turns):.1f}",
        )
        for (calls, name), turns in sorted(found.items(), key=lambda pair: pair[0][0])
    )
    columns = ("turn", "bytes upstream", "first text, ms", "whole turn, ms")
    return report.Table(f"One turn after {EARLIER} earlier ones", columns, rows)


async def dialogue(base_url: str) -> report.Table:
    """A dialogue of TURNS turns, every second one with a call."""
    sizes: dict[str, list[Turn]] = {}
    async with ways(base_url, []) as all_ways:
        for name in (SOCKET, HTTP):
            items: list[Payload] = []
            sizes[name] = [await hold(all_ways[name], items, number % 2) for number in range(TURNS)]
    rows = [
        (f"bytes of turn {number}", *(f"{sizes[name][number - 1].bytes}" for name in sizes))
        for number in (1, 2, 9, 10, 19, 20, 29, 30, 39, 40)
    ]
    rows.append(("bytes in all", *(f"{sum(turn.bytes for turn in sizes[name])}" for name in sizes)))
    for kind, start in (("without a call", 0), ("with a call", 1)):
        growth = [report.slope([t.bytes for t in sizes[name][start::2]]) / 2 for name in sizes]
        rows.append((f"growth per turn {kind}, bytes", *(f"{value:+.1f}" for value in growth)))
    title = f"Bytes upstream in a dialogue of {TURNS} turns, {TURNS // 2} of them with a call"
    return report.Table(title, ("", *sizes), tuple(rows))


async def _earlier(base_url: str) -> list[Payload]:
    items: list[Payload] = []
    async with warm_socket(items) as socket:
        for _ in range(EARLIER):
            await hold(socket, items, 1)
    return items


async def main(runs: int, port: int) -> None:
    """Measure and print."""
    base_url = f"http://127.0.0.1:{port}/v1"
    size = len(FIELDS["instructions"])
    report.write(
        f"{report.machine()}; medians of {runs} interleaved runs; the instructions, which go with "
        f"every request, have {size} bytes; the emulator answers without delay",
        "",
        await turns(base_url, runs),
        await dialogue(base_url),
    )


def run(runs: int, folder: Path) -> None:
    """Start the emulator, point Django's settings at it, measure."""
    # The table is what is wanted here, not a line for every request.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    port = free_port()
    os.environ |= environment(
        folder,
        OPENAI_BASE_URL=f"http://127.0.0.1:{port}/v1",
        DJANGO_SETTINGS_MODULE="tutor.settings",
    )
    arguments = ("-m", "tests.bench.emulated_model", "--port", str(port))
    with child(port, *arguments, env=dict(os.environ), log=folder / "emulator.log"):
        asyncio.run(main(runs, port))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The socket beside HTTP with full input.")
    parser.add_argument("--runs", type=int, default=7)
    chosen = parser.parse_args()
    with scratch("upstream") as home:
        run(chosen.runs, home)
