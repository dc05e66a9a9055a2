"""The tokens of code in whatever language, complete or not. Pure."""

import re
from typing import Final

# A text in quotes ends in its line, and soon; else the quote is a sign. Possessive: no run twice.
TOKEN: Final = re.compile(
    r"[^\W\d]\w*+"
    r"|\d++(?:\.\d++)?+"
    r'|"(?:\\.|[^"\\\n]){0,120}+"'
    r"|'(?:\\.|[^'\\\n]){0,120}+'"
    r"|\*\*=|//=|===|!==|\*\*|//|[<>=!]=|[-+*/%]=|->|=>|\+\+|--|&&|\|\||\S"
)


def tokens(text: str) -> list[str]:
    """Names, numbers, texts in quotes and signs, in their order, without blanks between them."""
    return TOKEN.findall(text)


def flat(text: str) -> str:
    """The text without blanks and ends of lines."""
    return "".join(text.split())
