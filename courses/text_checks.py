"""Texts of an author's that the tutor says or asks, and that must not solve their step. Pure.

A hint below the last level of its ladder, `explain_back` and the beliefs of misconceptions are
each judged by themselves, with the starter and every wrong program as the student's. The last hint
of a ladder may say what it likes, and so may the texts of a step whose solution is shared.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from courses.document import Place
from courses.facts import CodeStep, CourseSource

STARTER = "the starter"


@dataclass(frozen=True)
class TextCheck:
    """A text, what its author calls it, its place in the step, and programs with their names."""

    lesson: str
    step: CodeStep
    language: str
    name: str
    place: Place
    text: str
    programs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TextOutcome:
    """What came of a check: it has passed if there are no complaints, which are sentences."""

    check: TextCheck
    complaints: tuple[str, ...]
    seconds: float


def texts_of(course: CourseSource) -> list[TextCheck]:
    """The checks of all texts of the course, in its order."""
    return [
        TextCheck(lesson.id, step, course.language, name, place, text, _programs(step))
        for lesson in course.lessons
        for step in lesson.code_steps()
        if not step.share_solution
        for name, place, text in _texts(step)
    ]


def _texts(step: CodeStep) -> Iterator[tuple[str, Place, str]]:
    for n, hint in enumerate(step.hints):
        if hint.level < step.last_level(hint.error):
            of = f" for {hint.error}" if hint.error else ""
            yield f"hint of level {hint.level}{of}", ("hints", n, "text"), hint.text
    if step.explain_back:
        yield "explain_back", ("explain_back",), step.explain_back
    for n, misconception in enumerate(step.misconceptions):
        place: Place = ("misconceptions", n, "belief")
        yield f"belief of {misconception.id}", place, misconception.belief


def _programs(step: CodeStep) -> tuple[tuple[str, str], ...]:
    """The starter and the wrong programs, each text once, under the first of its names."""
    names: dict[str, str] = {}
    for name, code in ((STARTER, step.starter), *((one.file, one.code) for one in step.wrong)):
        names.setdefault(code, name)
    return tuple((name, code) for code, name in names.items())
