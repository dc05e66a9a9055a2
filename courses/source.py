"""A folder of course files -> what is taught (`facts.py`), or everything wrong with it.

No Django, no database, and nothing of a course is run. `read` is the way in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from courses import python, schema
from courses.document import Document, Place, parse
from courses.facts import (
    Case,
    CodeStep,
    CourseSource,
    LessonSource,
    Misconception,
    StudentLesson,
    TutorLesson,
    WrongProgram,
)
from courses.folder import Folder
from courses.problems import Mark, Problem, shown
from courses.wording import problems_of

__all__ = [
    "Case",
    "CodeStep",
    "CourseSource",
    "LessonSource",
    "Misconception",
    "Problem",
    "StudentLesson",
    "TutorLesson",
    "WrongProgram",
    "read",
]

T = TypeVar("T")

_COURSE = TypeAdapter(schema.CourseFile)
_LESSON = TypeAdapter(schema.LessonFile)
_CASES = TypeAdapter(schema.CaseList)


def read(path: Path) -> CourseSource | tuple[Problem, ...]:
    """The course in the folder `path`; or all problems of all its files, in order. Never raises."""
    reader = _Reader(Folder(path), "", [])
    course = _course(reader)
    if course is None or reader.problems:
        return tuple(sorted(set(reader.problems)))
    return course


@dataclass(frozen=True)
class _Named:
    """The place that names a file: where to say that the file is missing."""

    document: Document
    place: Place


@dataclass(frozen=True)
class _Reader:
    """Reads the files of one folder; all that is wrong with them goes into `problems`."""

    folder: Folder
    # The folder as problems name it: empty for the course's own, else with "/" at its end.
    prefix: str
    problems: list[Problem]

    def text(self, name: str, named: _Named | None = None) -> str | None:
        """The text of the file `name`, or None."""
        text = self.folder.read(name)
        if isinstance(text, str):
            return text
        if named is not None and text.inside is None:
            self.complain(named.document, named.place, text.message)
        else:
            mark = text.inside or Mark()
            self.problems.append(Problem.at(self.prefix + name, mark, text.message))
        return None

    def prose(self, name: str, named: _Named) -> str | None:
        """The Markdown in the file `name`, or None if there is nothing in it."""
        text = self.text(name, named)
        if text is not None and not text.strip():
            self.problems.append(Problem.at(self.prefix + name, Mark(), "The file is empty."))
            return None
        return text

    def program(self, name: str, named: _Named) -> str | None:
        """The Python program in the file `name`, or None if it isn't one."""
        code = self.text(name, named)
        if code is not None and (fault := python.program_fault(code)):
            mark, reason = fault
            message = f"Not a Python program: {reason}."
            self.problems.append(Problem.at(self.prefix + name, mark, message))
            return None
        return code

    def document(self, name: str, named: _Named | None = None) -> Document | None:
        """The YAML file `name`, or None if nothing of it can be used."""
        text = self.text(name, named)
        return None if text is None else parse(self.prefix + name, text, self.problems)

    def complain(self, document: Document, place: Place, message: str) -> None:
        """Say that something is wrong at `place`."""
        self.problems.append(Problem.at(document.file, document.mark(place), message))


# The course ------------------------------------------------------------------------------------


def _course(reader: _Reader) -> CourseSource | None:
    document = reader.document("course.yaml")
    if document is None:
        return None
    form = _form(_COURSE, schema.CourseFile, document, reader.problems)
    instructions = _instructions(reader, document)
    lessons = tuple(_lessons(reader, document))
    if form is None or instructions is None:
        return None
    return CourseSource(
        id=form.id,
        title=form.title,
        language=form.language,
        description=form.description,
        instructions=instructions,
        lessons=lessons,
    )


def _instructions(reader: _Reader, course: Document) -> str | None:
    place: Place = ("instructions",)
    said = course.value(place) if place in course.places else None
    if isinstance(said, str) and re.fullmatch(schema.MARKDOWN_FILE, said):
        return reader.prose(said, _Named(course, place))
    return said if isinstance(said, str) else None


def _lessons(reader: _Reader, course: Document) -> Iterator[LessonSource]:
    folders: set[str] = set()
    ids: dict[str, str] = {}  # a lesson's id -> its folder
    for place, name in _texts(course):
        if len(place) != 2 or place[0] != "lessons" or not re.fullmatch(schema.FOLDER, name):
            continue
        if name in folders:
            reader.complain(course, place, f"The lesson `{name}` stands twice in this list.")
            continue
        folders.add(name)
        # Through the course's folder, out of which no link may lead.
        document = reader.document(f"{name}/lesson.yaml", _Named(course, place))
        if document is None:
            continue
        lesson_id = document.data.get("id") if isinstance(document.data, dict) else None
        if isinstance(lesson_id, str) and (other := ids.setdefault(lesson_id, name)) != name:
            message = f"The lesson in `{other}` has the id {shown(lesson_id)} already."
            reader.complain(document, ("id",), message)
        inside = _Reader(Folder(reader.folder.path / name), f"{name}/", reader.problems)
        if (lesson := _lesson(inside, document)) is not None:
            yield lesson


