"""Runs the checks of a course, several at a time; the outcomes as a table and as JUnit's XML."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from courses.program_checks import CheckOutcome, ProgramCheck, judge
from courses.text import printable
from courses.text_checks import TextOutcome

# Runs a check's program on all of its cases: one observation for each, as JSON values.
Runner = Callable[[ProgramCheck], Sequence[Any]]
# Is told how many checks are done, and of how many.
Progress = Callable[[int, int], None]


class CannotRun(Exception):
    """A program could not be run at all. The text says why, for the author."""


@dataclass(frozen=True)
class Summary:
    """The outcomes of all checks, in their order, and the seconds from begin to end."""

    outcomes: tuple[CheckOutcome, ...]
    wall_s: float

    @property
    def failed(self) -> tuple[CheckOutcome, ...]:
        """The checks with complaints."""
        return tuple(outcome for outcome in self.outcomes if outcome.complaints)

    @property
    def cases(self) -> int:
        """Number of cases that were run, witnesses included."""
        return sum(len(outcome.check.all_cases) for outcome in self.outcomes)


def run_all(checks: Sequence[ProgramCheck], run: Runner, jobs: int, progress: Progress) -> Summary:
    """Run `checks`, `jobs` at a time. Raises CannotRun as soon as `run` does."""

    def timed(number: int) -> tuple[int, Sequence[Any], float]:
        began = time.monotonic()
        return number, run(checks[number]), time.monotonic() - began

    began = time.monotonic()
    ran: dict[int, tuple[ProgramCheck, Sequence[Any], float]] = {}
    with ThreadPoolExecutor(max(1, jobs), thread_name_prefix="check") as threads:
        waiting = [threads.submit(timed, number) for number in range(len(checks))]
        try:
            for done in as_completed(waiting):
                number, observations, seconds = done.result()
                ran[number] = checks[number], observations, seconds
                progress(len(ran), len(checks))
        finally:
            # Where one has failed, those that have not begun need not begin.
            for one in waiting:
                one.cancel()
    outcomes = judge([ran[number] for number in range(len(checks))])
    return Summary(tuple(outcomes), time.monotonic() - began)


def table(summary: Summary) -> str:
    """A line for each lesson, and one for all: programs, cases, what failed, seconds."""
    rows = [("lesson", "programs", "cases", "failed", "seconds")]
    lessons = dict.fromkeys(outcome.check.lesson for outcome in summary.outcomes)
    rows += [
        _row(lesson, [one for one in summary.outcomes if one.check.lesson == lesson])
        for lesson in lessons
    ]
    total = _row("together", summary.outcomes)
    rows.append((*total[:-1], f"{summary.wall_s:.1f}"))
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return "".join(f"{_aligned(row, widths)}\n" for row in rows)


def junit(summary: Summary, course: str, texts: Sequence[TextOutcome] = ()) -> str:
    """For continuous integration: a suite for each lesson, a case for each check."""
    cases = [
        *(_Case.of_program(outcome) for outcome in summary.outcomes),
        *(_Case.of_text(outcome) for outcome in texts),
    ]
    root = ET.Element("testsuites", {"name": course, **_counts(cases)})
    for lesson in dict.fromkeys(case.lesson for case in cases):
        ours = [case for case in cases if case.lesson == lesson]
        suite = ET.SubElement(root, "testsuite", {"name": lesson, **_counts(ours)})
        for case in ours:
            element = ET.SubElement(
                suite, "testcase", classname=f"{lesson}.{case.step}", name=case.name,
                time=f"{case.seconds:.3f}",
            )  # fmt: skip
            if case.complaints:
                message = _xml(case.complaints[0])
                ET.SubElement(element, "failure", message=message).text = _xml(
                    "\n".join(case.complaints)
                )
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


@dataclass(frozen=True)
class _Case:
    """A check of either kind, as JUnit has it."""

    lesson: str
    step: str
    name: str
    complaints: tuple[str, ...]
    seconds: float

    @classmethod
    def of_program(cls, outcome: CheckOutcome) -> "_Case":
        check = outcome.check
        return cls(check.lesson, check.step, check.name, outcome.complaints, outcome.seconds)

    @classmethod
    def of_text(cls, outcome: TextOutcome) -> "_Case":
        check = outcome.check
        return cls(check.lesson, check.step.id, check.name, outcome.complaints, outcome.seconds)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
    return "  ".join([row[0].ljust(widths[0]), *numbers])


def _row(name: str, outcomes: Sequence[CheckOutcome]) -> tuple[str, str, str, str, str]:
    failed = sum(bool(outcome.complaints) for outcome in outcomes)
    cases = sum(len(outcome.check.all_cases) for outcome in outcomes)
    seconds = sum(outcome.seconds for outcome in outcomes)
    return name, str(len(outcomes)), str(cases), str(failed or "–"), f"{seconds:.1f}"


def _counts(outcomes: Sequence[_Case]) -> dict[str, str]:
    return {
        "tests": str(len(outcomes)),
        "failures": str(sum(bool(outcome.complaints) for outcome in outcomes)),
        "errors": "0",
        "time": f"{sum(outcome.seconds for outcome in outcomes):.3f}",
    }


def _xml(text: str) -> str:
    """Without what XML has no place for: control characters, half characters."""
    return printable(text, keep="\n")
