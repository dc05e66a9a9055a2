"""Code of a C-like language as Python, as far as it can be told from the signs. Pure."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

# A longer fragment is left as it is.
MOST_CHARACTERS: Final = 10_000
_INDENT: Final = "    "

_TYPES: Final = (
    r"(?:(?:public|private|static|final|let|const|var|val|auto|int|long|float|double|bool|boolean"
    r"|char|String|string|local|my)\s+)"
)
_TEXT: Final = re.compile(r'"(?:\\.|[^"\\\n]){0,200}+"|\'(?:\\.|[^\'\\\n]){0,200}+\'')
# Without any of these it is no C-like code.
_FOREIGN: Final = re.compile(
    r"[{};?]|&&|\|\||\+\+|--|[=!]==|<>|:=|=>|![^=]|/\*"
    r"|\.(?:length|size|push|includes|contains|char|to[UL]|trim)|console|System\.out"
    rf"|^\s{{0,40}}{_TYPES}|\b(?:if|while|for)\s?\("
    r"|\b(?:null|nil|undefined|true|false|function|func|fn|sub|new|Math|else if|elsif|elseif"
    r"|then|do|end|fi|done|begin|foreach|printf|echo)\b",
    re.MULTILINE,
)
_HELD: Final = re.compile("\ue000(\\d+)\ue001")
_COMMENT: Final = re.compile(
    r"(?:(?<=[;{}])|^)[ \t]{0,40}//(?!=).*$|/\*[^*]{0,400}\*/", re.MULTILINE
)
# Before a brace that opens a block: a bracket that closes, an arrow, a word that begins one.
_OPENS_BLOCK: Final = re.compile(r"(?:\)|=>|\b(?:else|do|try|finally))\s*$")

_MATHS: Final[dict[str, str]] = {"floor": "int"}
# Signs and words, each with its counterpart; the order matters.
_SIGNS: Final[tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]] = (
    (r"\s*&&\s*", " and "),
    (r"\s*\|\|\s*", " or "),
    (r"===", "=="),
    (r"!==|<>", "!="),
    (r":=", "="),
    (r"\b(?:null|nil|undefined)\b", "None"),
    (r"\btrue\b", "True"),
    (r"\bfalse\b", "False"),
    (r"\+\+(\w{1,40})|(?<!\w)(\w{1,40})\+\+", lambda m: f"{m[1] or m[2]} += 1"),
    (r"--([a-zA-Z_]\w{0,40})|(?<!\w)(\w{1,40})--(?!\w)", lambda m: f"{m[1] or m[2]} -= 1"),
    (r"(?<![\w.])((?:\w|\.\w){1,60})\.(?:length|size)\b(?:\(\))?", r"len(\1)"),
    (r"(?<![\w.])((?:\w|\.\w){1,60})\.(?:includes|contains)\(([^()]{1,80})\)", r"\2 in \1"),
    (r"\.push\(", ".append("),
    (r"\.toUpperCase\(", ".upper("),
    (r"\.toLowerCase\(", ".lower("),
    (r"\.trim\(", ".strip("),
    (r"\.charAt\(([^()]{1,60})\)", r"[\1]"),
    (r"\b(?:console\.log|System\.out\.println?|printf|echo)\(", "print("),
    (r"\bMath\.floor\(([^()]{1,80})\s/\s([^()]{1,80})\)", r"\1 // \2"),
    (r"\bMath\.(abs|max|min|round|floor|pow)\b", lambda m: _MATHS.get(m[1], m[1])),
    (r"\bnew\s+(?=\w)", ""),
    (r"!(?![=\w]*=)\s*(?=[\w(])", "not "),
)
_REWRITES: Final = tuple((re.compile(pattern), put) for pattern, put in _SIGNS)

# Whole statements, the first that fits.
_CONDITION: Final = re.compile(r"(else if|elsif|elseif|if|while)\s*(?=\()")
# `if (a) and (b):` is Python already, `if (a) + 1` no condition in brackets.
_GOES_ON: Final = re.compile(r"(?:and\b|or\b|[-+*/%<>=!&|.\[])")
_THEN: Final = re.compile(r"(else if|elsif|elseif|if|while)\b\s*(.{1,400}?)\s+(?:then|do)$")
_COUNT: Final = re.compile(
    rf"for\s*\(\s*{_TYPES}?(\w+)\s*=\s*([^;]{{1,80}});\s*\w+\s*(<=?|>=?)\s*([^;]{{1,80}});\s*"
    r"(?:\w+\s*(\+|-)=\s*(\w+)|(\+\+|--)?\w+(\+\+|--)?)\s*\)\s*(.{0,400})$"
)
_EACH: Final = re.compile(
    rf"(?:for|foreach)\s*\(\s*{_TYPES}?(\w+)\s*(?:of|in|:)\s*(.{{1,200}})\)\s*(.{{0,400}})$"
)
_FUNCTION: Final = re.compile(r"(?:async\s+)?(?:function|func|fn|sub)\s+(\w+)\s*\(([^()]{0,200})\)")
_TYPED: Final = re.compile(rf"{_TYPES}{{1,4}}(\w+)\s*\(([^()]{{0,200}})\)$")
_ARROW: Final = re.compile(
    rf"{_TYPES}?(\w+)\s*=\s*(?:function\s*)?(?:\(([^()]{{0,200}})\)|(\w+))\s*(?:=>)?\s*(.{{0,400}})$"
)
_CHOICE: Final = re.compile(
    r"^(return\s+|\w+\s*=\s*)?([^?:]{1,200})\s\?\s([^?:]{1,200})\s:\s([^?:]{1,200})$"
)


@lru_cache(maxsize=512)
def to_python(code: str) -> str:
    """The same in Python; empty if there is nothing to turn."""
    if len(code) > MOST_CHARACTERS or not _FOREIGN.search(code):
        return ""
    texts: list[str] = []

    def hold(found: re.Match[str]) -> str:
        texts.append(found[0])
        return f"\ue000{len(texts) - 1}\ue001"

    held = _COMMENT.sub("", _TEXT.sub(hold, code))
    lines = [f"{indent}{_statement(one)}" for indent, one in _statements(held) if one]
    turned = _HELD.sub(lambda m: texts[int(m[1])], "\n".join(lines))
    return "" if "".join(turned.split()) == "".join(code.split()) else turned


def _statements(code: str) -> Iterator[tuple[str, str]]:
    """Each statement and its indentation: by braces where they open blocks, else as it stands."""
    line, depth, brackets, has_blocks = "", 0, 0, False
    # For each open brace whether it opened a block.
    braces: list[bool] = []
    for each in f"{code}\n":
        if each in "([":
            brackets += 1
        elif each in ")]":
            brackets = max(0, brackets - 1)
        ends = each in ";\n" and not brackets
        if each == "{":
            braces.append(_OPENS_BLOCK.search(line[-80:]) is not None)
            ends = braces[-1]
        elif each == "}":
            ends = braces.pop() if braces else True
        if not ends:
            line += each
            continue
        body = line.strip()
        if body:
            yield _INDENT * depth if has_blocks else line[: len(line) - len(line.lstrip())], body
        line = ""
        if each in "{}":
            depth, has_blocks = max(0, depth + (1 if each == "{" else -1)), True


def _statement(line: str) -> str:
    """A statement without its end, in Python."""
    if line in {"else", "else {", "try", "finally"}:
        return f"{line}:"
    if line in {"end", "fi", "done", "begin"}:
        return ""
    for read in (_condition, _loop, _function):
        if found := read(line):
            return found
    line = re.sub(rf"^{_TYPES}{{1,3}}(?=\w+\s*(?:=|$))", "", line)
    if choice := _CHOICE.match(line):
        line = f"{choice[1] or ''}{choice[3]} if {choice[2].strip()} else {choice[4]}"
    return _signs(line)


def _signs(code: str) -> str:
    for pattern, put in _REWRITES:
        code = pattern.sub(put, code)
    return code.strip()


def _body(text: str) -> str:
    """What stands behind the head of a block in its line."""
    text = text.strip()
    return f" {_statement(text)}" if text and text not in {":", "then", "do", "{"} else ""


def _condition(line: str) -> str:
    if found := _THEN.match(line):
        return f"{_python_word(found[1])} {_signs(found[2])}:"
    if not (found := _CONDITION.match(line)):
        return ""
    end = _closed(line, found.end())
    rest = line[end:].strip()
    if end < 0 or _GOES_ON.match(rest):
        return ""
    return f"{_python_word(found[1])} {_signs(line[found.end() + 1 : end - 1])}:{_body(rest)}"


def _python_word(word: str) -> str:
    return word if word in {"if", "while"} else "elif"


def _closed(line: str, start: int) -> int:
    """Where the bracket that opens at `start` is closed, the offset behind it; -1: nowhere."""
    depth = 0
    for at in range(start, len(line)):
        depth += (line[at] == "(") - (line[at] == ")")
        if not depth:
            return at + 1
    return -1


def _loop(line: str) -> str:
    if found := _EACH.match(line):
        return f"for {found[1]} in {_signs(found[2])}:{_body(found[3])}"
    if not (found := _COUNT.match(line)):
        return ""
    name, begin, sign, end, by_sign, by, before, after, rest = found.groups()
    down = by_sign == "-" or "--" in {before, after}
    step = f"-{by or 1}" if down else by or "1"
    end = _signs(end)
    if "=" in sign:
        end = f"{end} - 1" if down else f"{end} + 1"
    steps = "" if step == "1" else f", {step}"
    return f"for {name} in range({_signs(begin)}, {end}{steps}):{_body(rest)}"


def _function(line: str) -> str:
    if found := _FUNCTION.match(line) or _TYPED.match(line):
        return f"def {found[1]}({_parameters(found[2])}):"
    found = _ARROW.match(line)
    if found is None or not ("=>" in line or "function" in line):
        return ""
    head = f"def {found[1]}({_parameters(found[2] or found[3] or '')}):"
    return f"{head} return {_signs(found[4])}" if found[4].strip() else head


def _parameters(text: str) -> str:
    """Names of parameters without their types, with their defaults: `int a`, `a: number = 1`."""
    return ", ".join(one for part in text.split(",") if (one := _parameter(part)))


def _parameter(text: str) -> str:
    declared, is_default, default = text.partition("=")
    words = declared.split(":")[0].split()
    return f"{words[-1]}={_signs(default)}" if words and is_default else "".join(words[-1:])