# A lesson --------------------------------------------------------------------------------------


def _lesson(reader: _Reader, document: Document) -> LessonSource | None:
    before = len(reader.problems)
    form = _form(_LESSON, schema.LessonFile, document, reader.problems)
    if ("steps", 1) in document.places:
        message = "For now a lesson has exactly one step; more are not supported yet."
        reader.complain(document, ("steps", 1), message)
    _refuse_repeated_ids(reader, document)
    texts, cases = _named_files(reader, document)
    if form is None or len(reader.problems) > before:
        return None
    steps = tuple(_step(step, ("steps", n), texts, cases) for n, step in enumerate(form.steps))
    return LessonSource(id=form.id, title=form.title, summary=form.summary, steps=steps)


def _refuse_repeated_ids(reader: _Reader, document: Document) -> None:
    seen: set[tuple[Place, str]] = set()
    for place, text in _texts(document):
        if len(place) > 1 and place[-1] == "id":
            # The list they stand in, and the id.
            spot = (place[:-2], text)
            if spot in seen:
                reader.complain(document, place, f"The id {shown(text)} stands twice in this list.")
            seen.add(spot)


def _named_files(
    reader: _Reader, document: Document
) -> tuple[dict[Place, str], dict[Place, tuple[Case, ...]]]:
    """Texts and cases in the files that a lesson names, by the place that names them.

    Looks at the file as it is, not at the form: a file is checked even where the form is wrong.
    """
    texts: dict[Place, str | None] = {}
    cases: dict[Place, tuple[Case, ...]] = {}
    for place, name in _texts(document):
        named = _Named(document, place)
        match place:
            case ("steps", int(), "prompt") if re.fullmatch(schema.MARKDOWN_FILE, name):
                texts[place] = reader.prose(name, named)
            case ("steps", int(), "starter" | "solution") | (
                "steps",
                int(),
                "misconceptions",
                int(),
                "seen_in",
                int(),
            ) if re.fullmatch(schema.PYTHON_FILE, name):
                texts[place] = reader.program(name, named)
            case ("steps", int(), "tests", "visible" | "hidden") if re.fullmatch(
                schema.YAML_FILE, name
            ):
                cases[place] = _cases_in(reader, name, named)
    return {place: text for place, text in texts.items() if text is not None}, cases


def _cases_in(reader: _Reader, name: str, named: _Named) -> tuple[Case, ...]:
    document = reader.document(name, named)
    if document is None:
        return ()
    form = _form(_CASES, schema.CaseList, document, reader.problems)
    return _cases(form or [])


def _cases(parts: list[schema.CasePart]) -> tuple[Case, ...]:
    return tuple(Case(part.call, part.expect) for part in parts)


def _step(
    form: schema.CodeStep,
    at: Place,
    texts: dict[Place, str],
    cases: dict[Place, tuple[Case, ...]],
) -> CodeStep:
    def group(said: str | list[schema.CasePart] | None, name: str) -> tuple[Case, ...]:
        return cases[*at, "tests", name] if isinstance(said, str) else _cases(said or [])

    return CodeStep(
        id=form.id,
        kind=form.kind,
        prompt=texts[*at, "prompt"],
        starter=texts[*at, "starter"],
        visible=group(form.tests.visible, "visible"),
        hidden=group(form.tests.hidden, "hidden"),
        solution=texts[*at, "solution"],
        misconceptions=tuple(
            Misconception(part.id, part.belief, part.witness) for part in form.misconceptions
        ),
        wrong=tuple(
            WrongProgram(part.id, file, texts[*at, "misconceptions", n, "seen_in", i])
            for n, part in enumerate(form.misconceptions)
            for i, file in enumerate(part.seen_in)
        ),
        hints=tuple(hint.text for hint in form.hints),
        explain_back=form.explain_back or "",
    )


# Both ------------------------------------------------------------------------------------------


def _form(
    adapter: TypeAdapter[T], kind: Any, document: Document, problems: list[Problem]
) -> T | None:
    """`document` as the part of the format that `adapter` reads, or None."""
    try:
        return adapter.validate_python(document.data)
    except ValidationError as error:
        problems.extend(problems_of(error, document, kind))
        return None


def _texts(document: Document) -> Iterator[tuple[Place, str]]:
    """All values that are text, in the order of the file."""
    for place in document.places:
        value = document.value(place)
        if isinstance(value, str):
            yield place, value
