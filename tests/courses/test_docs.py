"""The pages for authors: what they show works, and what they say is what there is."""

import re
import textwrap
from argparse import ArgumentParser, _SubParsersAction
from pathlib import Path

import pytest

from courses import json_schema, schema
from courses.facts import Case, CodeStep
from courses.part import Part
from courses.source import CheckedCourse, check
from tests.courses.command import run
from tests.courses.conftest import CourseFiles
from tutor.management.commands.course import Command

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "courses.md").read_text()
EXAMPLES = re.findall(r"```yaml\n# (.*?)\n(.*?)```", PAGE, re.DOTALL)
SMALL = {
    "prompt.md": "Double it.\n",
    "starter.py": "def double(n):\n    return n + 2\n",
    "solution.py": "def double(n):\n    return 2 * n\n",
    "wrong/adds-two.py": "def double(n):\n    return n + 2\n",
}


def example(name: str) -> str:
    [found] = [str(text) for what, text in EXAMPLES if what == name]
    return found


# What stands beside the page's step in JavaScript.
SCRIPTS = {
    "starter.js": 'const { lines } = require("./input")\n',
    "solution.js": 'const { lines } = require("./input")\nconsole.log(lines())\n',
    "input.js": "exports.lines = () => []\n",
}


def course_of(folder: Path, lesson: str, language: str = "python") -> CheckedCourse:
    """The page's course, with this as its lesson."""
    files = CourseFiles(folder)
    files.write("course.yaml", example("my-course/course.yaml"))
    files.replace("course.yaml", "language: python", f"language: {language}")
    files.write("doubling/lesson.yaml", lesson)
    files.write("doubling/tests/hidden.yaml", example("cases"))
    for name, text in (SMALL if language == "python" else SCRIPTS).items():
        if name in lesson:
            files.write(f"doubling/{name}", text)
    if "tests/hidden.yaml" not in lesson:
        files.remove("doubling/tests/hidden.yaml")
    return check(folder)


def with_part(what: str, text: str) -> str:
    """The page's lesson, or a smaller one, with an example of the page in its place."""
    lesson = example("doubling/lesson.yaml")
    head, _, _ = lesson.partition("steps:\n")
    match what:
        case "doubling/lesson.yaml" | "my-course/course.yaml" | "cases":
            return lesson
        case "a step" | "a step in JavaScript":
            return f"{head}steps:\n{textwrap.indent(text, '  ')}"
        case "a misconception":
            first, _, rest = textwrap.indent(text, "        ").partition("\n")
            entry = f"      - {first.strip()}\n{rest}"
            return lesson.replace("    misconceptions:\n", f"    misconceptions:\n{entry}")
        case "rules":
            # Of a solution with a loop, which the page's has not.
            rules = textwrap.indent(text, "    ").replace("[loop]", "[function]")
            return lesson.replace("    solution:", f"{rules}    solution:")
    raise AssertionError(f"an example of an unknown kind: {what}")


def test_every_block_of_yaml_says_what_it_is() -> None:
    assert PAGE.count("```yaml") == len(EXAMPLES) >= 8


@pytest.mark.parametrize(("what", "text"), EXAMPLES)
def test_every_example_of_the_page_passes(tmp_path: Path, what: str, text: str) -> None:
    language = "javascript" if "JavaScript" in what else "python"
    found = course_of(tmp_path, with_part(what, text), language)
    assert found.problems == ()


def test_the_cases_of_the_page_are_read_as_the_page_says(tmp_path: Path) -> None:
    found = course_of(tmp_path, example("doubling/lesson.yaml"))
    assert found.course is not None
    step = found.course.lessons[0].steps[0]
    assert isinstance(step, CodeStep)
    assert step.hidden[1] == Case("[double(1), double(7)]", "[2, 14]")
    assert step.hidden[4] == Case(stdin="4\n", stdout="8\n")


@pytest.mark.django_db
def test_a_first_session_goes_as_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("new", "my-course", "--title", "My first course")
    check_it = "$ python manage.py course check my-course\n"
    assert check_it + run("check", "my-course")[1] in PAGE
    files = CourseFiles(tmp_path / "my-course")
    files.replace("doubling/lesson.yaml", "    starter: starter.py", "    startr: starter.py")
    _, out, err = run("check", "my-course")
    assert check_it + out + err in PAGE
    files.replace("doubling/lesson.yaml", "    startr: starter.py", "    starter: starter.py")
    import_it = "$ python manage.py course import my-course\n"
    assert import_it + run("import", "my-course")[1] in PAGE


def test_the_page_names_every_action_and_no_other() -> None:
    parser = ArgumentParser()
    Command().add_arguments(parser)
    [actions] = [one for one in parser._actions if isinstance(one, _SubParsersAction)]
    named = set(re.findall(r"manage\.py course (\w+)", PAGE))
    assert named == set(actions.choices)


def test_the_reference_is_what_the_format_is() -> None:
    assert (DOCS / "courses-reference.md").read_text() == json_schema.reference(), (
        "write it again: manage.py course schema --reference > docs/courses-reference.md"
    )


def test_the_reference_names_every_key() -> None:
    said = json_schema.reference()
    for part in vars(schema).values():
        if isinstance(part, type) and issubclass(part, Part):
            for key in part.model_fields:
                assert f"`{key}`" in said, key
