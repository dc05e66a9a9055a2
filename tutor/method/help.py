"""The help that came before an attempt, as its row stores it. Pure."""

from collections.abc import Mapping
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

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Help":
        """The help that `stored` was made of. A newer release may have stored more with it."""
        return cls(**{name: stored[name] for name in vars(cls()) if name in stored})

    @property
    def is_help(self) -> bool:
        """Whether a step that is passed after that is passed with help.

        A hint is, and what the tutor said that solves or mends a part of the step; so is any
        message about a step of which the tutor may give the solution. Talking about a step is not,
        nor are predictions, what was withheld, and a paste, which says nothing of its source.
        """
        told = self.level or self.leaks or self.partial
        return bool(told or (self.shown_solution and self.turns))

    def to_json(self) -> dict[str, Any]:
        """The fields by their names; those that have their default are left out."""
        default = asdict(Help())
        return {name: value for name, value in asdict(self).items() if value != default[name]}


def is_large_paste(pasted: int, code: str) -> bool:
    """Whether `pasted` characters, which came at once, are most of a program."""
    return bool(code) and pasted >= max(MIN_PASTE_CHARS, PASTE_PART * len(code))
