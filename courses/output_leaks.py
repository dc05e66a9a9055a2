"""Texts that give the output of a program away which is to be predicted. Pure.

What counts is the whole output: all of its tokens one after the other, whatever stands between
them in prose (commas, quotes, « and »). A text that says that it is the output claims it; one that
only names it is likely to give it away. English and German.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Literal

# A text claims to say the output, or names it in a way that hardly means something else.
Certainty = Literal["claimed", "likely"]


@dataclass(frozen=True)
class Leak:
    """The first place in a text, as an offset, where the output is given away."""

    start: int
    certainty: Certainty
    # The whole of an output that is longer than a word or a number.
    telling: bool


def leak(
    output: str, text: str, others: Sequence[str] = (), *, by_lines: bool = True
) -> Leak | None:
    """The worst leak of `output` in `text`, Markdown or words of comments; None if there is none.

    `others` are outputs that somebody with a false belief predicts: a question that offers one of
    them beside the right one gives nothing away. `by_lines`: so do the lines of the output, each
    quoted, in their order, with other words between them.
    """
    text = _plain(text)
    wanted = _wanted(output)
    telling = _is_telling(wanted, output)
    found = [
        Leak(start, certainty, telling)
        for start, end in islice(places_of(output, text), _MOST_PLACES)
        if (certainty := _certainty(text, start, end, output, telling, others)) is not None
    ]
    # « It prints five »: in words it may well be something else that is counted.
    found += [
        replace(one, certainty="likely")
        for word in _IN_WORDS.get(output.strip(), ())
        for one in [leak(word, text.lower(), others)]
        if one is not None and one.certainty == "claimed"
    ]
    if by_lines and not found:
        found += _line_by_line(output, text, others)
    return min(found, key=lambda one: (one.certainty != "claimed", one.start), default=None)


def _line_by_line(output: str, text: str, others: Sequence[str]) -> Iterator[Leak]:
    """« `1` in the first line and `2` in the second »: each line quoted, or long, and near."""
    lines = [line for line in output.splitlines() if line.strip()]
    if not 1 < len(lines) <= _MOST_LINES:
        return
    begin, end, first = 0, 0, True
    certainty: Certainty = "likely"
    for line in lines:
        telling = _is_telling(_wanted(line), line)
        spans = ((a, b) for a, b in places_of(line, text) if a >= end)
        span = next((one for one in spans if telling or _is_quoted(text, *one)), None)
        if span is None or (not first and span[0] - end > _NEAR_CHARS):
            return
        if first:
            begin, first = span[0], False
            found = _certainty(text, *span, line, telling, others)
            certainty = "likely" if found is None else found
        end = span[1]
    if not any(_offers(text, begin, end, other) for other in others):
        yield Leak(begin, certainty, telling=True)


def places_of(output: str, text: str) -> Iterator[tuple[int, int]]:
    """Where the whole `output` stands in `text`: offsets of its begin and end."""
    wanted = _wanted(output)
    if not output.strip():
        return
    if not any(token[0].isalnum() for token in wanted):
        yield from _same_lines(output, text)  # a picture: commas and quotes count in it
        return
    if not all(token in text for token in wanted):
        return
    skipped = _SEPARATORS - set(wanted)
    have = [found for found in _TOKEN.finditer(text) if found[0] not in skipped]
    starts: dict[int, int] = {}
    offset = 0
    for n, found in enumerate(have):
        starts[offset] = n
        offset += len(found[0]) + 1
    hay = "\0" + "".join(f"{found[0]}\0" for found in have)
    needle = "\0" + "".join(f"{token}\0" for token in wanted)
    at = hay.find(needle)
    while at >= 0:
        first = starts[at]
        start, end = have[first].start(), have[first + len(wanted) - 1].end()
        if _stands_alone(text, start, end):
            yield start, end
        at = hay.find(needle, at + 1)


# Tokens ------------------------------------------------------------------------------------------

_TOKEN: Final = re.compile(r"\d+(?:\.\d+)+(?!\w)|\w+|[^\w\s]")
_QUOTES: Final = "`'\"“”„‚‘’«»‹›"
# What prose puts between two values, and Markdown around one.
_SEPARATORS: Final = frozenset({*_QUOTES, *",;*|•-", "and", "then", "und", "dann"})
# Characters before and after an output that are looked at.
_NEAR_CHARS: Final = 300
# Times that an output is looked at in a text.
_MOST_PLACES: Final = 100
# Lines of an output that are looked for one by one.
_MOST_LINES: Final = 20
# Characters of a word or number alone that a prompt would hardly hold by chance.
_TELLING_CHARS: Final = 4

# Characters that mean the same in a text as in an output.
_SAME: Final = str.maketrans({"\N{MINUS SIGN}": "-", "\N{NO-BREAK SPACE}": " "})
_FENCE: Final = re.compile(r"^([ \t]*)(`{3,}|~{3,})[^\n]*$", re.MULTILINE)
_IN_WORDS: Final = {
    "0": ("zero", "null"), "1": ("one", "eins"), "2": ("two", "zwei"), "3": ("three", "drei"),
    "4": ("four", "vier"), "5": ("five", "fünf"), "6": ("six", "sechs"), "7": ("seven", "sieben"),
    "8": ("eight", "acht"), "9": ("nine", "neun"), "10": ("ten", "zehn"), "11": ("eleven", "elf"),
    "12": ("twelve", "zwölf"),
}  # fmt: skip


def _plain(text: str) -> str:
    """As long as `text`, with blanks for the fences around its blocks of code."""
    return _FENCE.sub(lambda fence: " " * len(fence[0]), text.translate(_SAME))


def _wanted(output: str) -> list[str]:
    """The tokens of the output, without those that prose may put between them anyway."""
    tokens = [found[0] for found in _TOKEN.finditer(output.translate(_SAME))]
    words = [token for token in tokens if token not in _SEPARATORS - frozenset("*|•-")]
    return words if any(token[0].isalnum() for token in words) else tokens


def _is_telling(wanted: list[str], output: str) -> bool:
    if len(wanted) > 1:
        return True
    return len(output.strip()) >= _TELLING_CHARS and not output.strip().isalpha()


def _same_lines(output: str, text: str) -> Iterator[tuple[int, int]]:
    lines = r"[ \t]*\n".join(re.escape(line) for line in output.rstrip().split("\n"))
    for found in re.finditer(rf"^{lines}[ \t]*$", text, re.MULTILINE):
        yield found.span()


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Not a part of a longer number or name, and not the number of an item."""
    before, after = text[max(0, start - _NEAR_CHARS) : start], text[end : end + _NEAR_CHARS]
    if re.search(r"(?:[-+./#^\\$€:]|\d[,.])$", before[-2:]) and not before.endswith((": ", "->")):
        return False
    if re.match(r"[%°/^]|[-.:,]\d|-\w", after):
        return False
    numbers_an_item = re.match(r"[.)]\s", after) and not before.rpartition("\n")[2].strip(" \t#>")
    return not numbers_an_item


