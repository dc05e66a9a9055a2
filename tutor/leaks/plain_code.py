"""Code that stands in a text without a mark. Pure."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from tutor.leaks.pythonic import to_python

# A longer line is no line of code; of a line with many runs the first are looked at.
MOST_LINE: Final = 300
MOST_RUNS: Final = 20
# So long a line is parsed: one takes as long as it likes, deep as it is.
MOST_PARSED_LINE: Final = 2_000

_SIGN: Final = re.compile(r"[-+*/%<>=()\[\]{}]")
# Names with what is called and indexed, numbers and texts, between operators.
_NAME: Final = (
    r"[^\W\d]\w{0,40}+"
    r"(?:\.[^\W\d]\w{0,40}+|\((?:[^()\n]|\([^()\n]{0,60}+\)){0,80}+\)|\[[^\[\]\n]{0,60}+\]){0,4}+"
)
_ATOM: Final = (
    rf"(?:-?\d++(?:\.\d++)?+|\"[^\"\n]{{0,80}}+\"|'[^'\n]{{0,80}}+'|\[[^\[\]\n]{{0,80}}+\]"
    rf"|\([^()\n]{{1,80}}+\)|{_NAME})"
)
_OPERATOR: Final = r"(?:[-+*/%<>=!]=|//=?|\*\*|[-+*/%<>=]|&&|\|\||\b(?:and|or|not in|in|is)\b)"
# « to -1 » is a word before a number.
_WORD: Final = r"\b(?:to|at|with|by|from|of|as|is|be|than|equals|auf|durch|mit|in|zu|als|von|ist)"
RUN: Final = re.compile(
    rf"(?<!\w)(?!{_WORD}\s{{1,3}}-\d)"
    rf"(?:\b(?:return|if|elif|while|not|for \w{{1,40}} in)\s+)?+{_ATOM}"
    rf"(?>\s{{0,3}}{_OPERATOR}\s{{0,3}}(?:not\s)?{_ATOM}){{0,12}}+:?"
)
# A number, a call, an index, a text; an assignment, a comparison; a name that is no word.
_SURE: Final = re.compile(r"""[\d()\[\]"'=<>_]|\b[b-z]\b""")
_JUNCTION: Final = re.compile(r"\s(?:and|or|not in|in|is)\s")
_CLAUSE: Final = re.compile(r"\s*(?:elif|else|except|finally)\b")


def has_long_line(code: str) -> bool:
    """True where a line is too long to be parsed: nobody else computes meanwhile."""
    return len(code) > MOST_PARSED_LINE and any(
        len(line) > MOST_PARSED_LINE for line in code.split("\n")
    )


def parse(code: str) -> ast.Module | None:
    """The syntax tree; None if it is no Python, or has so long a line that it takes long."""
    if has_long_line(code):
        return None
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def parse_head(code: str) -> ast.Module | None:
    """The syntax tree of code that may be the head of a block without its body."""
    tree = parse(code)
    if tree is not None or not code.rstrip().endswith(":"):
        return tree
    before = "if True: pass\n" if _CLAUSE.match(code) else ""
    if code.lstrip().startswith(("except", "finally")):
        before = "try: pass\n"
    return parse(f"{before}{code.strip()} pass")


@lru_cache(maxsize=4096)
def is_code(line: str) -> bool:
    """Whether a line without marks reads as code, not as words."""
    line = line.strip()
    if not line or len(line) > MOST_LINE:
        return False
    tree = parse_head(line) or parse_head(to_python(line) or "?")
    if tree is None or not tree.body:
        return False
    return not _could_be_words(line, tree.body[-1])


def code_runs(words: str) -> Iterator[str]:
    """Code in the middle of words, without marks: `n + 1`, `total = 0`, `f(x)`."""
    found = 0
    for match in RUN.finditer(words):
        run = match[0].strip()
        if not _SIGN.search(run):
            continue
        found += 1
        if found > MOST_RUNS:
            return
        # « the price and f(x) »: a junction may be one of words.
        parts = _JUNCTION.split(run)
        for one in dict.fromkeys((run, *parts)):
            if is_code(one):
                yield one


def is_surely_code(run: str) -> bool:
    """Whether there is more in it than words between signs: « either / or » is no division."""
    return is_code(run) and _SURE.search(run) is not None


def _could_be_words(line: str, statement: ast.stmt) -> bool:
    """« Note: this », « cats and dogs », « Yes » are Python too."""
    match statement:
        case ast.AnnAssign(value=None):
            return True
        case ast.Expr(value=ast.Name() | ast.Constant() | ast.Tuple()):
            return True
        case ast.Expr(value=ast.UnaryOp(operand=ast.Constant())):
            return True
        case ast.Expr():
            return _SIGN.search(line) is None
    return False
