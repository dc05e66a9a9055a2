"""Files of one folder, read with care: only inside it, only regular, only small, only text."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from courses.problems import Mark, did_you_mean, quoted

# The largest file of a course. Programs go to the browser, whose frames hold as much.
MAX_FILE_BYTES = 64_000

# Neither absolute nor hidden, no `..`, the same on every system.
FILE_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*"


@dataclass(frozen=True)
class Unreadable:
    """A file that can't be used, and why. `inside` is the place in the file, if there is one."""

    message: str
    inside: Mark | None = None


@dataclass(frozen=True)
class Folder:
    """A folder that exists."""

    path: Path

    def read(self, name: str) -> str | Unreadable:
        """The text of the file `name`: line ends are LF, a byte order mark is gone."""
        if not re.fullmatch(FILE_NAME, name):
            return Unreadable(f"{quoted(name)} is not the name of a file in this folder.")
        try:
            return self._read(name)
        except FileNotFoundError:
            return Unreadable(f"There is no file `{name}` here.{self._near(name)}")
        except PermissionError:
            return Unreadable(f"The file `{name}` may not be read: permission denied.")
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
            reason = (isinstance(error, OSError) and error.strerror) or "its links go in a circle"
            return Unreadable(f"The file `{name}` can't be read: {reason}.")

    def folders_with(self, name: str) -> list[str]:
        """The folders directly in this one that hold a file `name`, in order."""
        try:
            return sorted(p.name for p in self.path.iterdir() if (p / name).is_file())
        except OSError:
            return []

    def files_in(self, folder: str) -> list[str]:
        """The files at any depth of the folder `folder`, as names in this one, in order.

        Links are not followed; what a name of ours cannot be (`.git`, `~`) is left out.
        """
        found: list[str] = []
        for where, folders, files in os.walk(self.path / folder):
            folders[:] = [name for name in folders if re.fullmatch(FILE_NAME, name)]
            here = Path(where).relative_to(self.path).as_posix()
            found += [f"{here}/{name}" for name in files if re.fullmatch(FILE_NAME, name)]
        return sorted(found)

    def _read(self, name: str) -> str | Unreadable:
        path = (self.path / name).resolve(strict=True)
        if not path.is_relative_to(self.path.resolve()):
            return Unreadable(f"`{name}` is a link that leads out of the folder.")
        # Asked before opening: a named pipe would keep us waiting.
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return Unreadable(f"`{name}` is not a file.")
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
        if len(raw) > MAX_FILE_BYTES:
            return Unreadable(
                f"The file `{name}` is larger than {MAX_FILE_BYTES:,} bytes, the most that is read."
            )
        return _decoded(name, raw)

    def _near(self, name: str) -> str:
        """A name like `name` that exists, as a question; compared where the path first fails."""
        path = self.path / name
        while path != self.path and not path.parent.is_dir():
            path = path.parent
        try:
            there = [found.relative_to(self.path).as_posix() for found in path.parent.iterdir()]
        except OSError:
            return ""
        return did_you_mean(path.relative_to(self.path).as_posix(), there)


def _decoded(name: str, raw: bytes) -> str | Unreadable:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        mark = Mark(before.count(b"\n") + 1, column)
        return Unreadable(f"The file `{name}` is not UTF-8 text.", mark)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if (at := text.find("\0")) >= 0:
        mark = Mark(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
        return Unreadable(f"The file `{name}` contains NUL; it is not a text.", mark)
    return text