# What is said of it ------------------------------------------------------------------------------

_SAYS: Final = (
    r"print|prints|printed|printing|output|outputs|display|displays|displayed|show|shows|shown|"
    r"write|writes|written|give|gives|gave|return|returns|returned|yield|yields|produce|produces|"
    r"result|results|answer|answers|says|see|reads|"
    r"gibt|geben|druckt|drucken|ergibt|ergeben|zeigt|liefert|schreibt|lautet|ausgabe|ergebnis|"
    r"antwort|lösung|solution"
)
_IS: Final = r"is|are|equals|was|becomes|makes|get|gets|ist|sind|wird|heißt"
_FILLERS: Final = (
    r"the|a|an|out|us|you|exactly|only|just|numbers|values|lines|number|value|text|word|words|"
    r"first|is|are|be|will|always|simply|therefore|of|as|to|in|screen|on|it|this|program|here|"
    r"der|die|das|den|dem|genau|nur|zahl|zahlen|wert|werte|text|wort|aus|dir|uns|ist|sind|immer|"
    r"also|hier|programm|es|dieses"
)
_GAP: Final = rf"[\s{_QUOTES}:*_>…–—|]*"
_BEFORE: Final = rf"(?:[\s{_QUOTES}:*_>…–—|]+(?:{_FILLERS})\b){{0,5}}{_GAP}$"
_CLAIMS: Final = re.compile(rf"(?:\b(?:{_SAYS})\b|->|=>|→|⇒){_BEFORE}", re.IGNORECASE)
_EQUALS: Final = re.compile(rf"(?:\b(?:{_IS})\b|=){_BEFORE}", re.IGNORECASE)
_PASSIVE: Final = re.compile(
    rf"[\s{_QUOTES}*_]*(?:(?:is|are|gets|get|will be|wird|werden)\s+"
    r"(?:printed|shown|displayed|written|the (?:output|result|answer)|ausgegeben|gedruckt|"
    r"angezeigt|die (?:ausgabe|antwort)|das ergebnis)|comes? out|kommt heraus|kommen heraus)\b",
    re.IGNORECASE,
)
# Words after a number that only count something: « prints 5 lines ».
_GOES_ON: Final = re.compile(
    r"\s+(?!(?:and|because|since|as|when|if|but|on|to|in|for|at|or|not|instead|here|too|"
    r"also|again|und|oder|weil|da|aber|wenn|als|auf|aus|hier|nicht|statt|denn)\b)[^\W\d_]+|"
    r"\s+(?:and|und)\s+[`\d]",
    re.IGNORECASE,
)
_OR: Final = re.compile(r"\b(?:or|whether|either|oder|ob|entweder)\b", re.IGNORECASE)
_NOT: Final = re.compile(
    r"(?:\b(?:not|never|nicht|nie|kein\w*|instead of|rather than|statt)\b|n['’]t\b)[^,;:]*$",
    re.IGNORECASE,
)
_WHY: Final = re.compile(r"\b(?:why|how come|warum|wieso|weshalb)\b", re.IGNORECASE)
_SENTENCE: Final = re.compile(rf"[.!?][{_QUOTES})*]*\s|[^:\s]\s*\n\s*\n")


