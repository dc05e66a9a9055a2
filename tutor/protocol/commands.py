"""The commands of a student that are obeyed whatever the turn is at: frozen facts.

`session.commands.StudentCommands` carries them out; the turn never sees them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tutor.protocol import frames


@dataclass(frozen=True)
class StudentRan:
    """The student runs a program of their own, a revisions.Draft; see frames.RunCode."""

    id: str
    code: str
    stdin: str = ""
    step: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    interactive: bool = False
    base: int = 0
    version: int = 0
    page: str = ""
    cause: frames.Cause = "typed"


@dataclass(frozen=True)
class StudentTyped:
    """The student types into their run `id`; `ends`: nothing more will come."""

    id: str
    text: str
    ends: bool = False


@dataclass(frozen=True)
class StudentTried:
    """The student makes an attempt at a step."""

    attempt: frames.TryFrame


@dataclass(frozen=True)
class StudentAnswered:
    """The student says what the call of a prediction gives; `text` is None for "I don't know".

    `prediction` is its number (frames.PredictionView).
    """

    id: str
    prediction: int
    text: str | None


@dataclass(frozen=True)
class StudentWent:
    """The page shows this step now."""

    step: str


@dataclass(frozen=True)
class StudentStoppedRun:
    """The student stops their own run or attempt `id`."""

    id: str


@dataclass(frozen=True)
class StudentEdited:
    """The program of a step changed; a revisions.Draft."""

    id: str
    code: str
    step: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    base: int = 0
    version: int = 0
    page: str = ""
    cause: frames.Cause = "typed"


@dataclass(frozen=True)
class StudentRestored:
    """The student puts a kept version back as the program; see frames.Restore."""

    id: str
    step: str
    base: int
    version: int


@dataclass(frozen=True)
class StudentDismissed:
    """The student takes a kept version from the list."""

    step: str
    version: int


@dataclass(frozen=True)
class StudentReadOlder:
    """The student wants to read what stands before the item of this number."""

    before: int


StudentCommand = (
    StudentRan
    | StudentTyped
    | StudentTried
    | StudentAnswered
    | StudentWent
    | StudentStoppedRun
    | StudentEdited
    | StudentRestored
    | StudentDismissed
    | StudentReadOlder
)
