"""Whether two values are the same, as texts of their literals. Pure; nothing is evaluated."""

import ast
from typing import Any, Final

_NUMBERS: Final = (int, float)
_NOTHING: Final = object()


def same(got: str, expected: str, about: float = 0.0) -> bool:
    """True if both texts write the same value, by type and in depth; numbers may be off by `about`.

    The order in sets and dictionaries does not count.
    """
    if got == expected:
        return True
    one, two = _value(got), _value(expected)
    if one is _NOTHING or two is _NOTHING:
        return False
    return _is_about(one, two, about) if about else _typed(one) == _typed(two)


def same_lines(got: str, expected: str) -> bool:
    """True if the texts have the same lines: blanks at their ends do not count."""
    return _lines(got) == _lines(expected)


def _lines(text: str) -> list[str]:
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip("\n").split("\n")


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return _NOTHING


def _typed(value: Any) -> Any:
    """The value with the types of all its parts: True is not 1."""
    kind = type(value).__name__
    match value:
        case list() | tuple():
            return kind, tuple(map(_typed, value))
        case set() | frozenset():
            return kind, frozenset(map(_typed, value))
        case dict():
            return kind, frozenset((_typed(key), _typed(one)) for key, one in value.items())
        case _:
            return kind, value


def _is_about(one: Any, two: Any, about: float) -> bool:
    if type(one) in _NUMBERS and type(two) in _NUMBERS:
        return bool(abs(one - two) <= about)
    if type(one) is not type(two):
        return False
    match one:
        case list() | tuple():
            pairs = zip(one, two, strict=False)
            return len(one) == len(two) and all(_is_about(a, b, about) for a, b in pairs)
        case dict():
            same_keys = bool(one.keys() == two.keys())
            return same_keys and all(_is_about(one[k], two[k], about) for k in one)
        case set() | frozenset() if all(type(n) in _NUMBERS for n in one | two):
            pairs = zip(sorted(one), sorted(two), strict=False)
            return len(one) == len(two) and all(_is_about(a, b, about) for a, b in pairs)
        case _:
            return bool(_typed(one) == _typed(two))
