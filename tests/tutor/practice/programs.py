"""The programs of the sample lessons, run in this process: all of them are known to be harmless."""

import contextlib
import io
import signal
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType, ModuleType
from typing import Final
from unittest import mock

# Of one evaluation.
SECONDS: Final = 0.3
MAX_DEPTH: Final = 300


class _TooLongError(BaseException):
    """Not an Exception: no program catches it."""


# Most are asked for by every student of a lesson.
@cache
def outcome(
    program: str, call: str, stdin: str, files: tuple[tuple[str, str], ...]
) -> tuple[str, str]:
    """What comes of a call, or of the whole program, as `tutor.method` words it; and what was
    printed. `files` are paths and texts."""
    printed = io.StringIO()
    typed = mock.patch.object(sys, "stdin", io.StringIO(stdin))
    with _files(files), _bounded(), contextlib.redirect_stdout(printed), typed:
        ended = _evaluate(program, call)
    return ended, printed.getvalue()


def _evaluate(program: str, call: str) -> str:
    module = ModuleType("main" if call else "__main__")
    try:
        exec(compile(program, "main.py", "exec"), module.__dict__)  # noqa: S102
        return repr(eval(call, module.__dict__)) if call else ""  # noqa: S307
    except _TooLongError:
        return "does not end in time"
    except SystemExit:
        return "ends the program"
    except Exception as error:  # noqa: BLE001
        return f"raises {type(error).__name__}: {error}"


@contextlib.contextmanager
def _files(files: tuple[tuple[str, str], ...]) -> Iterator[None]:
    """A folder with the files, as the one to work in and to import from."""
    names = {Path(name).stem for name, _ in files if name.endswith(".py")}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, text in files:
            Path(name).write_text(text)
        here = mock.patch.object(sys, "path", [folder, *sys.path])
        with here, mock.patch.object(sys, "dont_write_bytecode", True):
            yield
    for name in names:
        sys.modules.pop(name, None)


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise _TooLongError

    before, depth = signal.signal(signal.SIGALRM, stop), sys.getrecursionlimit()
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    sys.setrecursionlimit(max(MAX_DEPTH, len(_stack()) + MAX_DEPTH))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.setrecursionlimit(depth)


def _stack() -> list[FrameType]:
    frame: FrameType | None = sys._getframe()
    found = []
    while frame:
        found.append(frame)
        frame = frame.f_back
    return found
