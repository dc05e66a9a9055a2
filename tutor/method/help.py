"""The help that came before an attempt, as its row stores it. Pure."""

from dataclasses import asdict, dataclass
from typing import Any, Final

# A paste of at least so many characters, and of this part of the program, is a large one.
MIN_PASTE_CHARS: Final = 80
PASTE_PART: Final = 0.6


@dataclass(frozen=True)
class Help:
    """What preceded an attempt since its step was opened.

    `level`: the highest hint. `turns`: the student's messages about the step. `predictions`: those
    answered, by verdict. `shown_solution`: the lesson lets the tutor talk about it. `pasted`: most
    of the program came in one paste. Of the leak gate, turns in which the tutor said something that
    would solve the step, and was shown (`leaks`) or `withheld`, or that mends a part (`partial`).
    """

    level: int = 0
    turns: int = 0
    predictions: dict[str, int] | None = None
    shown_solution: bool = False
    pasted: bool = False
    leaks: int = 0
    withheld: int = 0
    partial: int = 0

    def to_json(self) -> dict[str, Any]:
        """The fields by their names; those that have their default are left out."""
        default = asdict(Help())
        return {name: value for name, value in asdict(self).items() if value != default[name]}


def is_large_paste(pasted: int, code: str) -> bool:
    """Whether `pasted` characters, which came at once, are most of a program."""
    return bool(code) and pasted >= max(MIN_PASTE_CHARS, PASTE_PART * len(code))
