"""The outputs of runs, held against the cases of the lesson. Pure."""

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tutor.practice.dialogue import Called
from tutor.practice.fields import objects, text
from tutor.practice.lesson import Case
from tutor.practice.values import same, same_lines

# Outcomes that are no value: an exception, by its name and message; and other ends.
RAISES: Final = "raises "
ENDS: Final = {
    "does not end in time": "timeout",
    "uses more memory than there is": "memory",
    "prints far too much": "output",
    "ends all of a sudden": "stack",
}
NOT_RUN: Final = "was not run"
# Behind the value of a call that printed something and gave None.
AND_PRINTS: Final = ", and prints "


@dataclass(frozen=True)
class Crash:
    """The program stopped with an exception; `line` is None if it is not known. `case` is the one
    that it stopped in."""

    kind: str
    message: str = ""
    line: int | None = None
    case: Case | None = None


@dataclass(frozen=True)
class Wrong:
    """The first case that comes out differently: `got` is a value, or what was printed."""

    case: Case
    got: str
    printed: bool = False


@dataclass(frozen=True)
class BrokenOff:
    """The program was ended: `limit` is timeout, memory, output or stack."""

    limit: str
    case: Case | None = None


@dataclass(frozen=True)
class WaitedForInput:
    """It waited for input that nobody typed."""


@dataclass(frozen=True)
class Passed:
    """Every case is right."""


@dataclass(frozen=True)
class Ran:
    """It ran, and there was no case to hold it against."""


@dataclass(frozen=True)
class Stopped:
    """Somebody stopped the run."""


@dataclass(frozen=True)
class NotRun:
    """There is no sandbox at the moment, or the program was not taken."""


Failing = Crash | Wrong | BrokenOff | WaitedForInput
Verdict = Failing | Passed | Ran | Stopped | NotRun


def judge(runs: Sequence[Called], cases: Sequence[Case]) -> Verdict:
    """What runs of one program, each with an output, say about it; the first thing that is wrong.

    Cases that were not run do not count, except that the program has not passed then.
    """
    ended = [end for run in runs if (end := _end(run, cases)) is not None]
    if ended:
        return ended[0]
    graded = [(case, graded) for case in cases if (graded := _grade(case, runs)) is not None]
    for _, grade in graded:
        if not isinstance(grade, Passed):
            return grade
    return Passed() if cases and len(graded) == len(cases) else Ran()


def observed(case: Case, runs: Sequence[Called]) -> bool:
    """Whether one of the runs was of this case."""
    return any(_is_of(run, case) for run in runs)


def _is_of(run: Called, case: Case) -> bool:
    calls = run.arguments.get("calls") or []
    is_input = (run.arguments.get("stdin") or "") == case.input
    return is_input and (case.call in calls if case.call else not calls)


def _end(run: Called, cases: Sequence[Case]) -> Verdict | None:
    """A run that ended in another way than at the program's own end; None for the others."""
    report = run.report
    calls = objects(report, "calls")
    stderr = text(report, "stderr")
    match report.get("status"):
        case "refused" | "unavailable" | "sandbox_error":
            return NotRun()
        case "cancelled":
            return Stopped()
        case _ if calls:
            return None
        case "timeout":
            return BrokenOff("timeout", _case_of(run, cases))
        case "idle":
            return WaitedForInput()
        case "memory" | "output_limit" | "crashed" as status:
            limit = {"output_limit": "output", "memory": "memory"}.get(status, "stack")
            return BrokenOff(limit, _case_of(run, cases))
        case "error" if not stderr:
            # A program that was refused has no exit code; one that left by itself has.
            return NotRun() if report.get("exit_code") is None else None
        case "error":
            return _crash(stderr, _case_of(run, cases))
        case None if "Traceback" in (run.output or ""):
            # Somebody else's tool: a bare text.
            return _crash(run.output or "", None)
    return None


def _case_of(run: Called, cases: Sequence[Case]) -> Case | None:
    return next((case for case in cases if _is_of(run, case)), None)


def _grade(case: Case, runs: Sequence[Called]) -> Verdict | None:
    """A case by the last run of it; None where there was none that tells."""
    for run in reversed(runs):
        if not _is_of(run, case):
            continue
        if not case.call:
            return _grade_printed(case, text(run.report, "stdout"))
        for found in objects(run.report, "calls"):
            if text(found, "call") == case.call:
                return _grade_call(case, text(found, "outcome"), text(found, "printed"))
    return None


def _grade_call(case: Case, outcome: str, printed: str) -> Verdict | None:
    if not outcome or outcome.startswith(NOT_RUN):
        return None
    if outcome in ENDS:
        return BrokenOff(ENDS[outcome], case)
    if outcome.startswith(RAISES):
        kind, _, message = outcome.removeprefix(RAISES).partition(": ")
        if case.raises and _is_a(kind, case.raises):
            return _grade_printed(case, printed)
        return Crash(kind, message, None, case)
    outcome = outcome.partition(AND_PRINTS)[0] if printed else outcome
    if case.raises or (case.gives and not same(outcome, case.gives, case.about)):
        return Wrong(case, outcome)
    return _grade_printed(case, printed)


def _grade_printed(case: Case, printed: str) -> Verdict:
    if case.prints is None or same_lines(printed, case.prints):
        return Passed()
    return Wrong(case, printed, printed=True)


def _is_a(kind: str, wanted: str) -> bool:
    one, two = getattr(builtins, kind, None), getattr(builtins, wanted, None)
    if isinstance(one, type) and isinstance(two, type):
        return issubclass(one, two)
    return kind == wanted


# Error output ------------------------------------------------------------------------------------


def _crash(stderr: str, case: Case | None) -> Crash | WaitedForInput:
    """The exception that an interpreter has written: its last line, and the student's line."""
    lines = stderr.rstrip().splitlines()
    for line in reversed(lines):
        kind, _, message = line.partition(": ")
        kind = kind.rpartition(".")[2]
        if kind.isidentifier() and not line.startswith(" "):
            return (
                WaitedForInput() if kind == "EOFError" else Crash(kind, message, _line(lines), case)
            )
    return Crash("Exception", "", _line(lines), case)


def _line(lines: Sequence[str]) -> int | None:
    """The last line of the student's own that a traceback names; of node's, the first."""
    own = [number for line in lines if (number := _python_line(line))]
    if own:
        return own[-1]
    file, _, place = lines[0].rpartition(":") if lines else ("", "", "")
    return int(place) if place.isascii() and place.isdigit() and file.endswith(".js") else None


def _python_line(line: str) -> int | None:
    file, has_line, rest = line.strip().partition('", line ')
    is_own = file.startswith('File "') and "/lib/python" not in file and "<frozen" not in file
    number = rest.partition(",")[0]
    return int(number) if has_line and is_own and number.isdigit() else None


def shown(report: dict[str, Any]) -> tuple[str, ...]:
    """The calls whose outcomes a report holds: the student has seen them."""
    return tuple(text(found, "call") for found in objects(report, "calls"))
