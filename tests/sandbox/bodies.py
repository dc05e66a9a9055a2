"""A container's description as text, with what a dict cannot hold: keys that come twice."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.spec import ContainerSpec

NAME = f"tutor.sandbox-{'0' * 32}"
SPEC = ContainerSpec(
    name=NAME,
    image="tutor-sandbox",
    uid=20001,
    memory_bytes=256 * 2**20,
    processes=64,
    owner="host-1-2-abc",
    deadline=1_700_000_000,
)

Path = tuple[str | int, ...]


@dataclass
class Pairs:
    """An object: its keys in order, as often as they come."""

    pairs: list[tuple[str, Any]]


def tree(value: Any) -> Any:
    """The same with each dict as Pairs."""
    if isinstance(value, dict):
        return Pairs([(key, tree(inner)) for key, inner in value.items()])
    return [tree(inner) for inner in value] if isinstance(value, list) else value


def text(value: Any) -> str:
    """In JSON."""
    if isinstance(value, Pairs):
        return f"{{{', '.join(f'{json.dumps(key)}: {text(inner)}' for key, inner in value.pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(text, value))}]"
    return json.dumps(value)


def objects(value: Any, path: Path = ()) -> Iterator[tuple[Path, Pairs]]:
    """All objects in it, and where."""
    if isinstance(value, Pairs):
        yield path, value
        for key, inner in value.pairs:
            yield from objects(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from objects(inner, (*path, place))


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step] if isinstance(step, int) else dict(value.pairs)[step]
    return value


def other_cases(key: str) -> list[str]:
    """The same word for Go: other letters' case, and two letters that Unicode folds to ASCII."""
    changed = [key.lower(), key.upper(), key.swapcase(), key[0].swapcase() + key[1:]]
    changed += [key.replace("s", "\u017f"), key.replace("k", "\u212a").replace("K", "\u212a")]
    return sorted({each for each in changed if each != key})
