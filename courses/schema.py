"""The course format: what `course.yaml`, `lesson.yaml` and files of cases may hold.

Only the form. What the files named here contain, and whether they exist, is `source.py`'s affair.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
)
from pydantic_core import PydanticCustomError

from courses import python
from courses.folder import FILE_NAME
from courses.problems import shown

ID = r"^[a-z][a-z0-9-]*$"
FOLDER = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
MARKDOWN_FILE = rf"^{FILE_NAME}\.md$"
PYTHON_FILE = rf"^{FILE_NAME}\.py$"
YAML_FILE = rf"^{FILE_NAME}\.ya?ml$"

# Kinds of step and languages that are planned: an author who tries one is told so.
LATER_KINDS = ("explain", "predict", "quiz")
KINDS = ("code",)
LANGUAGES = ("python",)


def _kind(value: Any) -> Any:
    if isinstance(value, str) and value not in KINDS:
        state = "is not supported yet" if value in LATER_KINDS else "does not exist"
        message = f"A step of kind {shown(value)} {state}; the only kind for now is `code`."
        raise PydanticCustomError("kind", "{text}", {"text": message})
    return value


def _language(value: Any) -> Any:
    if isinstance(value, str) and value not in LANGUAGES:
        message = f"The language {shown(value)} is not supported yet; the only one is `python`."
        raise PydanticCustomError("language", "{text}", {"text": message})
    return value


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "is empty.")
    return text.strip()


def _single_line(text: str) -> str:
    if len(text.splitlines()) > 1:
        raise PydanticCustomError("lines", "must be a single line.")
    return _not_blank(text)


def _expression(text: str) -> str:
    if fault := python.expression_fault(text):
        message = f"{shown(text)} is not a Python expression: {fault}."
        raise PydanticCustomError("expression", "{text}", {"text": message})
    return text.strip()


def _as_python(value: Any) -> Any:
    """What YAML read as a number or a truth value (`expect: 6`), as Python writes it."""
    if isinstance(value, bool | int | float):
        return repr(value)
    if value is None or isinstance(value, list | dict):
        message = 'Put what is expected in quotes, as Python writes it: "None", "[1, 2]".'
        raise PydanticCustomError("expected", "{text}", {"text": message})
    return value


def _literal(text: str) -> str:
    written = python.literal(text)
    if written is None:
        message = f"{shown(text)} is not a Python value. A text needs quotes of its own: \"'abc'\"."
        raise PydanticCustomError("literal", "{text}", {"text": message})
    return written


Id = Annotated[str, Field(pattern=ID, max_length=64)]
Text = Annotated[str, Field(max_length=8_000), AfterValidator(_not_blank)]
Line = Annotated[str, Field(max_length=120), AfterValidator(_single_line)]
Expression = Annotated[str, Field(max_length=1_000), AfterValidator(_expression)]
Expected = Annotated[
    str, BeforeValidator(_as_python), Field(max_length=8_000), AfterValidator(_literal)
]
PythonFile = Annotated[str, Field(pattern=PYTHON_FILE, max_length=200)]


class Part(BaseModel):
    """What all parts of the format have in common: no unknown keys, no conversions, no changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CasePart(Part):
    """A call in the student's program and the value it must give."""

    call: Expression
    expect: Expected


CaseList = Annotated[list[CasePart], Field(min_length=1, max_length=200)]


def _file_or_list(value: Any) -> str:
    return "file" if isinstance(value, str) else "list"


# Cases beside the step, or the name of a file that holds such a list.
Cases = Annotated[
    Annotated[Annotated[str, Field(pattern=YAML_FILE, max_length=200)], Tag("file")]
    | Annotated[CaseList, Tag("list")],
    Discriminator(_file_or_list),
]


class TestsPart(Part):
    """What decides. Students see the visible cases only."""

    visible: Cases
    hidden: Cases | None = None


class MisconceptionPart(Part):
    """A false belief, and the call that shows it to be false."""

    id: Id
    belief: Text
    witness: Expression
    seen_in: list[PythonFile] = []


class HintPart(Part):
    """One rung of the ladder; level 1 says least."""

    level: Annotated[int, Field(ge=1, le=9)]
    text: Text


def _ladder(hints: list[HintPart]) -> list[HintPart]:
    levels = [hint.level for hint in hints]
    if levels != list(range(1, len(levels) + 1)):
        found = ", ".join(map(str, levels))
        message = f"The levels of hints must be 1, 2, 3 … in this order; here: {found}."
        raise PydanticCustomError("ladder", "{text}", {"text": message})
    return hints


class CodeStep(Part):
    """A program to write or to mend."""

    id: Id
    kind: Annotated[Literal["code"], BeforeValidator(_kind)]
    prompt: Annotated[str, Field(pattern=MARKDOWN_FILE, max_length=200)]
    starter: PythonFile
    tests: TestsPart
    misconceptions: Annotated[list[MisconceptionPart], Field(max_length=20)] = []
    hints: Annotated[list[HintPart], Field(max_length=9), AfterValidator(_ladder)] = []
    explain_back: Text | None = None
    solution: PythonFile


class LessonFile(Part):
    """`lesson.yaml`."""

    id: Id
    title: Line
    summary: Text
    steps: Annotated[list[CodeStep], Field(min_length=1)]


class CourseFile(Part):
    """`course.yaml`. `instructions` is the text for the tutor, or the name of a Markdown file."""

    id: Id
    title: Line
    language: Annotated[Literal["python"], BeforeValidator(_language)]
    description: Text
    instructions: Text
    lessons: Annotated[
        list[Annotated[str, Field(pattern=FOLDER, max_length=64)]],
        Field(min_length=1, max_length=1_000),
    ]
