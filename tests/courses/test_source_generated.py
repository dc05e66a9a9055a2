"""Any text at all as a course file: facts or problems, and no exception."""

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses import report
from courses.facts import LessonSource
from courses.source import check
from tests.courses import rich, script
from tests.courses.conftest import COURSE, LESSON, CourseFiles

# Pieces that mean something to YAML or to the format.
PIECES = st.sampled_from(
    [
        *("&a ", "*a", "<<: ", "!!int ", "{", "}", "[", "]", ": ", "- ", "? ", "\n", "  ", "\t"),
        *("'", '"', "|\n", ">-\n", "%YAML 1.1\n", "---\n", "...\n", "\\", "#", "~", "\0"),
        *("\ud7ff", "\u2028", "\ufeff", '"\\U99999999"', '"\\ud800"', "9" * 400, "1e999", ".nan"),
        *("id: ", "steps:\n", "x: y\n"),
    ]
)


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """`text` with up to six cuts, doublings and insertions."""
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        piece = draw(st.one_of(PIECES, st.text(max_size=8), st.just(text[start:end] * 2)))
        text = text[:start] + piece + text[end:]
    return text


def assert_course_or_problems(path: Path) -> None:
    """What every text at all must lead to."""
    checked = check(path)
    if checked.course is not None:
        # What is accepted can be stored and comes back whole.
        for lesson in checked.course.lessons:
            assert LessonSource.from_document(json.loads(json.dumps(lesson.document()))) == lesson
            assert len(lesson.digest()) == 64
    assert (checked.course is None) == bool(checked.errors)
    assert report.as_text(checked.problems, checked.texts, path).count("\n") >= len(
        checked.problems
    )
    assert report.as_github(checked.problems, path).count("\n") == len(checked.problems)
    for problem in checked.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.message.isprintable()
        assert problem.message.endswith((".", "?"))


# The folder may be shared: each example writes the whole of the one file that it changes.
FUZZ = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FUZZ
@given(text=mutated(LESSON))
def test_any_lesson_file_is_a_lesson_or_has_problems(files: CourseFiles, text: str) -> None:
    files.write("first/lesson.yaml", text.encode("utf-8", "surrogatepass"))
    assert_course_or_problems(files.path)


@FUZZ
@given(text=mutated(rich.LESSON))
def test_any_lesson_file_with_everything_is_a_lesson_or_has_problems(
    rich_files: CourseFiles, text: str
) -> None:
    rich_files.write("all/lesson.yaml", text.encode("utf-8", "surrogatepass"))
    assert_course_or_problems(rich_files.path)


@FUZZ
@given(text=mutated(script.LESSON))
def test_any_lesson_file_in_javascript_is_a_lesson_or_has_problems(
    script_files: CourseFiles, text: str
) -> None:
    script_files.write("all/lesson.yaml", text.encode("utf-8", "surrogatepass"))
    assert_course_or_problems(script_files.path)


@FUZZ
@given(text=mutated(rich.COURSE))
def test_any_course_file_with_everything_is_a_course_or_has_problems(
    rich_files: CourseFiles, text: str
) -> None:
    rich_files.write("course.yaml", text.encode("utf-8", "surrogatepass"))
    assert_course_or_problems(rich_files.path)


@FUZZ
@given(text=mutated(rich.FILES["all/hidden.yaml"] * 3))
def test_any_file_of_cases_is_one_or_has_problems(rich_files: CourseFiles, text: str) -> None:
    rich_files.write("all/hidden.yaml", text.encode("utf-8", "surrogatepass"))
    assert_course_or_problems(rich_files.path)


@FUZZ
@given(text=mutated(COURSE))
def test_any_course_file_is_a_course_or_has_problems(files: CourseFiles, text: str) -> None:
    files.write("course.yaml", text.encode("utf-8", "surrogatepass"))
    assert_course_or_problems(files.path)


@FUZZ
@given(
    raw=st.binary(max_size=200), name=st.sampled_from(["lesson.yaml", "hidden.yaml", "starter.py"])
)
def test_any_bytes_at_all_are_a_lesson_or_have_problems(
    files: CourseFiles, raw: bytes, name: str
) -> None:
    files.write(f"first/{name}", raw)
    assert_course_or_problems(files.path)
