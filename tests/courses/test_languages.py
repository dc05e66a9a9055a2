"""The table of languages: a row is all that a third one takes, and no other module names one."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from courses import export, json_schema, languages, rules
from courses.audience import Rule
from courses.facts import CodeStep, CourseSource
from courses.grading import Reason, grade_step, unreadable
from courses.languages import LANGUAGES, ErrorOutput, Language, Syntax, language_of
from courses.observation import Raised
from courses.problems import Mark
from courses.program_checks import checks_of
from courses.source import check
from tests.courses.conftest import CourseFiles
from tests.courses.observing import observation
from tutor.method import prompts
from tutor.method.tools import declarations

ROOT = Path(__file__).parents[2]


def thrown(stderr: str) -> Raised | None:
    found = re.search(r"^toy: (\w+): (.*)$", stderr, re.MULTILINE)
    return found and Raised(found[1], found[2])


TOY = Language(
    "toy",
    "Toy",
    ".toy",
    errors=("ToyError",),
    declarations=("to ",),
    images=("toys",),
    error_output=ErrorOutput(thrown, lambda stderr: stderr.startswith("toy: what?")),
)

# A language of lines that each say `say …`.
SYNTAX = Syntax(
    fault=lambda code: None if "say" in code else (Mark(2, 1), "it says nothing"),
    expression_fault=lambda text: None if text.isdigit() else "it is no number",
    literal=lambda text: text if text.isdigit() else None,
    used=lambda code: frozenset({("construct", "saying")} if "say" in code else ()),
    tree=lambda code: " ".join(code.split()) if "say" in code else None,
    ways=lambda what, name: (frozenset({(what, name)}),),
    constructs={"saying": "a `say`"},
    misspelt=("ToyError",),
)

FILES = {
    "course.yaml": """\
id: toys
title: Toys
language: toy
image: toys
description: One lesson.
instructions: Be kind.
lessons: [one]
""",
    "one/lesson.yaml": """\
id: one
title: One
summary: A lesson.
steps:
  - id: greet
    kind: code
    prompt: Greet them.
    starter: starter.toy
    tests:
      visible: [{stdin: Ada, stdout: Hello Ada}]
      hidden: [{stdin: Bob, stdout: Hello Bob}]
    hints:
      - {level: 1, text: Look at the name., error: ToyError}
    solution: solution.toy
