"""Observations: the sandbox's report on one case, parsed from its JSON. Pure.

The student's program shares a process with what observes it, so nothing here is trusted: what is
not of this form is no observation, and no observation is no pass.
"""

import builtins
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import TypeAdapter, ValidationError

from courses.text import cut

CaseEnding = Literal[
    "value", "raised", "exited", "timeout", "memory", "crashed", "not_run", "output_limit"
]

# Characters of a value that a sentence repeats, and how deep it looks into one.
MAX_SHOWN_CHARS: Final = 200
MAX_SHOWN_DEPTH: Final = 20


@dataclass(frozen=True)
class Value:
    """A Python value: a scalar or something opaque by its repr, a container by what is in it."""

    type: str
    repr: str | None = None
    items: "tuple[Value, ...] | None" = None
    entries: "tuple[tuple[Value, Value], ...] | None" = None

    def shown(self) -> str:
        """As Python writes it, cut to what a sentence can hold."""
        return cut(_written(self, MAX_SHOWN_DEPTH), MAX_SHOWN_CHARS)


@dataclass(frozen=True)
class Raised:
    """An exception that left the call; `type` is its class's name, perhaps with its module."""

    type: str
    message: str

    def is_a(self, name: str) -> bool:
        """True if `except NAME` would have caught it, as far as its name tells."""
        one_is_bare = "." not in name or "." not in self.type
        if name == self.type or (one_is_bare and _bare(name) == _bare(self.type)):
            return True
        ours, theirs = getattr(builtins, self.type, None), getattr(builtins, name, None)
        return isinstance(ours, type) and isinstance(theirs, type) and issubclass(ours, theirs)


@dataclass(frozen=True)
class Observation:
    """The end of one case, its value or exception, and its output."""

    ended: CaseEnding
    value: Value | None = None
    exception: Raised | None = None
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    duration_ms: int = 0


def parse(raw: Any) -> Observation | None:
    """The observation in the JSON value `raw`, or None if it is none. Never raises."""
    try:
        observed: Observation = _OBSERVATION.validate_python(raw)
    except (ValidationError, RecursionError):
        return None
    return observed


_OBSERVATION: Final = TypeAdapter(Observation)

_BRACKETS: Final = {
    "list": ("[", "]"),
    "tuple": ("(", ")"),
    "set": ("{", "}"),
    "frozenset": ("frozenset({", "})"),
}


def _bare(name: str) -> str:
    return name.rpartition(".")[2]


def _written(value: Value, depth: int) -> str:
    if depth == 0:
        return "…"
    if value.entries is not None:
        pairs = (f"{_written(k, depth - 1)}: {_written(v, depth - 1)}" for k, v in value.entries)
        return f"{{{', '.join(pairs)}}}"
    if value.items is None:
        return value.repr if value.repr is not None else f"a {value.type}"
    if not value.items and value.type in ("set", "frozenset"):
        return f"{value.type}()"
    left, right = _BRACKETS.get(value.type, (f"{value.type}(", ")"))
    comma = "," if value.type == "tuple" and len(value.items) == 1 else ""
    return f"{left}{', '.join(_written(item, depth - 1) for item in value.items)}{comma}{right}"
