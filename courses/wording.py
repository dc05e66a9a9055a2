"""Pydantic's errors as sentences for authors, each at its line and column."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from courses import schema
from courses.document import Document, Place
from courses.problems import Mark, Problem, did_you_mean, nearest, shown

_PATTERNS = {
    schema.ID: "is not an id: small letters, digits and hyphens, a letter first, like `for-loops`",
    schema.FOLDER: "is not the name of a lesson's folder: letters, digits, hyphens, underscores",
    schema.MARKDOWN_FILE: "does not name a Markdown file of this folder, like `prompt.md`",
    schema.PYTHON_FILE: "does not name a Python file of this folder, like `starter.py`",
    schema.YAML_FILE: "does not name a YAML file of this folder, like `tests/hidden.yaml`",
}
# Pydantic's types of error for a value of the wrong kind, and the kind that is wanted.
_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
}


def problems_of(error: ValidationError, document: Document, kind: Any) -> Iterator[Problem]:
    """What `error` says about `document`, which should have been a `kind`."""
    details = error.errors(include_url=False)
    # A step of a kind we do not know has keys we do not know: one message is enough.
    strange = {detail["loc"][:-1] for detail in details if detail["type"] == "kind"}
    misspelt = {
        (*place[:-1], nearest(str(place[-1]), keys_at(kind, place[:-1])))
        for place in (
            document.nearest(detail["loc"])
            for detail in details
            if detail["type"] == "extra_forbidden"
        )
    }
    for detail in details:
        place = detail["loc"]
        if detail["type"] != "kind" and place[:2] in strange:
            continue
        missing = (*document.nearest(place[:-1]), *place[-1:])
        if detail["type"] == "missing" and missing in misspelt:
            continue
        mark, message = _said(detail, document, kind)
        yield Problem.at(document.file, mark, message)


def _said(detail: ErrorDetails, document: Document, kind: Any) -> tuple[Mark, str]:
    place = document.nearest(detail["loc"])
    match detail["type"]:
        case "missing":
            return document.mark(place), f"The key `{detail['loc'][-1]}` is missing here."
        case "extra_forbidden":
            return document.key_mark(place), _unknown_key(str(place[-1]), place, kind)
        case _:
            return document.mark(place), _wrong_value(detail, _name(place))


def _unknown_key(key: str, place: Place, kind: Any) -> str:
    known = keys_at(kind, place[:-1])
    advice = did_you_mean(key, known) or f" Keys here: {', '.join(known)}."
    return f"There is no key {shown(key)}.{advice}"


def _wrong_value(detail: ErrorDetails, name: str) -> str:
    found, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case wanted if wanted in _WANTED:
            problem = "is empty; it must be" if found is None else "must be"
            instead = "" if found is None else f", not {_kind_of(found)}"
            return f"{name} {problem} {_WANTED[wanted]}{instead}."
        case "string_pattern_mismatch":
            return f"{shown(found)} {_PATTERNS[context['pattern']]}."
        case "string_too_long":
            return f"{name} is longer than {context['max_length']:,} characters."
        case "too_short":
            return f"{name} is empty; it needs at least {context['min_length']} entry."
        case "too_long":
            return f"{name} has more than {context['max_length']:,} entries."
        case "blank" | "lines":
            return f"{name} {detail['msg']}"
        case "greater_than_equal" | "less_than_equal":
            return f"{name} is {found}; it must be from 1 to 9."
        case "literal_error":
            return f"{name} must be {context['expected']}, not {_kind_of(found)}."
        case _:
            return detail["msg"]


def keys_at(kind: Any, place: Place) -> tuple[str, ...]:
    """The keys that a `kind` (a model, or a type made of models) may have at `place`."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if not place:
            return tuple(kind.model_fields)
        field = kind.model_fields.get(str(place[0]))
        return keys_at(field.annotation, place[1:]) if field else ()
    # A list, a union or an annotated type: an index leads into it, a name goes through.
    rest = place[1:] if place and isinstance(place[0], int) else place
    return next((keys for inner in get_args(kind) if (keys := keys_at(inner, rest))), ())


def _name(place: Place) -> str:
    match place:
        case (*_, str(key)):
            return f"`{key}`"
        case (*_, str(key), int(index)):
            return f"Entry {index + 1} of `{key}`"
        case (int(index),):
            return f"Entry {index + 1}"
        case _:
            return "The file"


def _kind_of(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return f"`{str(value).lower()}`"
        case int() | float():
            return f"the number {value}"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping of keys"
