"""The code in a text of the tutor's. Pure."""

import base64
import codecs
import html
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice
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
from tutor.leaks.plain_code import MOST_LINE, code_runs, is_code
from tutor.leaks.pythonic import to_python
from tutor.leaks.said import Channel, Said

# Of a text no more are looked at: the first ones, each as far as this.
MOST_FRAGMENTS: Final = 200
MOST_FRAGMENT: Final = 10_000
MOST_LINES: Final = 400
MOST_TAGS: Final = 50

_BASE64: Final = re.compile(r"(?<![\w+/])[\w+/-]{16,4000}+={0,2}", re.ASCII)
_URL_SAFE: Final = str.maketrans("-_", "+/")
_HEX: Final = re.compile(r"(?<![0-9a-zA-Z])(?:0x)?((?:[0-9a-f]{2}[ :]?){8,2000}+)", re.IGNORECASE)
_OPENED: Final = re.compile(r"<(pre|code|kbd|samp|tt)\b[^<>]{0,80}>", re.IGNORECASE)
_SIGN: Final = re.compile(r"[-+*/%<>=()\[\]]")
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>\n]{0,80}>")
_FORMULA: Final = re.compile(
    r"\$\$([^$]{1,400})\$\$|\$([^$\n]{1,200})\$|\\\((.{1,200}?)\\\)|\\\[(.{1,400}?)\\\]", re.DOTALL
)
_TEX: Final = (
    (r"\\(?:text|mathrm|mathtt|texttt|operatorname|mathit|mathbf)\{([^{}]{0,100})\}", r"\1"),
    (r"\\[dt]?frac\{([^{}]{1,100})\}\{([^{}]{1,100})\}", r"(\1) / (\2)"),
    (r"\\(?:geq?|geqslant)\b", ">="),
    (r"\\(?:leq?|leqslant)\b", "<="),
    (r"\\neq?\b", "!="),
    (r"\\gt\b", ">"),
    (r"\\lt\b", "<"),
    (r"\\(?:cdot|times|ast)\b", "*"),
    (r"\\div\b", "/"),
    (r"\\b?mod\b", "%"),
    (r"\\(?:land|wedge)\b", " and "),
    (r"\\(?:lor|vee)\b", " or "),
    (r"\\(?:lnot|neg)\b", "not "),
    (r"\\in\b", " in "),
    (r"\\(?:gets|leftarrow)\b", "="),
    (r"\\[,;:! ]|\\quad\b|\\left\b|\\right\b", " "),
    (r"\\([_%$#&{}])", r"\1"),
    (r"\^\{([^{}]{1,40})\}|\^(\w)", r"**(\1\2)"),
    (r"_\{([^{}]{1,40})\}", r"[\1]"),
)
_FROM_TEX: Final = tuple((re.compile(pattern), put) for pattern, put in _TEX)


def fragments(said: Said) -> list[str]:
    """The code in a text in its order, each once; code of a C-like language as Python too.

    From a reply it is taken as the page shows it, marked as code or not; a program and a call are
    code as a whole, and so may be what stands in their texts and comments.
    """
    found = (one for raw in _found(said) for one in _readings(raw))
    return list(islice(dict.fromkeys(found), MOST_FRAGMENTS))


def _found(said: Said) -> Iterator[str]:
    text = said.text[-MOST_CHARACTERS:]
    match said.channel:
        case Channel.REPLY:
            read = paragraphs(text)
            yield from _marked(read, text)
        case Channel.CODE | Channel.CALL:
            yield text
            yield from _in_program(text)
        case Channel.OUTPUT:
            yield from _plain_lines(text.splitlines())
    yield from _encoded(text)


def _readings(raw: str) -> Iterator[str]:
    """A fragment, and the same in Python."""
    code = textwrap.dedent(plain_signs(visible(raw[:MOST_FRAGMENT]))).strip("\n").rstrip()
    code = code if "\n" in code else code.strip()
    if code:
        yield code
    if turned := to_python(code):
        yield turned.strip("\n")


def _marked(read: Sequence[Paragraph], text: str) -> Iterator[str]:
    """Code of a reply: what is marked as code, and what reads as code."""
    for is_bare, group in groupby(read, key=_is_bare_code):
        run = list(group)
        # « def f(x): », a blank line, and a block that is indented: one program.
        if is_bare and len(run) > 1:
            yield "\n".join(one.raw.strip("\n") for one in run)
        for one in run:
            yield from _in_paragraph(one)
    yield from map(html.unescape, _tagged(text))
    for found in _FORMULA.finditer(text):
        yield _from_tex(next(one for one in found.groups() if one))


