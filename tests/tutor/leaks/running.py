"""Runs the programs that a judge asks for in this process: none but what tests have written."""

import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any

from courses.audience import File
from courses.facts import Case
from tests.courses.inprocess import observe
from tutor.leaks.judgement import Judgement, Judging, Observed, ProgramRun

Files = Sequence[tuple[str, str]]


def judged(judging: Judging, files: Files = ()) -> Judgement:
    """The judgement, with every run made that is asked for."""
    try:
        runs = next(judging)
        while True:
            runs = judging.send(observed(runs, files))
    except StopIteration as end:
        judgement: Judgement = end.value
        return judgement


def observed(runs: Sequence[ProgramRun], files: Files = ()) -> Observed:
    """What is seen of each case of each run, in the sandbox's JSON."""
    return [[_observed(run.program, case, tuple(files)) for case in run.cases] for run in runs]


@cache
def _observed(program: str, case: Case, files: tuple[tuple[str, str], ...]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is called though it cannot be
        [seen] = observe(program, [case], [File(path, text) for path, text in files])
    return seen
