"""A course's programs in real containers: what the sandbox sees is what grading understands."""

import pytest
from django.conf import settings

from courses.audience import File
from courses.check_runner import CannotRun, run_all
from courses.facts import Case, CaseLimits, CodeStep
from courses.grading import Reason, grade_cases, grade_step
from courses.languages import LANGUAGES, images
from courses.program_checks import ProgramCheck, checks_of
from courses.source import check
from sandbox.image.build import ensure_image
from sandbox.job import limits_for
from sandbox.languages import JAVASCRIPT, PLOTS, Language
from sandbox.languages import LANGUAGES as SANDBOX_LANGUAGES
from tests.courses.conftest import CourseFiles
from tutor.management.sandbox_runner import job_of, sandboxed

PROGRAM = """\
import shop

def half(n):
    if n < 0:
        raise shop.TooSmall("below nothing")
    while n == 99:
        pass
    print("half of", n)
    return [n / 2, shop.NAME, {"n": (n,)}]

if __name__ == "__main__":
    print(half(int(input())))
"""
SHOP = 'NAME = open("name.txt").read()\n\nclass TooSmall(ValueError):\n    pass\n'


def test_a_job_holds_what_is_asked_and_nothing_of_what_is_expected() -> None:
    case = Case("f()", "'the secret'", stdin="in", catches=("belief",))
    whole = Case(stdin="4", stdout="secret")
    program_check = ProgramCheck(
        "lesson", "step", "solution", "solution", "x = 1\n", (case, whole),
        files=(File("a.txt", "A"),), limits=CaseLimits(1.5, 64, 8),
    )  # fmt: skip
    job = job_of(program_check)
    assert [one.to_json() for one in job.cases] == [{"call": "f()", "stdin": "in"}, {"stdin": "4"}]
    assert "secret" not in repr(job)
    assert (job.limits.case_wall_s, job.limits.case_output_bytes) == (1.5, 8 * 1024)
    assert job.limits.memory_bytes == 64 * 1024 * 1024
    assert job.files == (("a.txt", "A"),)


def test_a_program_that_the_sandbox_refuses_has_not_been_run() -> None:
    program_check = ProgramCheck(
        "lesson", "step", "solution", "solution", "x = 1\n" * 100_000, (Case("x", "1"),)
    )
    with pytest.raises(CannotRun, match="lesson/step: The program is"):
        job_of(program_check)


def test_a_job_is_run_in_the_place_for_its_course() -> None:
    program_check = ProgramCheck(
        "lesson", "step", "solution", "solution", "1\n", (Case(stdin="4", stdout=""),)
    )
    for language in SANDBOX_LANGUAGES.values():
        job = job_of(program_check, language)
        assert job.language is language
        assert job.limits.memory_bytes == limits_for(language).memory_bytes


def test_what_a_course_may_be_written_in_and_run_in_is_what_the_sandbox_has() -> None:
    assert {*LANGUAGES, *images()} == {*SANDBOX_LANGUAGES}
    for language in LANGUAGES.values():
        for kind in (language.id, *language.images):
            assert SANDBOX_LANGUAGES[kind].program == language.main_file


@pytest.mark.docker
def test_every_way_a_case_can_end_is_graded(files: CourseFiles) -> None:
    ensure_image(settings.SANDBOX_IMAGE, print)
    cases = (
        Case("half(4)", "[2.0, 'café', {'n': (4,)}]", stdout="half of 4"),
        Case("half(4)", "[2, 'café', {'n': (4,)}]"),
        Case("half(-1)", raises="TooSmall", message="below"),
        Case("half(-1)", raises="KeyError"),
        Case("half(99)", "1"),
        Case(stdin="4\n", stdout="half of 4\n[2.0, 'café', {'n': (4,)}]\n"),
        Case("half(int(input()))[0]", "3.0", stdin="6\n"),
        Case("__import__('os')._exit(3)", "1"),
        Case("half", "1"),
    )
    program_check = ProgramCheck(
        "lesson", "step", "solution", "solution", PROGRAM, cases,
        files=(File("shop.py", SHOP), File("name.txt", "café")), limits=CaseLimits(time_s=1.0),
    )  # fmt: skip
    with sandboxed("python", 1) as run:
        verdicts = grade_cases(cases, run(program_check))
    assert [verdict.reason for verdict in verdicts] == [
        Reason.PASSED, Reason.VALUE, Reason.PASSED, Reason.RAISED, Reason.TIMEOUT,
        Reason.PASSED, Reason.PASSED, Reason.EXITED, Reason.VALUE,
    ]  # fmt: skip


@pytest.mark.docker
def test_a_course_is_tried_in_the_sandbox(files: CourseFiles) -> None:
    ensure_image(settings.SANDBOX_IMAGE, print)
    files.write("second/starter.py", "def double(n):\n    return n + n\n")
    course = check(files.path).course
    assert course is not None
    with sandboxed("python", 2) as run:
        summary = run_all(checks_of(course), run, 2, lambda done, of: None)
    [failed] = summary.failed
    assert (failed.check.lesson, failed.check.name) == ("second", "starter")


def image_for(language: Language) -> None:
    """Have its image built if it is missing."""
    ensure_image(language.image(settings.SANDBOX_IMAGE), print, language)


@pytest.mark.docker
def test_a_course_in_javascript_is_tried_in_the_sandbox(script_files: CourseFiles) -> None:
    image_for(JAVASCRIPT)
    script_files.write("all/starter.js", script_files.path.joinpath("all/solution.js").read_text())
    course = check(script_files.path).course
    assert course is not None
    with sandboxed("javascript", 2) as run:
        summary = run_all(checks_of(course), run, 2, lambda done, of: None)
    [failed] = summary.failed
    assert failed.check.name == "starter"
    assert failed.complaints[0] == "It passes every case: there is nothing left to do."


@pytest.mark.docker
@pytest.mark.parametrize(
    ("program", "got", "is_attempt"),
    [
        ("let = (", "It raised `SyntaxError` with the message `", False),
        ("import fs from 'fs'", "It raised `SyntaxError` with the message `", False),
        ("JSON.parse('{')", "It raised `SyntaxError` with the message `", True),
        ("eval('(')", "It raised `SyntaxError` with the message `", True),
        ("require('./shop')", "It raised `SyntaxError` with the message `", True),
        ("x.y", "It raised `ReferenceError` with the message `x is not defined`.", True),
        ("throw 5", "It ended the program with code 1.", True),
    ],
)  # fmt: skip
def test_how_node_ends_a_program_is_understood(program: str, got: str, is_attempt: bool) -> None:
    image_for(JAVASCRIPT)
    step = CodeStep("a", "code", "", "", (Case(stdin="4", stdout="4"), Case(stdout="")), "")
    program_check = ProgramCheck(
        "lesson", "a", "solution", "solution", program, step.cases,
        files=(File("shop.js", "let = ("),), language="javascript",
    )  # fmt: skip
    with sandboxed("javascript", 1) as run:
        grade = grade_step(step, program, run(program_check), language="javascript")
    assert grade.visible[0].got.startswith(got)
    assert (grade.is_attempt, grade.passed) == (is_attempt, False)


@pytest.mark.docker
def test_a_course_with_plots_finds_numpy(files: CourseFiles) -> None:
    image_for(PLOTS)
    program = "import numpy\n\ndef double(n):\n    return int(numpy.multiply(n, 2))\n"
    program_check = ProgramCheck(
        "l", "s", "solution", "solution", program, (Case("double(4)", "8"),)
    )
    with sandboxed("plots", 1) as run:
        [verdict] = grade_cases(program_check.cases, run(program_check))
    assert verdict.passed
