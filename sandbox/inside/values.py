"""Values of a student's program as JSON: exact where they are Python's own, else opaque.

{"type": "int", "repr": "41"}                 None, bool, int, float, complex, str, bytes
{"type": "list", "items": [VALUE...]}         list, tuple, set, frozenset
{"type": "dict", "entries": [[VALUE, VALUE]...]}
{"type": "module.Class", "repr": "..."}       anything else, a subclass too, and what is too
                                              large: its type has a dot, its repr proves nothing
"""

from typing import Any

SCALARS = {"NoneType", "bool", "int", "float", "complex", "str", "bytes"}
SEQUENCES = {"list", "tuple", "set", "frozenset"}
# How deep, how many values in all, and how many characters of one text are exact.
MOST_DEPTH, MOST_VALUES, MOST_CHARACTERS = 20, 10_000, 50_000
MOST_OPAQUE_CHARACTERS = 200
EXACT = {kind.__name__: kind for kind in (bool, int, float, complex, str, bytes, list, tuple, set,
         frozenset, dict, type(None))}  # fmt: skip
# Kept apart: a program may replace them wherever it can.
REPR, TYPE, BASE_EXCEPTION = repr, type, BaseException


class TooLargeError(Exception):
    """A value with more in it than is serialized."""


def serialize(value: object) -> dict[str, Any]:
    """`value` as JSON. Never raises; runs code of the program's only for what is opaque."""
    try:
        return _serialize(value, MOST_DEPTH, [MOST_VALUES, MOST_CHARACTERS * 4])
    except BASE_EXCEPTION:
        return _opaque(value)


def _serialize(value: object, depth: int, left: list[int]) -> dict[str, Any]:
    kind = TYPE(value)
    name = kind.__name__
    left[0] -= 1
    if not depth or left[0] < 0:
        raise TooLargeError
    if EXACT.get(name) is not kind:
        return _opaque(value)
    if name in SCALARS:
        text = REPR(value)
        left[1] -= len(text)
        if len(text) > MOST_CHARACTERS or left[1] < 0:
            raise TooLargeError
        return {"type": name, "repr": text}
    if name == "dict":
        pairs = list(value.items())  # type: ignore[attr-defined]
        entries = [[_serialize(each, depth - 1, left) for each in pair] for pair in pairs]
        return {"type": name, "entries": entries}
    return {"type": name, "items": [_serialize(item, depth - 1, left) for item in value]}  # type: ignore[attr-defined]


def _opaque(value: object) -> dict[str, Any]:
    try:
        name = f"{TYPE(value).__module__}.{TYPE(value).__qualname__}"[:MOST_OPAQUE_CHARACTERS]
    except BASE_EXCEPTION:
        name = "unknown.object"
    try:
        text = str(REPR(value))[:MOST_OPAQUE_CHARACTERS]
    except BASE_EXCEPTION:
        text = "?"
    return {"type": name if "." in name else f"unknown.{name}", "repr": text}


def is_value(data: object) -> bool:
    """True if `data` has the shape above. It came from a program and may be anything."""
    left = [MOST_VALUES]
    return _is_value(data, MOST_DEPTH, left)


def _is_value(data: object, depth: int, left: list[int]) -> bool:
    left[0] -= 1
    if not isinstance(data, dict) or not depth or left[0] < 0:
        return False
    name = data.get("type")
    if not isinstance(name, str):
        return False
    if name in SEQUENCES:
        items = data.get("items")
        return data.keys() == {"type", "items"} and _are_values(items, depth - 1, left)
    if name == "dict":
        entries = data.get("entries")
        return (
            data.keys() == {"type", "entries"}
            and isinstance(entries, list)
            and all(len(e) == 2 for e in entries if isinstance(e, list))
            and all(isinstance(e, list) and _are_values(e, depth - 1, left) for e in entries)
        )
    text = data.get("repr")
    known = name in SCALARS or "." in name
    return data.keys() == {"type", "repr"} and known and isinstance(text, str)


def _are_values(items: object, depth: int, left: list[int]) -> bool:
    return isinstance(items, list) and all(_is_value(item, depth, left) for item in items)
