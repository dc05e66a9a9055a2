"""The kernel's counters of this container, from cgroup v1 or v2; 0 where there is neither."""

import contextlib
import os
from collections.abc import Iterable

PEAKS = ("/sys/fs/cgroup/memory.peak", "/sys/fs/cgroup/memory/memory.max_usage_in_bytes")
CPU_USAGES = (
    "/sys/fs/cgroup/cpuacct/cpuacct.usage",
    "/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage",
)
CPU_STAT = "/sys/fs/cgroup/cpu.stat"
# Where it is said for how long it had used up its share, and in which part of a second.
THROTTLED = (
    (CPU_STAT, "throttled_usec", 1e6),
    ("/sys/fs/cgroup/cpu/cpu.stat", "throttled_time", 1e9),
)
KILLS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")


def peak_memory() -> int:
    """The most memory in bytes that all of the container has had at a time; 0 if unknown."""
    for path in PEAKS:
        with contextlib.suppress(OSError, ValueError), open(path) as file:
            return int(file.read())
    return 0


def cpu_seconds() -> float:
    """What all of the container has computed so far; 0 if unknown."""
    for path in CPU_USAGES:
        with contextlib.suppress(OSError, ValueError), open(path) as file:
            return int(file.read()) / 1e9
    with contextlib.suppress(OSError, ValueError), open(CPU_STAT) as file:
        counters = dict(line.split() for line in file)
        return int(counters.get("usage_usec", 0)) / 1e6
    return 0.0


def oom_kills() -> int:
    """How often the kernel has killed for memory in this container; 0 where it does not say."""
    for path in KILLS:
        with contextlib.suppress(OSError, ValueError), open(path) as file:
            counters = dict(line.split() for line in file)
            return int(counters.get("oom_kill", 0))
    return 0


def throttled_seconds() -> float:
    """How long this container was kept from computing for its share; 0 where it is not said."""
    for path, name, part in THROTTLED:
        with contextlib.suppress(OSError, ValueError), open(path) as file:
            counters = dict(line.split() for line in file)
            if name in counters:
                return int(counters[name]) / part
    return 0.0


def run_delay_seconds(pids: Iterable[str]) -> float:
    """How long the threads of these processes have been ready to compute while the machine had no
    processor for them; 0 where the kernel does not count it."""
    delay = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError, IndexError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                    delay += int(file.read().split()[1])
    return delay / 1e9
