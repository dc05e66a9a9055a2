"""The single values of the course format: ids, texts, file names, pieces of programs."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError, PydanticKnownError

from courses.folder import FILE_NAME
from courses.languages import DEFAULT, LANGUAGES, Language, Syntax, images
from courses.problems import did_you_mean, quoted

ID = r"^[a-z][a-z0-9-]*$"
FOLDER = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
MARKDOWN_FILE = rf"^{FILE_NAME}\.md$"
YAML_FILE = rf"^{FILE_NAME}\.ya?ml$"
# Beside the student's program all files lie in one folder.
BESIDE = r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$"
# A file, or the text itself: prose has a space in it, a program a space, a bracket or `=`.
PROSE = rf"^{FILE_NAME}\.md$|\s"
_IN_PLACE = r"[\s(=]"
RELEASE = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)?)?$"
DOTTED = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"

# Lines of a program that may stand in lesson.yaml itself.
MAX_INLINE_LINES = 5


def program_file_pattern() -> str:
    """A pattern of the names of program files, in all languages."""
    suffixes = "|".join(re.escape(language.suffix) for language in LANGUAGES.values())
    return rf"^{FILE_NAME}({suffixes})$"


def program_pattern() -> str:
    """A pattern of program files and of programs in place."""
    return f"{program_file_pattern()}|{_IN_PLACE}"


def format_error(kind: str, text: str) -> PydanticCustomError:
    """A refusal in our own words, a whole sentence."""
    return PydanticCustomError("said", "{text}", {"text": text, "kind": kind})


def language_of(info: ValidationInfo) -> Language:
    """The language of the course's programs: the context of the validation, or the default."""
    return info.context if isinstance(info.context, Language) else DEFAULT


def _syntax_of(info: ValidationInfo) -> Syntax:
    """For a key that `NeedsSyntax` lets pass."""
    syntax = language_of(info).syntax
    assert syntax is not None
    return syntax


def _language(value: Any) -> Any:
    _refuse_other_than_text(value, LANGUAGES)
    if value not in LANGUAGES:
        known = ", ".join(f"`{name}`" for name in LANGUAGES)
        advice = did_you_mean(value, LANGUAGES) or f" There are {known}."
        raise format_error("language", f"The language {quoted(value)} is not supported.{advice}")
    return value


def _image(value: Any) -> Any:
    if value is None:
        return None
    _refuse_other_than_text(value, images())
    if value not in images():
        known = ", ".join(f"`{name}`" for name in images())
        advice = (
            did_you_mean(value, images()) or f" There is {known}; leave it out for the usual one."
        )
        raise format_error("image", f"There is no image {quoted(value)}.{advice}")
    return value


def _refuse_other_than_text(value: Any, known: Iterable[str]) -> None:
    """As pydantic refuses what is none of a few literals."""
    if not isinstance(value, str):
        *others, last = (repr(name) for name in known)
        expected = f"{', '.join(others)} or {last}" if others else last
        raise PydanticKnownError("literal_error", {"expected": expected})


def one_of(names: Callable[[], Iterable[str]]) -> Any:
    """In a JSON Schema, the names of a table that are there when the schema is written."""

    def add(schema: dict[str, Any]) -> None:
        match tuple(names()):
            case (name,):
                schema["const"] = name
            case several:
                schema["enum"] = list(several)

    return Field(json_schema_extra=add)


# Keys for languages that are parsed, and what the others have instead.
_INSTEAD = {
    "require": "let a case tell the programs apart",
    "forbid": "let a case tell the programs apart",
    "witness": "let a visible case with `catches` show the belief to be wrong",
    "predicts": "let a visible case with `catches` show the belief to be wrong",
}
_INSTEAD_OF_A_CALL = "give a case `stdin` and `stdout`"


def _needs_syntax(value: Any, info: ValidationInfo) -> Any:
    language = language_of(info)
    if language.syntax is None:
        key = info.field_name or ""
        instead = _INSTEAD.get(key, _INSTEAD_OF_A_CALL)
        parsed = " and ".join(one.title for one in LANGUAGES.values() if one.syntax is not None)
        message = f"`{key}` is for {parsed} only. In a {language.title} course, {instead}."
        raise format_error("syntax", message)
    return value


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "is empty.")
    return text.strip()


