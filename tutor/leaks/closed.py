"""Judges a text without a sandbox: by the author's solution alone. Pure."""

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from courses.facts import CodeStep
from tutor.leaks.judgement import Judgement, Verdict
from tutor.leaks.known import is_new
from tutor.leaks.own import Own, own_of
from tutor.leaks.program import Program, syntax_tree, tokens_of
from tutor.leaks.said import Said
from tutor.leaks.situation import Situation
from tutor.leaks.told import told

# So many tokens of the solution in a row are more than anybody says by chance: as a line of their
# own, and within another one.
_LEAST_TOKENS: Final = 3
_LEAST_WITHIN: Final = 5
# So many lines that the student does not have, or so long a one, may be a mend of any kind.
_LEAST_LINES: Final = 2
_LEAST_CHARACTERS: Final = 300
# What a program reads with.
_READERS: Final = frozenset({"input", "stdin"})


def closed(step: CodeStep, situation: Situation, said: Said, *, strict: bool = False) -> Judgement:
    """A leak if a line of new code stands in the solution, or so much of one; prose is open.

    `strict`: new code is one too that is no short span, whoever's solution it may be: lines, a
    function that is the student's or that a case calls, a program that reads as cases want it to.
    """
    own = own_of(situation)
    now = told(said, own)
    new = (*now.new, *now.beyond)
    solution = _spaced(step.solution)
    theirs = [_spaced(text) for text in (*situation.programs, *situation.known)]
    for fragment in new:
        for line in fragment.splitlines():
            for code in _telling(tokens_of(line)):
                if code in solution and not any(code in one for one in theirs):
                    return Judgement(Verdict.LEAK, "solution", fragment)
    reads = any(case.stdin for case in step.cases)
    for fragment in new if strict else ():
        if _is_much(Program(fragment), own, reads=reads):
            return Judgement(Verdict.LEAK, "block", fragment)
    return Judgement(Verdict.OK)


def _is_much(code: Program, own: Own, *, reads: bool) -> bool:
    """Whether code is more than a short span: it could be the mended program, or a part of it."""
    new = [number for number, line in enumerate(code.lines, 1) if _tells(line, own)]
    functions = [one for one in code.functions if one.name in own.functions]
    return (
        len(new) >= _LEAST_LINES
        or (bool(new) and len(code.text) > _LEAST_CHARACTERS)
        or any(one.first <= number <= one.last for one in functions for number in new)
        or (reads and bool(new) and not _READERS.isdisjoint(tokens_of(code.text)))
    )


def _tells(line: str, own: Own) -> bool:
    """Whether a line is the student's neither in words nor as a program, and does something."""
    code = line.strip()
    if not tokens_of(code) or not is_new(code, own.known) or own.is_a_trial(code):
        return False
    tree = syntax_tree(code)
    return tree is None or not all(_is_value(one) for one in tree.body)


def _is_value(statement: ast.stmt) -> bool:
    """True for values alone, as a run prints them."""
    if not isinstance(statement, ast.Expr):
        return False
    try:
        ast.literal_eval(statement.value)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return False
    return True


def _telling(tokens: Sequence[str]) -> Iterator[str]:
    """A line, and each part of it that would tell as much."""
    if len(tokens) >= _LEAST_TOKENS:
        yield _joined(tokens)
    for first in range(len(tokens) - _LEAST_WITHIN + 1):
        yield _joined(tokens[first : first + _LEAST_WITHIN])


def _spaced(code: str) -> str:
    return _joined(tokens_of(code))


def _joined(tokens: Sequence[str]) -> str:
    """The tokens, each between blanks."""
    return "".join(f" {token} " for token in tokens)
