"""Detection of a program that waits for input: it is asleep, in a call that input would end.

The kernel says of each thread in which call it is blocked. Whatever the call and whatever number
the descriptor has: what counts is that it is the pipe to the program's standard input.
"""

import array
import contextlib
import fcntl
import os
import termios
from collections.abc import Callable, Iterable

# What is said instead of a call of a thread that has, or would like to have, a processor.
RUNNABLE = "running"
# More descriptors than a program of ours may have open.
MOST_POLLED = 1024
# A struct pollfd: the descriptor, what is waited for, what has come.
POLLFD_BYTES = 8
POLLIN = 1

# The process, its descriptors of the pipe, the call's arguments.
Check = Callable[[str, frozenset[int], list[int]], bool]


def waits_for_input(stdin: int, pids: Iterable[str]) -> bool:
    """True if a thread of these processes waits for the pipe whose write end is `stdin`, the pipe
    is empty, and no other thread computes."""
    unread = array.array("i", [0])
    with contextlib.suppress(OSError):
        fcntl.ioctl(stdin, termios.FIONREAD, unread)
    if unread[0]:
        return False
    pipe = os.fstat(stdin).st_ino
    waits = False
    for pid in pids:
        calls = [_call(pid, thread) for thread in _entries(f"/proc/{pid}/task")]
        if any(call[:1] == [RUNNABLE] for call in calls):
            return False
        waits = waits or _one_waits(pid, pipe, calls)
    return waits


def others() -> list[str]:
    """The processes of this container but for PID 1."""
    return [name for name in os.listdir("/proc") if name.isdecimal() and name != "1"]


def _one_waits(pid: str, pipe: int, calls: list[list[str]]) -> bool:
    """Whether one of these calls of the process's threads would end when input comes."""
    found = [(CALLS[call[0]], call) for call in calls if call and call[0] in CALLS]
    if not found or not (inputs := _descriptors(pid, pipe)):
        return False
    return any(check(pid, inputs, [int(each, 16) for each in call[1:7]]) for check, call in found)


def _call(pid: str, thread: str) -> list[str]:
    """The number and the arguments of the call it is blocked in, or RUNNABLE; empty if unknown."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/syscall") as file:
        return file.read().split()
    return []


def _descriptors(pid: str, pipe: int) -> frozenset[int]:
    """The numbers under which the process has the pipe open."""
    found = set()
    for number in _entries(folder := f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            if os.stat(f"{folder}/{number}").st_ino == pipe:
                found.add(int(number))
    return frozenset(found)


def _entries(folder: str) -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir(folder)
    return []


def _first_is_input(_pid: str, inputs: frozenset[int], given: list[int]) -> bool:
    return given[0] in inputs


def _is_polled(pid: str, inputs: frozenset[int], given: list[int]) -> bool:
    """poll(fds, nfds, …)"""
    entries = _memory(pid, given[0], min(given[1], MOST_POLLED) * POLLFD_BYTES)
    for place in range(0, len(entries) - POLLFD_BYTES + 1, POLLFD_BYTES):
        fd = int.from_bytes(entries[place : place + 4], "little", signed=True)
        events = int.from_bytes(entries[place + 4 : place + 6], "little")
        if fd in inputs and events & POLLIN:
            return True
    return False


def _is_selected(pid: str, inputs: frozenset[int], given: list[int]) -> bool:
    """select(nfds, readfds, …)"""
    most = min(given[0], MOST_POLLED)
    bits = int.from_bytes(_memory(pid, given[1], (most + 7) // 8), "little")
    return any(number < most and bits >> number & 1 for number in inputs)


def _is_watched(pid: str, inputs: frozenset[int], given: list[int]) -> bool:
    """epoll_wait(epfd, …)"""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/fdinfo/{given[0]}") as file:
        for line in file:
            match line.split():
                case ["tfd:", number, "events:", events, *_]:
                    if int(number) in inputs and int(events, 16) & POLLIN:
                        return True
    return False


def _memory(pid: str, address: int, size: int) -> bytes:
    """So much of the process's memory; empty where that cannot be had.

    A program whose input comes bit by bit is alone in its container: nothing that is read here
    could be left for another one.
    """
    with contextlib.suppress(OSError, OverflowError), open(f"/proc/{pid}/mem", "rb", 0) as file:
        return os.pread(file.fileno(), size, address)
    return b""


# By the machine, as the kernel numbers its calls. read, readv, splice, tee; poll, ppoll; select,
# pselect6; epoll_wait, epoll_pwait, epoll_pwait2.
_NUMBERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "x86_64": (("0", "19", "275", "276"), ("7", "271"), ("23", "270"), ("232", "281", "441")),
    "aarch64": (("63", "65", "76", "77"), ("73",), ("72",), ("22", "441")),
}
_CHECKS: tuple[Check, ...] = (_first_is_input, _is_polled, _is_selected, _is_watched)
CALLS: dict[str, Check] = {
    number: check
    for numbers, check in zip(_NUMBERS.get(os.uname().machine, ()), _CHECKS, strict=False)
    for number in numbers
}
