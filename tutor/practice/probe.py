"""What is run to find the first wrong case, and what a run's report says about it. Pure."""

import ast
import json
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tutor.practice.lesson import Case

# Stands at the start of every line the check prints; no program prints it by chance.
MARK: Final = "~~~ case"
# Divides the student's program from the check in what is run.
DIVIDER: Final = "\n\n# --- The tutor's check of the lesson's cases ---\n"
MAX_VALUE_CHARS: Final = 2_000
# How long one case may take; the sandbox allows the whole program about four times as much.
CASE_S: Final = 2

# Builtins by their module: the student's program may have taken their names. Line numbers of the
# program are those the student sees, because the check comes after it. Every case has a process of
# its own: what one call leaves behind must not change what the next one gives.
CHECK: Final = """\
import builtins as _b, os as _os, signal as _signal, sys as _sys
def _say(text):
    _sys.stdout.write("\\n" + "{mark} " + " ".join(text.split("\\n")) + "\\n")
    _sys.stdout.flush()
def _check(number, call):
    _say(f"{{number}}: {{call}}")
    try:
        value = _b.repr(_b.eval(_b.compile(call, "<case>", "eval"), _b.globals()))[:{max_chars}]
        _say(f"{{number}} gives: {{value}}")
    except _b.BaseException as error:
        line, trace = 0, error.__traceback__
        while trace:
            here = trace.tb_frame.f_code.co_filename == _check.__code__.co_filename
            line = trace.tb_lineno if here and trace.tb_lineno <= {lines} else line
            trace = trace.tb_next
        _say(f"{{number}} raises: {{_b.type(error).__name__}} {{line}} {{error}}")
def _apart(number, call):
    _sys.stdout.flush()
    try:
        child = _os.fork()
    except _b.OSError:
        return _check(number, call)
    if child:
        status = _os.waitpid(child, 0)[1]
        if _os.WIFSIGNALED(status):
            _say(f"{{number}} ends: {{_os.WTERMSIG(status)}}")
            _sys.exit()
    else:
        _signal.alarm({seconds})
        _check(number, call)
        _os._exit(0)
for _number, _call in _b.enumerate({calls}, 1):
    _apart(_number, _call)
"""

STARTED: Final = re.compile(rf"^{MARK} (\d+): ", re.MULTILINE)
GAVE: Final = re.compile(rf"^{MARK} (\d+) gives: (.*)$", re.MULTILINE)
RAISED: Final = re.compile(rf"^{MARK} (\d+) raises: (\w+) (\d+) ?(.*)$", re.MULTILINE)
ENDED: Final = re.compile(rf"^{MARK} (\d+) ends: (\d+)$", re.MULTILINE)
FRAME: Final = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
ERROR: Final = re.compile(r"^(?:\w+\.)*(\w+)(?:: (.*))?$")


@dataclass(frozen=True)
class Crash:
    """An exception. `line` counts in the student's program, None if it is not known; `call` is
    None if it was not a case that raised it."""

    kind: str
    message: str
    line: int | None
    call: str | None


@dataclass(frozen=True)
class Endless:
    """It did not come to an end; `call` is the case it hung in, if it was one."""

    call: str | None


@dataclass(frozen=True)
class Wrong:
    """The first case that gives something else."""

    case: Case
    got: str


@dataclass(frozen=True)
class Passed:
    """Every case is right."""


@dataclass(frozen=True)
class Ran:
    """It ran, and there was no case to hold it against."""

    printed: str


@dataclass(frozen=True)
class WaitedForInput:
    """It waited for input that nobody typed."""


@dataclass(frozen=True)
class OverLimit:
    """It used more than it may, memory or output."""

    what: str


@dataclass(frozen=True)
class Stopped:
    """Somebody stopped it."""


@dataclass(frozen=True)
class NotRun:
    """It was not run at all."""


# An honest attempt that is not there yet.
Failing = Crash | Endless | Wrong | OverLimit | WaitedForInput
ProbeVerdict = Failing | Passed | Ran | Stopped | NotRun


