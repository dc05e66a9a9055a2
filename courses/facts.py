"""What is taught, as frozen facts. Who may see what is a matter of types here.

`StudentLesson`, `TutorLesson` and the steps in them have no place for a hidden case, an expected
value that nobody may see or a wrong program: what is not there can't leak.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, assert_never

from pydantic import BeforeValidator, Discriminator, TypeAdapter, WrapSerializer

from courses.seen import (
    File,
    Hint,
    Misconception,
    Rule,
    StudentCase,
    StudentCode,
    StudentExplain,
    StudentLesson,
    StudentPredict,
    StudentQuiz,
    StudentStep,
    TutorCase,
    TutorLesson,
    TutorStep,
    WrongGuess,
)

__all__ = [
    "Case",
    "Choice",
    "CodeStep",
    "CourseSource",
    "ExplainStep",
    "File",
    "Hint",
    "LessonSource",
    "Limits",
    "Misconception",
    "Policy",
    "PredictStep",
    "QuizStep",
    "Quotas",
    "Rule",
    "Skill",
    "Step",
    "StudentLesson",
    "TutorLesson",
    "Variant",
    "WrongGuess",
    "WrongProgram",
]


@dataclass(frozen=True)
class Case:
    """What is asked of a program, and what must come of it.

    `call` is evaluated beside the program; without one, the program is run as it is. `expect` is
    a Python literal, `raises` the name of an exception, `stdout` what must have been printed.
    `catches` names the misconceptions whose wrong programs must fail here.
    """

    call: str = ""
    expect: str | None = None
    tolerance: float = 0.0
    stdin: str = ""
    stdout: str | None = None
    raises: str = ""
    message: str = ""
    catches: tuple[str, ...] = ()

    def for_student(self) -> StudentCase:
        """What is asked, not what must come of it."""
        return StudentCase(self.call, self.stdin)

    def for_tutor(self) -> TutorCase:
        """The whole of a visible case."""
        return TutorCase(
            call=self.call,
            expect=self.expect,
            stdin=self.stdin,
            stdout=self.stdout,
            raises=self.raises,
            catches=self.catches,
            tolerance=self.tolerance,
        )


@dataclass(frozen=True)
class WrongProgram:
    """A program that somebody with the belief `misconception` writes."""

    misconception: str
    file: str
    code: str


@dataclass(frozen=True)
class Limits:
    """What one case may use; None where the sandbox's own limit holds."""

    time_s: float | None = None
    memory_mb: int | None = None
    output_kb: int | None = None


@dataclass(frozen=True)
class Variant:
    """The same task in other clothes, for a check without help later."""

    id: str
    prompt: str
    starter: str
    visible: tuple[Case, ...]
    solution: str
    hidden: tuple[Case, ...] = ()


# Stored before hints had rules: a list of texts, levels 1, 2, 3 … Kept as the form of a ladder
# without rules, so that such a lesson keeps its digest.
def _read_hints(stored: Any) -> Any:
    if isinstance(stored, list | tuple):
        return [
            {"text": hint, "level": level} if isinstance(hint, str) else hint
            for level, hint in enumerate(stored, start=1)
        ]
    return stored


def _write_hints(hints: Any, write: Any) -> Any:
    if all(hint == Hint(hint.text, n) for n, hint in enumerate(hints, start=1)):
        return [hint.text for hint in hints]
    return write(hints)


Hints = Annotated[tuple[Hint, ...], BeforeValidator(_read_hints), WrapSerializer(_write_hints)]


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
    hints: Hints = ()
    explain_back: str = ""
    title: str = ""
    was: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    stdin: str = ""
    limits: Limits = Limits()
    rules: tuple[Rule, ...] = ()
    variants: tuple[Variant, ...] = ()
    share_solution: bool = False

    @property
    def cases(self) -> tuple[Case, ...]:
        """All cases, the visible ones first: the order in which they are run and graded."""
        return self.visible + self.hidden

    def for_student(self) -> StudentCode:
        """What the browser may have."""
        cases = tuple(case.for_student() for case in self.visible)
        return StudentCode(
            self.id,
            self.title,
            self.prompt,
            self.starter,
            cases,
            self.files,
            self.stdin,
            self.rules,
        )

    def for_tutor(self) -> TutorStep:
        """What the model may have; the solution only where the author says so."""
        return TutorStep(
            id=self.id,
            kind=self.kind,
            title=self.title,
            prompt=self.prompt,
            cases=tuple(case.for_tutor() for case in self.visible),
            misconceptions=self.misconceptions,
            hints=self.hints,
            rules=self.rules,
            explain_back=self.explain_back,
            shared_solution=self.solution if self.share_solution else "",
        )


