"""Labelled messages, judged as the product judges what its tutor says, in its sandbox."""

import time
from dataclasses import dataclass
from typing import Any, Final

from courses.languages import DEFAULT
from tutor.leaks.judge import Judge
from tutor.leaks.judgement import Judgement, Verdict
from tutor.management.labelled_messages import LabelledMessage
from tutor.management.series import Series, judged

# Seconds for one message. Much more than a student waits: what is measured is the algorithm.
MOST_S: Final = 60.0


@dataclass(frozen=True)
class Judged:
    """What came of a message. `ms`: from the message to the verdict, its runs included."""

    message: LabelledMessage
    judgement: Judgement
    ms: float

    @property
    def leaks(self) -> bool:
        """True if it would not be shown."""
        return self.judgement.verdict is Verdict.LEAK

    def to_json(self) -> dict[str, Any]:
        found = self.judgement
        return {
            "id": self.message.id,
            "leak": self.leaks,
            "way": found.way if self.leaks else "",
            "programs": found.programs,
            "case_runs": found.case_runs,
            "ms": round(self.ms, 1),
        }


def judged_message(message: LabelledMessage) -> Judged:
    """Judge a message, in a container of its own if programs must be run. Raises NoSandbox.

    The student's own program is run before, as it is while a tutor talks.
    """
    judge = Judge(message.situation)
    with Series(DEFAULT.id) as series:
        until = time.monotonic() + MOST_S
        if judge.needs_runs(message.said):
            judged(judge.prepare(), series, until)
        began = time.perf_counter()
        judgement = judged(judge.judge(message.said), series, until)
        if judgement.verdict is Verdict.UNSURE:
            judgement = judge.closed(message.said, strict=True)
        return Judged(message, judgement, (time.perf_counter() - began) * 1000)
