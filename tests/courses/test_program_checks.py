"""What `course test` demands of a course's programs, with programs run in this process."""

from pathlib import Path

import pytest

from courses.facts import CourseSource
from courses.program_checks import CheckOutcome, checks_of, judge
from courses.source import check
from tests.courses.conftest import CourseFiles
from tests.courses.inprocess import observe
from tests.courses.observing import observation

CONTENT = Path(__file__).parents[2] / "courses" / "content"


def outcomes(course: CourseSource) -> list[CheckOutcome]:
    return judge(
        [(one, observe(one.program, one.all_cases, one.files), 0.0) for one in checks_of(course)]
    )


def complaints(files: CourseFiles) -> list[str]:
    course = check(files.path).course
    assert course is not None
    return [
        f"{one.check.lesson}/{one.check.name}: {said}"
        for one in outcomes(course)
        for said in one.complaints
    ]


def test_a_course_whose_programs_do_what_it_says_has_no_complaints(
    rich_files: CourseFiles, files: CourseFiles
) -> None:
    assert complaints(rich_files) == []
    files.remove("second/lesson.yaml")
    files.replace("course.yaml", "  - second\n", "")
    assert complaints(files) == []


def test_each_program_is_run_once_and_says_what_it_has_to_prove(rich_files: CourseFiles) -> None:
    course = check(rich_files.path).course
    assert course is not None
    assert [(one.step, one.name, one.role) for one in checks_of(course)] == [
        ("guess", "program", "prediction"),
        ("add", "solution", "solution"),
        ("add", "starter", "starter"),
        ("add", "wrong/first.py", "wrong"),
        ("add", "product: solution", "solution"),
        ("add", "product: starter", "starter"),
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "all/hidden.yaml", "expect: 42", "expect: 43",
            ["everything/solution: `total([21, 21])`: It gave `42`. It should give `43`."],
        ),
        (
            "all/add.py", "    pass", "    return sum(numbers)",
            [],  # it still fails the case that reads from its input
        ),
        (
            "all/wrong/first.py", "        return n\n",
            "        if n == 1:\n            return 3\n        return n\n",
            [
                ("everything/wrong/first.py: It passes `total([1, 2])`, the case that catches "
                "`first-only`."),
                ("everything/wrong/first.py: `total([1, 2])` gives `3` here, just what "
                "`first-only` foretells."),
            ],
        ),
        (
            "all/lesson.yaml", "predicts: 3", "predicts: 1",
            [
                ("everything/wrong/first.py: `total([1, 2])` gives `1` here, just what "
                "`first-only` foretells.")
            ],
        ),
        (
            "all/lesson.yaml", "witness: total([1, 2])", "witness: totl([1, 2])",
            [
                ("everything/solution: The witness `totl([1, 2])` raises NameError even here: "
                "name 'totl' is not defined")
            ],
        ),
        (
            "all/guess.py", "range(2)", "range(3)",
            [
                ("everything/program: The program: Line 3 of what it printed is `2`. "
                "It should print `'0\\n1\\n'`.")
            ],
        ),
        (
            "all/variant.py", "result *= n", "result = n",
            ["everything/product: solution: `product([2, 3])`: It gave `3`. It should give `6`."],
        ),
        (
            "all/lesson.yaml", "return 1\n",
            "for n in numbers: return 6\n              return 1\n",
            ["everything/product: starter: It passes every case: there is nothing left to do."],
        ),
    ],
)  # fmt: skip
def test_a_program_that_does_not_do_what_the_lesson_says_is_named(
    rich_files: CourseFiles, file: str, old: str, new: str, said: list[str]
) -> None:
    rich_files.replace(file, old, new)
    assert complaints(rich_files) == said


def test_a_wrong_program_that_no_case_catches_fails_at_least_one(files: CourseFiles) -> None:
    files.write("first/wrong/adds.py", "def double(n):\n    return n + n\n")
    assert complaints(files) == [
        "first/wrong/adds.py: It passes every case: nothing tells it from a right program.",
        "first/wrong/adds.py: `double(3)` gives `6` here, just what `adds-two` foretells.",
    ]


