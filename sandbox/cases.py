"""Test cases and what was observed of them. Frozen facts; what is expected is not known here.

A case is run in a fork of its own, in a container that never learns what should come out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self, get_args

from .inside import values
from .text import storable

CaseEnd = Literal[
    "value", "raised", "exited", "timeout", "memory", "crashed", "not_run", "output_limit"
]
# An observation's value as JSON; see inside/values.py.
Value = dict[str, Any]


# What an integer column of any database holds, and what the kernel tells of an exit.
MOST_NUMBER, MOST_EXIT_CODE = 2**31 - 1, 255


class ObservationError(ValueError):
    """An observation that no supervisor makes."""


@dataclass(frozen=True)
class CallCase:
    """An expression, evaluated beside the program as if that had been imported.

    Both read `stdin`.
    """

    call: str
    stdin: str = ""

    def to_json(self) -> dict[str, str]:
        return {"call": self.call, **({"stdin": self.stdin} if self.stdin else {})}


@dataclass(frozen=True)
class StdinCase:
    """The program as a whole, with something to read."""

    stdin: str

    def to_json(self) -> dict[str, str]:
        return {"stdin": self.stdin}


CaseJob = CallCase | StdinCase


def case_for(call: str, stdin: str) -> CaseJob:
    """The case that evaluates `call`; the program as a whole if that is empty."""
    return CallCase(call, stdin) if call else StdinCase(stdin)


@dataclass(frozen=True)
class ProgramCase:
    """A program tried on one case, in so many seconds: what a series runs."""

    program: str
    case: CaseJob
    wall_s: float


def case_from_json(data: Mapping[str, Any]) -> CaseJob:
    """Raises ValueError for anything but texts named `call`, `stdin` or both."""
    match dict(data):
        case {"call": str(call), **rest} if not rest:
            return CallCase(call)
        case {"call": str(call), "stdin": str(stdin), **rest} if not rest:
            return CallCase(call, stdin)
        case {"stdin": str(stdin), **rest} if not rest:
            return StdinCase(stdin)
    raise ValueError("A case has a call, a stdin or both, each a text, and nothing else.")


@dataclass(frozen=True)
class Raised:
    """An exception: its class's name without the module, and its text."""

    type: str
    message: str

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Raises ObservationError for anything but two texts. A database takes them as they are."""
        match data:
            case {"type": str(name), "message": str(message), **rest} if not rest:
                return cls(storable(name), storable(message))
        raise ObservationError("an exception of another shape")

    def cut(self, most: int) -> Self:
        """Both texts with at most so many characters."""
        return replace(self, type=self.type[:most], message=self.message[:most])


@dataclass(frozen=True)
class Observation:
    """The observed end of one case. `value` is set for "value", `exception` for "raised"."""

    ended: CaseEnd
    value: Value | None = None
    exception: Raised | None = None
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    duration_ms: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Raises ObservationError if anything about it is not as it must be."""
        match data:
            case {
                "ended": str(ended),
                "value": value,
                "exception": exception,
                "exit_code": exit_code,
                "stdout": str(stdout),
                "stderr": str(stderr),
                "duration_ms": duration_ms,
                **rest,
            } if (
                not rest
                and ended in get_args(CaseEnd)
                and (exit_code is None or within(MOST_EXIT_CODE, exit_code))
                and within(MOST_NUMBER, duration_ms)
            ):
                made = cls(
                    ended,  # type: ignore[arg-type]  # one of CaseEnd's, by the guard
                    storable_value(value),
                    None if exception is None else Raised.from_json(exception),
                    exit_code,
                    storable(stdout),
                    storable(stderr),
                    duration_ms,
                )
            case _:
                raise ObservationError("an observation of another shape")
        has_value, has_exception = made.value is not None, made.exception is not None
        if (has_value, has_exception) != (ended == "value", ended == "raised"):
            raise ObservationError(f"an observation that contradicts itself: {ended}")
        if has_value and not values.is_value(value):
            raise ObservationError("a value of another shape")
        return made


def storable_value(value: Any) -> Any:
    """The value with texts as any database takes them; a `__repr__` may give back anything."""
    if not values.is_value(value):
        return value
    match value:
        case {"items": items}:
            return {**value, "items": [storable_value(item) for item in items]}
        case {"entries": entries}:
            return {**value, "entries": [[storable_value(one) for one in pair] for pair in entries]}
    return {name: storable(text) for name, text in value.items()}


def within(most: int, number: object) -> bool:
    """True for an int, and no bool, from 0 to `most`."""
    return type(number) is int and 0 <= number <= most


def observations_from_json(data: Sequence[Any]) -> tuple[Observation, ...]:
    return tuple(Observation.from_json(each) for each in data)
