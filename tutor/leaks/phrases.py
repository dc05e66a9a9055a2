"""Phrases of a language of words as regular expressions. Pure."""

import re
from collections.abc import Iterable
from functools import cache


def any_of(phrases: Iterable[str]) -> str:
    """A pattern that finds each of the phrases, the longest first; never a part of a word.

    A blank stands for any; `*` at the end of a word for up to 20 more letters; `…` between words
    for up to 40 characters within a sentence («rück* … ein»).
    """
    found = "|".join(map(_pattern, sorted(dict.fromkeys(phrases), key=len, reverse=True)))
    return rf"(?<!\w)(?:{found})(?!\w)"


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, in which big letters are small ones too."""
    return re.compile(pattern, re.IGNORECASE)


def _pattern(phrase: str) -> str:
    words = r"\s{1,3}".join(re.escape(word) for word in phrase.split())
    return words.replace(r"\*", r"\w{0,20}").replace("…", r"[^.?!]{0,40}?")
