"""A sandbox's series in the test's own process: the leak gate's programs are tried at once.

Only for programs of the test's own: they are run right here, and stopped after so many lines.
"""

import io
import sys
import time
from collections.abc import Sequence
from threading import Lock
from typing import Any

import pytest

from sandbox.cases import CallCase, Observation, ProgramCase, Raised
from sandbox.inside import values
from sandbox.models import Batch, Run

MOST_LINES = 5_000

# The program of the first sample lesson, what solves it, and what does not.
STARTER = """\
def kilometres(days):
    total = 0
    for day in range(1, days):
        total = total + day
    return total
"""
SOLUTION = STARTER.replace("1, days", "1, days + 1")
LEAK = f"Here you are:\n\n```python\n{SOLUTION}```\n\nDo you see it?"
PROSE = "What values does the loop go through, for three days?"


class _TooLongError(BaseException):
    """A program has come to its limit."""


class Tried:
    """The programs that were tried, and how the sandbox answers."""

    def __init__(self) -> None:
        # Programs with what they were tried on, in order.
        self.cases: list[ProgramCase] = []
        # The runs that were asked for, and ended.
        self.opened: list[str] = []
        self.ended: list[str] = []
        # So long each batch takes.
        self.delay_s = 0.0
        # No batch is ever answered.
        self.hangs = False
        # There is no sandbox: a run is over when it is asked for.
        self.is_away = False

    def answer(self, run: Run, cases: Sequence[ProgramCase]) -> list[Observation] | None:
        self.cases += cases
        if self.is_away:
            return []
        time.sleep(self.delay_s)  # in a thread of the database's
        return None if self.hangs else [observe(one, run.files) for one in cases]


_one_at_a_time = Lock()


def observe(tried: ProgramCase, files: dict[str, str]) -> Observation:
    """What comes of a program on a case."""
    printed, stdin = io.StringIO(), io.StringIO(tried.case.stdin)
    called = isinstance(tried.case, CallCase)
    names: dict[str, Any] = {
        "__name__": "main" if called else "__main__",
        "print": lambda *args, **kwargs: print(*args, **{**kwargs, "file": printed}),  # noqa: T201  # what it does
        "input": lambda *_: _line(stdin),
        "open": lambda name, *_, **__: io.StringIO(files[name]),
    }
    ended: Any = {"ended": "exited", "exit_code": 0}
    with _one_at_a_time:  # the trace is the thread's, its limit is shared
        before, limit = sys.gettrace(), _limit()
        sys.settrace(limit)
        try:
            exec(compile(tried.program, "main.py", "exec"), names)  # noqa: S102  # the test's own
            if isinstance(tried.case, CallCase):
                value = eval(tried.case.call, names)  # noqa: S307  # the lesson's
                ended = {"ended": "value", "value": values.serialize(value)}
        except _TooLongError:
            ended = {"ended": "timeout"}
        except BaseException as error:  # noqa: BLE001  # as a program may raise anything
            raised = Raised(type(error).__name__, str(error))
            ended = {"ended": "raised", "exception": raised, "exit_code": 1}
        finally:
            sys.settrace(before)
    return Observation(**ended, stdout=printed.getvalue())


def _line(stdin: io.StringIO) -> str:
    if not (line := stdin.readline()):
        raise EOFError
    return line.rstrip("\n")


def _limit() -> Any:
    left = MOST_LINES

    def trace(frame: Any, event: str, _: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename != "main.py":
            return None
        left -= event == "line"
        if left < 0:
            raise _TooLongError
        return trace

    return trace


def play(monkeypatch: pytest.MonkeyPatch) -> Tried:
    """Try programs of series here; runs of other kinds are left to whoever else plays."""
    tried, ask, end, enqueue = Tried(), Batch.ask.__func__, Run.end_series, Run.enqueue  # type: ignore[attr-defined]

    def enqueue_others(run: Run) -> None:
        if not run.series:
            enqueue(run)
            return
        tried.opened.append(run.key)
        if tried.is_away:
            run.cancel()

    def answered(cls: type[Batch], run: Run, base: str, cases: Sequence[ProgramCase]) -> Batch:
        batch: Batch = ask(cls, run, base, cases)
        if (seen := tried.answer(run, cases)) is not None and batch.pk:
            batch.answer(seen)
        return batch

    def ended(run: Run) -> None:
        tried.ended.append(run.key)
        end(run)

    monkeypatch.setattr(Run, "enqueue", enqueue_others)
    monkeypatch.setattr(Run, "end_series", ended)
    monkeypatch.setattr(Batch, "ask", classmethod(answered))
    return tried
