"""What the format allows in a course, and yet is a mistake: probably, or for sure."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from courses import hint_checks, prediction_checks
from courses.document import Document, Place
from courses.facts import CodeStep
from courses.languages import Language
from courses.lesson_reader import LoadedLesson
from courses.reader import Reader

# Shorter lines of a solution (`else:`, `x = 0`) give nothing away.
_TELLING_CHARS = 9


def add_problems(reader: Reader, course: Document, lessons: list[LoadedLesson]) -> None:
    """Add what is found in the course and all its lessons to the reader's problems."""
    _forgotten_folders(reader, course)
    max_level = _max_hint_level(course)
    taught: set[str] = set()
    for lesson in lessons:
        for n, skill in enumerate(lesson.source.prerequisites):
            if skill not in taught:
                message = f"No lesson before this one practises `{skill}`."
                reader.add_warning(lesson.document, ("prerequisites", n), message)
        taught.update(lesson.source.skills)
        for n, step in enumerate(lesson.source.steps):
            if isinstance(step, CodeStep):
                for place, message in _about(step, reader.language):
                    reader.add_warning(lesson.document, ("steps", n, *place), message)
                for found in hint_checks.findings(step, reader.language, max_level):
                    reader.add_finding(lesson.document, ("steps", n), found)
        prediction_checks.add_leaks(reader, course, lesson)
        _unused_files(reader, lesson)


def _max_hint_level(course: Document) -> int | None:
    place: Place = ("tutor", "max_hint_level")
    level = course.value(place) if place in course.places else None
    return level if isinstance(level, int) else None


def _about(step: CodeStep, language: Language) -> Iterator[tuple[Place, str]]:
    if not step.hidden:
        yield ("tests",), "No hidden cases: a program that only knows the visible ones passes."
    if step.solution.strip() == step.starter.strip():
        yield ("starter",), "The starter is the solution already."
    theirs = _lines(step.starter, language)
    for n, hint in enumerate(step.hints):
        for line in _lines(step.solution, language) - theirs:
            if line in hint.text:
                yield (
                    ("hints", n, "text"),
                    f"This hint gives a line of the solution away: `{line}`.",
                )
    caught = {belief for case in step.cases for belief in case.catches}
    for n, belief in enumerate(step.misconceptions):
        has_program = any(wrong.misconception == belief.id for wrong in step.wrong)
        if belief.id in caught and not has_program:
            yield (
                ("misconceptions", n),
                "A case catches this, but `seen_in` names no program to try that with.",
            )


def _lines(program: str, language: Language) -> set[str]:
    lines = {line.strip() for line in program.splitlines()}
    return {
        line
        for line in lines
        if len(line) >= _TELLING_CHARS and not line.startswith(language.declarations)
    }


def _forgotten_folders(reader: Reader, course: Document) -> None:
    named = {name.partition("/")[0] for name in reader.texts}
    listed = course.data.get("lessons") if isinstance(course.data, dict) else None
    if not isinstance(listed, list) or reader.problems:
        return  # what is misspelt in the list would be said twice
    for folder in reader.folder.folders_with("lesson.yaml"):
        if folder not in named:
            message = f"The folder `{folder}` holds a lesson that is not in this list."
            reader.add_warning(course, ("lessons",), message)


def _unused_files(reader: Reader, lesson: LoadedLesson) -> None:
    folder = PurePosixPath(lesson.document.file).parent.as_posix()
    for name in reader.folder.files_in(folder):
        if name not in reader.texts:
            short = name.removeprefix(f"{folder}/")
            reader.add_warning(lesson.document, (), f"Nothing names the file `{short}`.")
