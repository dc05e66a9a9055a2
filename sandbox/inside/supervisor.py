"""PID 1 inside the container: runs one program in a child and says how it ended.

1. Load what students import; fork an interpreter ahead, which waits (`program.run_job`).
2. Say READY, wait for one JOB, hand it on.
3. Pass output on, up to the limits; pass input in; watch the clock, the host and the child.
4. SIGKILL everything that is left, pass on what is still in the pipes, say END, exit.

A job with test cases has steps 3 and 4 for each of them, in a child of its own. The host sends one
after the other, and goes by what it is told of each; it alone knows what is expected. A series is
the same with a program of its own for each case, and without a number. PID 1 reads neither a
case, with its program, nor what that prints (`splicing`): a child that is forked from it cannot
hold what another one was, was asked or has answered.

PID 1 exits when the host's end closes, at the latest a second after the deadline: when it is gone,
the kernel ends every other process of the container.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from operator import add
from typing import Any

from . import figures
from .clearing import clear_away
from .output_files import collect, within
from .program import FLUSH_SIGNAL, hide_supervisor, set_dumpable
from .running import ForkedInterpreter, Program, resources
from .splicing import FROM_HOST, HostReader, HostWriter
from .wire import CANCEL, CASE, END, FILE, HOST_S, STDIN, WireError

# Loaded before there is a job, as far as the image has them: what programs in courses import.
PRELOADED = (
    "abc", "bisect", "collections", "copy", "csv", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "heapq", "io", "itertools", "json", "math", "operator", "pathlib",
    "random", "re", "statistics", "string", "textwrap", "time", "typing",
    "numpy", "pandas", "matplotlib.pyplot",
)  # fmt: skip

FLUSH_GRACE_S = 0.05
# Seconds between two looks at whether a program waits for somebody to type.
POLL_INTERVAL_S = 0.1
# Seconds after its deadline at which PID 1 ends even if it is stuck in a write to the host.
BACKSTOP_S = 1.0
# Seconds that all processes of one program of a series may take to end, which fork as they die.
CLEANUP_S = 3.0

# What is told of the end of all cases, and of one that was stopped before it began.
NOTHING = {
    "cause": "", "exit_code": 0, "signal": None, "oom_kills": 0, "duration_ms": 0,
    "delayed_ms": 0, "cpu_ms": 0, "peak_memory_kb": 0, "stdout_bytes": 0, "stderr_bytes": 0,
}  # fmt: skip
NOT_RUN = NOTHING | {"cause": "cancelled"}


def kill_all(program: Program) -> None:
    """SIGKILL every other process until none is left; stopped, daemonised or not."""
    # Anywhere else -1 means every process of the machine.
    assert os.getpid() == 1
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.kill(-1, signal.SIGKILL)
            program.reap()
            time.sleep(0.001)
    program.reap()


def preload() -> None:
    """Import those of PRELOADED that exist, for good: no child's collector looks at it again."""
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    figures.prepare()
    hide_supervisor()
    gc.collect()
    gc.freeze()


def watch(program: Program, reader: HostReader | None, wakeup: int) -> None:
    """Serve the program until it ends or must be stopped; `program.cause` then says why. Without
    a `reader` the host is not listened to: what it has sent is for the next program."""
    from_host = [FROM_HOST] if reader else []
    while program.wait_status is None and not program.cause:
        left = program.deadline - time.monotonic()
        if left <= 0:
            program.run_out_of_time()
            return
        readable, writable, _ = select.select(
            [*from_host, wakeup, *program.outputs],
            program.wants_input(),
            [],
            min(left, POLL_INTERVAL_S) if program.awaits_typing else left,
        )
        if reader and FROM_HOST in readable:
            program.handle(reader.take(program.child, STDIN, CANCEL))
        if program.awaits_typing:
            program.check_input()
        if wakeup in readable:
            # Not read: which signals came, and in which order, is the program's to choose.
            with contextlib.suppress(BlockingIOError):
                program.writer.drop(wakeup)
        for fd in program.outputs.keys() & set(readable):
            program.pass_output(fd)
        if writable:
            program.pass_input()
        program.reap()


def let_it_flush(program: Program) -> None:
    """Give a program that is about to be killed the time to hand over a half-printed line."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(program.pid, FLUSH_SIGNAL)
    time.sleep(FLUSH_GRACE_S)


def drain(program: Program) -> None:
    """Pass on what is left in the pipes. Everybody who could write is dead, so it ends."""
    for fd in list(program.outputs):
        while fd in program.outputs:
            program.pass_output(fd)


def prepare() -> int:
    """Make PID 1 hard to look into and to disturb; the read end that wakes it when a child dies."""
    set_dumpable(False)
    wakeup, wakes = os.pipe()
    os.set_blocking(wakes, False)
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # The kernel drops what has no handler, if it comes from inside the container.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return wakeup


def set_backstop(latest: Callable[[], float]) -> None:
    """Exit a second after the deadline, even out of a write that the host does not take."""

    def give_up(*_: object) -> None:
        if time.monotonic() >= latest() + BACKSTOP_S:  # the program can send SIGALRM too
            os._exit(1)

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, latest() - time.monotonic() + BACKSTOP_S, 0.1)


class TimeBudget:
    """The time of all cases together. It stands still while PID 1 waits for the host."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        # For so long the host may be waited for, in all.
        self._patience = HOST_S
        # Since when it is; None while it is not.
        self._since: float | None = None

    def latest(self) -> float:
        """When it ends, by time.monotonic(), if the host goes on now."""
        waited = time.monotonic() - self._since if self._since else 0
        return self._until + min(waited, self._patience)

    def left(self) -> float:
        return self.latest() - time.monotonic()

    @contextlib.contextmanager
    def stands_still(self) -> Iterator[None]:
        self._since = time.monotonic()
        yield
        put_off = self.latest() - self._until
        self._until, self._patience = self._until + put_off, self._patience - put_off
        self._since = None


