"""Python in courses and in students' programs: parsed and compiled, never run. Pure.

Any text at all may come: none makes these functions raise, and what is too long is not looked at.
"""

import ast
import builtins
import contextlib
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any, Final

from courses.languages import python_constructs
from courses.languages.language import Language, Syntax
from courses.problems import Mark
from courses.text import cut

# The longest program that is parsed, as many as a page may send: the parser takes up to 0.2 s and
# 60 MB for so many.
MAX_PROGRAM_CHARS: Final = 64_000
# The deepest tree that is written: far from what the parser can take, which depends on how deep its
# caller's stack is.
MAX_TREE_DEPTH: Final = 500
# The parser's reasons may quote names from the program, which may be long.
MAX_REASON_CHARS: Final = 200

# What the parser raises on a text it can't take; the last two on one that is nested too deeply.
_FAILURES = (SyntaxError, ValueError, RecursionError, MemoryError)
_TOO_DEEP: Final = "it is nested too deeply"
# NUL, and halves of a character (surrogates).
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
# Comments, docstrings, and other strings, in which no comment begins.
_COMMENTS: Final = re.compile(
    r"""\#(?P<line>[^\n]*)
    | (?:\A|:[ \t]*\n)\s*(?P<quote>\"{3}|'{3})(?P<block>(?:\\.|[^\\])*?)(?:(?P=quote)|\Z)
    | (?P<other>\"{3}|'{3})(?:\\.|[^\\])*?(?:(?P=other)|\Z)
    | "(?:\\.|[^"\\\n])*+"? | '(?:\\.|[^'\\\n])*+'?""",
    re.DOTALL | re.VERBOSE,
)
# Filters of warnings are those of the whole process.
_filtering = threading.Lock()


def fault(code: str) -> tuple[Mark | None, str] | None:
    """Place and reason why `code` is no program, or None; no place where the whole is at fault."""
    if len(code) > MAX_PROGRAM_CHARS:
        return None, f"it is longer than {MAX_PROGRAM_CHARS:,} characters"
    if (strange := _strange(code)) is not None:
        return strange
    try:
        with _quiet():
            # Compiled, not only parsed: a `return` outside a function is a syntax error too.
            compile(_without_mark(code), "<program>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return Mark(error.lineno or 1, max(error.offset or 1, 1)), _reason(error)
    except _FAILURES:
        return None, _TOO_DEEP
    return None


def expression_fault(text: str) -> str | None:
    """The reason why `text` is no Python expression, or None."""
    try:
        _parse(text, "eval")
    except SyntaxError as error:
        return error.msg
    except _FAILURES:
        return _TOO_DEEP
    return None


def literal(text: str) -> str | None:
    """The Python literal `text` as Python itself would write it, or None if it isn't one.

    Written from the syntax tree, not from the value: the order in a set stays the author's.
    """
    try:
        tree = _parse(text, "eval")
        ast.literal_eval(tree)
        return ast.unparse(tree)
    except (*_FAILURES, TypeError):  # TypeError: {[]: 1}
        return None


def used(code: str) -> frozenset[tuple[str, str]] | None:
    """Everything the program uses that a rule may speak of: (what, name); None if it is none."""
    tree = syntax_tree(code)
    return None if tree is None else frozenset(python_constructs.used(tree))


def syntax_tree(code: str) -> ast.Module | None:
    """The syntax tree of the program `code`, or None if it is none."""
    if len(code) > MAX_PROGRAM_CHARS:
        return None
    try:
        return _parse(_without_mark(code), "exec")  # type: ignore[return-value]
    except _FAILURES:
        return None


def tree(code: str) -> str | None:
    """The syntax tree as text without places; None for no program, or one nested too deeply.

    A field that is empty is left out, as fields that a later Python adds mostly are. In a loop, not
    by recursion: the same program has the same tree however deep the caller's stack is.
    """
    if (root := syntax_tree(code)) is None:
        return None
    words: list[str] = []
    # What is still to be written, the next one last, each with its depth.
    left: list[tuple[Any, int]] = [(root, 0)]
    while left:
        part, depth = left.pop()
        if depth > MAX_TREE_DEPTH:
            return None
        if isinstance(part, ast.AST):
            words.append(f"{type(part).__name__}(")
            left.append((_Written(")"), depth))
            for name in reversed(part._fields):
                if (value := getattr(part, name, None)) is not None and value != []:
                    left += [(value, depth + 1), (_Written(f"{name}="), depth)]
        elif isinstance(part, list):
            left.append((_Written("]"), depth))
            left += [(one, depth) for one in reversed(part)]
            words.append("[")
        else:
            words.append(_scalar(part))
    return " ".join(words)


class _Written(str):
    """Text of a tree that is to stand as it is."""

    __slots__ = ()


def _scalar(value: Any) -> str:
    if isinstance(value, _Written):
        return value
    # An int may have too many digits to be written in decimal.
    return hex(value) if type(value) is int else repr(value)


def _strange(code: str) -> tuple[Mark, str] | None:
    """The first character that no text should have: parsers say of it what they like."""
    if (found := _NO_TEXT.search(code)) is None:
        return None
    place = found.start()
    line = code.count("\n", 0, place) + 1
    what = "a NUL character" if found[0] == "\0" else "half a character"
    return Mark(line, place - code.rfind("\n", 0, place)), f"it contains {what}"


def _reason(error: SyntaxError) -> str:
    return cut(error.msg, MAX_REASON_CHARS)


def _without_mark(code: str) -> str:
    """Without a byte order mark, which is no fault in a file."""
    return code.removeprefix("\ufeff")


def _parse(text: str, mode: str) -> ast.AST:
    with _quiet():
        return ast.parse(text.strip() if mode == "eval" else text, mode=mode)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """ "\\d" and `1 is 1` are for the author's linter to say."""
    with _filtering, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


PYTHON: Final = Language(
    "python",
    "Python",
    ".py",
    errors=tuple(
        name
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, Exception)
    ),
    declarations=("def ",),
    modules=sys.stdlib_module_names,
    comments=_COMMENTS,
    images=("plots",),
    syntax=Syntax(
        fault, expression_fault, literal, used, tree, python_constructs.ways,
        python_constructs.WORDS,
        misspelt=("NameError", "SyntaxError"),
    ),
)  # fmt: skip
