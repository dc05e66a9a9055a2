"""Hints that nobody can be given, and conditions that never matter: which, where and how sure."""

import time

import pytest

from courses.source import check
from tests.courses.conftest import CourseFiles

WAITS = "level: 1, text: A, after_attempts: 3"
ADVICE = "Raise that, or leave the hint out."


def findings(files: CourseFiles, hints: str) -> list[tuple[str, str, str]]:
    """Place, severity and message of what is said of a step with these hints, one in each line."""
    first = "      - {level: 1, text: What is twice three?}\n"
    old = f"{first}      - {{level: 2, text: Try it with three.}}\n"
    new = "".join(f"      - {{{line.strip()}}}\n" for line in hints.strip().splitlines())
    files.replace("first/lesson.yaml", old, new)
    return [
        (f"{one.file}:{one.line}:{one.column}", one.severity, one.message)
        for one in check(files.path).problems
    ]


def test_a_level_above_the_one_of_the_course_is_named(files: CourseFiles) -> None:
    files.replace("course.yaml", "lessons:\n", "tutor: {max_hint_level: 1}\nlessons:\n")
    hints = """level: 1, text: One.
    level: 2, text: Two.
    level: 3, text: Three.
    level: 1, text: One., error: NameError
    """
    found = findings(files, hints)
    files.remove("second/lesson.yaml")
    said = "can never be reached: the course's `max_hint_level` is 1."
    assert [one for one in found if "first/" in one[0]] == [
        ("first/lesson.yaml:21:17", "warning", f"The hint of level 2 {said} {ADVICE}"),
        ("first/lesson.yaml:22:17", "warning", f"The hint of level 3 {said} {ADVICE}"),
    ]


@pytest.mark.parametrize(
    ("error", "severity", "said"),
    [
        # What Python has, also where it is rarely seen.
        ("ValueError", None, ""),
        ("KeyError", None, ""),
        ("builtins.KeyError", None, ""),
        ("StopIteration", None, ""),
        ("IndentationError", None, ""),
        # Another language's, and words that only look like an exception.
        ("RangeError", "error", "`RangeError` is JavaScript's; Python has no such exception."),
        ("KeysError", "error", "no exception `KeysError` of its own"),
        ("KeysError", "error", "Did you mean `KeyError`?"),
        ("TooBigError", "error", "no program or case of this step names it"),
        ("shop.SoldOutError", "error", "no program or case of this step names it"),
        # A module that the student could import, but that has no part in the step.
        ("json.JSONDecodeError", "warning", "can probably never be reached"),
    ],
)
def test_an_error_that_cannot_come_is_named(
    files: CourseFiles, error: str, severity: str | None, said: str
) -> None:
    found = findings(
        files, f"level: 1, text: One., error: {error}\nlevel: 2, text: Two., error: {error}"
    )
    assert [one[:2] for one in found] == [
        (f"first/lesson.yaml:{line}:39", severity) for line in (20, 21) if severity
    ]
    assert all(said in one[2] for one in found)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("solution.py", "  # the secret", "  # raise TooBigError"),
        ("starter.py", "def double", "class TooBigError(Exception): pass\ndef double"),
        ("wrong/adds.py", "def double", "class TooBigError(Exception): pass\ndef double"),
        ("prompt.md", "Write `double`.", "Raise a `TooBigError`."),
        ("hidden.yaml", "{call: double(21), expect: 42}",
         "{call: double(), raises: TooBigError}"),
        ("hidden.yaml", "{call: double(21), expect: 42}",
         "{call: double(), raises: a.TooBigError}"),
    ],
)  # fmt: skip
def test_an_error_that_the_step_itself_names_may_come(
    files: CourseFiles, file: str, old: str, new: str
) -> None:
    files.replace(f"first/{file}", old, new)
    assert findings(files, "level: 1, text: One., error: TooBigError") == []


