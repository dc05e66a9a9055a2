"""Detection of a program that waits for input."""

import array
import contextlib
import fcntl
import os
import termios

# The number of read() on x86-64 and on aarch64.
READS = ("0", "63")
STDIN = "0x0"


def waits_for_input(stdin: int) -> bool:
    """True if a process of this container is stuck in reading its standard input, and the pipe to
    it, whose write end is `stdin`, is empty."""
    unread = array.array("i", [0])
    with contextlib.suppress(OSError):
        fcntl.ioctl(stdin, termios.FIONREAD, unread)
    return not unread[0] and any(_reads_stdin(pid) for pid in os.listdir("/proc") if pid != "1")


def _reads_stdin(pid: str) -> bool:
    if not pid.isdecimal():
        return False
    with contextlib.suppress(OSError), open(f"/proc/{pid}/syscall") as file:
        number, first, *_ = [*file.read().split(), "", ""]
        return number in READS and first == STDIN
    return False
