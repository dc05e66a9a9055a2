"""Courses and lessons as frozen facts. Their parts for students and the model have own types:
`StudentLesson` and `TutorLesson` cannot hold a hidden case, a secret result or a wrong program.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, assert_never

from pydantic import Discriminator, TypeAdapter

from courses.audience import (
    File,
    Hint,
    Misconception,
    PredictionMisconception,
    Rule,
    StudentLesson,
    TutorLesson,
)
from courses.steps import (
    Case,
    CaseLimits,
    Choice,
    CodeStep,
    ExplainStep,
    PredictStep,
    QuizStep,
    Step,
    Variant,
    WrongProgram,
)

__all__ = [
    "Case",
    "CaseLimits",
    "Choice",
    "CodeStep",
    "CourseSource",
    "ExplainStep",
    "File",
    "Hint",
    "LessonSource",
    "Misconception",
    "ModelOptions",
    "Policy",
    "PredictStep",
    "PredictionMisconception",
    "QuizStep",
    "Quotas",
    "Rule",
    "Skill",
    "Step",
    "StudentLesson",
    "TutorLesson",
    "Variant",
    "WrongProgram",
]


@dataclass(frozen=True)
class LessonSource:
    """A whole lesson."""

    id: str
    title: str
    summary: str
    steps: tuple[Annotated[Step, Discriminator("kind")], ...]
    was: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    prerequisites: tuple[str, ...] = ()

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

    def code_steps(self) -> Iterator[CodeStep]:
        """The steps with something to program, in order."""
        return (step for step in self.steps if isinstance(step, CodeStep))

    def step(self, step_id: str) -> Step:
        """The step with this id. Raises KeyError if there is none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def files_of(self, step_id: str) -> dict[str, str]:
        """The files beside the program of a step: texts by path. Raises KeyError."""
        return {file.path: file.text for file in _files(self.step(step_id))}

    def editable_of(self, step_id: str) -> frozenset[str]:
        """The paths of those files of the step that a student may change. Raises KeyError."""
        return frozenset(file.path for file in _files(self.step(step_id)) if file.editable)

    def for_student(self) -> StudentLesson:
        """The part the browser may have."""
        return StudentLesson(self.title, tuple(step.for_student() for step in self.steps))

    def for_tutor(self) -> TutorLesson:
        """The part the model may have."""
        return TutorLesson(self.title, tuple(step.for_tutor() for step in self.steps))


def _files(step: Step) -> tuple[File, ...]:
    match step:
        case CodeStep() | PredictStep():
            return step.files
        case ExplainStep() | QuizStep():
            return ()
        case _:
            assert_never(step)


@dataclass(frozen=True)
class Skill:
    """An ability that lessons practise; `prerequisites` are ids of skills to learn before."""

    id: str
    title: str
    prerequisites: tuple[str, ...] = ()


@dataclass(frozen=True)
class Policy:
    """The extent of the tutor's help in a course. `max_hint_level` None: all hints may be given.

    `gate` "on": what would solve a step is not shown; "log": it is only noted. With "open" support
    nothing is judged.
    """

    support: Literal["low", "medium", "high", "open"] = "medium"
    max_hint_level: int | None = None
    gate: Literal["on", "log"] = "on"

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Policy":
        """The policy in `document`. A newer release may have stored more with it."""
        return cls(**{name: document[name] for name in vars(cls()) if name in document})


@dataclass(frozen=True)
class Quotas:
    """Limits on a student's messages to the tutor; None is without limit. Runs are always free."""

    messages_per_day: int | None = None
    messages_per_lesson: int | None = None


Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Verbosity = Literal["low", "medium", "high"]


@dataclass(frozen=True)
class ModelOptions:
    """How a course wants the tutor's model to be asked; None is left to the site, which has bounds
    of its own for numbers and effort.
    """

    reasoning_effort: Effort | None = None
    verbosity: Verbosity | None = None
    max_answer_tokens: int | None = None
    runs_per_turn: int | None = None
    service_tier: Literal["default", "flex"] | None = None
    cache_ttl: Literal["30m", "12h"] | None = None

    def document(self) -> dict[str, Any]:
        """What is set, as JSON values."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "ModelOptions":
        """The options in `document`. A newer release may have stored others with them."""
        return cls(**{name: document[name] for name in vars(cls()) if name in document})


@dataclass(frozen=True)
class CourseSource:
    """A course and its lessons in order. `instructions` are for the tutor, in Markdown.

    Programs run in the sandbox's `image`, or where that is empty in the one for `language`.
    `releases` says from when on a lesson can be seen, by its id; a time without a zone is one of
    the site's.
    """

    id: str
    title: str
    language: str
    description: str
    instructions: str
    lessons: tuple[LessonSource, ...]
    image: str = ""
    skills: tuple[Skill, ...] = ()
    policy: Policy = Policy()
    quotas: Quotas = Quotas()
    model: ModelOptions = ModelOptions()
    releases: dict[str, datetime] = field(default_factory=dict)


_LESSON = TypeAdapter(LessonSource)
