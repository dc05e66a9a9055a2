"""The page for authors: what it shows works."""

import re
from pathlib import Path

from courses import schema, schemas
from courses.facts import Case, CodeStep, CourseSource
from courses.source import read
from tests.courses.conftest import CourseFiles

PAGE = (Path(__file__).parents[2] / "docs" / "courses.md").read_text()


def test_the_example_of_the_page_is_a_course(tmp_path: Path) -> None:
    course_yaml, lesson_yaml, hidden_yaml = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    files = CourseFiles(tmp_path)
    files.write("course.yaml", course_yaml)
    files.write("doubling/lesson.yaml", lesson_yaml)
    files.write("doubling/tests/hidden.yaml", hidden_yaml)
    files.write("doubling/prompt.md", "Double it.\n")
    for name in ("starter", "solution", "wrong/adds-two"):
        files.write(f"doubling/{name}.py", "def double(n):\n    return n + 2\n")
    course = read(tmp_path)
    assert isinstance(course, CourseSource), course
    step = course.lessons[0].steps[0]
    assert isinstance(step, CodeStep)
    assert step.hidden[2] == Case("[double(1), double(7)]", "[2, 14]")


def test_the_reference_is_what_the_format_is() -> None:
    page = Path(__file__).parents[2] / "docs" / "courses-reference.md"
    assert page.read_text() == schemas.reference()


def test_the_reference_names_every_key() -> None:
    said = schemas.reference()
    for part in vars(schema).values():
        if isinstance(part, type) and issubclass(part, schema.Part):
            for key in part.model_fields:
                assert f"`{key}`" in said, key
