"""What is taught, as frozen facts. Who may see what is a matter of types here.

`StudentLesson` and `TutorLesson` have no place for a solution, a hidden case or a wrong program:
what is not there can't leak.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter


@dataclass(frozen=True)
class Case:
    """A Python expression to evaluate beside the student's program; `expect` is its repr."""

    call: str
    expect: str


@dataclass(frozen=True)
class Misconception:
    """A false belief, in the student's words, and a call whose value shows it to be false."""

    id: str
    belief: str
    witness: str


@dataclass(frozen=True)
class StudentLesson:
    """All of a lesson that may reach the browser. `prompt` is Markdown, visible cases only."""

    title: str
    prompt: str
    starter: str
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class TutorLesson:
    """All of a lesson that may reach the model. `cases` are the visible ones; hints by level."""

    title: str
    prompt: str
    cases: tuple[Case, ...]
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, ...]


@dataclass(frozen=True)
class WrongProgram:
    """A program that somebody with the belief `misconception` writes."""

    misconception: str
    file: str
    code: str


@dataclass(frozen=True)
class CodeStep:
    """A program to write or to mend, with its secrets: hidden cases, solution, wrong programs."""

    id: str
    kind: Literal["code"]
    prompt: str
    starter: str
    visible: tuple[Case, ...]
    solution: str
    hidden: tuple[Case, ...] = ()
    misconceptions: tuple[Misconception, ...] = ()
    wrong: tuple[WrongProgram, ...] = ()
    hints: tuple[str, ...] = ()
    explain_back: str = ""


@dataclass(frozen=True)
class LessonSource:
    """A whole lesson. For now it has exactly one step."""

    id: str
    title: str
    summary: str
    steps: tuple[CodeStep, ...]

    def document(self) -> dict[str, Any]:
        """The lesson as JSON values; what has its default is left out.

        Left out, so that a format with more in it gives old lessons the digest they had.
        """
        document: dict[str, Any] = _LESSON.dump_python(self, mode="json", exclude_defaults=True)
        return document

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "LessonSource":
        """The lesson that `document` was made of."""
        lesson: LessonSource = _LESSON.validate_python(document)
        return lesson

    def digest(self) -> str:
        """SHA-256 of the content, 64 hexadecimal digits."""
        text = json.dumps(self.document(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def for_student(self) -> StudentLesson:
        """The part the browser may have."""
        step = self.steps[0]
        return StudentLesson(self.title, step.prompt, step.starter, step.visible)

    def for_tutor(self) -> TutorLesson:
        """The part the model may have."""
        step = self.steps[0]
        return TutorLesson(self.title, step.prompt, step.visible, step.misconceptions, step.hints)


@dataclass(frozen=True)
class CourseSource:
    """A course and its lessons in order. `instructions` are for the tutor, in Markdown."""

    id: str
    title: str
    language: str
    description: str
    instructions: str
    lessons: tuple[LessonSource, ...]


_LESSON = TypeAdapter(LessonSource)
