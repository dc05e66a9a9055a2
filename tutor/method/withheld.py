"""Where the model may ask instead, once its answer was withheld. Pure.

It is told a place, never what would stand there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

# Longer programs are not compared.
MAX_LINES: Final = 1_000
# A program of which more than this part is another one was not mended but replaced.
MAX_CHANGED: Final = 0.5


@dataclass(frozen=True)
class Place:
    """What there is to ask about: a line of the student's program, from 1; a visible case that
    failed, by its call, its input, or both. 0 and empty: nothing is known.
    """

    line: int = 0
    call: str = ""
    stdin: str = ""

    @property
    def failed(self) -> str:
        """The case in one line; empty if none is known."""
        if not self.call:
            return self.stdin.strip()
        return f"{self.call} with the input {self.stdin.strip()}" if self.stdin else self.call


def changed_line(program: str, mended: str) -> int:
    """The first line of `program`, from 1, in which `mended` is another one.

    Where something was put in, the line before it. 0 if there is none, and where it was replaced.
    """
    ours, theirs = ([line.rstrip() for line in text.splitlines()] for text in (program, mended))
    if not any(ours) or not any(theirs) or max(len(ours), len(theirs)) > MAX_LINES:
        return 0
    changes = list(_changes(ours, theirs))
    if not changes or sum(end - begin for begin, end in changes) > MAX_CHANGED * len(ours):
        return 0
    begin, end = changes[0]
    return begin + 1 if end > begin else max(1, begin)


def _changes(ours: list[str], theirs: list[str]) -> Iterator[tuple[int, int]]:
    """The parts of `ours` that are others; an empty one where something was put in."""
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    for tag, begin, end, their_begin, their_end in matcher.get_opcodes():
        if tag != "equal" and any([*ours[begin:end], *theirs[their_begin:their_end]]):
            yield begin, end
