"""What is run and what comes back. Frozen facts: no Django, no engine."""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from .cases import CallCase, CaseJob, Observation, ProgramCase
from .files import OutputFile
from .languages import DEFAULT, Language
from .transcript import Order

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


class Status(StrEnum):
    """How a run ended. Exactly one of these, always."""

    OK = "ok"  # exit code 0
    ERROR = "error"  # exit code not 0
    TIMEOUT = "timeout"  # the wall clock or the CPU limit
    MEMORY = "memory"  # the memory limit
    OUTPUT_LIMIT = "output_limit"  # far more output than is kept
    IDLE = "idle"  # waited at input() and nobody typed
    CRASHED = "crashed"  # ended by a signal of its own making
    CANCELLED = "cancelled"  # somebody pressed Stop
    UNAVAILABLE = "unavailable"  # no engine, no image, no worker: nothing was run
    SANDBOX_ERROR = "sandbox_error"  # the sandbox itself failed; the program is not to blame


# What nobody may exceed: what the gate before the engine lets a container have.
MOST_MEMORY_BYTES = GIB
MOST_PROCESSES = 256
MOST_TIME_S = 6 * 3600.0


@dataclass(frozen=True)
class Limits:
    """What one run may use."""

    wall_s: float = 10.0
    # Of one test case; all of them together may take wall_s.
    case_wall_s: float = 2.0
    case_output_bytes: int = 16 * KIB
    # Of a program to which somebody may type: how long it may wait for that, at a time and in all.
    idle_s: float = 60.0
    session_s: float = 600.0
    cpu_s: int = 8
    memory_bytes: int = 256 * MIB
    processes: int = 64
    # What is kept of each stream; at OUTPUT_STOP_FACTOR times this the program is stopped.
    output_bytes: int = 64 * KIB
    code_bytes: int = 256 * KIB
    stdin_bytes: int = 1 * MIB
    files: int = 20
    cases: int = 200


# The limits that whoever asks for a run may choose.
CHOICES = ("wall_s", "case_wall_s", "case_output_bytes", "memory_bytes")
# Seconds of a run with cases for all that is no case's own: to come up, to clear away after each.
AROUND_CASES_S = 5.0
AROUND_A_CASE_S = 0.5
# So long at most all cases of a run hold a worker's thread.
MOST_CASES_S = 120.0
# A file's name that means the same everywhere.
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
# A program that prints this many times what is kept will not stop by itself.
OUTPUT_STOP_FACTOR = 16


def limits_for(language: Language) -> Limits:
    """What a program in that language may use unless somebody says otherwise."""
    return Limits(memory_bytes=language.memory_bytes)


def limits_for_cases(
    language: Language,
    cases: int,
    *,
    time_s: float | None = None,
    memory_mb: int | None = None,
    output_kb: int | None = None,
) -> Limits:
    """What a program may use that is run on so many cases; each may use what is given, or else
    the usual. No case takes another one's time away, unless all of them need MOST_CASES_S."""
    usual = limits_for(language)
    each_s = time_s or usual.case_wall_s
    return replace(
        usual,
        case_wall_s=each_s,
        wall_s=min(
            max(usual.wall_s, AROUND_CASES_S + (each_s + AROUND_A_CASE_S) * cases), MOST_CASES_S
        ),
        memory_bytes=memory_mb * MIB if memory_mb else usual.memory_bytes,
        case_output_bytes=output_kb * KIB if output_kb else usual.case_output_bytes,
    )


def chosen_limits(limits: Limits, language: Language) -> dict[str, float]:
    """What differs from the usual. Raises ValueError if that is nobody's choice."""
    usual = asdict(limits_for(language))
    chosen = {name: each for name, each in asdict(limits).items() if each != usual[name]}
    limits_with(chosen, language)
    return chosen


def limits_with(chosen: Mapping[str, Any], language: Language) -> Limits:
    """The usual limits but for these. Raises ValueError if one is not of CHOICES, not a positive
    number, a part of a byte, or more than any container may have."""
    usual = limits_for(language)
    if not isinstance(chosen, Mapping):
        raise ValueError("Limits have names.")  # noqa: TRY004  # a row's JSON, not a caller's slip
    for name, value in chosen.items():
        if name not in CHOICES:
            raise ValueError(f"The limit {name!r} cannot be chosen.")
        kinds = (int,) if isinstance(getattr(usual, name), int) else (int, float)
        if type(value) not in kinds or not 0 < value < math.inf:
            raise ValueError(f"The limit {name} cannot be {value!r}.")
    limits = replace(usual, **chosen)
    _check_limits(limits)
    return limits


class JobError(ValueError):
    """A job that must not start. Its text is for the person who asked for the run."""


