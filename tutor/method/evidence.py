"""What has happened in a step, as facts that the method decides by. Pure.

Evidence is stored, state is derived: `tutor.models` reads the rows, everything else is a fold of
these. Times are aware datetimes; hashes are those of `program_hash`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

StepKind = Literal["code", "explain", "predict", "quiz"]
# How answer and outcome compare; `none`: the student did not know.
Verdict = Literal["right", "wrong", "none", "not_run"]


@dataclass(frozen=True)
class Ran:
    """A run of the student's own that has ended. `error` is the exception's name, else empty."""

    at: datetime
    code_hash: str
    error: str = ""


@dataclass(frozen=True)
class Checked:
    """A judged attempt. `number` is 0 where it did not count, as a program that cannot be read, and
    that of the earlier attempt where it was the same program again.

    `cases_passed` counts visible and hidden ones; `error` is that of a program that cannot be read.
    """

    at: datetime
    code_hash: str
    number: int
    passed: bool
    cases_passed: int = 0
    error: str = ""


@dataclass(frozen=True)
class Predicted:
    """A prediction that the tutor asked for. `answered_at` is None while it is open, `verdict` None
    until it has been compared. `said_since`: the student has said something after that.
    """

    asked_at: datetime
    code_hash: str
    call: str
    question: str = ""
    answered_at: datetime | None = None
    answer: str | None = None
    gave: str = ""
    verdict: Verdict | None = None
    said_since: bool = False

    @property
    def was_tested(self) -> bool:
        """True if the student foretold something, and has seen whether it was right."""
        return self.verdict in ("right", "wrong")


@dataclass(frozen=True)
class Hinted:
    """A hint that was given."""

    at: datetime
    code_hash: str
    ladder: str
    level: int


@dataclass(frozen=True)
class Evidence:
    """All of one step, each list oldest first. `code_hash` is that of the program now."""

    kind: StepKind
    begun_at: datetime
    starter_hash: str = ""
    code_hash: str = ""
    runs: Sequence[Ran] = ()
    checks: Sequence[Checked] = ()
    predictions: Sequence[Predicted] = ()
    hints: Sequence[Hinted] = ()
    # The step is passed, or its text read.
    is_done: bool = False

    @property
    def open_prediction(self) -> Predicted | None:
        """The prediction that waits for an answer; None if none does."""
        return next((one for one in self.predictions if one.answered_at is None), None)

    @property
    def tried(self) -> Sequence[Ran | Checked]:
        """The runs and the checks, oldest first."""
        both: list[Ran | Checked] = [*self.runs, *self.checks]
        return sorted(both, key=lambda one: one.at)

    @property
    def attempts(self) -> Sequence[Checked]:
        """The checks that counted, each once: the same program again is no new attempt."""
        first: dict[int, Checked] = {}
        for check in self.checks:
            if check.number:
                first.setdefault(check.number, check)
        return tuple(first.values())
