"""The sandbox as the place where `course test` runs a course's programs."""

import contextlib
from collections.abc import Iterator
from dataclasses import asdict

from django.conf import settings

from courses.check_runner import CannotRun, Runner
from courses.program_checks import ProgramCheck
from sandbox.cases import case_for
from sandbox.job import Job, JobError, Result, Status, limits_for, limits_for_cases
from sandbox.languages import PYTHON, Language, language_named
from sandbox.pool import Pool


@contextlib.contextmanager
def sandboxed(kind: str, jobs: int) -> Iterator[Runner]:
    """A runner of checks, `jobs` at a time, for the length of a block.

    `kind` is what the sandbox calls the place: the course's image, or its language.
    """
    language = language_named(kind)
    pool = Pool(
        language.image(settings.SANDBOX_IMAGE), jobs, jobs,
        limits=limits_for(language),
    )  # fmt: skip
    pool.start()
    try:
        yield lambda check: observed(pool.run(job_of(check, language)), check)
    finally:
        pool.drain()


def job_of(check: ProgramCheck, language: Language = PYTHON) -> Job:
    """The program with all that is asked of it, and nothing of what is expected."""
    try:
        return Job(
            check.program,
            limits=limits_for_cases(language, len(check.all_cases), **asdict(check.limits)),
            files=tuple((file.path, file.text) for file in check.files),
            cases=tuple(case_for(case.call, case.stdin) for case in check.all_cases),
            language=language,
        )
    except JobError as refused:
        raise CannotRun(f"{check.lesson}/{check.step}: {refused}") from refused


def observed(result: Result, check: ProgramCheck) -> list[dict[str, object]]:
    """What was seen of each case. Raises CannotRun where the sandbox is to blame."""
    if result.status in (Status.UNAVAILABLE, Status.SANDBOX_ERROR):
        raise CannotRun(f"{check.lesson}/{check.step}, {check.name}: {result.message}")
    return [observation.to_json() for observation in result.observations]
