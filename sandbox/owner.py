"""Owners of containers and of runs: processes, named so that no later one is taken for an earlier.

A name is HOST-PID-START-TABLE.RANDOM. By the host name alone an owner may only look dead, where
several process tables share it; by the table it is dead for certain.
"""

import os
import re
import socket
import uuid
from pathlib import Path

# Where a system does not say when a process has started.
UNKNOWN = "0"
PROC = Path("/proc")


def _host() -> str:
    """This machine, in the letters that a label of ours may have."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", socket.gethostname())[:64]


def process_table() -> str:
    """The process table that this process is in: one start of one machine, one namespace of
    process numbers there. UNKNOWN where the system does not say so, or shows another's."""
    try:
        if (PROC / "self").readlink().name != str(os.getpid()):
            return UNKNOWN
        boot = (PROC / "sys/kernel/random/boot_id").read_text().replace("-", "").strip()
        return f"{boot[:12]}.{(PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return UNKNOWN


def _stat(pid: int) -> list[str]:
    """What /proc says of a process, from its state on; empty where it says nothing."""
    try:
        stat = (PROC / f"{pid}/stat").read_text(errors="replace")
    except OSError:
        return []
    # The name in parentheses may hold anything.
    return stat.rpartition(")")[2].split()


def started(pid: int) -> str:
    """The start of process `pid` in the kernel's ticks; UNKNOWN where there is none."""
    stat = _stat(pid)
    return stat[19] if stat else UNKNOWN


def is_alive(owner: str) -> bool | None:
    """Whether the process `owner` lives, its number used again or not. None where that cannot be
    known: it is in another process table than this one, or the system does not say."""
    if (parts := _parts(owner)) is None:
        return None
    _, pid, since, table = parts
    if UNKNOWN in (since, table) or table != process_table():
        return None
    if not _has_process(pid):
        return False
    stat = _stat(pid)
    if not stat:
        return None
    # A process that has ended and that nobody has asked for its end yet is a zombie.
    return stat[19] == since and stat[0] not in "ZX"


def is_dead(owner: str) -> bool:
    """True if `owner` was a process of this machine that has ended, its number used again or not.

    A process in a container that is restarted gets the same number on the same host name.
    """
    if (parts := _parts(owner)) is None:
        return False
    host, pid, since, _ = parts
    if host != _host():
        return False
    if not _has_process(pid):
        return True
    return UNKNOWN not in (since, now := started(pid)) and since != now


def _parts(owner: str) -> tuple[str, int, str, str] | None:
    """Host, number, start and table of an owner's process; None for what is no name of ours."""
    host, *rest = owner.rsplit("-", 3)
    if len(rest) != 3 or not rest[0].isdecimal():
        return None
    return host, int(rest[0]), rest[1], rest[2].rpartition(".")[0]


def _has_process(pid: int) -> bool:
    """False if no process has this number here; whoever may not know says True."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass  # it is another user's, or no number of a process
    return True


def name_of(pid: int) -> str:
    """A name for a process of this machine that lives."""
    return f"{_host()}-{pid}-{started(pid)}-{process_table()}.{uuid.uuid4().hex[:8]}"


# This process.
OWNER = name_of(os.getpid())
