"""The sentences of a text, with the code in them and the lines that they name. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import islice
from typing import Final

from tutor.leaks.markdown import (
    MOST_CHARACTERS,
    Kind,
    Paragraph,
    Part,
    paragraphs,
    plain_signs,
    visible,
)
from tutor.leaks.phrases import any_of
from tutor.leaks.plain_code import RUN, is_code, is_surely_code
from tutor.leaks.said import Channel, Said
from tutor.leaks.words import SPEECHES

# In the text of a sentence stand one character for each code and one for each name of lines.
CODE: Final = "[\ue000-\uefff]"
LINES: Final = "[\uf000-\uf8ff]"
_FIRST_CODE: Final = 0xE000
_FIRST_LINES: Final = 0xF000
# In a passage; more of them stay words.
_MOST_CODES: Final = 800
_MOST_LINES: Final = 200
# Of a text no more are looked at; a longer sentence is read in parts, which overlap.
MOST_PASSAGES: Final = 300
MOST_SENTENCES: Final = 100
MOST_SENTENCE: Final = 1_000
_OVERLAP: Final = 200
# The number of «the last line», whatever the program.
LAST: Final = -1
# Of «lines 3 to 8».
MOST_RANGE: Final = 40

_QUOTED: Final = re.compile(
    r"\"([^\"\n]{1,60})\"|[“„]([^“”„\n]{1,60})[“”]|[«»]([^«»\n]{1,60})[«»]"
    r"|(?<![\w'])'([^'\n]{1,60})'(?!\w)|(?<!\w)‘([^‘’\n]{1,60})’|‚([^‚‘’\n]{1,60})[‘’]"
)
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>\n]{0,80}>")
_NUMBER: Final = re.compile(rf"(?<![\w.])-?\d{{1,9}}(?:\.\d{{1,9}})?(?![\w{LINES[1:-1]}])")
_OPERATOR: Final = re.compile(
    r"(?<![\w<>=!+*/%-])(?:<=|>=|==|!=|\+=|-=|\*=|/=|//|\*\*|<|>|%|/|=(?!>)|\+)(?![\w<>=!+*/%-])"
)
# What is written like this is no word: `my_total`, `myTotal`, `n`; but «a» and «I».
_NAME: Final = re.compile(
    r"(?<![\w'’.])(?:\w{1,40}_\w{1,40}|[a-z]{1,20}[A-Z]\w{0,20}|[b-z])(?![\w'’.])"
)
_CLOSERS: Final = " *_)»”\"'"
_COMPARISON: Final = frozenset({"<", ">", "<=", ">=", "==", "!="})
_SIDE_BY_SIDE: Final = re.compile(rf"({CODE}) ({CODE})")
_END: Final = re.compile(rf"(?<=[.!?;])\s+|(?<=:)\s+(?!{CODE})")


@dataclass(frozen=True)
class Code:
    """Code in a sentence. `is_marked` as code; `in_words`: a sign that was said in words."""

    text: str
    is_marked: bool = False
    in_words: bool = False


@dataclass(frozen=True)
class Sentence:
    """A sentence, or a clause of one that `asks`; `codes` and `lines` say what the characters in
    its text stand for."""

    text: str
    asks: bool
    codes: dict[str, Code]
    lines: dict[str, tuple[int, ...]]


@lru_cache(maxsize=8)
def passages(said: Said) -> tuple[tuple[Part, ...], ...]:
    """The passages of a text: paragraphs, each with the block of code that it ends in and with
    what follows that in small letters («Replace», a block, «by», a block). What a block says in
    words is a passage of its own."""
    return tuple(islice(_passages(_paragraphs(said)), MOST_PASSAGES))


@lru_cache(maxsize=MOST_PASSAGES)
def sentences(passage: tuple[Part, ...]) -> tuple[Sentence, ...]:
    """The sentences of a passage."""
    return tuple(islice(_Reading().sentences(passage), MOST_SENTENCES))


def _paragraphs(said: Said) -> Sequence[Paragraph]:
    text = visible(said.text[-MOST_CHARACTERS:])
    match said.channel:
        case Channel.REPLY:
            return paragraphs(said.text)
        case Channel.OUTPUT:
            return [Paragraph((Part(Kind.WORDS, text),))]
        case Channel.CODE | Channel.CALL:
            return [Paragraph((Part(Kind.BLOCK, text),))]


def _passages(read: Sequence[Paragraph]) -> Iterator[tuple[Part, ...]]:
    passage: list[Part] = []
    for one in read:
        first = one.parts[0] if one.parts else Part(Kind.WORDS, "")
        is_block = first.kind is Kind.BLOCK
        if passage and not _goes_on(passage[-1], first):
            yield tuple(passage)
            passage = []
        passage += [Part(Kind.WORDS, "\n"), *one.parts] if passage else one.parts
        if is_block and (words := _words_of(first.text)):
            yield (Part(Kind.WORDS, words),)
    if passage:
        yield tuple(passage)


def _goes_on(last: Part, first: Part) -> bool:
    if last.text.rstrip().endswith((".", "!", "?")) and last.kind is not Kind.BLOCK:
        return False
    return first.kind is Kind.BLOCK or (last.kind is Kind.BLOCK and first.text[:1].islower())


def _words_of(block: str) -> str:
    """The lines of a block that are no code, and its comments."""
    lines = []
    for line in block.splitlines()[:400]:
        _, mark, comment = line.partition("#")
        if not mark:
            _, mark, comment = line.partition("//")
        if not is_code(line):
            lines.append(comment if mark else line)
        elif mark and comment.strip():
            lines.append(comment)
    return "\n".join(lines).strip()


@dataclass
class _Reading:
    """Reads one paragraph; remembers its codes and lines by the characters that stand for them."""

    codes: dict[str, Code] = field(default_factory=dict)
    lines: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def sentences(self, parts: Sequence[Part]) -> Iterator[Sentence]:
        text = "".join(map(self._part, parts))
        for read in (self._quoted, self._runs, self._signs, self._lines, self._small):
            text = read(text)
        text = " ".join(_SIDE_BY_SIDE.sub(self._joined, text).split())
        for one in _END.split(text):
            asks = one.rstrip(_CLOSERS).endswith("?")
            for start in range(0, len(one), MOST_SENTENCE):
                end = start + MOST_SENTENCE + _OVERLAP
                yield Sentence(one[start:end], asks, self.codes, self.lines)

    def _part(self, part: Part) -> str:
        if part.kind is Kind.WORDS:
            return _TAG.sub(" ", part.text)
        text = plain_signs(part.text)
        if (
            part.kind is Kind.EMPHASIS
            and not is_code(text)
            and not _OPERATOR.fullmatch(text.strip())
        ):
            return text
        return self._code(text, is_marked=True) or text

    def _code(self, text: str, *, is_marked: bool = False, in_words: bool = False) -> str:
        """A character for the code; empty if there are too many."""
        if len(self.codes) >= _MOST_CODES:
            return ""
        stripped = text.rstrip() if "\n" in text.strip() else text.strip()
        sign = chr(_FIRST_CODE + len(self.codes))
        self.codes[sign] = Code(stripped, is_marked, in_words)
        return sign

    def _quoted(self, text: str) -> str:
        def put(found: re.Match[str]) -> str:
            quoted = next(one for one in found.groups() if one)
            # A quotation with code in it is no code of its own.
            return found[0] if re.search(CODE, quoted) else self._code(quoted) or found[0]

        return _QUOTED.sub(put, text)

    def _runs(self, text: str) -> str:
        def put(found: re.Match[str]) -> str:
            run = found[0]
            if len(run) <= 2 or not is_surely_code(run):
                return run
            return self._code(run, is_marked=True) or run

        return RUN.sub(put, plain_signs(text))

    def _signs(self, text: str) -> str:
        signs, pattern = _sign_words()

        def put(found: re.Match[str]) -> str:
            sign = signs[" ".join(found[1].lower().split())]
            return self._code(sign, in_words=True) or found[0]

        return pattern.sub(put, text)

    def _lines(self, text: str) -> str:
        numbers, pattern = _line_names()
        last_words = _last_words()

        def number(word: str) -> int | None:
            digits = word.rstrip("stndrh.")
            if word.lower() in last_words:
                return LAST
            return int(digits) if digits.isdecimal() else numbers.get(word.lower())

        def put(found: re.Match[str]) -> str:
            first = number(found["first"] or found["nth"] or found["end"])
            if first is None or len(self.lines) >= _MOST_LINES:
                return found[0]
            sign = chr(_FIRST_LINES + len(self.lines))
            if first == LAST:
                self.lines[sign] = (LAST,)
                return sign
            last = int(found["last"] or first)
            together = range(first, min(last, first + MOST_RANGE) + 1)
            more = map(int, re.findall(r"\d+", found["more"] or ""))
            self.lines[sign] = (*together, *more) or (first,)
            return sign

        return pattern.sub(put, text)

    def _small(self, text: str) -> str:
        put: Callable[[re.Match[str]], str] = lambda found: self._code(found[0]) or found[0]  # noqa: E731
        for pattern in (_NUMBER, _OPERATOR, _NAME):
            text = pattern.sub(put, text)
        counts, counted = _counts()
        text = counted.sub(
            lambda found: found[1] + (self._code(str(counts[found[2].lower()])) or found[2]), text
        )
        return _word_operators().sub(lambda found: f"{found[1]}{self._code(found[2])}", text)

    def _joined(self, found: re.Match[str]) -> str:
        """«less than 12» is one code."""
        sign, value = self.codes[found[1]], self.codes[found[2]]
        if sign.text not in _COMPARISON or sign.is_marked:
            return found[0]
        return self._code(f"{sign.text} {value.text}", in_words=sign.in_words) or found[0]


@cache
def _sign_words() -> tuple[dict[str, str], re.Pattern[str]]:
    """The signs of all languages by their words, and what finds them."""
    signs = {words: sign for speech in SPEECHES.values() for words, sign in speech.signs.items()}
    return signs, re.compile(
        rf"(?:\b(?:an?|the|eine?n?|der|die|das)\s)?({any_of(signs)})", re.IGNORECASE
    )


@cache
def _counts() -> tuple[dict[str, int], re.Pattern[str]]:
    """The numbers in words that are values, «start with one instead of zero», and what finds
    them: not «with one of them»."""
    speeches = SPEECHES.values()
    counts = {word: one for speech in speeches for word, one in speech.counts.items()}
    before = any_of(word for speech in speeches for word in (*speech.at, *speech.to))
    behind = any_of(word for speech in speeches for word in (*speech.instead, "in", "on"))
    return counts, re.compile(
        rf"({before}\s)({any_of(counts)})(?=\s?(?:[.,;:!?)]|$)|\s{behind})", re.IGNORECASE
    )


@cache
def _line_names() -> tuple[dict[str, int], re.Pattern[str]]:
    """The numbers in words of all languages, and what finds a name of lines."""
    numbers = {word: one for speech in SPEECHES.values() for word, one in speech.numbers.items()}
    line = any_of(word for speech in SPEECHES.values() for word in speech.line)
    both = any_of(word for speech in SPEECHES.values() for word in speech.both)
    more = rf"(?:(?:\s?[,&])?\s?(?:{both}\s)?\d{{1,4}}(?!\w)){{0,20}}+"
    return numbers, re.compile(
        rf"{line}\s(?:#|no\.\s|nr\.\s)?(?P<first>\d{{1,4}}|[^\W\d]{{3,8}})(?!\w)"
        rf"(?:(?:\s?[-–]\s?|\s(?:to|through|bis)\s)(?P<last>\d{{1,4}})(?!\w|\.\d))?(?P<more>{more})"
        rf"|(?<!\w)(?P<nth>\d{{1,4}}(?:st|nd|rd|th|\.)|{any_of(numbers)})\s{line}"
        # Not «the last line of the loop».
        rf"|(?<!\w)(?P<end>{any_of(_last_words())})\s{line}(?!\s(?:of|in|inside|der|des|im)\s)",
        re.IGNORECASE,
    )


@cache
def _last_words() -> frozenset[str]:
    return frozenset(word for speech in SPEECHES.values() for word in speech.last)


@cache
def _word_operators() -> re.Pattern[str]:
    """«an or», «das and»: only with an article they are no words of the sentence."""
    articles = any_of(word for speech in SPEECHES.values() for word in speech.articles)
    return re.compile(rf"({articles}\s)(and|or|not)(?!\w)", re.IGNORECASE)
