"""Escaping of untrusted text for a terminal, against control sequences. Pure."""

import unicodedata
from typing import Final

# Control characters that stay as they are.
_PLAIN: Final = "\n\t"
# They join letters of some scripts and the parts of some emoji, and do nothing else.
_JOINERS: Final = "\u200c\u200d"
# Control characters, marks that turn the direction of writing, halves of characters, separators
# that some terminals take for the end of a line.
_ACTIVE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Where Unicode has pictures of the first control characters, and of DEL.
_PICTURES: Final = 0x2400
_SPACE, _DEL, _PICTURE_OF_DEL = 0x20, 0x7F, "␡"


class _EscapeTable(dict[int, str]):
    """The replacement of each character, by its number; made when it is first needed."""

    def __missing__(self, number: int) -> str:
        shown = self[number] = _escaped(chr(number))
        return shown


def _escaped(char: str) -> str:
    if char in _PLAIN or char in _JOINERS or unicodedata.category(char) not in _ACTIVE:
        return char
    number = ord(char)
    if number < _SPACE:
        return chr(_PICTURES + number)
    return _PICTURE_OF_DEL if number == _DEL else f"<U+{number:04X}>"


_TABLE: Final = _EscapeTable()


def escape(text: str) -> str:
    """The text with a visible sign for each character that could do something to a terminal.

    Lines and tabs stay; the end of a line as Windows has it becomes a plain one.
    """
    return text.replace("\r\n", "\n").translate(_TABLE)


def one_line(text: str, max_chars: int) -> str:
    """The text, escaped, on one line of at most `max_chars` characters."""
    line = escape(text).replace("\n", "⏎").replace("\t", " ")
    return line if len(line) <= max_chars else f"{line[: max_chars - 1]}…"
