"""Self-test of the sandbox: real probes in a real container, against what must hold.

What is asked for may not be what an engine does: a kernel without some controller drops a limit
with a warning. So a worker runs these before its first container counts.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from . import container
from .job import MIB, Job, Limits, Result, Status

TOO_BUSY = "Code cannot be run yet: the machine is too busy to start it. Try again in a minute."
UNFIT = "Code cannot be run at the moment: the sandbox is not as safe as it must be."

# Prints what it has found, and then asks for more memory than there is.
PROBE = """
import errno, json, os, signal, socket
def error_of(attempt):
    try: attempt()
    except OSError as error: return errno.errorcode.get(error.errno, str(error.errno))
    return "allowed"
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line)
scratch = os.statvfs("/tmp")
facts = {
    "uid": os.getuid(),
    "gid": os.getgid(),
    "capabilities": max(int(status[name], 16) for name in status if name.startswith("Cap")),
    "no_new_privileges": int(status.get("NoNewPrivs", 0)),
    "seccomp": int(status.get("Seccomp", 0)),
    "netlink": error_of(lambda: socket.socket(socket.AF_NETLINK)),
    "network": error_of(lambda: socket.create_connection(("192.0.2.1", 80), 0.5)),
    "root_read_only": bool(os.statvfs("/").f_flag & os.ST_RDONLY),
    "scratch_bytes": scratch.f_blocks * scratch.f_frsize,
    "scratch_files": scratch.f_files,
    "supervisor": error_of(lambda: open("/proc/1/environ", "rb").read()),
    "wire": ",".join(sorted({
        error_of(lambda: os.open(f"/proc/1/fd/{number}", flags | os.O_NONBLOCK))
        for number in range(20) for flags in (os.O_RDONLY, os.O_WRONLY)
    })),
    "engine": os.path.exists("/var/run/docker.sock"),
}
children = []
try:
    while len(children) < 100:
        if (pid := os.fork()) == 0: signal.pause()
        children.append(pid)
except OSError: pass
for pid in children: os.kill(pid, signal.SIGKILL)
facts["processes"] = len(children)
print(json.dumps(facts), flush=True)
memory = bytearray(512 << 20)
for place in range(0, len(memory), 4096): memory[place] = 1
"""
LOOP = "while True: pass"
DEADLINE_S, SOON_S = 0.5, 2.0
# Seconds that a probe is given: on a busy machine it is tried again with more of them.
PROBES_S = (8.0, 16.0, 32.0)


@dataclass(frozen=True)
class Finding:
    """One thing that must be so, and what was seen where it is not. `is_slow` where that is only
    that the machine was too busy to tell."""

    name: str
    ok: bool
    seen: str = ""
    is_slow: bool = False


class UnfitError(Exception):
    """The sandbox must not be used. `result` is what a run is told."""

    def __init__(self, text: str, result: Result) -> None:
        super().__init__(text)
        self.result = result


class SlowError(UnfitError):
    """It is not known yet whether the sandbox may be used: the machine is too busy to tell."""


def require_healthy(image: str) -> None:
    """Raises UnfitError unless everything is as it should be."""
    findings, result = examine(image)
    if wrong := [finding for finding in findings if not finding.ok]:
        text = "; ".join(f"{finding.name}: {finding.seen}" for finding in wrong)
        if all(finding.is_slow for finding in wrong):
            raise SlowError(text, Result(Status.UNAVAILABLE, message=TOO_BUSY))
        unavailable = result.status is Status.UNAVAILABLE
        message = result.message if unavailable else UNFIT
        raise UnfitError(text, Result(Status.UNAVAILABLE, message=message))


def examine(image: str) -> tuple[list[Finding], Result]:
    """The findings, in the order of the table, and the first probe's result. Whatever cannot be
    told for lack of time is tried again."""
    for probe_s in PROBES_S:
        findings, result = _try(image, Limits(wall_s=probe_s, cpu_s=8))
        if not any(finding.is_slow for finding in findings):
            break
    return findings, result


def _try(image: str, limits: Limits) -> tuple[list[Finding], Result]:
    jobs = [Job(PROBE, limits=limits), Job(LOOP, limits=replace(limits, wall_s=DEADLINE_S))]
    with ThreadPoolExecutor(len(jobs)) as threads:
        first, second = threads.map(partial(container.run, image=image), jobs)
    try:
        facts: dict[str, Any] = json.loads(first.stdout)
    except ValueError:
        seen, is_slow = first.message or first.stderr[-200:], first.status is Status.TIMEOUT
        return [Finding("a program runs", False, seen, is_slow)], first
    return [*judge(facts, limits), judge_memory(first, limits), judge_deadline(second)], first


def judge(facts: dict[str, Any], limits: Limits) -> list[Finding]:
    """Findings from the probe's facts. Pure."""
    expected: list[tuple[str, str, bool]] = [
        ("not root", "uid", facts["uid"] != 0 and facts["gid"] != 0),
        ("no capabilities", "capabilities", facts["capabilities"] == 0),
        ("no new privileges", "no_new_privileges", facts["no_new_privileges"] == 1),
        ("system calls are filtered", "seccomp", facts["seccomp"] == 2),
        ("by our own profile", "netlink", facts["netlink"] == "EPERM"),
        ("no network", "network", facts["network"] == "ENETUNREACH"),
        ("the system is read-only", "root_read_only", facts["root_read_only"] is True),
        ("scratch space is limited", "scratch_bytes", facts["scratch_bytes"] <= 16 * MIB),
        ("so are files", "scratch_files", 0 < facts["scratch_files"] <= 2000),
        ("the supervisor is closed", "supervisor", facts["supervisor"] == "EACCES"),
        ("so are its descriptors", "wire", facts["wire"] == "EACCES"),
        ("the engine is out of reach", "engine", facts["engine"] is False),
        ("processes are limited", "processes", facts["processes"] < limits.processes),
    ]
    return [Finding(name, ok, f"{key} {facts[key]}") for name, key, ok in expected]


def judge_memory(result: Result, limits: Limits) -> Finding:
    """Whether the probe has been stopped at its limit. Where its time was over before, more than
    the limit at its peak is proof all the same, and less is none. Pure."""
    seen = f"{result.status} with {result.peak_memory_kb // 1024} MB"
    within = result.peak_memory_kb * 1024 <= limits.memory_bytes + MIB
    ok = result.status is Status.MEMORY and within
    return Finding("memory is limited", ok, seen, result.status is Status.TIMEOUT and within)


def judge_deadline(result: Result) -> Finding:
    """Whether the loop has been stopped, and soon. Pure."""
    in_time = result.duration_ms < SOON_S * 1000
    is_stopped = result.status is Status.TIMEOUT
    seen = f"{result.status} after {result.duration_ms} ms"
    return Finding("time is limited", is_stopped and in_time, seen, is_stopped and not in_time)
