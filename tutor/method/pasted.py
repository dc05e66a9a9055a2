"""A program that stands in a student's message. Pure: it is read, never run.

Some students write no program into the editor but into the chat.
"""

import re
from collections.abc import Iterator
from typing import Final

from courses.languages import language_of

# Of a message so many characters and lines are looked at.
MAX_CHARS: Final = 20_000
MAX_LINES: Final = 200
# So many lines of words may stand before a program without a fence, and as many behind it.
MAX_WORDS: Final = 6
MIN_LINES: Final = 2

_FENCED: Final = re.compile(
    r"^[ \t]{0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n(?P<code>.*?)(?:^[ \t]{0,3}(?P=fence)|\Z)",
    re.DOTALL | re.MULTILINE,
)
# Lines of words parse too where each is a name; these signs make a program of them.
_SIGNS: Final = re.compile(r"[=(:]")


def pasted_program(text: str, language: str) -> str | None:
    """The last program of several lines in a message; None if there is none.

    A block in a fence, else lines that parse. Never raises.
    """
    text = text[:MAX_CHARS]
    fenced = [found["code"] for found in _FENCED.finditer(text) if _is_long(found["code"])]
    if fenced:
        return fenced[-1]
    return next((lines for lines in _without_words(text) if _is_program(lines, language)), None)


def _without_words(text: str) -> Iterator[str]:
    """The text without some of its first and last lines, the longest part first."""
    lines = text.splitlines()[:MAX_LINES]
    cuts = [(left, right) for left in range(MAX_WORDS + 1) for right in range(MAX_WORDS + 1)]
    for left, right in sorted(cuts, key=sum):
        kept = lines[left : len(lines) - right]
        if len(kept) >= MIN_LINES:
            yield "\n".join(kept)


def _is_program(text: str, language: str) -> bool:
    syntax = language_of(language).syntax
    if syntax is None or not _is_long(text) or not _SIGNS.search(text):
        return False
    return syntax.tree(text) is not None


def _is_long(code: str) -> bool:
    return sum(1 for line in code.splitlines() if line.strip()) >= MIN_LINES