def _certainty(
    text: str, start: int, end: int, output: str, telling: bool, others: Sequence[str]
) -> Certainty | None:
    if any(_offers(text, start, end, other) for other in others):
        return None
    before, after = _sentence(text, start, end)
    passive = _PASSIVE.match(after)
    bare_number = not telling and not _is_quoted(text, start, end)
    counts = bare_number and not passive and _GOES_ON.match(after) is not None
    if (passive or _CLAIMS.search(before)) and not counts and not _NOT.search(before):
        offers = bool(_OR.search(before) or _OR.search(after))
        asks = after.rstrip().endswith("?") and not _WHY.search(before)
        return "likely" if asks or offers else "claimed"
    if _is_block(text, start, end) and "\n" in output.strip():
        return "claimed"
    if (_EQUALS.search(before) and not counts) or telling:
        return "likely"
    return "likely" if _is_quoted(text, start, end) or _is_block(text, start, end) else None


def _offers(text: str, start: int, end: int, other: str) -> bool:
    """True where `other` is offered beside the output, in the same sentence or block."""
    near = text[max(0, start - _NEAR_CHARS) : end + _NEAR_CHARS]
    return _OR.search(near) is not None and any(True for _ in places_of(other, near))


def _sentence(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after the place in the same sentence, as far as it is near."""
    before, after = text[max(0, start - _NEAR_CHARS) : start], text[end : end + _NEAR_CHARS]
    begins = max((found.end() for found in _SENTENCE.finditer(before)), default=0)
    ends = re.search(r"[.!?](?=\W*(?:\s|$))|\n\s*\n", after)
    return before[begins:], after[: ends.end()] if ends else after


def _is_quoted(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start] in _QUOTES and text[end : end + 1] in _QUOTES and start > 0


def _is_block(text: str, start: int, end: int) -> bool:
    """True where nothing else stands in the lines."""
    lead = text[max(0, start - _NEAR_CHARS) : start].rpartition("\n")[2]
    rest = text[end : end + _NEAR_CHARS].partition("\n")[0]
    return not lead.strip(" \t>") and not rest.strip()
