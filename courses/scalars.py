"""The single values of the course format: ids, texts, file names, pieces of Python."""

import builtins
import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from courses import python
from courses.folder import FILE_NAME
from courses.problems import did_you_mean, shown

ID = r"^[a-z][a-z0-9-]*$"
FOLDER = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
MARKDOWN_FILE = rf"^{FILE_NAME}\.md$"
PYTHON_FILE = rf"^{FILE_NAME}\.py$"
YAML_FILE = rf"^{FILE_NAME}\.ya?ml$"
# Beside the student's program all files lie in one folder.
BESIDE = r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$"
# A file, or the text itself: prose has a space in it, a program a space, a bracket or `=`.
PROSE = rf"^{FILE_NAME}\.md$|\s"
PROGRAM = rf"^{FILE_NAME}\.py$|[\s(=]"
IMAGE = r"^[a-z0-9][a-z0-9._/-]*(:[A-Za-z0-9._-]+)?(@sha256:[0-9a-f]{64})?$"
RELEASE = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)?)?$"
DOTTED = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"

LANGUAGES = ("python",)
# Lines of a program that may stand in lesson.yaml itself.
MAX_INLINE_LINES = 5

EXCEPTIONS = tuple(
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, Exception)
)


def complaint(kind: str, text: str) -> PydanticCustomError:
    """A refusal in our own words, a whole sentence."""
    return PydanticCustomError("said", "{text}", {"text": text, "kind": kind})


def _language(value: Any) -> Any:
    if isinstance(value, str) and value not in LANGUAGES:
        message = f"The language {shown(value)} is not supported yet; the only one is `python`."
        raise complaint("language", message)
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
        raise complaint("expression", message)
    return text.strip()


def _as_python(value: Any) -> Any:
    """What YAML read as a number or a truth value (`expect: 6`), as Python writes it."""
    if isinstance(value, bool | int | float):
        return repr(value)
    if value is None or isinstance(value, list | dict):
        message = 'Put what is expected in quotes, as Python writes it: "None", "[1, 2]".'
        raise complaint("expected", message)
    return value


def _literal(text: str) -> str:
    written = python.literal(text)
    if written is None:
        message = f"{shown(text)} is not a Python value. A text needs quotes of its own: \"'abc'\"."
        raise complaint("literal", message)
    return written


def _program(text: str) -> str:
    if re.fullmatch(PYTHON_FILE, text) is None:
        if len(text.splitlines()) > MAX_INLINE_LINES:
            message = (
                f"A program of more than {MAX_INLINE_LINES} lines goes into a file of its own."
            )
            raise complaint("program", message)
        if fault := python.program_fault(text):
            mark, reason = fault
            message = f"Not a Python program: {reason} (line {mark.line} of it)."
            raise complaint("program", message)
    return text


def _exception(name: str) -> str:
    if name not in EXCEPTIONS and "." not in name and not name.endswith(("Error", "Exception")):
        advice = did_you_mean(name, EXCEPTIONS)
        raise complaint("exception", f"{shown(name)} is not the name of an exception.{advice}")
    return name


def _release(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        message = f"{shown(text)} is not a day or time of the calendar."
        raise complaint("release", message) from None
    return text


# An expected value may also stand as YAML's own number or truth value.
PYTHON_VALUE = WithJsonSchema(
    {
        "type": ["string", "number", "boolean"],
        "maxLength": 8_000,
        "description": "A Python value as Python writes it; a text in two pairs of quotes.",
    }
)

Id = Annotated[str, Field(pattern=ID, max_length=64)]
Text = Annotated[str, Field(max_length=8_000, min_length=1), AfterValidator(_not_blank)]
Line = Annotated[str, Field(max_length=120, min_length=1), AfterValidator(_single_line)]
Expression = Annotated[str, Field(max_length=1_000), AfterValidator(_expression)]
# A key that is there without a value is refused: None is written "None".
Literal = Annotated[
    Annotated[str, Field(max_length=8_000), AfterValidator(_literal)] | None,
    BeforeValidator(_as_python),
    PYTHON_VALUE,
]
PythonFile = Annotated[str, Field(pattern=PYTHON_FILE, max_length=200)]
CasesFile = Annotated[str, Field(pattern=YAML_FILE, max_length=200)]
Beside = Annotated[str, Field(pattern=BESIDE)]
Folder = Annotated[str, Field(pattern=FOLDER, max_length=64)]
Prose = Annotated[str, Field(pattern=PROSE, max_length=8_000)]
Program = Annotated[str, Field(pattern=PROGRAM, max_length=8_000), AfterValidator(_program)]
Output = Annotated[str, Field(max_length=8_000)]
Exceptional = Annotated[str, Field(pattern=DOTTED, max_length=100), AfterValidator(_exception)]
Dotted = Annotated[str, Field(pattern=DOTTED, max_length=100)]
Image = Annotated[str, Field(pattern=IMAGE, max_length=200)]
Release = Annotated[str, Field(pattern=RELEASE, max_length=40), AfterValidator(_release)]
Language = BeforeValidator(_language)