@dataclass(frozen=True)
class Job:
    """One program to run once. An object that exists is valid; raises JobError otherwise.

    `files` are other files of the program, by plain name. With `cases` only those are run, and
    `stdin` is not used. A `series` has no program yet: many come, one after another, each with a
    case, and `files` are beside each of them.
    """

    code: str
    stdin: str = ""
    limits: Limits = field(default_factory=Limits)
    files: tuple[tuple[str, str], ...] = ()
    cases: tuple[CaseJob, ...] = ()
    # Whether somebody may type while it runs; `stdin` then comes first.
    interactive: bool = False
    language: Language = DEFAULT
    series: bool = False

    @property
    def session_s(self) -> float:
        """For how long it may hold its container while somebody thinks; 0 where nobody does."""
        return self.limits.session_s if self.interactive or self.series else 0

    def __post_init__(self) -> None:
        _check_program(self.code, self.limits)
        _check_limits(self.limits)
        _check("input", self.stdin, self.limits.stdin_bytes)
        _check_names([name for name, _ in self.files], self.limits.files, self.language.program)
        for name, text in self.files:
            _check(f"file {name}", text, self.limits.code_bytes)
        if self.series and self.interactive:
            raise JobError("Nobody can type to a series of programs.")
        if self.series and not self.language.evaluates_calls:
            raise JobError(f"A series of programs is for {DEFAULT.title} only.")
        if len(self.cases) > self.limits.cases:
            raise JobError(f"There are {len(self.cases)} test cases; at most {self.limits.cases}.")
        for case in self.cases:
            _check_case(case, self.limits)
            if isinstance(case, CallCase) and not self.language.evaluates_calls:
                raise JobError(f"Test cases that call a function are for {DEFAULT.title} only.")


@dataclass(frozen=True)
class Result:
    """What a run did, cut to the limits.

    `exit_code` is None where the program did not end by itself. `message` explains, in a sentence
    for the student, an end that the output does not explain; it is empty otherwise.
    """

    status: Status
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    duration_ms: int = 0
    message: str = ""
    # Of the container at its worst, and of all processes of the program together.
    peak_memory_kb: int = 0
    cpu_ms: int = 0
    # How long the job waited until a container had it.
    queued_ms: int = 0
    # Of a job with test cases: exactly one for each, in order, or none at all.
    observations: tuple[Observation, ...] = ()
    # What the program has left in its folder.
    files: tuple[OutputFile, ...] = ()
    # What was passed on to it of what somebody typed, and the order of that, stdout and stderr;
    # see transcript.pieces.
    typed: str = ""
    order: Order = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"files": [file.to_json() for file in self.files]}


def _check_limits(limits: Limits) -> None:
    if not 0 < limits.memory_bytes <= MOST_MEMORY_BYTES:
        most = f"at most {MOST_MEMORY_BYTES // MIB:,} MB can be had"
        raise JobError(f"The program cannot have {limits.memory_bytes // MIB:,} MB; {most}.")
    if not 0 < limits.processes <= MOST_PROCESSES:
        most = f"at most {MOST_PROCESSES} can be had"
        raise JobError(f"The program cannot have {limits.processes} processes; {most}.")
    if not all(0 <= each <= MOST_TIME_S for each in (limits.wall_s, limits.session_s)):
        raise JobError(f"No program can run for more than {MOST_TIME_S / 3600:g} hours.")


def check_program_case(tried: ProgramCase, limits: Limits) -> None:
    """Raises JobError for what must not be tried in a series with these limits."""
    _check_program(tried.program, limits)
    _check_case(tried.case, limits)
    if not 0 < tried.wall_s <= limits.wall_s:
        raise JobError(f"No program of a series can run for {tried.wall_s:g} s.")


def _check_program(code: str, limits: Limits) -> None:
    if "\0" in code:
        raise JobError(
            f"The program contains a NUL character, which {DEFAULT.title} does not accept."
        )
    _check("program", code, limits.code_bytes)


def _check_case(case: CaseJob, limits: Limits) -> None:
    given = case.call if isinstance(case, CallCase) else case.stdin
    _check("input of a test case", given, limits.code_bytes)


def _check(what: str, text: str, limit: int) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise JobError(f"The {what} contains half a character, which cannot be stored.") from None
    if size > limit:
        raise JobError(f"The {what} is {size:,} bytes long; at most {limit:,} bytes can be run.")


def _check_names(names: list[str], most: int, program: str) -> None:
    if len(names) > most:
        raise JobError(f"There are {len(names)} files besides the program; at most {most}.")
    for name in names:
        if not PLAIN_NAME.fullmatch(name) or name == program:
            shown = ascii(name if len(name) <= 80 else name[:80] + "…")
            raise JobError(
                f"A file cannot be called {shown}. Names have letters, digits, dots, underscores "
                f"and hyphens, at most 64, begin with a letter, and are not {program}."
            )
    if len(set(names)) < len(names):
        raise JobError("Two files have the same name.")
