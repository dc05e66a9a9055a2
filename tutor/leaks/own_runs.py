"""What the student's own program does on a step's cases, found out once. Pure."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from courses import rules
from courses.audience import Rule
from courses.facts import Case, CodeStep
from courses.grading import Reason, grade_cases
from courses.languages import language_of
from tutor.leaks.judgement import Judgement, Observed, ProgramRun, Verdict
from tutor.leaks.program import Program

# Seconds that a case of the student's own program may take; and where the step says nothing, any.
OWN_WALL_S: Final = 0.6
STEP_WALL_S: Final = 2.0
# A candidate may take so many times as long as the student's program, and at least so long; one
# that has mended a case, which few do, longer: it must not fail for a machine that is busy.
MENDING_WALL_S: Final = 1.0
TIMES_OWN: Final = 5
LEAST_WALL_S: Final = 0.25
# A program that does not end is mostly not mended by what is tried, which then does not end either.
ENDLESS_WALL_S: Final = 0.12
# Cases that are run at a time after the first: where one takes too long, the rest is not asked for.
_AT_A_TIME: Final = 12


class CutOff(Exception):
    """Fewer observations came than cases were asked: the sandbox has given up."""


@dataclass
class OwnRun:
    """The outcome of a program of the student's. Cases that were not run count as failed."""

    program: Program
    passed: list[bool] = field(default_factory=list)
    broken: tuple[Rule, ...] = ()
    slow: list[int] = field(default_factory=list)
    longest_s: float = 0.0

    @property
    def passes(self) -> bool:
        """True if a check of it would pass."""
        return bool(self.passed) and all(self.passed) and not self.broken

    @property
    def failing(self) -> list[int]:
        """The numbers of the failed cases; those first that end soon."""
        failed = [number for number, passed in enumerate(self.passed) if not passed]
        return sorted(failed, key=lambda number: number in self.slow)

    def wall_s(self, step: CodeStep, *, has_mended: bool = False) -> float:
        """The seconds that a candidate made of this program may take for a case; one that
        `has_mended` a case already, longer.
        """
        limit = step.limits.time_s or STEP_WALL_S
        if self.slow and not has_mended:
            return min(limit, ENDLESS_WALL_S)
        least = MENDING_WALL_S if has_mended else LEAST_WALL_S
        return min(limit, max(least, TIMES_OWN * self.longest_s))


class OwnRuns:
    """The student's programs, and what they do once they were run; the editor's first."""

    def __init__(self, step: CodeStep, language: str, programs: Sequence[Program]) -> None:
        self._step = step
        self._language = language
        self.programs = tuple(programs)
        # What they do, as far as they were run.
        self.runs: list[OwnRun] = []

    @property
    def passes(self) -> bool:
        """True if the first one is known to pass: nothing is left to be given away."""
        return bool(self.runs) and self.runs[0].passes

    def find_out(self) -> Generator[Sequence[ProgramRun], Observed, Judgement]:
        """Run those that were not run yet. Raises CutOff."""
        while len(self.runs) < len(self.programs) and not self.passes:
            program = self.programs[len(self.runs)]
            self.runs.append((yield from own_run(self._step, self._language, program)))
        return Judgement(Verdict.OK)


def own_run(
    step: CodeStep, language: str, program: Program
) -> Generator[Sequence[ProgramRun], Observed, OwnRun]:
    """Run a program of the student's on the step's cases. Raises CutOff."""
    own = OwnRun(program)
    own.broken = rules.broken(step.rules, program.text, language_of(language))
    wall_s = min(step.limits.time_s or STEP_WALL_S, OWN_WALL_S)
    while len(own.passed) < len(step.cases):
        size = _AT_A_TIME if own.passed else 1
        some = step.cases[len(own.passed) : len(own.passed) + size]
        if program.tree is None or own.slow:
            own.passed += [False] * len(some)
            continue
        observed = yield [ProgramRun(program.text, some, wall_s)]
        [one] = complete(observed, [len(some)])
        _note(own, some, one, language)
    return own


def _note(own: OwnRun, cases: Sequence[Case], observed: Sequence[Any], language: str) -> None:
    for verdict, seen in zip(
        grade_cases(cases, observed, language=language), observed, strict=True
    ):
        if verdict.reason is Reason.TIMEOUT:
            own.slow.append(len(own.passed))
        else:
            own.longest_s = max(own.longest_s, seen.get("duration_ms", 0) / 1000)
        own.passed.append(verdict.passed)


def complete(observed: Observed, wanted: Sequence[int]) -> Observed:
    """What was observed, if it is as much as was asked for. Raises CutOff."""
    if len(observed) != len(wanted) or any(
        len(one) != count or any(_was_not_run(each) for each in one)
        for one, count in zip(observed, wanted, strict=True)
    ):
        raise CutOff
    return observed


def _was_not_run(observation: Any) -> bool:
    return not isinstance(observation, dict) or observation.get("ended") == "not_run"