def compose(code: str, cases: Sequence[Case]) -> str:
    """The program to run: the student's own, then the check of the cases."""
    if not cases:
        return code
    calls = json.dumps([case.call for case in cases])
    lines = len(code.splitlines())
    return (
        code
        + DIVIDER
        + CHECK.format(
            mark=MARK, calls=calls, lines=lines, max_chars=MAX_VALUE_CHARS, seconds=CASE_S
        )
    )


def student_code(code: str) -> str:
    """What of a program that was run is the student's."""
    return code.partition(DIVIDER)[0]


def judge(output: str, code: str, cases: Sequence[Case]) -> ProbeVerdict:
    """What a tool output says about the student's program."""
    report = _report(output)
    stdout, stderr = str(report.get("stdout") or ""), str(report.get("stderr") or "")
    match report.get("status"):
        case "unavailable" | "sandbox_error":
            return NotRun()
        case "cancelled":
            return Stopped()
        case "timeout":
            return Endless(_unfinished(stdout, cases))
        case "idle":
            return WaitedForInput()
        case "memory" | "output_limit" | "crashed" as status:
            return OverLimit({"output_limit": "output", "memory": "memory"}.get(status, "stack"))
        case "error" if not stderr:
            # A program that was refused has no exit code; one that left by itself has.
            return NotRun() if report.get("exit_code") is None else Ran(_own(stdout))
        case "error":
            return _crash(stderr, code)
        case _:
            return _first_wrong(stdout, cases)


def _report(output: str) -> dict[str, Any]:
    try:
        report = json.loads(output)
    except ValueError:
        report = None
    if isinstance(report, dict):
        return report
    # Somebody else's tool: a bare text.
    failed = "Traceback" in output
    return {"status": "error" if failed else "ok", "stdout": output, "stderr": output}


def _crash(stderr: str, code: str) -> ProbeVerdict:
    lines = code.splitlines()
    own = [m for m in FRAME.finditer(stderr) if not _foreign(m["file"])]
    # What is missing at the end of the program is noticed only behind it.
    line = min(int(own[-1]["line"]), len(lines)) if own else None
    for text in reversed(stderr.rstrip().splitlines()):
        found = ERROR.match(text)
        if found:
            kind, message = found[1], found[2] or ""
            return WaitedForInput() if kind == "EOFError" else Crash(kind, message, line, None)
    return Crash("Exception", "", line, None)


def _foreign(file: str) -> bool:
    return "/lib/python" in file or file.startswith("<frozen")


def _first_wrong(stdout: str, cases: Sequence[Case]) -> ProbeVerdict:
    gave = {int(m[1]): m[2] for m in GAVE.finditer(stdout)}
    raised = {int(m[1]): m for m in RAISED.finditer(stdout)}
    ended = {int(m[1]): int(m[2]) for m in ENDED.finditer(stdout)}
    for number, case in enumerate(cases, start=1):
        if number in raised:
            _, kind, line, message = raised[number].groups()
            return Crash(kind, message, int(line) or None, case.call)
        if number in ended:
            return _killed(ended[number], case)
        if number in gave and not _same(gave[number], case.expect):
            return Wrong(case, gave[number])
    return Passed() if cases and len(gave) == len(cases) else Ran(_own(stdout))


def _killed(number: int, case: Case) -> ProbeVerdict:
    """What the signal that ended a case says about it."""
    if number in {signal.SIGALRM, signal.SIGXCPU}:
        return Endless(case.call)
    return OverLimit("memory" if number == signal.SIGKILL else "stack")


def _unfinished(stdout: str, cases: Sequence[Case]) -> str | None:
    started = [int(m[1]) for m in STARTED.finditer(stdout)]
    number = started[-1] if started else 0
    return cases[number - 1].call if 0 < number <= len(cases) else None


def _own(stdout: str) -> str:
    return "\n".join(line for line in stdout.splitlines() if not line.startswith(MARK)).strip()


def _same(got: str, expect: str) -> bool:
    if got == expect:
        return True
    try:
        one, two = ast.literal_eval(got), ast.literal_eval(expect)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return type(one) is type(two) and bool(one == two)