def _single_line(text: str) -> str:
    if len(text.splitlines()) > 1:
        raise PydanticCustomError("lines", "must be a single line.")
    return _not_blank(text)


def _expression(text: str, info: ValidationInfo) -> str:
    if fault := _syntax_of(info).expression_fault(text):
        message = f"{quoted(text)} is not a {language_of(info).title} expression: {fault}."
        raise format_error("expression", message)
    return text.strip()


def _as_python(value: Any) -> Any:
    """A number or truth value of YAML (`expect: 6`) as Python writes it."""
    if isinstance(value, bool | int | float):
        return repr(value)
    if value is None or isinstance(value, list | dict):
        message = 'Put what is expected in quotes, as Python writes it: "None", "[1, 2]".'
        raise format_error("expected", message)
    return value


def _literal(text: str, info: ValidationInfo) -> str:
    written = _syntax_of(info).literal(text)
    if written is None:
        kind = f"a {language_of(info).title} value"
        message = f"{quoted(text)} is not {kind}. A text needs quotes of its own: \"'abc'\"."
        raise format_error("literal", message)
    return written


def _program(text: str, info: ValidationInfo) -> str:
    language = language_of(info)
    if language.names_file(text):
        return text
    if not re.search(_IN_PLACE, text):
        return _program_file(text, info)
    if len(text.splitlines()) > MAX_INLINE_LINES:
        message = f"A program of more than {MAX_INLINE_LINES} lines goes into a file of its own."
        raise format_error("program", message)
    if language.syntax is not None and (fault := language.syntax.fault(text)):
        mark, reason = fault
        line = mark.line if mark else 1
        message = f"Not a {language.title} program: {reason} (line {line} of it)."
        raise format_error("program", message)
    return text


def _program_file(text: str, info: ValidationInfo) -> str:
    language = language_of(info)
    if not language.names_file(text):
        like = f"like `starter{language.suffix}`"
        message = f"{quoted(text)} does not name a {language.title} file of this folder, {like}."
        raise format_error("program", message)
    return text


def _exception(name: str, info: ValidationInfo) -> str:
    known = language_of(info).errors
    if name not in known and "." not in name and not name.endswith(("Error", "Exception")):
        advice = did_you_mean(name, known)
        raise format_error("exception", f"{quoted(name)} is not the name of an exception.{advice}")
    return name


def _release(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        message = f"{quoted(text)} is not a day or time of the calendar."
        raise format_error("release", message) from None
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


def _shows(pattern: Callable[[], str]) -> Callable[[dict[str, Any]], None]:
    """A pattern for editors only: which files are meant depends on the language."""

    def add(schema: dict[str, Any]) -> None:
        schema["pattern"] = pattern()

    return add


ProgramFile = Annotated[
    str,
    Field(max_length=200, json_schema_extra=_shows(program_file_pattern)),
    AfterValidator(_program_file),
]
CasesFile = Annotated[str, Field(pattern=YAML_FILE, max_length=200)]
Beside = Annotated[str, Field(pattern=BESIDE)]
Folder = Annotated[str, Field(pattern=FOLDER, max_length=64)]
Prose = Annotated[str, Field(pattern=PROSE, max_length=8_000)]
Program = Annotated[
    str,
    Field(max_length=8_000, json_schema_extra=_shows(program_pattern)),
    AfterValidator(_program),
]
Output = Annotated[str, Field(max_length=8_000)]
Exceptional = Annotated[str, Field(pattern=DOTTED, max_length=100), AfterValidator(_exception)]
Dotted = Annotated[str, Field(pattern=DOTTED, max_length=100)]
Release = Annotated[str, Field(pattern=RELEASE, max_length=40), AfterValidator(_release)]
LanguageName = Annotated[str, one_of(lambda: LANGUAGES), BeforeValidator(_language)]
ImageName = Annotated[Annotated[str, one_of(images)] | None, BeforeValidator(_image)]
NeedsSyntax = BeforeValidator(_needs_syntax)
