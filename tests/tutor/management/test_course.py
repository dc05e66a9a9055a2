"""`manage.py course test`: what it runs where, what it prints and how it ends."""

import contextlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands

from courses.check_runner import Runner
from courses.management.commands.course import Command as CoursesCommand
from courses.program_checks import ProgramCheck
from sandbox.job import Result, Status
from tests.courses.command import exit_code, run
from tests.courses.conftest import CourseFiles
from tests.courses.inprocess import observe
from tests.tutor.management.inprocess import SeriesHere
from tutor.management.commands import course
from tutor.management.sandbox_runner import observed


def test_the_command_is_the_one_of_courses_with_two_actions_more() -> None:
    assert get_commands()["course"] == "tutor"
    here = [action.name for action in course.Command().actions()]
    assert here == ["new", "check", "diff", "import", "test", "preview", "export", "schema"]
    assert [name for name in here if name not in ("test", "preview")] == [
        action.name for action in CoursesCommand().actions()
    ]


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Programs run in this process instead of the sandbox; where and with how many jobs is kept."""
    asked: list[tuple[str, int]] = []
    lock = threading.Lock()

    def run_here(check: ProgramCheck) -> list[Any]:
        with lock:  # standard streams and the current folder are those of the whole process
            return observe(check.program, check.all_cases, check.files)

    @contextlib.contextmanager
    def sandboxed(kind: str, jobs: int) -> Iterator[Runner]:
        asked.append((kind, jobs))
        yield run_here

    monkeypatch.setattr(course, "sandboxed", sandboxed)
    SeriesHere(monkeypatch)
    return asked


def test_test_says_what_does_not_hold_and_where(
    files: CourseFiles, in_process: list[tuple[str, int]], tmp_path: Path
) -> None:
    code, out, err = run("test", str(files.path), "--jobs", "3")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[:4]] == [
        "lesson", "first", "second", "together"
    ]  # fmt: skip
    assert out.splitlines()[-2].startswith("28 cases in ")
    assert re.fullmatch(r"6 texts in \d+\.\d s: none solves its step", out.splitlines()[-1])
    assert in_process == [("python", 3)]
    files.write("second/starter.py", "def double(n):\n    return n + n\n")
    junit = tmp_path / "junit.xml"
    code, out, _ = run("test", str(files.path), "--junit", str(junit))
    assert code == 1
    assert out.splitlines()[0] == (
        f"{files.path}/second/lesson.yaml:6:11: starter: "
        "It passes every case: there is nothing left to do."
    )
    assert "<failure" in junit.read_text()
    assert run("test", str(files.path), "--lesson", "first")[0] == 0


def test_test_says_which_text_solves_its_step_and_where(
    files: CourseFiles, in_process: list[tuple[str, int]], tmp_path: Path
) -> None:
    files.replace(
        "second/lesson.yaml",
        "- {level: 1, text: What is twice three?}",
        "- level: 1\n        text: |\n"
        "          So:\n\n          ```\n          def double(n):\n"
        "              return n + n\n          ```",
    )
    junit = tmp_path / "junit.xml"
    code, out, err = run("test", str(files.path), "--junit", str(junit))
    assert (code, err) == (1, "")
    place, caret = out.splitlines()[0], out.splitlines()[3]
    assert place == (
        f"{files.path}/second/lesson.yaml:21:15: The hint of level 1 solves the step: it makes the "
        "starter pass every case by `return n + n`. Say less here; the last level may say as much."
    )
    assert caret.endswith("^")
    assert out.splitlines()[-1].endswith(": 1 must not stay")
    failures = re.findall(
        r'testcase classname="(.*?)" name="(.*?)"[^>]*>\s*<failure', junit.read_text()
    )
    assert failures == [("second.double", "hint of level 1")]
    assert run("test", str(files.path), "--lesson", "first")[0] == 0
    assert "3 texts" in run("test", str(files.path), "--lesson", "first")[1]


def test_test_says_what_is_hardly_meant_of_the_lessons_it_runs(
    files: CourseFiles, in_process: list[tuple[str, int]]
) -> None:
    files.replace(
        "first/lesson.yaml",
        "text: Try it with three.",
        "text: Try it., error: json.JSONDecodeError",
    )
    files.replace("first/lesson.yaml", "level: 2, ", "level: 1, ")
    code, out, err = run("test", str(files.path))
    assert (code, err) == (0, ""), "a warning fails nothing"
    assert out.splitlines()[0] == (
        f"{files.path}/first/lesson.yaml:21:42: warning: The hint of level 1 can probably never be "
        "reached: Python has no exception `json.JSONDecodeError` of its own, and no program or "
        "case of this step names it. Name another error, or leave the hint out."
    )
    assert (
        run("test", str(files.path), "--lesson", "first")[1].splitlines()[0] == out.splitlines()[0]
    )
    assert "warning" not in run("test", str(files.path), "--lesson", "second")[1]


def test_a_hint_that_nobody_can_get_is_said_before_anything_is_run(
    files: CourseFiles, in_process: list[tuple[str, int]]
) -> None:
    files.replace(
        "first/lesson.yaml", "text: Try it with three.", "text: Try it., error: RangeError"
    )
    files.replace("first/lesson.yaml", "level: 2, ", "level: 1, ")
    code, out, err = run("test", str(files.path))
    assert (code, err) == (1, "1 error; nothing was run.\n")
    assert out.splitlines()[0] == (
        f"{files.path}/first/lesson.yaml:21:42: The hint of level 1 can never be reached: "
        "`RangeError` is JavaScript's; Python has no such exception. Name another error, or "
        "leave the hint out."
    )
    assert in_process == []


def test_test_runs_in_the_image_of_the_course(
    rich_files: CourseFiles, in_process: list[tuple[str, int]]
) -> None:
    assert run("test", str(rich_files.path))[0] == 0
    assert in_process == [("plots", settings.SANDBOX_CONCURRENCY)]


def test_test_runs_a_course_in_the_place_for_its_language(
    script_files: CourseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    @contextlib.contextmanager
    def sandboxed(kind: str, jobs: int) -> Iterator[Runner]:
        asked.append(kind)
        yield lambda check: []

    monkeypatch.setattr(course, "sandboxed", sandboxed)
    assert run("test", str(script_files.path))[0] == 1, "nothing was observed"
    assert asked == ["javascript"]


def test_a_course_with_errors_is_not_run(
    files: CourseFiles, in_process: list[tuple[str, int]]
) -> None:
    files.replace("first/lesson.yaml", "title: Twice", "titel: Twice")
    code, _, err = run("test", str(files.path))
    assert (code, err) == (1, "1 error; nothing was run.\n")
    assert in_process == []


def test_without_a_sandbox_nothing_has_been_proved(
    files: CourseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def sandboxed(kind: str, jobs: int) -> Iterator[Runner]:
        yield lambda check: observed(Result(Status.UNAVAILABLE, message="No sandbox."), check)

    monkeypatch.setattr(course, "sandboxed", sandboxed)
    with pytest.raises(CommandError, match=r"could not be run.*No sandbox") as raised:
        call_command("course", "test", str(files.path))
    assert raised.value.returncode == 2
    assert exit_code("test", str(files.path), "--lesson", "nothing") == 2
