"""The files in a program's folder, read by PID 1 when every other process is dead."""

import os
import stat
from collections.abc import Iterator

from .wire import PROGRAM_DIR

MOST_FILES = 16
MOST_BYTES = 2 * 1024 * 1024
MOST_BYTES_IN_ALL = 6 * 1024 * 1024
MOST_NAME_CHARACTERS = 64


def collect(program: str, given: dict[str, str]) -> Iterator[tuple[str, bytes, str]]:
    """Name, content and, where there is no content, why; `given` files only if they changed,
    the `program` itself never."""
    folder = os.open(PROGRAM_DIR, os.O_RDONLY | os.O_DIRECTORY)
    hidden = {name for name in os.listdir(folder) if name.startswith(".")}
    names = sorted(set(os.listdir(folder)) - hidden - {program, "__pycache__"})
    taken = left = 0
    for name in names:
        if taken == MOST_FILES:
            left += 1
            continue
        data, skipped = _read(folder, name, MOST_BYTES)
        if not skipped and given.get(name, "").encode() == data and name in given:
            continue
        taken += 1
        yield _plain(name), data, skipped
    if left:
        yield "", b"", f"{left} more files were left out: at most {MOST_FILES} are kept"


def within(files: Iterator[tuple[str, bytes, str]]) -> Iterator[tuple[str, bytes, str]]:
    """The same, until together they are too large."""
    room = MOST_BYTES_IN_ALL
    for name, data, skipped in files:
        room -= len(data)
        yield (
            (name, data, skipped) if room >= 0 else (name, b"", "all files together are too large")
        )


def _read(folder: int, name: str, most: int) -> tuple[bytes, str]:
    """The content of a regular file, never of a link's or pipe's target; or why it is missing."""
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
        file = os.open(name, flags, dir_fd=folder)
    except OSError as error:
        return b"", "not a regular file" if error.errno in LINK_OR_SOCKET else "cannot be read"
    try:
        facts = os.fstat(file)
        if not stat.S_ISREG(facts.st_mode):
            return b"", "not a regular file"
        if facts.st_size > most:
            return b"", f"larger than {most // 1024} KiB"
        with open(file, "rb", closefd=False) as opened:
            return opened.read(most), ""
    finally:
        os.close(file)


# ELOOP and ENXIO: what O_NOFOLLOW and O_NONBLOCK say of a link and of a socket or pipe.
LINK_OR_SOCKET = (40, 6)


def _plain(name: str) -> str:
    """A name that can be shown and sent, whatever it was."""
    return name.encode("utf-8", "replace").decode()[:MOST_NAME_CHARACTERS]
