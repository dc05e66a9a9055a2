"""Texts of authors and programs, made fit for a message. Pure.

`sandbox.text` has the same for what programs leave behind: neither app knows the other.
"""

from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
# At the end of a text that goes on.
MORE: Final = "…"


def cut(text: str, most: int) -> str:
    """The text in at most `most` characters, the last of which says where there was more."""
    return text if len(text) <= most else f"{text[: most - 1]}{MORE}"


def printable(text: str, *, keep: str = "", instead: str = REPLACEMENT) -> str:
    """The text, as many characters, with `instead` for each that is neither printable nor one of
    `keep`: control characters, ends of lines, halves of pairs."""
    return "".join(each if each.isprintable() or each in keep else instead for each in text)