@dataclass(frozen=True)
class ExplainStep:
    """Something to read, perhaps with a program to try."""

    id: str
    kind: Literal["explain"]
    prompt: str
    title: str = ""
    was: tuple[str, ...] = ()
    program: str = ""

    def for_student(self) -> StudentExplain:
        """All of it."""
        return StudentExplain(self.id, self.title, self.prompt, self.program)

    def for_tutor(self) -> TutorStep:
        """All of it."""
        return TutorStep(self.id, self.kind, self.title, self.prompt, self.program)


@dataclass(frozen=True)
class PredictStep:
    """A program whose output is predicted first and seen then. `output` is the secret."""

    id: str
    kind: Literal["predict"]
    prompt: str
    program: str
    output: str
    title: str = ""
    was: tuple[str, ...] = ()
    stdin: str = ""
    files: tuple[File, ...] = ()
    misconceptions: tuple[WrongGuess, ...] = ()

    def for_student(self) -> StudentPredict:
        """What the browser may have before the run."""
        return StudentPredict(
            self.id, self.title, self.prompt, self.program, self.files, self.stdin
        )

    def for_tutor(self) -> TutorStep:
        """What the model may have: it runs the program to see what it prints."""
        return TutorStep(
            self.id, self.kind, self.title, self.prompt, self.program, guesses=self.misconceptions
        )


@dataclass(frozen=True)
class Choice:
    """An answer to choose. `because` is said after choosing."""

    text: str
    correct: bool = False
    because: str = ""


@dataclass(frozen=True)
class QuizStep:
    """A question with answers to choose from."""

    id: str
    kind: Literal["quiz"]
    prompt: str
    choices: tuple[Choice, ...]
    title: str = ""
    was: tuple[str, ...] = ()

    def for_student(self) -> StudentQuiz:
        """Question and answers, not which of them are right."""
        several = sum(choice.correct for choice in self.choices) > 1
        texts = tuple(choice.text for choice in self.choices)
        return StudentQuiz(self.id, self.title, self.prompt, texts, several)

    def for_tutor(self) -> TutorStep:
        """Question and answers, not which of them are right."""
        texts = tuple(choice.text for choice in self.choices)
        return TutorStep(self.id, self.kind, self.title, self.prompt, choices=texts)


Step = CodeStep | ExplainStep | PredictStep | QuizStep


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

    def for_student(self) -> StudentLesson:
        """The part the browser may have."""
        steps: tuple[StudentStep, ...] = tuple(step.for_student() for step in self.steps)
        shown, starter, cases = _on_the_page(self.steps)
        return StudentLesson(self.title, shown.prompt, starter, cases, steps)

    def for_tutor(self) -> TutorLesson:
        """The part the model may have."""
        shown = _on_the_page(self.steps)[0]
        return TutorLesson(self.title, shown.id, tuple(step.for_tutor() for step in self.steps))


def _on_the_page(steps: Sequence[Step]) -> tuple[Step, str, tuple[StudentCase, ...]]:
    """What a page with one program shows: the first step to program, else the first of all."""
    for step in steps:
        match step:
            case CodeStep():
                return step, step.starter, step.for_student().cases
            case ExplainStep() | PredictStep() | QuizStep():
                continue
            case _:
                assert_never(step)
    return steps[0], "", ()


@dataclass(frozen=True)
class Skill:
    """Something to be able to do, and what must be able before."""

    id: str
    title: str
    prerequisites: tuple[str, ...] = ()


@dataclass(frozen=True)
class Policy:
    """How much the tutor helps in a course. `max_hint_level` None: all hints may be given."""

    support: Literal["low", "medium", "high"] = "medium"
    max_hint_level: int | None = None


@dataclass(frozen=True)
class Quotas:
    """How much a student may ask the tutor; None is without limit. Running code is always free."""

    messages_per_day: int | None = None
    messages_per_lesson: int | None = None


@dataclass(frozen=True)
class CourseSource:
    """A course and its lessons in order. `instructions` are for the tutor, in Markdown.

    `image` is the sandbox's image, empty for its own. `releases` says from when on a lesson can
    be seen, by its id; a time without a zone is one of the site's.
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
    releases: dict[str, datetime] = field(default_factory=dict)


_LESSON = TypeAdapter(LessonSource)
