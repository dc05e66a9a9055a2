"""A course's programs in real containers: what the sandbox sees is what grading understands."""

import pytest
from django.conf import settings

from courses.facts import Case, Limits
from courses.grading import Reason, grade_cases
from courses.management.sandboxed import job_of, sandboxed
from courses.seen import File
from courses.source import check
from courses.trial import Trial, trials
from courses.tryout import NothingRuns, try_all
from sandbox.image.build import ensure_image
from tests.courses.conftest import CourseFiles

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
    trial = Trial(
        "lesson", "step", "solution", "solution", "x = 1\n", (case, whole),
        files=(File("a.txt", "A"),), limits=Limits(1.5, 64, 8),
    )  # fmt: skip
    job = job_of(trial)
    assert [one.to_json() for one in job.cases] == [{"call": "f()", "stdin": "in"}, {"stdin": "4"}]
    assert "secret" not in repr(job)
    assert (job.limits.case_wall_s, job.limits.case_output_bytes) == (1.5, 8 * 1024)
    assert job.limits.memory_bytes == 64 * 1024 * 1024
    assert job.files == (("a.txt", "A"),)


def test_a_program_that_the_sandbox_refuses_has_not_been_run() -> None:
    trial = Trial("lesson", "step", "solution", "solution", "x = 1\n" * 100_000, (Case("x", "1"),))
    with pytest.raises(NothingRuns, match="lesson/step: The program is"):
        job_of(trial)


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
    trial = Trial(
        "lesson", "step", "solution", "solution", PROGRAM, cases,
        files=(File("shop.py", SHOP), File("name.txt", "café")), limits=Limits(time_s=1.0),
    )  # fmt: skip
    with sandboxed("python", 1) as run:
        verdicts = grade_cases(cases, run(trial))
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
        summary = try_all(trials(course), run, 2, lambda done, of: None)
    [failed] = summary.failed
    assert (failed.trial.lesson, failed.trial.name) == ("second", "starter")
