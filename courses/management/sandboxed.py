"""How `course test` runs a course's programs: in the sandbox. The one module here that knows it."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from django.conf import settings

from courses.facts import Case
from courses.trial import Trial
from courses.tryout import NothingRuns, Runner
from sandbox.cases import CallCase, CaseJob, StdinCase
from sandbox.job import KIB, MIB, Job, JobError, Limits, Result, Status, limits_for
from sandbox.languages import LANGUAGES, Language
from sandbox.pool import Pool

# Seconds for all that is not a case's own: to come up, to clear away after each case.
AROUND_S = 5.0
AROUND_A_CASE_S = 0.5


@contextlib.contextmanager
def sandboxed(kind: str, jobs: int) -> Iterator[Runner]:
    """What runs trials, `jobs` at a time, for the length of a block.

    `kind` is what the sandbox calls the place: the course's image, or its language.
    """
    language = Language(kind)
    pool = Pool(
        LANGUAGES[language].image(settings.SANDBOX_IMAGE), jobs, jobs,
        limits=limits_for(language), runtime=settings.SANDBOX_RUNTIME,
    )  # fmt: skip
    pool.start()
    try:
        yield lambda trial: observed(pool.run(job_of(trial, language)), trial)
    finally:
        pool.drain()


def job_of(trial: Trial, language: Language = Language.PYTHON) -> Job:
    """The program with all that is asked of it, and nothing of what is expected."""
    try:
        return Job(
            trial.program,
            limits=_limits(trial, limits_for(language)),
            files=tuple((file.path, file.text) for file in trial.files),
            cases=tuple(_case(case) for case in trial.asked),
            language=language,
        )
    except JobError as refused:
        raise NothingRuns(f"{trial.lesson}/{trial.step}: {refused}") from refused


def observed(result: Result, trial: Trial) -> list[dict[str, object]]:
    """What was seen of each case. Raises NothingRuns where the sandbox is to blame."""
    if result.status in (Status.UNAVAILABLE, Status.SANDBOX_ERROR):
        raise NothingRuns(f"{trial.lesson}/{trial.step}, {trial.name}: {result.message}")
    return [observation.to_json() for observation in result.observations]


def _case(case: Case) -> CaseJob:
    if not case.call:
        return StdinCase(case.stdin)
    return CallCase(case.call, case.stdin)


def _limits(trial: Trial, usual: Limits) -> Limits:
    ours = trial.limits
    limits = replace(
        usual,
        case_wall_s=ours.time_s or usual.case_wall_s,
        case_output_bytes=ours.output_kb * KIB if ours.output_kb else usual.case_output_bytes,
        memory_bytes=ours.memory_mb * MIB if ours.memory_mb else usual.memory_bytes,
    )
    # No case may take another one's time away.
    each = limits.case_wall_s + AROUND_A_CASE_S
    return replace(limits, wall_s=max(usual.wall_s, AROUND_S + each * len(trial.asked)))
