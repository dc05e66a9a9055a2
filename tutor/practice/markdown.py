"""Texts of others as Markdown: programs, values, what was typed. Pure."""

import re
import zlib
from collections.abc import Sequence
from typing import Final

MAX_SHOWN_CHARS: Final = 120
MAX_SHOWN_LINES: Final = 4


def pick(options: Sequence[str], seed: int, said: Sequence[str] = ()) -> str:
    """One of the options that none of the earlier texts holds; else the one said the longest ago.

    The same for the same conversation.
    """
    first = zlib.crc32(f"{seed}{options[0]}".encode()) % len(options)
    return min((*options[first:], *options[:first]), key=lambda one: _last(one.strip(), said))


def _last(option: str, said: Sequence[str]) -> int:
    """The number of the last text that holds it, from 1; 0 for none."""
    return max((number for number, text in enumerate(said, 1) if option in text), default=0)


def code(text: str) -> str:
    """As a code span, shortened, on one line."""
    flat = " ".join(text.split()) or "nothing"
    short = flat if len(flat) <= MAX_SHOWN_CHARS else flat[: MAX_SHOWN_CHARS - 1] + "…"
    # A span is fenced by more backticks than it holds.
    return f"`` {short} ``" if "`" in short else f"`{short}`"


def block(text: str) -> str:
    lines = text.replace("```", "'''").splitlines()[:MAX_SHOWN_LINES]
    return "\n\n```\n" + "\n".join(line[:MAX_SHOWN_CHARS] for line in lines) + "\n```\n\n"


def plain(text: str) -> str:
    """A text of somebody else's in a line of Markdown, as it is."""
    flat = " ".join(text.split())[:MAX_SHOWN_CHARS]
    return re.sub(r"([*_`\[\]<>])", r"\\\1", flat)


def typed(text: str) -> str:
    """What is typed to a program, on one line."""
    return code(" ⏎ ".join(text.rstrip("\n").split("\n")))
