"""Series of programs for commands: what the leak gate asks of the sandbox, tried and answered."""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.conf import settings

from courses.audience import File
from courses.facts import Case, CaseLimits
from sandbox.cases import CaseJob, ProgramCase, case_for
from sandbox.job import JobError, limits_for_cases
from sandbox.languages import language_named
from sandbox.series import SeriesError, Try, open_series
from tutor.leaks.judgement import Judgement, Judging, Observed, ProgramRun, Verdict

__all__ = ["NoSandbox", "Series", "judged"]

# The observation of a program that does not let its container go on.
ENDED_IT: Final = {"ended": "timeout"}


class NoSandbox(Exception):
    """Programs cannot be run at all. The text says why, for the person at the command."""


class Series:
    """The programs that are tried on the cases of one step, in a container of its own.

    `kind` is what the sandbox calls the place: the course's image, or its language. The container
    is there from the first program on until the end of the block. No program is tried twice on a
    case.
    """

    def __init__(
        self, kind: str, files: Sequence[File] = (), limits: CaseLimits | None = None
    ) -> None:
        self._language = language_named(kind)
        self._files = [(file.path, file.text) for file in files]
        self._limits: Mapping[str, Any] = vars(limits or CaseLimits())
        # What has been observed, as JSON values.
        self._known: dict[tuple[str, CaseJob], Any] = {}
        # Tries programs in the container; None before there is one.
        self._try: Try | None = None
        self._at_the_end = contextlib.ExitStack()

    def __enter__(self) -> "Series":
        """Nothing is started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """The container is removed."""
        self._at_the_end.close()

    def observe(self, runs: Sequence[ProgramRun]) -> Observed:
        """What is observed of these programs, in order. Raises NoSandbox."""
        wanted = [[(run.program, _job(case)) for case in run.cases] for run in runs]
        new = {
            key: ProgramCase(*key, run.wall_s)
            for run, keys in zip(runs, wanted, strict=True)
            for key in keys
            if key not in self._known
        }
        self._known.update(zip(new, self._tried(list(new.values())), strict=True))
        return [[self._known[key] for key in keys] for keys in wanted]

    def _tried(self, new: Sequence[ProgramCase]) -> Iterator[Any]:
        """The observations of all of these; a program that ends the container, and another one
        again, has not ended in time."""
        left, ends = list(new), 0
        try:
            while left:
                seen = self._opened()(left)
                yield from (one.to_json() for one in seen)
                left = left[len(seen) :]
                ends = 0 if seen else ends + 1
                if ends > 1:
                    yield ENDED_IT
                    left, ends = left[1:], 0
        except (JobError, SeriesError) as refused:
            raise NoSandbox(str(refused)) from refused

    def _opened(self) -> Try:
        if self._try is None:
            image = self._language.image(settings.SANDBOX_IMAGE)
            limits = limits_for_cases(self._language, 1, **self._limits)
            series = open_series(image, self._language, files=self._files, limits=limits)
            self._try = self._at_the_end.enter_context(series)
        return self._try


def judged(judging: Judging, series: Series, until: float) -> Judgement:
    """What comes of `judging`; UNSURE where it is not over at `until`, a time of time.monotonic.

    Raises NoSandbox.
    """
    with contextlib.closing(judging):
        try:
            asked = next(judging)
            while time.monotonic() < until:
                asked = judging.send(series.observe(asked))
        except StopIteration as end:
            judgement: Judgement = end.value
            return judgement
    return Judgement(Verdict.UNSURE)


def _job(case: Case) -> CaseJob:
    return case_for(case.call, case.stdin)
