"""Removing what one case has left before the next one begins.

A file's name can be a case's own words. PID 1 reads none: where more is left than what the job has
brought, another process clears it away.
"""

import contextlib
import ctypes
import functools
import os
import re
import shutil
from collections.abc import Iterable

from .wire import PROGRAM_DIR

# All that a program can write to.
WRITABLE = (PROGRAM_DIR, "/dev/shm")  # noqa: S108  # the container's own
# What the kernel counts of sockets, those included that outlive their process: a closed TCP
# connection, with its ports, for a minute.
SOCKETS = ("/proc/self/net/sockstat", "/proc/self/net/sockstat6")
OF_THIS_NETWORK = re.compile(rb" (?:inuse|tw) ([0-9]+)")
GETDENTS = ctypes.CDLL(None, use_errno=True).getdents64
# The size of what getdents64 says of a folder itself, "." and "..", and so of an empty one.
DOTS_BYTES = 48


def clear_away(names: Iterable[str]) -> bool:
    """Remove all that a case has left, among it files of the job with these `names`; whether
    nothing is left, in the kernel's tables neither."""
    for name in names:
        with contextlib.suppress(OSError):
            os.unlink(f"{PROGRAM_DIR}/{name}")
    cleared = (all(map(is_empty, WRITABLE)) or clear_apart()) and not sockets()
    for path in (*WRITABLE, *touchable()):
        with contextlib.suppress(OSError):
            os.utime(path)  # the times at which a case has touched it could be a message
    return cleared


@functools.cache
def touchable() -> tuple[str, ...]:
    """The devices, and folders of devices, whose times a program can set, to the present. They are
    the engine's: no program can add one."""
    found = []
    for folder, folders, files in os.walk("/dev"):
        paths = [os.path.join(folder, name) for name in (*folders, *files)]
        found += [path for path in paths if os.access(path, os.W_OK) and not os.path.islink(path)]
        folders[:] = [name for name in folders if name != "shm"]
    return tuple(found)


def is_empty(folder: str) -> bool:
    """Whether nothing is in `folder`. Of what there is no name stays in this process."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    entries = ctypes.create_string_buffer(DOTS_BYTES)
    try:
        sizes = [GETDENTS(fd, entries, DOTS_BYTES), GETDENTS(fd, entries, DOTS_BYTES)]
    finally:
        ctypes.memset(entries, 0, DOTS_BYTES)
        os.close(fd)
    return sizes == [DOTS_BYTES, 0]


def clear_apart() -> bool:
    """Clear in a process of its own; whether nothing is left."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if all(map(clear, WRITABLE)) else 1)
        finally:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def clear(folder: str) -> bool:
    """Remove all that is in `folder`; whether nothing is left."""
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError, RecursionError):
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
    return not os.listdir(folder)


def sockets() -> int:
    """How many sockets there are, or were a moment ago; 0 where the kernel has no such table."""
    found = 0
    for path in SOCKETS:
        with contextlib.suppress(FileNotFoundError), open(path, "rb", 0) as file:
            found += sum(map(int, OF_THIS_NETWORK.findall(file.read())))
    return found
