"""Owners of containers: processes, named so that no later process is taken for an earlier one."""

import os
import re
import socket
import uuid
from pathlib import Path

# Where a system does not say when a process has started.
UNKNOWN = "0"


def _host() -> str:
    """This machine, in the letters that a label of ours may have."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", socket.gethostname())[:64]


def started(pid: int) -> str:
    """The start of process `pid` in the kernel's ticks; UNKNOWN where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return UNKNOWN
    # The name in parentheses may hold anything; the 22nd field is the start.
    return stat.rpartition(")")[2].split()[19]


def is_dead(owner: str) -> bool:
    """True if `owner` was a process of this machine that has ended, its number used again or not.

    A process in a container that is restarted gets the same number on the same host name.
    """
    host, *rest = owner.rsplit("-", 3)
    if len(rest) != 3 or host != _host() or not rest[0].isdecimal():
        return False
    pid, since = int(rest[0]), rest[1]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass
    return UNKNOWN not in (since, now := started(pid)) and since != now


# This process.
OWNER = f"{_host()}-{os.getpid()}-{started(os.getpid())}-{uuid.uuid4().hex[:8]}"
