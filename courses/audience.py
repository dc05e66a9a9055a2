"""The parts of a lesson that students and the model may see. No type here can hold a secret.

The one exception is marked: `TutorStep.shared_solution`, for an author who says so.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class File:
    """A file beside the student's program. Data is read, a program may also be changed."""

    path: str
    text: str
    editable: bool = False


@dataclass(frozen=True)
class Rule:
    """Something that a program must or must not use, whatever it computes."""

    verb: Literal["require", "forbid"]
    what: Literal["construct", "call", "import"]
    name: str


@dataclass(frozen=True)
class Misconception:
    """A false belief, in the student's words, and a call whose value shows it to be false.

    `predicts` is the value that somebody with the belief expects of the call; where it is empty,
    the one that the task asks for. Without a `witness` (for a language that is not parsed) a
    visible case that catches the misconception shows it to be false.
    """

    id: str
    belief: str
    witness: str
    predicts: str = ""


@dataclass(frozen=True)
class PredictionMisconception:
    """A false belief, and the output that somebody with it predicts."""

    id: str
    belief: str
    output: str


@dataclass(frozen=True)
class Hint:
    """One rung of a ladder, and what must have happened before it may be given.

    `error` names an exception: hints for it are a ladder of their own.
    """

    text: str
    level: int
    after_attempts: int = 0
    after_minutes: int = 0
    error: str = ""


@dataclass(frozen=True)
class StudentCase:
    """The input of a visible case, without the expected result."""

    call: str
    stdin: str = ""


@dataclass(frozen=True)
class StudentCode:
    """A step to program in."""

    id: str
    title: str
    prompt: str
    starter: str
    cases: tuple[StudentCase, ...]
    files: tuple[File, ...] = ()
    stdin: str = ""
    rules: tuple[Rule, ...] = ()
    kind: Literal["code"] = "code"


@dataclass(frozen=True)
class StudentExplain:
    """A step to read."""

    id: str
    title: str
    prompt: str
    program: str = ""
    kind: Literal["explain"] = "explain"


@dataclass(frozen=True)
class StudentPredict:
    """A step to predict what a program prints."""

    id: str
    title: str
    prompt: str
    program: str
    files: tuple[File, ...] = ()
    stdin: str = ""
    kind: Literal["predict"] = "predict"


@dataclass(frozen=True)
class StudentQuiz:
    """A question; `several` says that more than one answer is right."""

    id: str
    title: str
    prompt: str
    choices: tuple[str, ...]
    several: bool
    kind: Literal["quiz"] = "quiz"


StudentStep = StudentCode | StudentExplain | StudentPredict | StudentQuiz


@dataclass(frozen=True)
class StudentLesson:
    """All of a lesson that may reach the browser. Texts are Markdown."""

    title: str
    steps: tuple[StudentStep, ...]


@dataclass(frozen=True)
class TutorCase:
    """A visible case. `expect` is None and `raises` empty where nothing is said of them."""

    call: str
    expect: str | None = None
    stdin: str = ""
    stdout: str | None = None
    raises: str = ""
    catches: tuple[str, ...] = ()
    tolerance: float = 0.0


@dataclass(frozen=True)
class TutorStep:
    """A step as the model may know it; what its kind has not is empty."""

    id: str
    kind: Literal["code", "explain", "predict", "quiz"]
    title: str
    prompt: str
    program: str = ""
    cases: tuple[TutorCase, ...] = ()
    misconceptions: tuple[Misconception, ...] = ()
    prediction_misconceptions: tuple[PredictionMisconception, ...] = ()
    choices: tuple[str, ...] = ()
    hints: tuple[Hint, ...] = ()
    rules: tuple[Rule, ...] = ()
    files: tuple[File, ...] = ()
    stdin: str = ""
    explain_back: str = ""
    # Empty unless the lesson says `share_solution: true`.
    shared_solution: str = ""


@dataclass(frozen=True)
class TutorLesson:
    """All of a lesson that may reach the model."""

    title: str
    steps: tuple[TutorStep, ...]
