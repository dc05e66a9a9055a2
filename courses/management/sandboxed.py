"""How `course test` runs a course's programs: in the sandbox. The one module here that knows it."""

import contextlib
from collections.abc import Iterator
from dataclasses import asdict

from django.conf import settings

from courses.check_runner import NothingRuns, Runner
from courses.program_checks import Trial
from sandbox.cases import case_for
from sandbox.job import Job, JobError, Result, Status, limits_for, limits_for_cases
from sandbox.languages import PYTHON, Language, named
from sandbox.pool import Pool


@contextlib.contextmanager
def sandboxed(kind: str, jobs: int) -> Iterator[Runner]:
    """What runs trials, `jobs` at a time, for the length of a block.

    `kind` is what the sandbox calls the place: the course's image, or its language.
    """
    language = named(kind)
    pool = Pool(
        language.image(settings.SANDBOX_IMAGE), jobs, jobs,
        limits=limits_for(language), runtime=settings.SANDBOX_RUNTIME,
    )  # fmt: skip
    pool.start()
    try:
        yield lambda trial: observed(pool.run(job_of(trial, language)), trial)
    finally:
        pool.drain()


def job_of(trial: Trial, language: Language = PYTHON) -> Job:
    """The program with all that is asked of it, and nothing of what is expected."""
    try:
        return Job(
            trial.program,
            limits=limits_for_cases(language, len(trial.asked), **asdict(trial.limits)),
            files=tuple((file.path, file.text) for file in trial.files),
            cases=tuple(case_for(case.call, case.stdin) for case in trial.asked),
            language=language,
        )
    except JobError as refused:
        raise NothingRuns(f"{trial.lesson}/{trial.step}: {refused}") from refused


def observed(result: Result, trial: Trial) -> list[dict[str, object]]:
    """What was seen of each case. Raises NothingRuns where the sandbox is to blame."""
    if result.status in (Status.UNAVAILABLE, Status.SANDBOX_ERROR):
        raise NothingRuns(f"{trial.lesson}/{trial.step}, {trial.name}: {result.message}")
    return [observation.to_json() for observation in result.observations]
