"""What a student has and knows already: who quotes it tells nothing. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from tutor.leaks.edit import Edit
from tutor.leaks.markdown import plain_signs, visible
from tutor.leaks.phrases import any_of
from tutor.leaks.tokens import flat, tokens
from tutor.leaks.words import SPEECHES

# Of what is known no more is read.
MOST_CHARACTERS: Final = 50_000
# So long a quotation counts whatever its tokens are; a shorter one may be a part of a token.
_LONG: Final = 8
_BETWEEN: Final = "\x00"
_OPERATOR_WORDS: Final = frozenset({"and", "or", "not", "in", "is"})

# «`<` or `<=`», «>, >= oder ==»: alternatives, of which none is an idea of the student's.
_ALTERNATIVE: Final = r"(?:`[^`\n]{1,80}`|[-+*/%<>=!]{1,3}|-?\d{1,9}(?:\.\d{1,9})?)"
_OR: Final = (
    r"(?:,?\s{0,3}(?:\bor\b|\boder\b|\bund\b|\band\b|\bvs\.?|,|/|\|)\s{0,3}(?:\bmaybe\b\s)?)"
)
_ENUMERATION: Final = re.compile(rf"{_ALTERNATIVE}(?:{_OR}{_ALTERNATIVE}){{1,20}}+", re.IGNORECASE)


@dataclass(frozen=True)
class Known:
    """What a student has, prepared for many questions; made by `known`."""

    words: str
    tokens: str
    flat: str


def known(programs: Sequence[str], texts: Sequence[str]) -> Known:
    """What the student has: programs, and texts, of which enumerations tell nothing."""
    said = _ENUMERATION.sub(" ", plain_signs(visible("\n".join(texts)[:MOST_CHARACTERS])))
    all_of_it = "\n".join([*programs, said])[:MOST_CHARACTERS]
    return Known(said.lower(), _joined(all_of_it), flat(all_of_it))


def is_new(fragment: str, known: Known) -> bool:
    """Whether a fragment says something that the student does not have; a bare name does not."""
    code = fragment.strip()
    if not code or (code.isidentifier() and code not in _OPERATOR_WORDS):
        return False
    return _joined(code) not in known.tokens and not _is_long_quotation(code, known)


def is_new_edit(edit: Edit, known: Known) -> bool:
    """Whether an edit says something: not a sign in words for which the student has words too."""
    if not edit.in_words:
        return True
    sign = edit.b.partition(" ")[0]
    found = _words_of(sign)
    return found is None or found.search(known.words) is None


def _is_long_quotation(code: str, known: Known) -> bool:
    text = flat(code)
    return len(text) >= _LONG and text in known.flat


def _joined(text: str) -> str:
    """The tokens between marks, so that only whole ones are found; quotes are all of one kind."""
    read = (f'"{one[1:-1]}"' if one[0] == "'" and len(one) > 1 else one for one in tokens(text))
    return f"{_BETWEEN}{_BETWEEN.join(read)}{_BETWEEN}"


@cache
def _words_of(sign: str) -> re.Pattern[str] | None:
    words = [one for speech in SPEECHES.values() for one, s in speech.signs.items() if s == sign]
    return re.compile(any_of(words)) if words else None
