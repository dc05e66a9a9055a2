"""Pydantic's errors as sentences for authors, each at its line and column."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from courses import scalars
from courses.document import Document, Place
from courses.problems import Mark, Problem, did_you_mean, nearest, quoted
from courses.schema import KINDS

_PATTERNS = {
    scalars.ID: "is not an id: small letters, digits and hyphens, a letter first, like `for-loops`",
    scalars.FOLDER: "is not the name of a lesson's folder: letters, digits, hyphens, underscores",
    scalars.MARKDOWN_FILE: "does not name a Markdown file of this folder, like `prompt.md`",
    scalars.YAML_FILE: "does not name a YAML file of this folder, like `tests/hidden.yaml`",
    scalars.BESIDE: "does not name a file directly in this folder, like `prices.csv`",
    scalars.PROSE: "does not name a Markdown file of this folder, like `prompt.md`",
    scalars.RELEASE: "is not a day like 2027-01-31 or a time like 2027-01-31T08:00",
    scalars.DOTTED: "is not a name in a program, like `sorted` or `list.sort`",
}
# Pydantic's types of error for a value of the wrong kind, and the kind that is wanted.
_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "`true` or `false`",
    "list_type": "a list",
    "model_attributes_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
}
# Pydantic's types of error for a number out of bounds: in words, and where the bound stands.
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
}


def problems_of(error: ValidationError, document: Document, kind: Any) -> Iterator[Problem]:
    """The problems of `document`, which failed validation as a `kind` with `error`."""
    details = error.errors(include_url=False)
    unknown = [
        document.nearest(detail["loc"]) for detail in details if detail["type"] == "extra_forbidden"
    ]
    misspelt = {
        (*place[:-1], nearest(str(place[-1]), keys_at(kind, place[:-1], document.data)))
        for place in unknown
    }
    for detail in details:
        place = detail["loc"]
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
        case "union_tag_not_found":
            return document.mark(place), "The key `kind` is missing here."
        case "union_tag_invalid":
            return document.mark((*place, "kind")), _unknown_kind(detail["input"]["kind"])
        case "extra_forbidden":
            return document.key_mark(place), _unknown_key(place, document, kind)
        case _:
            return document.mark(place), _wrong_value(detail, _name(place))


def _unknown_kind(kind: Any) -> str:
    kinds = f"There are {', '.join(f'`{known}`' for known in KINDS)}."
    if not isinstance(kind, str):
        return f"`kind` must be text, not {_type_name(kind)}. {kinds}"
    return f"There are no steps of kind {quoted(kind)}.{did_you_mean(kind, KINDS) or f' {kinds}'}"


def _unknown_key(place: Place, document: Document, kind: Any) -> str:
    key = str(place[-1])
    known = keys_at(kind, place[:-1], document.data)
    advice = did_you_mean(key, known) or f" Keys here: {', '.join(known)}."
    return f"There is no key {quoted(key)}.{advice}"


def _wrong_value(detail: ErrorDetails, name: str) -> str:
    found, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case wanted if wanted in _WANTED:
            problem = "is empty; it must be" if found is None else "must be"
            instead = "" if found is None else f", not {_type_name(found)}"
            return f"{name} {problem} {_WANTED[wanted]}{instead}."
        case "string_pattern_mismatch":
            return f"{quoted(found)} {_PATTERNS[context['pattern']]}."
        case "string_too_long":
            return f"{name} is longer than {context['max_length']:,} characters."
        case "string_too_short":
            return f"{name} is empty."
        case "too_short":
            least = context["min_length"]
            state = "is empty" if not found else "is too short"
            return f"{name} {state}; it needs at least {least} {_entries(least)}."
        case "too_long":
            return f"{name} has more than {context['max_length']:,} entries."
        case "blank" | "lines":
            return f"{name} {detail['msg']}"
        case kind if kind in _BOUNDS:
            words, bound = _BOUNDS[kind]
            return f"{name} is {found}; it must be {words} {context[bound]:g}."
        case "literal_error":
            instead = quoted(found) if isinstance(found, str) else _type_name(found)
            return f"{name} must be {context['expected']}, not {instead}."
        case _:
            said = detail["msg"]
            return said if said.endswith((".", "?")) else f"{name}: {said}."


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"


def keys_at(kind: Any, place: Place, data: Any) -> tuple[str, ...]:
    """The keys that a `kind` (a model, or a type made of models) may have at `place` of `data`.

    Where models are told apart by their key `kind`, the data says which one is meant.
    """
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if not place:
            return tuple(kind.model_fields)
        field = kind.model_fields.get(str(place[0]))
        return keys_at(field.annotation, place[1:], _inside(data, place[0])) if field else ()
    if place and isinstance(place[0], int) and get_origin(kind) is list:
        return keys_at(get_args(kind)[0], place[1:], _inside(data, place[0]))
    # A union or an annotated type: through it to the model that is meant.
    return next(
        (
            keys
            for inner in get_args(kind)
            if not _is_of_another_kind(inner, data) and (keys := keys_at(inner, place, data))
        ),
        (),
    )


def _inside(data: Any, part: str | int) -> Any:
    try:
        return data[part]
    except (LookupError, TypeError):
        return None


def _is_of_another_kind(model: Any, data: Any) -> bool:
    if not (isinstance(model, type) and issubclass(model, BaseModel) and isinstance(data, dict)):
        return False
    field = model.model_fields.get("kind")
    return field is not None and data.get("kind") not in get_args(field.annotation)


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


def _type_name(value: Any) -> str:
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
