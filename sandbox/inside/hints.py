"""Notes on exceptions that the sandbox has caused, which the exception alone does not tell."""

import contextlib
import difflib
import errno
import os
import socket
import sys
from collections.abc import Iterable

# Kept apart: a program may replace it wherever it can.
BASE_EXCEPTION = BaseException
OFTEN_USED = (
    "math", "random", "datetime", "time", "re", "json", "csv", "string", "statistics",
    "collections", "itertools", "functools", "dataclasses", "typing", "pathlib", "fractions",
)  # fmt: skip
MOST_NAMES = 40
# How much of a name must be right: a slip of the keys, not another word.
NEAR = 0.75


def hint(error: BaseException) -> None:
    """Note on `error` where the sandbox is why; its class may be the program's and do anything."""
    with contextlib.suppress(BASE_EXCEPTION):
        if text := hint_for(error) or hint_for(error.__context__):
            error.add_note(text)


def hint_for(error: BaseException | None) -> str:
    match error:
        case EOFError() if "reading a line" in str(error):
            return (
                "The program asked for input and there was none left. Give it some and run again."
            )
        case ModuleNotFoundError(name=name) if name:
            return (
                f"There is no module {name!r} here, and nothing can be installed. {present(name)}"
            )
        case socket.gaierror() | OSError(errno=errno.ENETUNREACH):
            return "Programs run here without a network."
        case MemoryError():
            return (
                "Python could not get the memory it asked for at once: is something far too large, "
                "or an expression nested too deeply?"
            )
        case _:
            return ""


def present(name: str) -> str:
    """The modules that exist instead of `name`: the nearest one, and those not Python's own."""
    added = sorted(set().union(*map(packages, sys.path)))[:MOST_NAMES]
    nearest = likely(name, added)
    if not added:
        return f"{nearest}There are only Python's own, such as {', '.join(OFTEN_USED)}."
    return f"{nearest}Besides Python's own there are {', '.join(added)}."


def likely(name: str, added: Iterable[str]) -> str:
    """The module that was likely meant, as a sentence with a space; empty if there is none."""
    if name in sys.stdlib_module_names:
        return f"{name!r} is a part of Python that is left out here. "
    if near := difflib.get_close_matches(name, (*OFTEN_USED, *added), 1, NEAR):
        return f"Did you mean {near[0]!r}? "
    return ""


def packages(folder: str) -> set[str]:
    """The modules that were added to Python in `folder`."""
    if not folder.endswith("-packages"):
        return set()
    with contextlib.suppress(OSError):
        return {
            name.removesuffix(".py")
            for name in os.listdir(folder)
            if name.removesuffix(".py").isidentifier() and not name.startswith("_")
        }
    return set()
