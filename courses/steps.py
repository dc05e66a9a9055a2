"""The steps of a lesson with all their secrets, and their parts for students and the model."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WrapSerializer

from courses.audience import (
    File,
    Hint,
    Misconception,
    PredictionMisconception,
    Rule,
    StudentCase,
    StudentCode,
    StudentExplain,
    StudentPredict,
    StudentQuiz,
    TutorCase,
    TutorStep,
)


@dataclass(frozen=True)
class Case:
    """A test case: input for a program, and the expected result.

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
        """The input, without the expected result."""
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
    """A program that somebody with the misconception writes."""

    misconception: str
    file: str
    code: str


@dataclass(frozen=True)
class CaseLimits:
    """Limits of one case; None where the sandbox's own holds."""

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
    limits: CaseLimits = CaseLimits()
    rules: tuple[Rule, ...] = ()
    variants: tuple[Variant, ...] = ()
    share_solution: bool = False

    @property
    def cases(self) -> tuple[Case, ...]:
        """All cases, the visible ones first: the order in which they are run and graded."""
        return self.visible + self.hidden

    def last_level(self, ladder: str) -> int:
        """The level of the last hint on a ladder; 0 if there is none on it."""
        return max((hint.level for hint in self.hints if hint.error == ladder), default=0)

    def for_student(self) -> StudentCode:
        """The part for the browser."""
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
        """The part for the model; the solution only where the author says so."""
        return TutorStep(
            id=self.id,
            kind=self.kind,
            title=self.title,
            prompt=self.prompt,
            cases=tuple(case.for_tutor() for case in self.visible),
            misconceptions=self.misconceptions,
            hints=self.hints,
            rules=self.rules,
            files=self.files,
            stdin=self.stdin,
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
    misconceptions: tuple[PredictionMisconception, ...] = ()

    def for_student(self) -> StudentPredict:
        """The part for the browser, before the run."""
        return StudentPredict(
            self.id, self.title, self.prompt, self.program, self.files, self.stdin
        )

    def for_tutor(self) -> TutorStep:
        """The part for the model, which runs the program to see its output."""
        return TutorStep(
            self.id,
            self.kind,
            self.title,
            self.prompt,
            self.program,
            prediction_misconceptions=self.misconceptions,
            files=self.files,
            stdin=self.stdin,
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
