"""A child process as PID 1 sees it: how much it prints, reads and reports, and never the bytes."""

import contextlib
import os
import resource
import time
from typing import Any

from .cases import run_case
from .cgroup import cpu_seconds, oom_kills, peak_memory, run_delay_seconds, throttled_seconds
from .program import encode_job, run_job
from .splicing import HostWriter, Tail
from .waiting import others, waits_for_input
from .wire import (
    CANCEL,
    CHUNK_BYTES,
    MOST_REPORT_BYTES,
    REPORT,
    STDERR,
    STDOUT,
    tail_bytes,
)

# Kept apart: the forked child's program may replace it, and returns to where PID 1 goes on.
LEAVE = os._exit
# What of a job the child is told.
ORDERED = ("code", "files", "cpu_s", "program", "command", "series")


class ForkedInterpreter:
    """A child interpreter that waits for its job. PID 1 holds the other ends of its pipes."""

    def __init__(self) -> None:
        """Fork. The child does not come back."""
        (orders, self.orders), (self.report, report) = os.pipe(), os.pipe()
        (stdin, self.stdin), (self.stdout, stdout) = os.pipe(), os.pipe()
        self.stderr, stderr = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            run_job(orders, report, (stdin, stdout, stderr), run_case)
            LEAVE(1)  # whatever the program has done to the way out, it never goes on as PID 1 does
        for fd in (orders, report, stdin, stdout, stderr):
            os.close(fd)
        os.set_blocking(self.stdin, False)
        # What the host has sent for its standard input, in a file of no name; how many bytes, and
        # whether that is all. Made after the fork, so that no other child has it.
        self.input = os.memfd_create("input")
        self.received = 0
        self.input_ended = False

    def send_job(self, job: dict[str, Any]) -> None:
        """The job but for its case, so that all else is done when that comes."""
        order = {name: job[name] for name in ORDERED}
        data = memoryview(encode_job(order))
        while data:
            data = data[os.write(self.orders, data) :]

    def start(self, job: dict[str, Any], writer: HostWriter) -> "Program":
        """Close the way of orders: from now on the child is the student's program."""
        program = Program(job, self, writer)
        os.close(self.orders)
        return program


