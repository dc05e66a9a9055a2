"""What is run and what comes back. Frozen facts: no Django, no engine."""

from dataclasses import dataclass, field
from enum import StrEnum

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


@dataclass(frozen=True)
class Limits:
    """What one run may use."""

    wall_s: float = 10.0
    cpu_s: int = 8
    memory_bytes: int = 256 * MIB
    processes: int = 64
    # What is kept of each stream; at OUTPUT_STOP_FACTOR times this the program is stopped.
    output_bytes: int = 64 * KIB
    code_bytes: int = 256 * KIB
    stdin_bytes: int = 1 * MIB


# A program that prints this many times what is kept will not stop by itself.
OUTPUT_STOP_FACTOR = 16


class JobError(ValueError):
    """A job that must not start. Its text is for the person who asked for the run."""


@dataclass(frozen=True)
class Job:
    """One program to run once. An object that exists is valid; raises JobError otherwise."""

    code: str
    stdin: str = ""
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if "\0" in self.code:
            raise JobError("The program contains a NUL character, which Python does not accept.")
        _check("program", self.code, self.limits.code_bytes)
        _check("input", self.stdin, self.limits.stdin_bytes)


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


def _check(what: str, text: str, limit: int) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise JobError(f"The {what} contains half a character, which cannot be stored.") from None
    if size > limit:
        raise JobError(f"The {what} is {size:,} bytes long; at most {limit:,} bytes can be run.")
