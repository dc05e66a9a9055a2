"""Many checks at a time, and how their outcome is told. The programs run in this process."""

import threading
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from courses.check_runner import CannotRun, Summary, junit, run_all, table
from courses.program_checks import ProgramCheck, checks_of
from courses.source import check
from tests.courses.conftest import CourseFiles
from tests.courses.inprocess import observe

LOCK = threading.Lock()


def run(program_check: ProgramCheck) -> Sequence[Any]:
    with LOCK:  # standard streams and the current folder are those of the whole process
        return observe(program_check.program, program_check.all_cases, program_check.files)


def tried(files: CourseFiles, jobs: int = 4) -> Summary:
    course = check(files.path).course
    assert course is not None
    return run_all(checks_of(course), run, jobs, lambda done, of: None)


def test_the_outcomes_come_in_the_order_of_the_course(rich_files: CourseFiles) -> None:
    course = check(rich_files.path).course
    assert course is not None
    told: list[tuple[int, int]] = []
    summary = run_all(checks_of(course), run, 4, lambda done, of: told.append((done, of)))
    assert [one.check for one in summary.outcomes] == checks_of(course)
    assert summary.failed == ()
    assert told == [(done, 6) for done in range(1, 7)]
    assert summary.cases == 1 + 6 + 5 + 6 + 2 + 2


def test_checks_run_at_the_same_time(files: CourseFiles) -> None:
    course = check(files.path).course
    assert course is not None
    together = threading.Barrier(3, timeout=20)

    def meet(program_check: ProgramCheck) -> Sequence[Any]:
        together.wait()  # passes only if three are here at once
        return run(program_check)

    assert len(run_all(checks_of(course), meet, 3, lambda done, of: None).outcomes) == 6


def test_where_nothing_runs_nothing_more_is_tried(files: CourseFiles) -> None:
    course = check(files.path).course
    assert course is not None
    asked: list[ProgramCheck] = []

    def refuse(program_check: ProgramCheck) -> Sequence[Any]:
        asked.append(program_check)
        raise CannotRun("There is no sandbox.")

    with pytest.raises(CannotRun):
        run_all(checks_of(course), refuse, 1, lambda done, of: None)
    assert len(asked) < 6


def test_the_table_has_a_line_for_each_lesson(files: CourseFiles) -> None:
    files.write("second/starter.py", "def double(n):\n    return n * 2 + 0\n")
    summary = tried(files)
    lines = table(Summary(summary.outcomes, 1.25)).splitlines()
    assert [line.split()[:4] for line in lines] == [
        ["lesson", "programs", "cases", "failed"],
        ["first", "3", "14", "–"],
        ["second", "3", "14", "1"],
        ["together", "6", "28", "1"],
    ]
    assert lines[-1].endswith("1.2")
    assert len({len(line) for line in lines}) == 1


def test_junit_has_a_suite_for_each_lesson_and_a_failure_for_each_complaint(
    files: CourseFiles,
) -> None:
    files.write("second/starter.py", "def double(n):\n    return n * 2 + 0\n")
    root = ET.fromstring(junit(tried(files), "small"))  # noqa: S314 - our own text
    assert (root.get("name"), root.get("tests"), root.get("failures")) == ("small", "6", "1")
    assert [suite.get("name") for suite in root] == ["first", "second"]
    [failure] = root.iter("failure")
    assert failure.get("message") == "It passes every case: there is nothing left to do."
    cases = [(case.get("classname"), case.get("name")) for case in root[0]]
    assert cases == [
        ("first.double", "solution"),
        ("first.double", "starter"),
        ("first.double", "wrong/adds.py"),
    ]


def test_junit_takes_whatever_a_program_says(files: CourseFiles) -> None:
    files.write("first/solution.py", "def double(n):\n    raise ValueError('\\x00\\x1b<&')\n")
    root = ET.fromstring(junit(tried(files), "small"))  # noqa: S314 - our own text
    assert any("ValueError" in (failure.text or "") for failure in root.iter("failure"))
