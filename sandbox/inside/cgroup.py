"""The kernel's counters of this container, from cgroup v1 or v2; 0 where there is neither."""

import contextlib

PEAKS = ("/sys/fs/cgroup/memory.peak", "/sys/fs/cgroup/memory/memory.max_usage_in_bytes")
CPU_USAGES = (
    "/sys/fs/cgroup/cpuacct/cpuacct.usage",
    "/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage",
)
CPU_STAT = "/sys/fs/cgroup/cpu.stat"
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
