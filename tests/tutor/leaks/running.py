"""Runs the programs that a judge asks for without a sandbox: each case in a fork of its own.

For programs that tests have written; nothing keeps one from doing harm but few limits.
"""

import contextlib
import io
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from courses.facts import Case
from sandbox.cases import Observation, Raised
from sandbox.inside import values
from tutor.leaks.judgement import Judgement, Judging, Observed, ProgramRun

_MEMORY_BYTES: Final = 2 << 30
_OUTPUT_BYTES: Final = 1 << 20
# Enough for any program of a test that ends.
_MOST_CPU_S: Final = 0.03
# So many times the time of a run, a program that waits is waited for.
_PATIENCE: Final = 20
Files = Sequence[tuple[str, str]]


def judged(judging: Judging, files: Files = ()) -> Judgement:
    """The judgement, with every run made that is asked for."""
    try:
        runs = next(judging)
        while True:
            runs = judging.send(observed(runs, files))
    except StopIteration as end:
        judgement: Judgement = end.value
        return judgement


def observed(runs: Sequence[ProgramRun], files: Files = ()) -> Observed:
    """What is seen of each case of each run, in the sandbox's JSON."""
    return [[_observation(run, case, files).to_json() for case in run.cases] for run in runs]


def _observation(run: ProgramRun, case: Case, files: Files) -> Observation:
    began = time.monotonic()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _child(run.program, case, files, writer, run.wall_s)
    os.close(writer)
    said, in_time = _read(reader, began + _PATIENCE * run.wall_s)
    if not in_time:
        os.kill(pid, signal.SIGKILL)
    _, status, used = os.wait4(pid, 0)
    took_ms = int(used.ru_utime * 1000)
    if not in_time or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGVTALRM):
        return Observation("timeout", duration_ms=took_ms)
    if not said:
        return Observation("crashed", duration_ms=took_ms)
    seen = json.loads(said)
    raised = seen.pop("raised", None)
    exception = Raised(*raised) if raised else None
    return Observation(exception=exception, duration_ms=took_ms, **seen)


def _read(reader: int, until: float) -> tuple[bytes, bool]:
    """All that comes before the end, and whether the end came in time."""
    said = bytearray()
    with contextlib.closing(os.fdopen(reader, "rb", buffering=0)) as file:
        while select.select([file], [], [], max(0.0, until - time.monotonic()))[0]:
            if not (some := file.read(1 << 16)):
                return bytes(said), True
            said += some
    return bytes(said), False


def _child(program: str, case: Case, files: Files, writer: int, wall_s: float) -> None:
    """Run one case, write what was seen, and leave."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        # Time on the processor: how busy the machine is decides no test.
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_VIRTUAL, min(wall_s, _MOST_CPU_S))
        os.chdir(tempfile.mkdtemp())
        for name, text in files:
            Path(name).write_text(text, encoding="utf-8")
        sys.path.insert(0, str(Path.cwd()))
        sys.stdin = io.StringIO(case.stdin)
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            seen = _seen(program, case)
        seen["stdout"] = out.getvalue()[:_OUTPUT_BYTES]
        with os.fdopen(writer, "wb") as file:
            file.write(json.dumps(seen).encode())
    finally:
        os._exit(0)


def _seen(program: str, case: Case) -> dict[str, Any]:
    module = types.ModuleType("main" if case.call else "__main__")
    sys.modules[module.__name__] = module
    sys.argv = ["main.py"]
    try:
        exec(compile(program, "main.py", "exec"), module.__dict__)  # noqa: S102
        if not case.call:
            return {"ended": "exited", "exit_code": 0}
        value = eval(case.call, module.__dict__)  # noqa: S307
    except SystemExit as end:
        return {"ended": "exited", "exit_code": end.code if isinstance(end.code, int) else 0}
    except BaseException as error:  # noqa: BLE001 - whatever a program raises
        raised = [type(error).__name__, str(error)[:1000]]
        return {"ended": "raised", "raised": raised, "exit_code": 1}
    return {"ended": "value", "value": values.serialize(value), "exit_code": 0}
