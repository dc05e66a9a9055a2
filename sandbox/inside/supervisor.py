"""PID 1 inside the container: runs one program in a child and says how it ended.

1. Load what students import; fork an interpreter ahead, which waits (`program.become`).
2. Say READY, wait for one JOB, hand it on.
3. Pass output on, up to the limits; pass input in; watch the clock, the host and the child.
4. SIGKILL everything that is left, pass on what is still in the pipes, say END, exit.

A job with test cases has steps 2 to 4 for each of them, in a child of its own; what was observed
goes to the host, which alone knows what is expected.

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
from collections.abc import Callable
from typing import Any

from . import figures
from .cases import clear
from .leaving import collect, within
from .observing import Observed, observe
from .program import FLUSH_SIGNAL, look_ordinary, set_dumpable
from .running import Ahead, Program
from .wire import (
    CANCEL,
    CASE,
    CHUNK_BYTES,
    END,
    FILE,
    JOB,
    PROGRAM_DIR,
    READY,
    STDIN,
    Frames,
    encode,
)

# Loaded before there is a job, as far as the image has them: what programs in courses import.
LOADED_AHEAD = (
    "abc", "bisect", "collections", "copy", "csv", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "heapq", "io", "itertools", "json", "math", "operator", "pathlib",
    "random", "re", "statistics", "string", "textwrap", "time", "typing",
    "numpy", "pandas", "matplotlib.pyplot",
)  # fmt: skip

# All that a program can write to.
WRITABLE = (PROGRAM_DIR, "/dev/shm")  # noqa: S108  # the container's own
FLUSH_GRACE_S = 0.05
# Seconds between two looks at whether a program waits for somebody to type.
LOOK_S = 0.1
# Seconds after its deadline at which PID 1 ends even if it is stuck in a write to the host.
BACKSTOP_S = 1.0


def send(kind: int, payload: bytes = b"") -> None:
    data = memoryview(encode(kind, payload))
    while data:
        data = data[os.write(1, data) :]


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


def receive_job(frames: Frames) -> dict[str, Any]:
    """Wait for the job. Exits if the host goes away: nobody is left to run for."""
    while data := os.read(0, CHUNK_BYTES):
        for kind, payload in frames.feed(data):
            if kind == JOB:
                job: dict[str, Any] = json.loads(payload)
                return job
    os._exit(0)


def load_ahead() -> None:
    """Import what is there of LOADED_AHEAD, for good: no child's collector looks at it again."""
    for name in LOADED_AHEAD:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    figures.prepare()
    look_ordinary()
    gc.collect()
    gc.freeze()


def watch(program: Program, frames: Frames, wakeup: int) -> None:
    """Serve the program until it ends or must be stopped; `program.cause` then says why."""
    program.hear(frames.feed(b""))  # what came together with the job
    while program.wait_status is None and not program.cause:
        left = program.deadline - time.monotonic()
        if left <= 0:
            program.cause = "timeout"
            return
        readable, writable, _ = select.select(
            [0, wakeup, *program.outputs],
            program.wants_input(),
            [],
            min(left, LOOK_S) if program.stdin_open else left,
        )
        if program.stdin_open:
            program.look_at_input()
        if 0 in readable:
            data = os.read(0, CHUNK_BYTES)
            if not data:
                os._exit(0)  # the host is gone; with PID 1 everything in here ends
            program.hear(frames.feed(data))
        if wakeup in readable:
            os.read(wakeup, CHUNK_BYTES)
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


def run_to_the_end(program: Program, frames: Frames, wakeup: int) -> None:
    """Steps 3 and 4 but for the last word."""
    watch(program, frames, wakeup)
    if program.cause in {"timeout", "cancelled", "idle"}:
        let_it_flush(program)
    kill_all(program)
    drain(program)
    program.close()


def run_cases(job: dict[str, Any], child: Ahead, frames: Frames, wakeup: int) -> dict[str, Any]:
    """Send one observation per case, in order; what END says of all of them."""
    began = time.monotonic()
    until = began + job["wall_s"]
    cause = ""
    report: dict[str, Any] = {}
    for number, case in enumerate(job["cases"]):
        left = until - time.monotonic()
        if cause or left <= 0:
            send(CASE, json.dumps(observe(None, {})).encode())
            continue
        child = child if number == 0 else Ahead()
        observed = Observed()
        order = job | {
            "case": case,
            "stdin": case.get("stdin", ""),
            "stdin_open": False,
            "wall_s": min(job["case_wall_s"], left),
            "output_bytes": job["case_output_bytes"],
        }
        program = child.start(order, observed.print)
        run_to_the_end(program, frames, wakeup)
        report = program.report()
        send(CASE, json.dumps(observe(observed, report, bytes(program.told))).encode())
        cause = program.cause if program.cause == "cancelled" else ""
        if not all(map(clear, WRITABLE)):
            cause = "leftovers"  # no case may find what another one has left
    took = {"duration_ms": round((time.monotonic() - began) * 1000)}
    nothing = {"signal": None, "exit_code": 0, "stdout_bytes": 0, "stderr_bytes": 0, "oom_kills": 0}
    return report | nothing | took | {"cause": cause if cause == "cancelled" else ""}


def send_files(program: str, given: dict[str, str]) -> None:
    """One frame per file that the program has left: a line of JSON, then what is in it."""
    for name, data, skipped in within(collect(program, given)):
        head = json.dumps({"name": name, "skipped": skipped}).encode()
        send(FILE, head + b"\n" + data)


def main() -> None:
    if os.getpid() != 1:
        sys.exit("The supervisor only runs as the first process of a container.")
    wakeup = prepare()
    load_ahead()
    child = Ahead()
    frames = Frames(JOB, STDIN, CANCEL)
    send(READY)
    job = receive_job(frames)
    if job["cases"]:
        until = time.monotonic() + job["wall_s"]
        set_backstop(lambda: until)
        report = run_cases(job, child, frames, wakeup)
    else:
        program = child.start(job | {"case": None}, send)
        set_backstop(lambda: program.deadline)
        run_to_the_end(program, frames, wakeup)
        report = program.report()
        send_files(job["program"], job["files"])
    send(END, json.dumps(report).encode())
    os._exit(0)
