"""Words with which code or an edit may begin in prose. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Final

from tutor.leaks.phrases import any_of
from tutor.leaks.words import SPEECHES

# No phrase has more words.
MOST_WORDS: Final = 5

# Signs of code and of Markdown, a digit, a quotation mark; a call, a dotted name, an operator by
# itself; `n` and `myTotal`.
_SIGN: Final = re.compile(
    r"""[`~<>=+*/%$\\|\[\]{}_#&^@"„“”«»\d]|^['‘‚]|\w\(|\w\.[^\W\d]|^-+$|^-\d|--|->|[a-z][A-Z]"""
    r"|^\W*[b-z]\W*$"
)
_STATEMENTS: Final = (
    "return", "break", "continue", "pass", "elif", "else:", "def", "import", "del", "raise",
    "yield", "lambda", "global", "try:", "except:",
)  # fmt: skip
_EDGES: Final = ".,;:!?()'\"*_«»“”„‘’‚…"


def begins_code_or_edit(words: Sequence[str]) -> bool:
    """Whether the last of the words, whole as it stands between blanks, is a trigger, by itself or
    together with up to four before it."""
    if _is_trigger(words[-1]):
        return True
    last = _plain(words[-1])
    before = [_plain(one) for one in words[-MOST_WORDS:-1]]
    return any(
        pattern.fullmatch(" ".join([*before[len(before) - length :], last])) is not None
        for length, pattern in _phrases().get(last, ())
        if length <= len(before)
    )


@lru_cache(maxsize=4096)
def _is_trigger(word: str) -> bool:
    if _SIGN.search(word) or word.lower() in _STATEMENTS:
        return True
    if not word.isascii() and any(map(_is_odd, word)):
        return True
    return _single_words().fullmatch(_plain(word)) is not None


def _is_odd(letter: str) -> bool:
    """Mathematical signs, wide letters and what nobody sees."""
    return unicodedata.category(letter) in {"Sm", "Cf", "Co"} or "\uff01" <= letter <= "\uff5e"


def _plain(word: str) -> str:
    return word.strip(_EDGES).lower()


def _table() -> Iterator[str]:
    """The phrases of all languages."""
    for speech in SPEECHES.values():
        for group in (
            speech.signs, speech.replace, speech.set, speech.add, speech.use, speech.remove,
            speech.move, speech.swap, speech.indent, speech.dedent,
        ):  # fmt: skip
            # Of «rück* … ein» the first half is enough.
            yield from (phrase.partition(" … ")[0] for phrase in group)
        for line in speech.line:
            for number in speech.numbers:
                yield from (f"{line} {number}", f"{number} {line}")


@cache
def _single_words() -> re.Pattern[str]:
    return re.compile(any_of(phrase for phrase in _table() if " " not in phrase))


@cache
def _phrases() -> dict[str, list[tuple[int, re.Pattern[str]]]]:
    """Phrases of several words by the last one: how many words are before it, and the pattern."""
    found: dict[str, list[tuple[int, re.Pattern[str]]]] = {}
    single = _single_words()
    for phrase in dict.fromkeys(_table()):
        words = phrase.split()
        if len(words) > 1 and not any(single.fullmatch(word) for word in words):
            pattern = re.compile(any_of([phrase]))
            found.setdefault(words[-1].rstrip("*"), []).append((len(words) - 1, pattern))
    return found
