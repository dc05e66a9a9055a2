"""Equality of observed values with expected ones, by type and in depth. Pure."""

import ast
from typing import Any, Final

from courses.observation import Value

_NUMBERS: Final = ("int", "float")


def equal(expected: str, value: Value | None, tolerance: float = 0.0) -> bool:
    """True if `value` equals the literal `expected`, by type and in depth.

    With a tolerance, numbers may be off by so much, and an int may stand for a float. The order
    in sets and dictionaries does not count.
    """
    return value is not None and _same(ast.literal_eval(expected), value, tolerance)


def _same(expected: Any, value: Value, tolerance: float) -> bool:
    kind = type(expected).__name__
    match expected:
        case list() | tuple():
            items = value.items if value.type == kind else None
            return (
                items is not None
                and len(items) == len(expected)
                and all(_same(e, v, tolerance) for e, v in zip(expected, items, strict=True))
            )
        case set() | frozenset():
            items = value.items if value.type == kind else None
            return items is not None and _same_set(list(expected), list(items), tolerance)
        case dict():
            entries = value.entries if value.type == kind else None
            return entries is not None and _same_entries(expected, entries, tolerance)
        case _:
            return _same_scalar(expected, value, tolerance)


def _same_set(expected: list[Any], items: list[Value], tolerance: float) -> bool:
    if len(expected) != len(items):
        return False
    if all(type(one).__name__ in _NUMBERS for one in expected):
        # In order, so that with a tolerance each number finds the one that is meant for it.
        expected.sort()
        items.sort(key=lambda item: _number(item.repr or "") or 0.0)
    for one in expected:
        found = next((n for n, item in enumerate(items) if _same(one, item, tolerance)), None)
        if found is None:
            return False
        del items[found]
    return True


def _same_entries(
    expected: dict[Any, Any], entries: tuple[tuple[Value, Value], ...], tolerance: float
) -> bool:
    """Keys must be the very same; the tolerance is for what they lead to."""
    if len(expected) != len(entries):
        return False
    left = list(entries)
    for key, one in expected.items():
        found = next((n for n, (other, _) in enumerate(left) if _same(key, other, 0.0)), None)
        if found is None or not _same(one, left[found][1], tolerance):
            return False
        del left[found]
    return True


def _same_scalar(expected: Any, value: Value, tolerance: float) -> bool:
    if value.repr is None or value.items is not None or value.entries is not None:
        return False
    kind = type(expected).__name__
    if tolerance and kind in _NUMBERS and value.type in _NUMBERS:
        number, wanted = _number(value.repr), _number(repr(expected))
        if number is None or wanted is None:
            return False
        return number == wanted or abs(number - wanted) <= tolerance
    if kind != value.type:
        return False
    # The text decides where it can: an int may be too long to be read back.
    return _ascii(value.repr) == ascii(expected) or (
        kind == "float" and _number(value.repr) == expected
    )


def _ascii(text: str) -> str:
    """The `ascii` of the value whose `repr` is `text`.

    Which characters `repr` escapes depends on the Python: the sandbox's may know newer ones.
    """
    return "".join(c if c.isascii() else ascii(c)[1:-1] for c in text)


def _number(text: str) -> float | None:
    """The number that `text` writes, infinity and not-a-number included; None if it writes none."""
    try:
        return float(text)
    except (ValueError, OverflowError):
        return None
