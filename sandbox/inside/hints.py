"""What an exception alone does not tell a student: that the sandbox is why."""

import contextlib
import errno
import socket

# Kept apart: a program may replace it wherever it can.
BASE_EXCEPTION = BaseException


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
            return f"There is no module {name!r} here, and nothing can be installed."
        case socket.gaierror() | OSError(errno=errno.ENETUNREACH):
            return "Programs run here without a network."
        case MemoryError():
            return (
                "Python could not get the memory it asked for at once: is something far too large, "
                "or an expression nested too deeply?"
            )
        case _:
            return ""
