"""The format as JSON Schema: what editors and other validators say is what `check` says."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from courses import json_schema
from courses.document import Document, parse
from tests.courses import broken, conftest, rich, script

CONTENT = Path(__file__).parents[2] / "courses" / "content"

# What is wrong in these is not a matter of one value's form: files, Python, references, order.
BEYOND_JSON_SCHEMA = """
a key twice; a key twice inside a step; a misspelt file; a file that is not there;
a file in a misspelt folder; a blank title; a title of two lines; a call that is not closed;
a statement as a call; an expected value that is no value; a witness that is not closed;
a rung missing in the ladder of hints; a misconception's id twice; a lesson twice;
a misspelt lesson; a lesson's id twice; instructions in a file that is not there;
a quiz without a right answer; a quiz with right answers only; a wrong guess that is right;
a program in place that does not parse; a program in place that is too long;
a case with value and exception; a value without a call; a message without an exception;
a tolerance without a value; an exception like no other;
an unknown misconception in a case; an unknown misconception in a file of cases;
a solution without what it requires; a solution with what it forbids;
a solution with a call it forbids; a file twice; a data file that is not there;
a rung missing in the ladder of an error; a hint for an error that does not exist;
a variant's file that is not there; a step's old id that is in use;
a lesson's old id that is its own; a step's id twice; a skill that the course does not have;
a prerequisite that the course does not have; a skill twice; a prerequisite that is no skill;
skills in a circle; a skill that needs itself; a release on a day that does not exist;
a listed lesson that is not there; a case that expects nothing;
a misconception without a witness; a program in another language;
a wrong program in another language; an image of another language; a starter in Python;
a wrong program in Python; a misspelt program; a call; a call with a value, in a file of cases;
an exception, its message and a tolerance; a case without an output; what it requires;
what it forbids; a witness and what it predicts;
a misconception that only a hidden case catches; a hint for an error of Python's;
a misspelt error; a variant in Python
"""


@cache
def validator(name: str) -> Any:
    """A validator of the schema file `name`."""
    described = json.loads((CONTENT / name).read_text())
    jsonschema.Draft202012Validator.check_schema(described)
    return jsonschema.Draft202012Validator(described)


def schema_of(file: str) -> str | None:
    """The schema that `file` of a course follows, or None if it is no YAML."""
    if not file.endswith(".yaml"):
        return None
    by_name = {"course.yaml": json_schema.COURSE_SCHEMA, "lesson.yaml": json_schema.LESSON_SCHEMA}
    return by_name.get(file.rpartition("/")[2], json_schema.CASES_SCHEMA)


def parsed(text: str | bytes) -> Document | None:
    """The document, or None if it is not even YAML of ours."""
    return parse("x", text if isinstance(text, str) else text.decode("latin-1"), [])


@pytest.mark.parametrize("name", json_schema.json_schemas())
def test_the_schema_files_say_what_the_format_is(name: str) -> None:
    assert (CONTENT / name).read_text() == json_schema.json_schemas()[name], (
        f"write it again: manage.py course schema {CONTENT}"
    )


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (f"{folder}/{name}", text)
        for folder, files in (
            ("small", conftest.FILES),
            ("rich", rich.FILES),
            ("script", script.FILES),
        )
        for name, text in files.items()
        if schema_of(name)
    ],
)
def test_a_good_file_is_valid(file: str, text: str) -> None:
    document = parsed(text)
    assert document is not None
    assert list(validator(schema_of(file) or "").iter_errors(document.data)) == []


def test_a_broken_file_is_invalid_wherever_json_schema_can_say_so() -> None:
    rows = [(row, conftest.FILES) for row in broken.SMALL]
    rows += [(row, rich.FILES) for row in broken.RICH]
    rows += [(row, script.FILES) for row in broken.SCRIPT]
    valid: set[str] = set()
    invalid: set[str] = set()
    for (what, file, old, new, _), files in rows:
        name = schema_of(file)
        text = new if old is None else files.get(file, conftest.LESSON).replace(old, str(new))
        if name is None or (document := parsed(text)) is None:
            continue
        (valid if validator(name).is_valid(document.data) else invalid).add(what)
    assert valid == {what.strip() for what in BEYOND_JSON_SCHEMA.split(";")}
    assert len(invalid) > 60
