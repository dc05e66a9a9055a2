"""Which hint may be given, and why not. Pure.

1. A step has one ladder of hints, and one for each error that the author wrote hints for. While the
   student's last run or check of the present program ended with such an error, that ladder counts.
2. Level n comes after level n − 1, and no rung twice. No level is above the course's highest.
3. The author's rule of a rung must hold: attempts that counted, minutes in the step, the error.
   Where there is no rule, the first rung needs an honest attempt: a run, a check or an answered
   prediction of a program that is not the starter (nothing of that where support is high, and two
   attempts where it is low).
4. After a hint the next one needs new evidence: a run, check or answered prediction since, of
   another program or with another value; and MIN_APART_S seconds.
5. Once the step is passed there are no hints.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from courses.audience import Hint
from tutor.method.evidence import Evidence

MIN_APART_S: Final = 20.0
# The highest level that the model may write where the author wrote none.
MAX_WRITTEN_LEVEL: Final = 3


@dataclass(frozen=True)
class HintPolicy:
    """The hints of a step, and the course's part; `max_level` is None where all may be given."""

    hints: tuple[Hint, ...] = ()
    max_level: int | None = None
    support: str = "medium"


@dataclass(frozen=True)
class HintGranted:
    """This hint may be given now. `text` is the author's; empty where the model is to write it."""

    ladder: str
    level: int
    text: str


@dataclass(frozen=True)
class HintRefused:
    """No hint now. Both say why; `allowed` is the level that may be given now, 0 for none."""

    for_model: str
    for_student: str
    allowed: int = 0


def next_hint(evidence: Evidence, policy: HintPolicy, now: datetime) -> HintGranted | HintRefused:
    """The next hint of the ladder that counts now."""
    raise NotImplementedError


def asked_hint(
    evidence: Evidence, policy: HintPolicy, now: datetime, level: int
) -> HintGranted | HintRefused:
    """The hint of `level`, as the model asks for it: granted only if it is the next one."""
    raise NotImplementedError