@pytest.mark.parametrize(
    ("line", "error", "severity"),
    [
        ("import json", "JSONDecodeError", "warning"),
        ("import json", "json.JSONDecodeError", None),
        ("from json import loads", "json.JSONDecodeError", None),
        ("import json", "csv.Error", "warning"),
        ("import json", "nowhere.StrangeError", "error"),
        ("from numpy import array", "numpy.AxisError", None),
    ],
)
def test_what_modules_raise_is_not_known_for_sure(
    files: CourseFiles, line: str, error: str, severity: str | None
) -> None:
    files.replace("first/solution.py", "def double", f"{line}\ndef double")
    found = findings(files, f"level: 1, text: One., error: {error}")
    assert [one[1] for one in found] == [severity] * (severity is not None)


def test_a_file_of_empty_lines_is_looked_through_in_no_time(files: CourseFiles) -> None:
    files.write("first/notes.txt", "\n" * 60_000)
    files.replace("first/lesson.yaml", "    tests:", "    data: [notes.txt]\n    tests:")
    began = time.process_time()
    found = findings(files, "level: 1, text: One., error: TooBigError")
    assert time.process_time() - began < 4, "its square takes 40 s"
    assert [one[1] for one in found] == ["error"]


def test_a_file_of_the_lesson_brings_no_exceptions_but_its_own(files: CourseFiles) -> None:
    files.write("first/shop.py", "class SoldOutError(Exception): pass\n")
    files.replace("first/lesson.yaml", "    tests:", "    files: [shop.py]\n    tests:")
    files.replace("first/solution.py", "def double", "import shop\ndef double")
    found = findings(files, "level: 1, text: One., error: shop.SoldOutError")
    assert found == []
    files.write("first/shop.py", "NOTHING = 0\n")
    assert [one.severity for one in check(files.path).problems] == ["error"]


@pytest.mark.parametrize(
    ("error", "severity", "said"),
    [
        ("RangeError", None, ""),
        ("AggregateError", None, ""),
        ("ValueError", "error", "`ValueError` is Python's; JavaScript has no such exception."),
        ("RefrenceError", "warning", "Did you mean `ReferenceError`?"),
    ],
)
def test_javascript_has_a_table_of_its_own(
    script_files: CourseFiles, error: str, severity: str | None, said: str
) -> None:
    script_files.replace("all/lesson.yaml", "error: SyntaxError", f"error: {error}")
    found = check(script_files.path).problems
    assert [one.severity for one in found] == [severity] * (severity is not None)
    assert all(said in one.message for one in found)


@pytest.mark.parametrize(
    ("hints", "places"),
    [
        ("level: 1, text: A, after_attempts: 3\nlevel: 2, text: B, after_attempts: 2", ["21:45"]),
        ("level: 1, text: A, after_attempts: 3\nlevel: 2, text: B, after_attempts: 3", []),
        ("level: 1, text: A, after_attempts: 3\nlevel: 2, text: B", []),
        ("level: 1, text: A, after_minutes: 9\nlevel: 2, text: B, after_minutes: 8", ["21:44"]),
        ("level: 1, text: A, after_minutes: 9\nlevel: 2, text: B, after_attempts: 8", []),
        (
            f"{WAITS}\nlevel: 2, text: B\nlevel: 3, text: C, after_attempts: 1",
            ["22:45"],
        ),
        (
            f"{WAITS}\nlevel: 1, text: B, after_attempts: 1, error: NameError",
            [],
        ),
        ("level: 1, text: A, after_minutes: 999", []),
        ("level: 1, text: A, after_attempts: 1, error: SyntaxError", ["20:45"]),
        ("level: 1, text: A, after_attempts: 1, error: TabError", ["20:45"]),
        ("level: 1, text: A, after_attempts: 1, error: NameError", []),
        ("level: 1, text: A, after_minutes: 1, error: SyntaxError", []),
    ],
)
def test_a_condition_that_never_matters_is_named(
    files: CourseFiles, hints: str, places: list[str]
) -> None:
    found = findings(files, hints)
    assert [one[0] for one in found] == [f"first/lesson.yaml:{place}" for place in places]
    assert {one[1] for one in found} <= {"warning"}
