"""The help that came before an attempt, as its row stores it. Pure."""

from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

# A paste of at least so many characters, and of this part of the program, is a large one.
MIN_PASTE_CHARS: Final = 80
PASTE_PART: Final = 0.6

_Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Help:
    """What preceded an attempt since its step was opened.

    `level`: the highest hint. `turns`: the student's messages about the step. `predictions`: those
    answered, by verdict. `shown_solution`: the lesson lets the tutor talk about it. `pasted`: most
    of the program came in one paste.
    """

    level: _Count = 0
    turns: _Count = 0
    predictions: dict[str, _Count] | None = None
    shown_solution: bool = False
    pasted: bool = False

    def to_json(self) -> dict[str, Any]:
        """The fields by their names; those that have their default are left out."""
        default = asdict(Help())
        return {name: value for name, value in asdict(self).items() if value != default[name]}

    @classmethod
    def from_json(cls, stored: Any) -> "Help":
        """The help in a row of this release or an earlier one. Never raises.

        Unknown fields are ignored; missing ones, and those of another type, have their defaults.
        """
        names = {field.name for field in fields(cls)}
        found = stored if isinstance(stored, dict) else {}
        known = {name: value for name, value in found.items() if name in names}
        try:
            return _HELP.validate_python(known)
        except ValidationError as error:
            damaged = {problem["loc"][0] for problem in error.errors(include_input=False)}
            return _HELP.validate_python({k: v for k, v in known.items() if k not in damaged})


def is_large_paste(pasted: int, code: str) -> bool:
    """Whether `pasted` characters, which came at once, are most of a program."""
    return bool(code) and pasted >= max(MIN_PASTE_CHARS, PASTE_PART * len(code))


_HELP: Final = TypeAdapter(Help)
