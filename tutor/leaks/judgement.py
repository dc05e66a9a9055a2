"""What is asked of a sandbox to judge a text, and what came of it. Pure."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from courses.facts import Case

# Of the gate's algorithm: stored with every judgement, so that it can be made again.
VERSION: Final = 1


class Verdict(StrEnum):
    """Whether a text solves the step."""

    OK = "ok"
    PARTIAL = "partial"  # it mends a part of it: shown, and counted as help
    LEAK = "leak"
    UNSURE = "unsure"  # it could not be run to the end; what that means, `closed` decides


@dataclass(frozen=True)
class ProgramRun:
    """A program to run on each of `cases`, each for `wall_s` seconds at most."""

    program: str
    cases: tuple[Case, ...]
    wall_s: float


@dataclass(frozen=True)
class Judgement:
    """A verdict: `way` is how the program `mended`, which passed, was made of the text.

    `programs` and `case_runs` say how many were run for it. `failing` is the number of cases that
    the student's own program fails.
    """

    verdict: Verdict
    way: str = ""
    mended: str = ""
    failing: int = 0
    programs: int = 0
    case_runs: int = 0


# For each run the observations of its cases as JSON values, in order; fewer where it was cut off.
Observed = Sequence[Sequence[Any]]
# Yields runs to be made, likeliest first, is sent what was observed, and returns the judgement.
Judging = Generator[Sequence[ProgramRun], Observed, Judgement]
