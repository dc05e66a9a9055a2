"""Python as authors write it in courses: parsed, never run."""

import ast
import warnings

from courses.problems import Mark

# What the parser raises on a text it can't take; the last two on one that is nested too deeply.
_FAILURES = (SyntaxError, ValueError, RecursionError, MemoryError)


def program_fault(code: str) -> tuple[Mark, str] | None:
    """Where and why `code` is not a Python program, or None."""
    try:
        _parse(code, "exec")
    except SyntaxError as error:
        return Mark(error.lineno or 1, max(error.offset or 1, 1)), error.msg
    except _FAILURES:
        return Mark(), "it is nested too deeply"
    return None


def expression_fault(text: str) -> str | None:
    """Why `text` is not a Python expression, or None."""
    try:
        _parse(text, "eval")
    except SyntaxError as error:
        return error.msg
    except _FAILURES:
        return "it is nested too deeply"
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


def _parse(text: str, mode: str) -> ast.AST:
    with warnings.catch_warnings():
        # "\d" and `1 is 1` are for the author's linter to say.
        warnings.simplefilter("ignore")
        return ast.parse(text.strip() if mode == "eval" else text, mode=mode)


def syntax_tree(code: str) -> ast.Module | None:
    """The syntax tree of the program `code`, or None if it is none."""
    try:
        return _parse(code, "exec")  # type: ignore[return-value]
    except _FAILURES:
        return None