def _tagged(text: str) -> Iterator[str]:
    """What stands in tags, which the page shows as they are written."""
    small, end = text.lower(), 0
    for opened in islice(_OPENED.finditer(text), MOST_TAGS):
        if opened.start() < end:
            continue
        end = small.find(f"</{opened[1].lower()}>", opened.end())
        end = len(text) if end < 0 else end
        yield text[opened.end() : end].strip("\n")


def _is_bare_code(one: Paragraph) -> bool:
    if one.parts and one.parts[0].kind is Kind.BLOCK:
        return True
    lines = one.raw.splitlines()
    return len(lines) <= MOST_LINES and all(is_code(line) for line in lines)


def _in_paragraph(one: Paragraph) -> Iterator[str]:
    if any(part.kind is not Kind.SPAN for part in one.parts):
        yield from _plain_lines(_shown_lines(one))
    for part in one.parts:
        match part.kind:
            case Kind.BLOCK:
                yield part.text
                yield from _in_program(part.text)
            case Kind.SPAN:
                yield part.text
                yield from _turned(part.text)
            case Kind.EMPHASIS if is_code(part.text) or _is_operator(part.text):
                yield part.text
            case _:
                yield from code_runs(plain_signs(_TAG.sub(" ", part.text)))


def _shown_lines(one: Paragraph) -> list[str]:
    """The lines as they are shown, with the indentation that they were written with."""
    if any(part.kind is Kind.BLOCK for part in one.parts):
        return []
    lines = "".join(map(_shown, one.parts)).split("\n")
    raw = one.raw.split("\n")
    if len(raw) != len(lines):
        return lines
    return [f"{source[: len(source) - len(source.lstrip())]}{line.lstrip()}"
            for source, line in zip(raw, lines, strict=True)]  # fmt: skip


def _shown(part: Part) -> str:
    return part.text if part.kind is Kind.SPAN else _TAG.sub("", part.text)


def _plain_lines(lines: list[str]) -> Iterator[str]:
    """Lines that read as code: neighbours together, then each for itself."""
    lines = [plain_signs(visible(line)) for line in lines[:MOST_LINES]]
    yield from (code for line in lines for code in _turned(line))
    for reads_as_code, group in groupby(lines, key=is_code):
        if not reads_as_code:
            continue
        run = list(group)
        yield "\n".join(run)
        if len(run) > 1:
            yield from run


def _turned(line: str) -> Iterator[str]:
    """What a line says backwards, or with each letter 13 places on."""
    line = line.strip()
    if len(line) <= MOST_LINE and _SIGN.search(line) and not is_code(line):
        yield from (one for one in (line[::-1], codecs.encode(line, "rot13")) if is_code(one))


def _is_operator(text: str) -> bool:
    return 0 < len(text.strip()) <= 3 and not any(each.isalnum() for each in text)


def _in_program(text: str) -> Iterator[str]:
    """What stands in comments and texts of a program, where it reads as code."""
    for line in text.splitlines()[:MOST_LINES]:
        _, mark, comment = line.partition("#")
        if mark and is_code(comment):
            yield comment.strip()
        for quoted in re.findall(r"\"([^\"\n]{3,200})\"|'([^'\n]{3,200})'", line):
            inner = quoted[0] or quoted[1]
            if is_code(inner):
                yield inner


def _encoded(text: str) -> Iterator[str]:
    """What runs of base64 and of hexadecimal digits decode to, if that is a text."""
    for found in _BASE64.finditer(text):
        run = found[0].rstrip("=").translate(_URL_SAFE)
        yield from _as_text(lambda data: base64.b64decode(data + "=" * (-len(data) % 4)), run)
    for found in _HEX.finditer(text):
        yield from _as_text(bytes.fromhex, re.sub(r"[ :]", "", found[1]))


def _as_text(decode: Callable[[str], bytes], data: str) -> Iterator[str]:
    try:
        text = decode(data).decode()
    except ValueError:
        return
    if text.replace("\n", "").replace("\t", "").isprintable():
        yield text


def _from_tex(formula: str) -> str:
    for pattern, put in _FROM_TEX:
        formula = pattern.sub(put, formula)
    return formula.strip()