class Program:
    """The student's program while it runs. What it prints goes to `writer`, cut to the limit."""

    def __init__(self, job: dict[str, Any], child: ForkedInterpreter, writer: HostWriter) -> None:
        self.pid = child.pid
        self.child = child
        self.writer = writer
        self.started = time.monotonic()
        self.deadline = self.started + job["wall_s"]
        # Why it was stopped; empty while nobody had to.
        self.cause = ""
        # As os.wait4 gives it; None while the program runs.
        self.wait_status: int | None = None
        self.ended = self.deadline
        # The write end of its input; None once closed. How much of the input has been passed on.
        self.stdin: int | None = child.stdin
        self.passed = 0
        self.interactive: bool = job["interactive"]
        # Whether somebody looks at what it prints while it runs.
        self.followed = not (job["cases"] or job["series"])
        # While it waits for somebody to type the clock stands still, but not for ever, and not
        # while another part of it computes.
        self.idle_s: float = job["idle_s"]
        self.at_the_latest = self.started + max(job["wall_s"], job["session_s"])
        self.checked_at = self.started
        # What it had computed by then, in seconds.
        self.computed = _computed()
        # What it computed in more time than had passed, on several processors at once, and for
        # which it has not been idle since; never above 0.
        self.overdrawn = 0.0
        # Since when it waits; None while it does not.
        self.waits_since: float | None = None
        # Read ends of what it writes that are still open, and the kind of frame each one fills.
        self.outputs = {child.stdout: STDOUT, child.stderr: STDERR, child.report: REPORT}
        # Bytes written so far, and the numbers at which passing on and running stop.
        self.written = {STDOUT: 0, STDERR: 0, REPORT: 0}
        self.most = most = job["output_bytes"]
        # A report that is too long shall be seen to be.
        head = most - tail_bytes(most)
        self.output_limit = {STDOUT: most, STDERR: head, REPORT: MOST_REPORT_BYTES + 1}
        # The end of its standard error; None before that is too long.
        self.tail: Tail | None = None
        self.stop_at: int = job["output_stop_bytes"]
        self.oom_kills_before = oom_kills()
        # Seconds for which it was ready to compute and was not let; 0 until its time is over.
        self.delayed = 0.0
        self.throttled_before = throttled_seconds()

    @property
    def awaits_typing(self) -> bool:
        """True while more input may come."""
        return self.interactive and not self.child.input_ended

    @property
    def pending(self) -> int:
        """Bytes of input that have not been passed on yet."""
        return self.child.received - self.passed

    def pass_output(self, fd: int) -> None:
        """Pass on one chunk; past the limit only count it; far past it the program must stop."""
        kind = self.outputs[fd]
        room = self.output_limit[kind] - self.written[kind]
        try:
            size = self.writer.pass_on(kind, fd, room) if room > 0 else self._take_rest(kind, fd)
        except BlockingIOError:  # the program has taken it back itself
            return
        if not size:
            os.close(fd)
            del self.outputs[fd]
        self.written[kind] += size
        if self.followed:
            self.writer.flush()
        if kind != REPORT and self.written[kind] >= self.stop_at:
            self.cause = self.cause or "output"

    def _take_rest(self, kind: int, fd: int) -> int:
        """Take a chunk that is past the limit: of standard error the end is kept."""
        if kind != STDERR:
            return self.writer.drop(fd)
        self.tail = self.tail or Tail(self.most - self.output_limit[STDERR])
        return self.tail.keep(fd)

    def pass_tail(self) -> None:
        """Pass on what was kept of the end of its standard error. Nobody writes any more."""
        if self.tail:
            self.tail.pass_on(STDERR, self.writer)

    def wants_input(self) -> list[int]:
        """The pipe to its input, if there is something to do there."""
        to_do = self.pending or self.child.input_ended
        return [self.stdin] if self.stdin is not None and to_do else []

    def pass_input(self) -> None:
        """Write what fits; close the pipe when all is written and no more will come."""
        assert self.stdin is not None
        try:
            if self.pending:
                self.passed += os.splice(
                    self.child.input, self.stdin, CHUNK_BYTES, self.passed,
                    flags=os.SPLICE_F_NONBLOCK,
                )  # fmt: skip
        except BlockingIOError:
            return
        except BrokenPipeError:  # it has closed its end
            os.close(self.stdin)
            self.stdin = None
            return
        if not self.pending and self.child.input_ended:
            os.close(self.stdin)
            self.stdin = None

    def check_input(self) -> None:
        """Notice whether it waits for somebody to type, and put off its deadline by that time; but
        not by what one of its threads or processes has computed while another one waited."""
        now, computed = time.monotonic(), _computed()
        idle = now - self.checked_at - (computed - self.computed) + self.overdrawn
        self.overdrawn = min(idle, 0)
        self.checked_at, self.computed = now, computed
        if self.stdin is None or self.pending or not waits_for_input(self.stdin, others()):
            self.waits_since = None
            return
        self.waits_since = self.waits_since or now
        self.deadline = min(self.deadline + max(idle, 0), self.at_the_latest)
        if now - self.waits_since >= self.idle_s:
            self.cause = self.cause or "idle"

    def run_out_of_time(self) -> None:
        """Note that its time is over, while it can still be seen what it was at."""
        self.cause = self.cause or "timeout"
        throttled = throttled_seconds() - self.throttled_before
        self.delayed = throttled + run_delay_seconds(others())

    def handle(self, kind: int | None) -> None:
        """A frame has been taken; the program's input is in its place already."""
        if kind == CANCEL:
            self.cause = self.cause or "cancelled"

    def reap(self) -> None:
        """Take every dead child, orphans of the program included."""
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == self.pid:
                    self.wait_status = found[1]
                    self.ended = time.monotonic()

    def report(self) -> dict[str, Any]:
        """The facts of CASE, and of END but for `resources`. `cause` is empty if the program ended
        by itself."""
        status = self.wait_status if self.wait_status is not None else 0
        return {
            "cause": self.cause,
            "exit_code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            "oom_kills": oom_kills() - self.oom_kills_before,
            "duration_ms": round((self.ended - self.started) * 1000),
            "delayed_ms": round(self.delayed * 1000),
            "stdout_bytes": self.written[STDOUT],
            "stderr_bytes": self.written[STDERR],
        }

    def close(self) -> None:
        """Give back what is still open; the program is dead."""
        stdin = [] if self.stdin is None else [self.stdin]
        tail = [self.tail.file] if self.tail else []
        for fd in (*self.outputs, self.child.input, *stdin, *tail):
            os.close(fd)
        self.outputs.clear()
        self.stdin = None


def resources() -> dict[str, int]:
    """CPU time and peak memory of all programs so far; they are reaped, orphans by PID 1."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "cpu_ms": round((used.ru_utime + used.ru_stime) * 1000),
        "peak_memory_kb": peak_memory() // 1024 or used.ru_maxrss,
    }


def _computed() -> float:
    """The seconds that everybody in this container but PID 1 has computed."""
    return cpu_seconds() - time.process_time()