def test_what_passes_every_case_and_breaks_a_rule_is_neither_done_nor_right(
    files: CourseFiles,
) -> None:
    files.write("first/starter.py", "def double(n):\n    return n + n\n")
    files.write("first/wrong/adds.py", "def double(n):\n    return sum([n, n])\n")
    files.replace(
        "first/lesson.yaml", "witness: double(3)", "witness: double(3)\n        predicts: 5"
    )
    files.replace("first/lesson.yaml", "    hints:", "    forbid: {calls: [sum]}\n    hints:")
    assert complaints(files) == [
        "first/starter: It passes every case: there is nothing left to do.",
        "first/starter: None of the step's hints can ever be reached: it is passed at once.",
    ]
    files.write("first/starter.py", "def double(n):\n    return sum([n, n])\n")
    assert complaints(files) == []


def exited(stdout: str, code: int = 0) -> dict[str, object]:
    return observation("exited", stdout=stdout, exit_code=code)


def outcomes_in_script(files: CourseFiles, printed: dict[str, list[str]]) -> list[str]:
    """The complaints about a course in JavaScript whose programs print this, case by case."""
    course = check(files.path).course
    assert course is not None
    ran = [(one, [exited(line) for line in printed[one.name]], 0.0) for one in checks_of(course)]
    return [f"{one.check.name}: {said}" for one in judge(ran) for said in one.complaints]


PRINTED = {
    "program": ["12"], "solution": ["3", "5", "42"], "starter": ["", "", ""],
    "wrong/texts.js": ["12", "5", "2022"],
    "product: solution": ["6", "20"], "product: starter": ["0", "0"],
}  # fmt: skip


def test_in_javascript_cases_alone_tell_the_programs_apart(script_files: CourseFiles) -> None:
    course = check(script_files.path).course
    assert course is not None
    assert {one.language for one in checks_of(course)} == {"javascript"}
    assert all(one.witnesses == () and one.all_cases == one.cases for one in checks_of(course))
    assert outcomes_in_script(script_files, PRINTED) == []


@pytest.mark.parametrize(
    ("name", "printed", "said"),
    [
        (
            "wrong/texts.js", ["3", "5", "2022"],
            [("wrong/texts.js: It passes the program with the input '1 2', the case that catches "
              "`texts-add-up`.")],
        ),
        (
            "starter", ["3", "5", "42"],
            [
                "starter: It passes every case: there is nothing left to do.",
                "starter: None of the step's hints can ever be reached: it is passed at once.",
            ],
        ),
        (
            "solution", ["3", "6", "42"],
            [("solution: The program with the input '5': Line 1 of what it printed is `6`. "
              "It should print `'5'`.")],
        ),
    ],
)  # fmt: skip
def test_a_program_in_javascript_that_does_not_do_what_the_lesson_says_is_named(
    script_files: CourseFiles, name: str, printed: list[str], said: list[str]
) -> None:
    assert outcomes_in_script(script_files, PRINTED | {name: printed}) == said


def test_the_error_of_a_program_in_javascript_is_told_to_its_author(
    script_files: CourseFiles,
) -> None:
    course = check(script_files.path).course
    assert course is not None
    solution = next(one for one in checks_of(course) if one.role == "solution")
    stderr = "ReferenceError: x is not defined\n    at Object.<anonymous> (/home/main.js:1:1)\n"
    failed = observation("exited", exit_code=1, stderr=stderr)
    [outcome] = judge([(solution, [failed] * 3, 0.0)])
    assert (
        "It raised `ReferenceError` with the message `x is not defined`." in outcome.complaints[0]
    )


def test_a_program_that_was_not_run_has_not_proved_anything(files: CourseFiles) -> None:
    course = check(files.path).course
    assert course is not None
    for one in judge([(program_check, [], 0.0) for program_check in checks_of(course)]):
        [said] = one.complaints
        assert said.startswith("It could not be run: 0 of ")


# The one in JavaScript is tried in the sandbox: test_javascript_first_steps.
@pytest.mark.parametrize("name", ["first-steps", "python-foundations"])
def test_the_programs_of_our_courses_do_what_their_lessons_say(name: str) -> None:
    found = check(CONTENT / name)
    assert found.problems == ()
    assert found.course is not None
    bad = [
        (one.check.lesson, one.check.step, one.check.name, one.complaints)
        for one in outcomes(found.course)
        if one.complaints
    ]
    assert bad == []
