"""The tutor's Markdown, read by the rules of the page: where code stands, and where words do. Pure.

The page has markdown-it with the same options (`tutor/classroom/src/text/markdownBlocks.ts`); both
are held to the same examples.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from textwrap import indent
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

# Of a text no more is read: its end, for what came before was judged when it came.
MOST_CHARACTERS: Final = 12_000
# With more marks of links and emphasis the parser takes quadratic time; their rules are left out.
MOST_MARKS: Final = 600

_OPTIONS: Final = {"html": False, "linkify": False, "typographer": False}
_markdown: Final = MarkdownIt("js-default", _OPTIONS).disable("image")
_without_marks: Final = MarkdownIt("js-default", _OPTIONS).disable(
    ["image", "link", "emphasis", "strikethrough"]
)
# Of code that is only indented.
_INDENT: Final = " " * 4
_EMPHASIS: Final = ("strong", "em", "s")
# What code may be written with so that it looks like code and is none.
_SIGNS: Final = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("‘’‚‛", "'"),
        **dict.fromkeys("−‐‑‒–", "-"),
        "≤": "<=", "≥": ">=", "⩽": "<=", "⩾": ">=", "≠": "!=", "×": "*", "÷": "/", "·": "*",
        "∧": " and ", "∨": " or ", "¬": "not ", "∈": " in ", "←": "=",
    }
)  # fmt: skip


class Kind(Enum):
    """How a part of a paragraph looks on the page."""

    WORDS = "words"
    EMPHASIS = "emphasis"  # bold, italic or struck out
    SPAN = "span"  # code in a line
    BLOCK = "block"  # lines of code


@dataclass(frozen=True)
class Part:
    """A part of a paragraph that looks the same all over."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, heading, cell of a table or block of code; `raw` is its source."""

    parts: tuple[Part, ...]
    raw: str = ""


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """The paragraphs of a text, in order."""
    return _read(text[-MOST_CHARACTERS:])


# What is told and what is asked is looked for in the same text.
@lru_cache(maxsize=8)
def _read(text: str) -> tuple[Paragraph, ...]:
    has_many_marks = sum(map(text.count, "[*_~")) > MOST_MARKS
    found: list[Paragraph] = []
    for token in (_without_marks if has_many_marks else _markdown).parse(text):
        match token.type:
            case "fence" | "code_block":
                source = indent(token.content, _INDENT if token.type == "code_block" else "")
                found.append(Paragraph((Part(Kind.BLOCK, visible(token.content)),), source))
            case "inline":
                parts = tuple(_parts(token.children or ()))
                found.append(Paragraph(parts, visible(token.content)))
    return tuple(found)


def visible(text: str) -> str:
    """The text without characters that nobody sees, wide letters as plain ones."""
    if text.isascii():
        return text
    return "".join(
        unicodedata.normalize("NFKC", each) if "\uff01" <= each <= "\uff5e" or each == "\xa0"
        else "" if unicodedata.category(each) in {"Cf", "Co"} else each
        for each in text
    )  # fmt: skip


def plain_signs(code: str) -> str:
    """Code with the signs of a keyboard instead of those of a typesetter."""
    return code if code.isascii() else code.translate(_SIGNS)


def _parts(tokens: Sequence[Token]) -> Iterator[Part]:
    """The parts of a line of tokens; neighbours of one kind are joined."""
    kind, text, depth = Kind.WORDS, "", 0
    for token in tokens:
        if token.type.removesuffix("_open").removesuffix("_close") in _EMPHASIS:
            depth += token.nesting
        now = _kind(token, depth)
        # Two spans are two codes, however near they stand.
        if now is not kind or now is Kind.SPAN:
            if text:
                yield Part(kind, text)
            kind, text = now, ""
        text += _text(token)
    if text:
        yield Part(kind, text)


def _kind(token: Token, depth: int) -> Kind:
    if token.type == "code_inline":
        return Kind.SPAN
    return Kind.EMPHASIS if depth else Kind.WORDS


def _text(token: Token) -> str:
    return "\n" if token.type in {"softbreak", "hardbreak"} else visible(token.content)
