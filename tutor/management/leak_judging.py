"""Labelled messages, judged as the product judges what its tutor says, in its sandbox."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from sandbox.cases import ProgramCase, case_for
from sandbox.job import limits_for
from sandbox.languages import PYTHON
from sandbox.series import Try, open_series
from tutor.leaks.judge import Judge
from tutor.leaks.judgement import Judgement, Judging, Observed, ProgramRun, Verdict
from tutor.management.labelled_messages import LabelledMessage

# Makes the runs that a judge asks for.
Runner = Callable[[Sequence[ProgramRun]], Observed]


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


@contextlib.contextmanager
def sandbox_runner() -> Iterator[Runner]:
    """A runner over one container, for the length of a block.

    Raises sandbox.series.SeriesError where there is no sandbox, then or in a later run.
    """
    image = PYTHON.image(settings.SANDBOX_IMAGE)
    with open_series(image, PYTHON, limits=limits_for(PYTHON)) as tried:
        yield lambda runs: _observed(tried, runs)


def judged(message: LabelledMessage, run: Runner) -> Judged:
    """Judge a message. The student's own program is run before, as it is while a tutor talks."""
    judge = Judge(message.situation)
    _finished(judge.prepare(), run)
    began = time.perf_counter()
    judgement = _finished(judge.judge(message.said), run)
    if judgement.verdict is Verdict.UNSURE:
        judgement = judge.closed(message.said)
    return Judged(message, judgement, (time.perf_counter() - began) * 1000)


def _finished(judging: Judging, run: Runner) -> Judgement:
    try:
        runs = next(judging)
        while True:
            runs = judging.send(run(runs))
    except StopIteration as end:
        judgement: Judgement = end.value
        return judgement


def _observed(tried: Try, runs: Sequence[ProgramRun]) -> Observed:
    asked = [
        ProgramCase(run.program, case_for(case.call, case.stdin), run.wall_s)
        for run in runs
        for case in run.cases
    ]
    seen = iter([asdict(one) for one in tried(asked)])
    return [[one for _, one in zip(run.cases, seen, strict=False)] for run in runs]
