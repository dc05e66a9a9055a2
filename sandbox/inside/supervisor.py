"""PID 1 inside the container: runs one program in a child and says how it ended.

1. Load what students import; fork an interpreter ahead, which waits (`program.become`).
2. Say READY, wait for one JOB, hand it on.
3. Pass output on, up to the limits; pass input in; watch the clock, the host and the child.
4. SIGKILL everything that is left, pass on what is still in the pipes, say END, exit.

PID 1 exits when the host's end closes, at the latest a second after the deadline: when it is gone,
the kernel ends every other process of the container.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

from .cgroup import oom_kills, peak_memory
from .program import FLUSH_SIGNAL, become, set_dumpable
from .wire import CANCEL, CHUNK_BYTES, END, JOB, READY, STDERR, STDIN, STDOUT, Frames, encode

# Loaded before there is a job, as far as the image has them: what programs in courses import.
LOADED_AHEAD = (
    "abc", "bisect", "collections", "copy", "csv", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "heapq", "io", "itertools", "json", "math", "operator", "pathlib",
    "random", "re", "statistics", "string", "textwrap", "time", "typing",
)  # fmt: skip

FLUSH_GRACE_S = 0.05
# Seconds after its deadline at which PID 1 ends even if it is stuck in a write to the host.
BACKSTOP_S = 1.0
# Kept apart: the forked child's program may replace it, and returns to where PID 1 goes on.
LEAVE = os._exit


class Program:
    """The student's program while it runs, seen from PID 1."""

    def __init__(self, job: dict[str, Any], child: "Ahead") -> None:
        self.pid = child.pid
        self.started = time.monotonic()
        self.deadline = self.started + job["wall_s"]
        # Why it was stopped; empty while nobody had to.
        self.cause = ""
        # As os.wait4 gives it; None while the program runs.
        self.wait_status: int | None = None
        self.ended = self.deadline
        # The write end of its input; None once closed. `pending` has not been written yet.
        self.stdin: int | None = child.stdin
        self.pending = bytearray(job["stdin"].encode())
        self.stdin_open: bool = job["stdin_open"]
        # Read ends of its output that are still open, and the kind of frame each one fills.
        self.outputs = {child.stdout: STDOUT, child.stderr: STDERR}
        # Bytes printed so far and the numbers at which passing on and running stop.
        self.printed = {STDOUT: 0, STDERR: 0}
        self.keep: int = job["output_bytes"]
        self.stop_at: int = job["output_stop_bytes"]
        self.oom_kills_before = oom_kills()

    def pass_output(self, fd: int) -> None:
        """Pass on one chunk; past the limit only count it; far past it the program must stop."""
        kind = self.outputs[fd]
        data = os.read(fd, CHUNK_BYTES)
        if not data:
            os.close(fd)
            del self.outputs[fd]
            return
        room = self.keep - self.printed[kind]
        self.printed[kind] += len(data)
        if room > 0:
            send(kind, data[:room])
        if self.printed[kind] >= self.stop_at:
            self.cause = self.cause or "output"

    def wants_input(self) -> list[int]:
        """The pipe to its input, if there is something to do there."""
        if self.stdin is None or (self.stdin_open and not self.pending):
            return []
        return [self.stdin]

    def pass_input(self) -> None:
        """Write what fits; close the pipe when all is written and no more will come."""
        assert self.stdin is not None
        try:
            if self.pending:
                del self.pending[: os.write(self.stdin, self.pending[:4096])]
        except BrokenPipeError:
            self.pending.clear()
            self.stdin_open = False
        except BlockingIOError:
            return
        if not self.pending and not self.stdin_open:
            os.close(self.stdin)
            self.stdin = None

    def hear(self, frames: Iterator[tuple[int, bytes]]) -> None:
        for kind, payload in frames:
            if kind == CANCEL:
                self.cause = self.cause or "cancelled"
            elif kind == STDIN and self.stdin_open:
                self.pending += payload
                self.stdin_open = bool(payload)

    def reap(self) -> None:
        """Take every dead child, orphans of the program included."""
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == self.pid:
                    self.wait_status = found[1]
                    self.ended = time.monotonic()

    def report(self) -> dict[str, Any]:
        """What END says. `cause` is empty if the program ended by itself."""
        status = self.wait_status if self.wait_status is not None else 0
        # Of all processes: everybody has been reaped, orphans by PID 1.
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return {
            "cause": self.cause,
            "exit_code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            "oom_kills": oom_kills() - self.oom_kills_before,
            "duration_ms": round((self.ended - self.started) * 1000),
            "cpu_ms": round((used.ru_utime + used.ru_stime) * 1000),
            "peak_memory_kb": peak_memory() // 1024 or used.ru_maxrss,
            "stdout_bytes": self.printed[STDOUT],
            "stderr_bytes": self.printed[STDERR],
        }


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
    gc.collect()
    gc.freeze()


class Ahead:
    """A child that waits for its job. PID 1 holds the other ends of its pipes."""

    def __init__(self) -> None:
        """Fork. The child does not come back."""
        (orders, self.orders), (stdin, self.stdin) = os.pipe(), os.pipe()
        (self.stdout, stdout), (self.stderr, stderr) = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            become(orders, stdin, stdout, stderr)
            LEAVE(1)  # whatever the program has done to the way out, it never goes on as PID 1 does
        for fd in (orders, stdin, stdout, stderr):
            os.close(fd)
        os.set_blocking(self.stdin, False)

    def start(self, job: dict[str, Any]) -> Program:
        """Hand over the job: from now on the child is the student's program."""
        program = Program(job, self)
        order = json.dumps({"code": job["code"], "cpu_s": job["cpu_s"]}).encode()
        with open(self.orders, "wb") as file:
            file.write(order)
        return program


def watch(program: Program, frames: Frames, wakeup: int) -> None:
    """Serve the program until it ends or must be stopped; `program.cause` then says why."""
    program.hear(frames.feed(b""))  # what came together with the job
    while program.wait_status is None and not program.cause:
        left = program.deadline - time.monotonic()
        if left <= 0:
            program.cause = "timeout"
            return
        readable, writable, _ = select.select(
            [0, wakeup, *program.outputs], program.wants_input(), [], left
        )
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


def set_backstop(deadline: float) -> None:
    """Exit a second after the deadline, even out of a write that the host does not take."""

    def give_up(*_: object) -> None:
        if time.monotonic() >= deadline + BACKSTOP_S:  # the program can send SIGALRM too
            os._exit(1)

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, deadline - time.monotonic() + BACKSTOP_S, 0.1)


def main() -> None:
    if os.getpid() != 1:
        sys.exit("The supervisor only runs as the first process of a container.")
    wakeup = prepare()
    load_ahead()
    child = Ahead()
    frames = Frames(JOB, STDIN, CANCEL)
    send(READY)
    program = child.start(receive_job(frames))
    set_backstop(program.deadline)
    watch(program, frames, wakeup)
    if program.cause in {"timeout", "cancelled"}:
        let_it_flush(program)
    kill_all(program)
    drain(program)
    send(END, json.dumps(program.report()).encode())
    os._exit(0)
