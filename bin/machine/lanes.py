"""Checks that run beside each other in lanes, how each went, and the table of all."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .steps import ROOT

# A check that takes longer than this hangs.
CHECK_LIMIT_S = 900
# How long all of it may take on a quiet machine with two cores.
GOAL_S = 540


@dataclass(frozen=True)
class Check:
    """One command that must end with exit code 0."""

    name: str
    argv: list[str]
    cwd: Path = ROOT
    env: dict[str, str] | None = None

    @property
    def is_pytest(self) -> bool:
        """Whether its output ends in pytest's closing line."""
        return "pytest" in self.argv


@dataclass(frozen=True)
class Verdict:
    """How a check went; `output` is all it printed."""

    check: Check
    ok: bool
    seconds: float
    output: str
    # Of the processors, by it and by the processes that it has waited for.
    cpu_s: float = 0.0

    @property
    def closing(self) -> str:
        """pytest's last line with the counts; empty for other checks."""
        return closing_line(self.output) if self.check.is_pytest else ""

    @property
    def tests(self) -> int:
        """How many tests went well or failed, by that line."""
        counts = re.findall(r"(\d+) (?:passed|failed)", self.closing)
        return sum(map(int, counts))


@dataclass
class Lane:
    """Checks that run one after the other; behind them other lanes."""

    checks: list[Check]
    # The lanes that begin when the last check has ended.
    then: list["Lane"] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)


def every(lanes: list[Lane]) -> Iterator[Lane]:
    """The lanes, and those behind them."""
    for lane in lanes:
        yield lane
        yield from every(lane.then)


def run_lanes(lanes: list[Lane]) -> None:
    """Run all lanes at once, to their ends; their verdicts say how it went. An interrupt kills
    what runs."""
    _run_beside(lanes, set())


def _run_beside(lanes: list[Lane], running: set[subprocess.Popen[bytes]]) -> None:
    with ThreadPoolExecutor(len(lanes)) as pool:
        jobs = [pool.submit(_run_lane, lane, running) for lane in lanes]
        try:
            for job in jobs:
                job.result()
        except KeyboardInterrupt:
            for lane in every(lanes):
                lane.checks.clear()
            for process in tuple(running):
                _kill(process)
            raise


def _run_lane(lane: Lane, running: set[subprocess.Popen[bytes]]) -> None:
    while lane.checks:
        check = lane.checks.pop(0)
        verdict = run_check(check, running)
        lane.verdicts.append(verdict)
        if verdict.ok:
            sys.stdout.write(f"{check.name}: ok, {verdict.seconds:.1f} s\n")
        else:
            heading = f" {check.name}: FAILED, {verdict.seconds:.1f} s "
            sys.stdout.write(f"\n{heading:=^80}\n{verdict.output.rstrip()}\n{'':=^80}\n\n")
        sys.stdout.flush()
    if lane.then:
        _run_beside(lane.then, running)


def run_check(check: Check, running: set[subprocess.Popen[bytes]]) -> Verdict:
    """Runs the check to its end, or kills it at CHECK_LIMIT_S; never raises for what it does."""
    began = time.monotonic()
    try:
        process = subprocess.Popen(
            check.argv,
            cwd=check.cwd,
            env=check.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return Verdict(check, False, 0.0, f"{check.argv[0]} cannot be started: {error.strerror}.")
    running.add(process)
    killed = threading.Event()

    def kill() -> None:
        killed.set()
        _kill(process)

    limit = threading.Timer(CHECK_LIMIT_S, kill)
    limit.start()
    with process.stdout as stdout:  # type: ignore[union-attr]  # it is a pipe
        printed = stdout.read()
    # Not `wait`: this one also tells what it took of the processors.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    limit.cancel()
    running.discard(process)
    late = f"\nKilled after {CHECK_LIMIT_S} s." if killed.is_set() else ""
    output = printed.decode(errors="replace") + late
    ok = process.returncode == 0 and not (check.is_pytest and skipped(output))
    cpu_s = usage.ru_utime + usage.ru_stime
    return Verdict(check, ok, time.monotonic() - began, output, cpu_s)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def closing_line(output: str) -> str:
    """pytest's last line with the counts, without its ornaments; empty if there is none."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    counts = re.findall(
        r"^=* ?((?:\d+ \w+|no tests ran)[^=\n]* in [\d.]+s[^=\n]*?) ?=*$", plain, re.MULTILINE
    )
    return counts[-1] if counts else ""


def skipped(output: str) -> int:
    """How many tests pytest skipped, by its closing line."""
    match = re.search(r"(\d+) skipped", closing_line(output))
    return int(match[1]) if match else 0


def summary(verdicts: list[Verdict], seconds: float) -> str:
    """The table of all checks, the sums, then pytest's closing lines.

    Seconds of one lane run beside those of the others; what counts is the whole.
    """
    rows = [f"{'':<30}{'seconds':>9}{'of CPU':>9}{'tests':>7}"]
    for verdict in verdicts:
        word = "ok" if verdict.ok else "FAILED"
        tests = verdict.tests or ""
        rows.append(
            f"{verdict.check.name + ' ':.<22} {word:<7}"
            f"{verdict.seconds:>9.1f}{verdict.cpu_s:>9.1f}{tests:>7}"
        )
    cpu_s, tests = (sum(each) for each in zip(*((v.cpu_s, v.tests) for v in verdicts), strict=True))
    rows.append(f"{'all ':.<22} {'':<7}{seconds:>9.1f}{cpu_s:>9.1f}{tests:>7}")
    failed = sum(not verdict.ok for verdict in verdicts)
    total = f"{failed} of {len(verdicts)} checks failed" if failed else "all checks passed"
    goal = "within" if seconds <= GOAL_S else "not within"
    closings = [f"== {verdict.closing} ==" for verdict in verdicts if verdict.closing]
    skips = sum(skipped(verdict.output) for verdict in verdicts if verdict.check.is_pytest)
    if skips:
        closings.append(f"{skips} skipped tests: nothing may be skipped.")
    whole = f"{total} in {seconds:.0f} s, {goal} the {GOAL_S // 60} minutes of two quiet cores"
    return "\n".join(["", *rows, whole, *closings])
