"""Fields of JSON objects that others have written: of the wrong type is as good as absent. Pure."""

from collections.abc import Mapping
from typing import Any

Object = Mapping[str, Any]


def text(found: Object, name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def number(found: Object, name: str) -> int:
    value = found.get(name)
    return value if type(value) is int else 0


def child(found: Object, name: str) -> Object | None:
    value = found.get(name)
    return value if isinstance(value, dict) else None


def objects(found: Object, name: str) -> tuple[Object, ...]:
    return tuple(one for one in _list(found, name) if isinstance(one, dict))


def texts(found: Object, name: str) -> tuple[str, ...]:
    return tuple(one for one in _list(found, name) if isinstance(one, str))


def numbers(found: Object, name: str) -> tuple[int, ...]:
    return tuple(one for one in _list(found, name) if type(one) is int)


def _list(found: Object, name: str) -> list[Any]:
    value = found.get(name)
    return value if isinstance(value, list) else []
