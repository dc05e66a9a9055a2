"""Text of strangers on an author's terminal: shown, never obeyed. Pure."""

import unicodedata
from typing import Final

# What lines are made of.
_PLAIN: Final = "\n\t"
# They join letters of some scripts and the parts of some emoji, and do nothing else.
_JOINERS: Final = "\u200c\u200d"
# Control characters, marks that turn the direction of writing, halves of characters, separators
# that some terminals take for the end of a line.
_ACTIVE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Where Unicode has pictures of the first control characters, and of DEL.
_PICTURES: Final = 0x2400
_SPACE, _DEL, _PICTURE_OF_DEL = 0x20, 0x7F, "␡"


class _Shown(dict[int, str]):
    """How each character is shown, by its number; made when it is asked for."""

    def __missing__(self, number: int) -> str:
        shown = self[number] = _shown(chr(number))
        return shown


def _shown(char: str) -> str:
    if char in _PLAIN or char in _JOINERS or unicodedata.category(char) not in _ACTIVE:
        return char
    number = ord(char)
    if number < _SPACE:
        return chr(_PICTURES + number)
    return _PICTURE_OF_DEL if number == _DEL else f"<U+{number:04X}>"


_TABLE: Final = _Shown()


def inert(text: str) -> str:
    """The text with a visible sign for each character that could do something to a terminal.

    Lines and tabs stay; the end of a line as Windows has it becomes a plain one.
    """
    return text.replace("\r\n", "\n").translate(_TABLE)


def one_line(text: str, most: int) -> str:
    """The text on a line of at most `most` characters, inert."""
    line = inert(text).replace("\n", "⏎").replace("\t", " ")
    return line if len(line) <= most else f"{line[: most - 1]}…"
