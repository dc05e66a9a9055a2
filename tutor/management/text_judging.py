"""A course's texts judged by the leak gate: which of them would solve their step."""

import difflib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from courses.check_runner import CannotRun
from courses.problems import quoted
from courses.text_checks import TextCheck, TextOutcome
from tutor.leaks.judge import Judge
from tutor.leaks.judgement import Judgement, Verdict
from tutor.leaks.said import Channel, Said
from tutor.leaks.situation import Situation
from tutor.management.series import NoSandbox, Series, judged

# The longest that one text is judged, with all of its step's programs, in seconds.
TEXT_S: Final = 30.0

# Is told how many checks are done, and of how many.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class TextsJudged:
    """The outcomes of all checks, in their order, and the seconds from begin to end."""

    outcomes: tuple[TextOutcome, ...]
    wall_s: float


def judge_texts(
    checks: Sequence[TextCheck], kind: str, jobs: int, progress: Progress
) -> TextsJudged:
    """Judge texts, those of `jobs` steps at a time. Raises CannotRun.

    `kind` is what the sandbox calls the place where programs run: the course's image, or its
    language.
    """
    began = time.monotonic()
    steps = [list(ours) for _, ours in groupby(checks, lambda one: (one.lesson, one.step.id))]

    def outcomes(ours: Sequence[TextCheck]) -> list[TextOutcome]:
        with Series(kind, ours[0].step.files, ours[0].step.limits) as series:
            return [_outcome(check, series) for check in ours]

    found: list[TextOutcome] = []
    with ThreadPoolExecutor(max(1, jobs), thread_name_prefix="text") as threads:
        waiting = [threads.submit(outcomes, ours) for ours in steps]
        try:
            for done in waiting:
                found += done.result()
                progress(len(found), len(checks))
        except NoSandbox as why:
            raise CannotRun(str(why)) from why
        finally:
            # Where one has failed, those that have not begun need not begin.
            for one in waiting:
                one.cancel()
    return TextsJudged(tuple(found), time.monotonic() - began)


def _outcome(check: TextCheck, series: Series) -> TextOutcome:
    began = time.monotonic()
    complaints = tuple(_complaints(check, series, began + TEXT_S))
    return TextOutcome(check, complaints, time.monotonic() - began)


def _complaints(check: TextCheck, series: Series, until: float) -> Iterator[str]:
    """One of the first program with which the text is a leak; else those that found no verdict."""
    unsure: list[str] = []
    for name, code in check.programs:
        found = _judgement(check, code, series, until)
        if found.verdict is Verdict.LEAK:
            yield _leak(check, name, code, found)
            return
        if found.verdict is Verdict.UNSURE:
            unsure.append(name)
    if unsure:
        where = ", ".join(unsure)
        yield f"The {check.name} could not be judged in {TEXT_S:.0f} s with {where}."


def _judgement(check: TextCheck, code: str, series: Series, until: float) -> Judgement:
    """With one program as the student's, by a judge that knows of no other text."""
    files = tuple((file.path, file.text) for file in check.step.files)
    judge = Judge(Situation(check.step, check.language, (code,), files=files))
    return judged(judge.judge(Said(Channel.REPLY, check.text)), series, until)


def _leak(check: TextCheck, name: str, code: str, found: Judgement) -> str:
    made = _changed_line(code, found.mended)
    by = f" by {quoted(made)}" if made else ""
    advice = (
        "Say less here; the last level may say as much."
        if check.place[0] == "hints"
        else "Say it in other words: the tutor may say it at any time."
    )
    return f"The {check.name} solves the step: it makes {name} pass every case{by}. {advice}"


def _changed_line(before: str, after: str) -> str:
    """The first line that `after` has and `before` has not; empty if there is none."""
    ours, others = before.splitlines(), after.splitlines()
    for tag, _, _, start, end in difflib.SequenceMatcher(None, ours, others).get_opcodes():
        if tag in ("replace", "insert"):
            return next((line.strip() for line in others[start:end] if line.strip()), "")
    return ""
