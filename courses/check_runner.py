"""All trials of a course, several at a time, and what came of them as a table or as JUnit's XML."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from courses.program_checks import Outcome, Trial, judge
from courses.text import printable

# Runs a trial's program on everything that is asked: one observation for each, as JSON values.
Runner = Callable[[Trial], Sequence[Any]]
# Is told how many trials are done, and of how many.
Progress = Callable[[int, int], None]


class NothingRuns(Exception):
    """A program could not be run at all. The text says why, for the author."""


@dataclass(frozen=True)
class Summary:
    """What came of all trials, in their order, and how long it took from begin to end."""

    outcomes: tuple[Outcome, ...]
    wall_s: float

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The trials with complaints."""
        return tuple(outcome for outcome in self.outcomes if outcome.complaints)

    @property
    def cases(self) -> int:
        """How many cases were run, witnesses included."""
        return sum(len(outcome.trial.asked) for outcome in self.outcomes)


def try_all(trials: Sequence[Trial], run: Runner, jobs: int, progress: Progress) -> Summary:
    """Run `trials`, `jobs` at a time. Raises NothingRuns as soon as `run` does."""

    def timed(number: int) -> tuple[int, Sequence[Any], float]:
        began = time.monotonic()
        return number, run(trials[number]), time.monotonic() - began

    began = time.monotonic()
    ran: dict[int, tuple[Trial, Sequence[Any], float]] = {}
    with ThreadPoolExecutor(max(1, jobs), thread_name_prefix="trial") as threads:
        waiting = [threads.submit(timed, number) for number in range(len(trials))]
        try:
            for done in as_completed(waiting):
                number, observations, seconds = done.result()
                ran[number] = trials[number], observations, seconds
                progress(len(ran), len(trials))
        finally:
            # Where one has failed, those that have not begun need not begin.
            for one in waiting:
                one.cancel()
    outcomes = judge([ran[number] for number in range(len(trials))])
    return Summary(tuple(outcomes), time.monotonic() - began)


def table(summary: Summary) -> str:
    """A line for each lesson, and one for all: programs, cases, what failed, seconds."""
    rows = [("lesson", "programs", "cases", "failed", "seconds")]
    lessons = dict.fromkeys(outcome.trial.lesson for outcome in summary.outcomes)
    rows += [
        _row(lesson, [one for one in summary.outcomes if one.trial.lesson == lesson])
        for lesson in lessons
    ]
    total = _row("together", summary.outcomes)
    rows.append((*total[:-1], f"{summary.wall_s:.1f}"))
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return "".join(f"{_aligned(row, widths)}\n" for row in rows)


def junit(summary: Summary, course: str) -> str:
    """What continuous integration reads: a suite for each lesson, a case for each trial."""
    root = ET.Element("testsuites", {"name": course, **_counts(summary.outcomes)})
    for lesson in dict.fromkeys(outcome.trial.lesson for outcome in summary.outcomes):
        ours = [outcome for outcome in summary.outcomes if outcome.trial.lesson == lesson]
        suite = ET.SubElement(root, "testsuite", {"name": lesson, **_counts(ours)})
        for outcome in ours:
            case = ET.SubElement(
                suite, "testcase", classname=f"{lesson}.{outcome.trial.step}",
                name=outcome.trial.name, time=f"{outcome.seconds:.3f}",
            )  # fmt: skip
            if outcome.complaints:
                said = "\n".join(outcome.complaints)
                failure = ET.SubElement(case, "failure", message=_xml(outcome.complaints[0]))
                failure.text = _xml(said)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
    return "  ".join([row[0].ljust(widths[0]), *numbers])


def _row(name: str, outcomes: Sequence[Outcome]) -> tuple[str, str, str, str, str]:
    failed = sum(bool(outcome.complaints) for outcome in outcomes)
    cases = sum(len(outcome.trial.asked) for outcome in outcomes)
    seconds = sum(outcome.seconds for outcome in outcomes)
    return name, str(len(outcomes)), str(cases), str(failed or "–"), f"{seconds:.1f}"


def _counts(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {
        "tests": str(len(outcomes)),
        "failures": str(sum(bool(outcome.complaints) for outcome in outcomes)),
        "errors": "0",
        "time": f"{sum(outcome.seconds for outcome in outcomes):.3f}",
    }


def _xml(text: str) -> str:
    """Without what XML has no place for: control characters, half characters."""
    return printable(text, keep="\n")