""",
    "one/starter.toy": "to greet\n",
    "one/solution.toy": "to greet\nsay Hello, and what you are told\n",
}


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Language:
    monkeypatch.setitem(languages.LANGUAGES, TOY.id, TOY)
    return TOY


@pytest.fixture
def parsed_toy(monkeypatch: pytest.MonkeyPatch) -> Language:
    monkeypatch.setitem(languages.LANGUAGES, TOY.id, replace(TOY, syntax=SYNTAX))
    return languages.LANGUAGES[TOY.id]


@pytest.fixture
def toy_files(tmp_path: Path) -> CourseFiles:
    files = CourseFiles(tmp_path / "toys")
    for name, text in FILES.items():
        files.write(name, text)
    return files


def course_in(files: CourseFiles) -> CourseSource:
    found = check(files.path)
    assert found.problems == ()
    assert found.course is not None
    return found.course


def messages(files: CourseFiles) -> list[str]:
    return [problem.message for problem in check(files.path).problems]


def step_of(course: CourseSource) -> CodeStep:
    return next(course.lessons[0].code_steps())


def printed(*texts: str) -> list[Any]:
    return [observation("exited", exit_code=0, stdout=text) for text in texts]


def ended(*stderrs: str) -> list[Any]:
    return [observation("exited", exit_code=1, stderr=text) for text in stderrs]


# A language of one row


@pytest.mark.usefixtures("toy")
def test_a_course_in_it_is_read_and_written_again(toy_files: CourseFiles, tmp_path: Path) -> None:
    course = course_in(toy_files)
    assert (course.language, course.image) == ("toy", "toys")
    assert step_of(course).solution == FILES["one/solution.toy"]
    assert [program_check.language for program_check in checks_of(course)] == ["toy", "toy"]
    again = CourseFiles(tmp_path / "again")
    for name, text in export.files_of(course).items():
        again.write(name, text)
    assert course_in(again).lessons == course.lessons
    assert (again.path / "one" / "greet" / "solution.toy").exists()


@pytest.mark.usefixtures("toy")
def test_what_is_wrong_with_it_is_said_in_its_name(toy_files: CourseFiles) -> None:
    toy_files.replace("one/lesson.yaml", "starter.toy", "starter.py")
    toy_files.replace("one/lesson.yaml", "stdin: Ada, stdout", "call: greet, stdout")
    assert messages(toy_files) == [
        "`starter.py` does not name a Toy file of this folder, like `starter.toy`.",
        "`call` is for Python only. In a Toy course, give a case `stdin` and `stdout`.",
    ]
    toy_files.replace("course.yaml", "language: toy", "language: top")
    assert "The language `top` is not supported. Did you mean `toy`?" in messages(toy_files)
    toy_files.replace("course.yaml", "language: top", "language: 5")
    assert "`language` must be 'python', 'javascript' or 'toy', not the number 5." in messages(
        toy_files
    )


@pytest.mark.usefixtures("toy")
def test_a_program_in_it_is_graded(toy_files: CourseFiles) -> None:
    step = step_of(course_in(toy_files))
    assert unreadable("anything", "toy") == ""
    grade = grade_step(step, "x", printed("Hello Ada\n", "Hello Bob\n"), language="toy")
    assert grade.passed
    grade = grade_step(step, "x", ended("toy: ToyError: no name", "oh"), language="toy")
    assert [verdict.reason for verdict in grade.visible + grade.hidden] == [
        Reason.RAISED, Reason.EXITED
    ]  # fmt: skip
    assert grade.visible[0].got == "It raised `ToyError` with the message `no name`."
    assert grade.is_attempt
    assert not grade_step(step, "x", ended("toy: what?", "toy: what?"), language="toy").is_attempt


@pytest.mark.usefixtures("toy")
def test_the_model_is_told_of_it(toy_files: CourseFiles) -> None:
    course = course_in(toy_files)
    text = prompts.CourseText(course.title, course.instructions, language=course.language)
    said = prompts.instructions(text, course.lessons[0].for_tutor())
    assert '"language":"toy"' in said
    assert prompts.program("say 1", {}, "toy").endswith("```toy\nsay 1\n```")
    assert "Run a Toy program" in declarations("toy")[0]["description"]


@pytest.mark.usefixtures("toy")
def test_editors_are_told_of_it() -> None:
    schemas = json_schema.json_schemas()
    assert '"toy"' in schemas[json_schema.COURSE_SCHEMA]
    assert '"toys"' in schemas[json_schema.COURSE_SCHEMA]
    assert "\\\\.toy" in schemas[json_schema.LESSON_SCHEMA]
    assert "`python`, `javascript`, `toy`" in json_schema.reference()


# A language that is parsed here


@pytest.mark.usefixtures("parsed_toy")
def test_programs_of_a_language_with_a_syntax_are_looked_at(toy_files: CourseFiles) -> None:
    assert messages(toy_files) == ["Not a Toy program: it says nothing."]
    assert unreadable("hm\nhm\n", "toy") == "Toy cannot read line 2: it says nothing."
    toy_files.write("one/starter.toy", "say it\n")
    step = step_of(course_in(toy_files))
    assert not grade_step(step, "hm", printed("", ""), language="toy").is_attempt


def test_rules_name_what_the_syntax_of_their_language_knows(
    toy_files: CourseFiles, parsed_toy: Language
) -> None:
    toy_files.write("one/starter.toy", "say it\n")
    toy_files.replace(
        "one/lesson.yaml", "    hints:", "    require: {constructs: [saying]}\n    hints:"
    )
    [rule] = step_of(course_in(toy_files)).rules
    assert rule == Rule("require", "construct", "saying")
    assert rules.broken((rule,), "hm", parsed_toy) == (rule,)
    assert rules.sentence(rule) == "The program must use a `say`."
    toy_files.replace("one/lesson.yaml", "[saying]", "[while]")
    assert messages(toy_files) == ["`while` is not a construct. There are: saying."]


@pytest.mark.usefixtures("parsed_toy")
def test_calls_and_values_are_those_of_the_language(toy_files: CourseFiles) -> None:
    toy_files.write("one/starter.toy", "say it\n")
    toy_files.replace("one/lesson.yaml", "stdin: Ada, stdout: Hello Ada", "call: x, expect: y")
    assert messages(toy_files) == [
        "`x` is not a Toy expression: it is no number.",
        "`y` is not a Toy value. A text needs quotes of its own: \"'abc'\".",
    ]


def test_a_stored_course_outlives_its_row_in_the_table() -> None:
    gone = language_of("ruby")
    assert (gone.title, gone.main_file, gone.syntax) == ("ruby", "main", None)
    assert language_of("javascript") is LANGUAGES["javascript"]


# The only places that name one

# Of the product's files, those that may name a language: its modules in the two tables, what was
# recorded in the database, and the page's own data.
MAY_NAME_ONE = (
    "courses/languages/",
    "sandbox/languages",
    "sandbox/migrations/",
    "tutor/classroom/src/editor/languages.ts",
    "tutor/templates/tutor/lesson.html",  # that the page itself needs JavaScript
)
PRODUCT = ("bin", "courses", "sandbox", "tutor")
# Lessons, and what builds and tries the page, by the runtime that has the interpreter's name.
NO_PRODUCT = (
    "bin/machine/page.py",
    "courses/content/",
    "tutor/classroom/package",
    "tutor/classroom/scripts/",
    "tutor/classroom/tests/",
)
NAMES = re.compile(r"javascript|nodejs|[\"']node[\"']", re.IGNORECASE)


def product_files() -> Iterator[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *PRODUCT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.split("\0"):
        if name and not name.startswith(NO_PRODUCT) and (ROOT / name).is_file():
            yield name


def test_nothing_but_the_tables_names_a_language() -> None:
    naming = [
        name
        for name in product_files()
        if NAMES.search((ROOT / name).read_text(encoding="utf-8", errors="replace"))
        and not name.startswith(MAY_NAME_ONE)
    ]
    assert naming == []
