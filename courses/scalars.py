"""The single values of the course format: ids, texts, file names, pieces of Python."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from courses import python
from courses.folder import FILE_NAME
from courses.languages import IMAGES, LANGUAGES, PYTHON, Language
from courses.problems import did_you_mean, shown

ID = r"^[a-z][a-z0-9-]*$"
FOLDER = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
MARKDOWN_FILE = rf"^{FILE_NAME}\.md$"
_SUFFIXES = "|".join(re.escape(language.suffix) for language in LANGUAGES.values())
PROGRAM_FILE = rf"^{FILE_NAME}({_SUFFIXES})$"
YAML_FILE = rf"^{FILE_NAME}\.ya?ml$"
# Beside the student's program all files lie in one folder.
BESIDE = r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$"
# A file, or the text itself: prose has a space in it, a program a space, a bracket or `=`.
PROSE = rf"^{FILE_NAME}\.md$|\s"
_IN_PLACE = r"[\s(=]"
PROGRAM = rf"{PROGRAM_FILE}|{_IN_PLACE}"
RELEASE = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)?)?$"
DOTTED = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"

# Lines of a program that may stand in lesson.yaml itself.
MAX_INLINE_LINES = 5


def complaint(kind: str, text: str) -> PydanticCustomError:
    """A refusal in our own words, a whole sentence."""
    return PydanticCustomError("said", "{text}", {"text": text, "kind": kind})


def language_of(info: ValidationInfo) -> Language:
    """What the course's programs are written in: the context of the validation, or Python."""
    return info.context if isinstance(info.context, Language) else PYTHON


def _language(value: Any) -> Any:
    if isinstance(value, str) and value not in LANGUAGES:
        known = ", ".join(f"`{name}`" for name in LANGUAGES)
        advice = did_you_mean(value, LANGUAGES) or f" There are {known}."
        raise complaint("language", f"The language {shown(value)} is not supported.{advice}")
    return value


def _image(value: Any) -> Any:
    if isinstance(value, str) and value not in IMAGES:
        known = ", ".join(f"`{name}`" for name in IMAGES)
        advice = (
            did_you_mean(value, IMAGES) or f" There is {known}; leave it out for the usual one."
        )
        raise complaint("image", f"There is no image {shown(value)}.{advice}")
    return value


# Keys that mean something in Python only, and what another language has instead.
_INSTEAD = {
    "require": "let a case tell the programs apart",
    "forbid": "let a case tell the programs apart",
    "witness": "let a visible case with `catches` show the belief to be wrong",
    "predicts": "let a visible case with `catches` show the belief to be wrong",
}
_INSTEAD_OF_A_CALL = "give a case `stdin` and `stdout`"


def _for_python(value: Any, info: ValidationInfo) -> Any:
    language = language_of(info)
    if language is not PYTHON:
        key = info.field_name or ""
        instead = _INSTEAD.get(key, _INSTEAD_OF_A_CALL)
        message = f"`{key}` is for Python only. In a {language.title} course, {instead}."
        raise complaint("python", message)
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


def _program(text: str, info: ValidationInfo) -> str:
    language = language_of(info)
    if language.names_file(text):
        return text
    if not re.search(_IN_PLACE, text):
        return _program_file(text, info)
    if len(text.splitlines()) > MAX_INLINE_LINES:
        message = f"A program of more than {MAX_INLINE_LINES} lines goes into a file of its own."
        raise complaint("program", message)
    if language is PYTHON and (fault := python.program_fault(text)):
        mark, reason = fault
        message = f"Not a Python program: {reason} (line {mark.line} of it)."
        raise complaint("program", message)
    return text


def _program_file(text: str, info: ValidationInfo) -> str:
    language = language_of(info)
    if not language.names_file(text):
        like = f"like `starter{language.suffix}`"
        message = f"{shown(text)} does not name a {language.title} file of this folder, {like}."
        raise complaint("program", message)
    return text


def _exception(name: str, info: ValidationInfo) -> str:
    known = language_of(info).errors
    if name not in known and "." not in name and not name.endswith(("Error", "Exception")):
        advice = did_you_mean(name, known)
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
# The patterns of programs are for editors: which files are meant depends on the language.
ProgramFile = Annotated[
    str,
    Field(max_length=200, json_schema_extra={"pattern": PROGRAM_FILE}),
    AfterValidator(_program_file),
]
CasesFile = Annotated[str, Field(pattern=YAML_FILE, max_length=200)]
Beside = Annotated[str, Field(pattern=BESIDE)]
Folder = Annotated[str, Field(pattern=FOLDER, max_length=64)]
Prose = Annotated[str, Field(pattern=PROSE, max_length=8_000)]
Program = Annotated[
    str,
    Field(max_length=8_000, json_schema_extra={"pattern": PROGRAM}),
    AfterValidator(_program),
]
Output = Annotated[str, Field(max_length=8_000)]
Exceptional = Annotated[str, Field(pattern=DOTTED, max_length=100), AfterValidator(_exception)]
Dotted = Annotated[str, Field(pattern=DOTTED, max_length=100)]
Release = Annotated[str, Field(pattern=RELEASE, max_length=40), AfterValidator(_release)]
LanguageName = BeforeValidator(_language)
ImageName = BeforeValidator(_image)
ForPython = BeforeValidator(_for_python)