def run_to_the_end(program: Program, reader: HostReader | None, wakeup: int) -> None:
    """Steps 3 and 4 but for the last word."""
    watch(program, reader, wakeup)
    if program.cause in {"timeout", "cancelled", "idle"}:
        let_it_flush(program)
    kill_all(program)
    drain(program)
    program.pass_tail()
    program.close()


def run_cases(
    job: dict[str, Any],
    child: ForkedInterpreter,
    reader: HostReader,
    writer: HostWriter,
    wakeup: int,
) -> dict[str, Any]:
    """Take the cases one by one and say of each how it ended; what END says of all of them."""
    began = time.monotonic()
    budget = TimeBudget(job["wall_s"])
    set_backstop(budget.latest)
    # Who runs the next one; None when no more shall be run.
    ahead: ForkedInterpreter | None = child
    for left in reversed(range(job["cases"])):
        if ahead:
            ahead.send_job(job)
        with budget.stands_still():
            kind = reader.wait(ahead)
        if kind == CANCEL:
            break
        if ahead is None or budget.left() <= 0:
            ahead = None
            writer.send_end(CASE, NOT_RUN)
            continue
        limits = {
            "wall_s": min(job["case_wall_s"], budget.left()),
            "output_bytes": job["case_output_bytes"],
        }
        program = ahead.start(job | limits, writer)
        run_to_the_end(program, reader, wakeup)
        writer.send_end(CASE, NOTHING | program.report())
        if program.cause == "cancelled":
            kind = CANCEL
            break
        if left:
            ahead = ForkedInterpreter()  # it starts while the last one's files are cleared away
            ahead = ahead if clear_away([job["program"], *job["files"]]) else None
    took = {"duration_ms": round((time.monotonic() - began) * 1000)}
    return (NOT_RUN if kind == CANCEL else NOTHING) | took


def run_series(
    job: dict[str, Any],
    child: ForkedInterpreter,
    reader: HostReader,
    writer: HostWriter,
    wakeup: int,
) -> dict[str, Any]:
    """Take programs one by one, each with a case, and say of each how it ended, until the host
    says CANCEL, its time is over or something cannot be cleared away; what END says of that."""
    began = time.monotonic()
    until = began + job["session_s"]
    ahead, cleared = child, True
    while cleared and time.monotonic() < until:
        ahead.send_job(job)
        set_backstop(lambda: until)
        if (wall_s := reader.wait_for_program(ahead)) is None:
            break
        limits = {"wall_s": wall_s, "output_bytes": job["case_output_bytes"]}
        program = ahead.start(job | limits, writer)
        set_backstop(partial(add, program.deadline, CLEANUP_S))
        run_to_the_end(program, None, wakeup)
        writer.send_end(CASE, NOTHING | program.report())
        ahead = ForkedInterpreter()  # it starts while the last one's files are cleared away
        cleared = clear_away([job["program"], *job["files"]])
    return NOTHING | {"duration_ms": round((time.monotonic() - began) * 1000)}


def send_files(writer: HostWriter, program: str, given: dict[str, str]) -> None:
    """One frame per file that the program has left: a line of JSON, then what is in it."""
    for name, data, skipped in within(collect(program, given)):
        head = json.dumps({"name": name, "skipped": skipped}).encode()
        writer.send(FILE, head + b"\n" + data)


def main() -> None:
    if os.getpid() != 1:
        sys.exit("The supervisor only runs as the first process of a container.")
    wakeup = prepare()
    preload()
    child, writer = ForkedInterpreter(), HostWriter()
    if not writer.send_ready():
        os._exit(1)
    try:
        serve(child, HostReader(writer.nonce, writer.nowhere), writer, wakeup)
    except WireError as error:
        writer.give_up(str(error))
        os._exit(1)
    os._exit(0)


def serve(child: ForkedInterpreter, reader: HostReader, writer: HostWriter, wakeup: int) -> None:
    """From the job to END. Raises WireError for what the host must not say then."""
    job = reader.receive_job()
    if job["series"]:
        report = run_series(job, child, reader, writer, wakeup)
    elif job["cases"]:
        report = run_cases(job, child, reader, writer, wakeup)
    else:
        child.send_job(job)
        # All of it first, lest both ends wait for each other; what is typed has no end yet.
        kind = STDIN if job["interactive"] else reader.fill(child)
        program = child.start(job, writer)
        program.handle(kind)
        set_backstop(lambda: program.deadline)
        run_to_the_end(program, reader, wakeup)
        report = program.report()
        send_files(writer, job["program"], job["files"])
    writer.send_end(END, report | resources())
