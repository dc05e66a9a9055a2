"""A child and what it prints, reads and tells, as PID 1 sees it."""

import contextlib
import json
import os
import resource
import time
from collections.abc import Callable, Iterator
from typing import Any

from .cases import MOST_REPORT_BYTES
from .cgroup import cpu_seconds, oom_kills, peak_memory
from .program import become
from .waiting import waits_for_input
from .wire import CANCEL, CASE, CHUNK_BYTES, STDERR, STDIN, STDOUT

# Kept apart: the forked child's program may replace it, and returns to where PID 1 goes on.
LEAVE = os._exit

Sink = Callable[[int, bytes], None]


class Ahead:
    """A child that waits for its job. PID 1 holds the other ends of its pipes."""

    def __init__(self) -> None:
        """Fork. The child does not come back."""
        (orders, self.orders), (self.report, report) = os.pipe(), os.pipe()
        (stdin, self.stdin), (self.stdout, stdout) = os.pipe(), os.pipe()
        self.stderr, stderr = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            become(orders, report, stdin, stdout, stderr)
            LEAVE(1)  # whatever the program has done to the way out, it never goes on as PID 1 does
        for fd in (orders, report, stdin, stdout, stderr):
            os.close(fd)
        os.set_blocking(self.stdin, False)

    def start(self, job: dict[str, Any], sink: Sink) -> "Program":
        """Hand over the job: from now on the child is the student's program."""
        program = Program(job, self, sink)
        order = {
            name: job[name] for name in ("code", "files", "cpu_s", "case", "program", "command")
        }
        with open(self.orders, "wb") as file:
            file.write(json.dumps(order).encode())
        return program


class Program:
    """The student's program while it runs. What it prints goes to `sink`, cut to the limit."""

    def __init__(self, job: dict[str, Any], child: Ahead, sink: Sink) -> None:
        self.pid = child.pid
        self.sink = sink
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
        # While it waits for somebody to type the clock stands still, but not for ever, and not
        # while another part of it computes.
        self.idle_s: float = job["idle_s"]
        self.at_the_latest = self.started + max(job["wall_s"], job["session_s"])
        self.looked = self.started
        # What it had computed by then, in seconds.
        self.computed = _computed()
        # Since when it waits; None while it does not.
        self.waits_since: float | None = None
        # Read ends of what it writes that are still open, and the kind of frame each one fills.
        self.outputs = {child.stdout: STDOUT, child.stderr: STDERR, child.report: CASE}
        # What a test case has reported of itself.
        self.told = bytearray()
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
        if kind == CASE:
            self.told += data[: MOST_REPORT_BYTES + 1 - len(self.told)]
            return
        room = self.keep - self.printed[kind]
        self.printed[kind] += len(data)
        if room > 0:
            self.sink(kind, data[:room])
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

    def look_at_input(self) -> None:
        """Notice whether it waits for somebody to type, and put off its deadline by that time; but
        not by what one of its threads or processes has computed while another one waited."""
        now, computed = time.monotonic(), _computed()
        idle = now - self.looked - (computed - self.computed)
        self.looked, self.computed = now, computed
        if self.stdin is None or self.pending or not waits_for_input(self.stdin):
            self.waits_since = None
            return
        self.waits_since = self.waits_since or now
        self.deadline = min(self.deadline + max(idle, 0), self.at_the_latest)
        if now - self.waits_since >= self.idle_s:
            self.cause = self.cause or "idle"

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

    def close(self) -> None:
        """Give back what is still open; the program is dead."""
        for fd in (*self.outputs, *(() if self.stdin is None else (self.stdin,))):
            os.close(fd)
        self.outputs.clear()
        self.stdin = None


def _computed() -> float:
    """The seconds that everybody in this container but PID 1 has computed."""
    return cpu_seconds() - time.process_time()
