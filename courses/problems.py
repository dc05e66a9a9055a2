"""Problems of course files, each with its place, and words for the author who reads of them."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from courses.text import printable

# Characters of an author's own text that a message repeats.
MAX_SHOWN_CHARS = 60


@dataclass(frozen=True, order=True)
class Mark:
    """A place in a file. Both numbers begin at 1; columns count characters."""

    line: int = 1
    column: int = 1


# A warning keeps nobody from publishing.
Severity = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to put right. `file` is relative to the course's folder, with `/` in it."""

    file: str
    line: int
    column: int
    message: str
    severity: Severity = "error"

    @classmethod
    def at(cls, file: str, mark: Mark, message: str, severity: Severity = "error") -> "Problem":
        """A problem at `mark` in `file`."""
        return cls(file, mark.line, mark.column, message, severity)


def quoted(text: str) -> str:
    """`text` as a message may repeat it: one line, printable, not too long, in backticks."""
    # A first cut keeps the work small however long the text is.
    line = printable(text[:200])
    if len(text) > MAX_SHOWN_CHARS:
        line = line[: MAX_SHOWN_CHARS - 1] + "…"
    return f"`{line}`"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The word of `known` that looks most like `word`, if one looks like it at all."""
    near = difflib.get_close_matches(word[:MAX_SHOWN_CHARS], list(known), n=1, cutoff=0.6)
    return near[0] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The sentence « Did you mean …?» with a space before it, or nothing if no word is near."""
    near = nearest(word, known)
    return f" Did you mean {quoted(near)}?" if near else ""
