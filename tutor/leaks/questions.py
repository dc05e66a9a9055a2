"""The code in questions: what is only asked about tells little. Pure."""

import re
from functools import lru_cache
from typing import Final

from tutor.leaks.markdown import Part
from tutor.leaks.phrases import any_of, compiled
from tutor.leaks.said import Said
from tutor.leaks.sentences import CODE, LINES, Sentence, passages, sentences
from tutor.leaks.tokens import tokens
from tutor.leaks.words import SPEECHES

# «`a` or `b`», «`a`, `b`, or `c`».
_ALTERNATIVES: Final = rf"{CODE},?\s(?:{{link}})\s(?:\w{{{{1,8}}}}\s)?{CODE}"


def asked_code(said: Said) -> frozenset[str]:
    """The code in the questions of a text."""
    return frozenset(code for passage in passages(said) for code in _asked(passage))


def weighed_code(said: Said) -> frozenset[str]:
    """The signs and single words that stand only in questions which weigh one against the other:
    «what is the difference between `/` and `//`?», «do you need `and` or `or`?»"""
    found = [one for passage in passages(said) for one in _weighed(passage)]
    elsewhere = {code for code, weighs in found if not weighs}
    return frozenset(code for code, weighs in found if weighs) - elsewhere


@lru_cache(maxsize=256)
def _weighed(passage: tuple[Part, ...]) -> tuple[tuple[str, bool], ...]:
    """Each code of a passage, and whether it is a single token in a question that weighs."""
    return tuple(
        (one.codes[sign].text, weighs and len(tokens(one.codes[sign].text)) == 1)
        for one in sentences(passage)
        for weighs in [one.asks and _weighs(one)]
        for sign in re.findall(CODE, one.text)
    )


def _weighs(sentence: Sentence) -> bool:
    """Whether the codes of a question are alternatives, none of which it names for a place."""
    return any(
        compiled(_ALTERNATIVES.format(link=any_of(speech.either))).search(sentence.text)
        or compiled(any_of(speech.compare)).search(sentence.text)
        or (
            compiled(any_of(speech.meaning)).search(sentence.text)
            and not re.search(LINES, sentence.text)
        )
        for speech in SPEECHES.values()
    )


@lru_cache(maxsize=256)
def _asked(passage: tuple[Part, ...]) -> tuple[str, ...]:
    asking = [one for one in sentences(passage) if one.asks]
    return tuple(one.codes[sign].text for one in asking for sign in re.findall(CODE, one.text))
