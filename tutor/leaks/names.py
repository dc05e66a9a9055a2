"""A fragment in names that are not the student's, said in theirs. Pure."""

import ast
import builtins
import itertools
import keyword
import re
from collections.abc import Iterator
from typing import Final

from tutor.leaks.program import Program, at_indent, syntax_tree

# Names that may be unknown, names of the student's that they may stand for, and ways to map them.
MOST_UNKNOWN: Final = 3
MOST_OWN: Final = 7
MOST_MAPPINGS: Final = 30
_WORD: Final = re.compile(r"(?<![.\w])[^\W\d]\w*")


def renamed(code: str, program: Program) -> Iterator[str]:
    """`code` with names that the program does not have turned into names that it has.

    In the order in which both appear first; at most MOST_MAPPINGS.
    """
    tree = syntax_tree(at_indent(code, ""))
    if tree is None:
        return
    own = _names(program.text)
    used = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}
    present = set(_names(code))
    unknown = [one for one in _names(code) if one in used and one not in own]
    if not 0 < len(unknown) <= MOST_UNKNOWN:
        return
    free = [one for one in own if one not in present][:MOST_OWN]
    mappings = itertools.permutations(free, len(unknown))
    for names in itertools.islice(mappings, MOST_MAPPINGS):
        table = dict(zip(unknown, names, strict=True))
        yield _WORD.sub(lambda word, table=table: table.get(word[0], word[0]), code)  # type: ignore[misc]


def _names(code: str) -> list[str]:
    """The names in `code`, no attributes and no built-in ones, in the order of first appearance."""
    words = dict.fromkeys(one[0] for one in _WORD.finditer(code))
    return [one for one in words if not keyword.iskeyword(one) and not hasattr(builtins, one)]
