"""Our own lessons' programs, run in this process: observations without a sandbox.

Only for what stands in this repository and was reviewed like all code here. What students write
never comes this way.
"""

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any
from unittest import mock

from courses.audience import File
from courses.facts import Case
from tests.courses.observing import gave, observation

# No case of our lessons needs more; a loop that never ends is ended here.
MAX_LINES = 20_000


class TooLong(BaseException):
    """The program went on and on."""


def observe(program: str, cases: Sequence[Case], files: Sequence[File] = ()) -> list[Any]:
    """What the sandbox would say: each case in a fresh namespace and a fresh folder."""
    return [_observe(program, case, files) for case in cases]


def _observe(program: str, case: Case, files: Sequence[File]) -> Any:
    out = io.StringIO()
    stdin = mock.patch("sys.stdin", io.StringIO(case.stdin))
    with _beside(files), contextlib.redirect_stdout(out), stdin, _counted():
        ended: dict[str, Any]
        try:
            # With a call, the program is imported; without one, it is the main program.
            module = ModuleType("program" if case.call else "__main__")
            exec(compile(program, "<lesson>", "exec"), module.__dict__)  # noqa: S102
            call = compile(case.call or "None", "<case>", "eval")
            ended = gave(eval(call, module.__dict__))  # noqa: S307
        except TooLong:
            ended = observation("timeout")
        except SystemExit as end:
            ended = observation("exited", exit_code=end.code or 0)
        except Exception as error:  # noqa: BLE001 - whatever a wrong program does
            kind = type(error)
            module_name = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
            raised = {"type": f"{module_name}{kind.__qualname__}", "message": str(error)}
            ended = observation("raised", exception=raised)
    return {**ended, "stdout": out.getvalue()}


@contextlib.contextmanager
def _beside(files: Sequence[File]) -> Any:
    """A folder with the files, which is the current one and can be imported from."""
    before, modules = Path.cwd(), set(sys.modules)
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            path = Path(folder) / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text)
        os.chdir(folder)
        sys.path.insert(0, folder)
        writes = sys.dont_write_bytecode
        sys.dont_write_bytecode = True
        try:
            yield
        finally:
            os.chdir(before)
            sys.path.remove(folder)
            sys.dont_write_bytecode = writes
            for name in [
                name
                for name in set(sys.modules) - modules
                if str(getattr(sys.modules[name], "__file__", None) or "").startswith(folder)
            ]:
                del sys.modules[name]
            sys.path_importer_cache.pop(folder, None)


@contextlib.contextmanager
def _counted() -> Any:
    lines = 0

    def count(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal lines
        if frame.f_code.co_filename == "<lesson>":
            lines += 1
            if lines > MAX_LINES:
                raise TooLong
            return count
        return None

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)
