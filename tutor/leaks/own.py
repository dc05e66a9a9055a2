"""What is the student's: programs, words, and calls to try out. Pure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from courses.facts import CodeStep
from tutor.leaks.known import Known, known
from tutor.leaks.program import Program, at_indent, indent_of, program_of, syntax_tree
from tutor.leaks.situation import Situation


@dataclass(frozen=True)
class Own:
    """What the student has and knows; `functions` are those of the programs and of the cases.

    `prints_count`: what a program prints may be what a case expects.
    """

    known: Known
    programs: tuple[Program, ...]
    functions: frozenset[str]
    prints_count: bool

    def is_laid_out_anew(self, code: str) -> bool:
        """True for lines of the student's with another indentation, which are known as tokens."""
        lines = [line for line in at_indent(code, "").splitlines() if line.strip()]
        if len(lines) < 2:
            return False
        stripped = {line.strip() for line in lines}
        return any(
            stripped <= {line.strip() for line in one.lines} and not _stands_in(lines, one)
            for one in self.programs
        )

    def is_a_trial(self, code: str) -> bool:
        """True for what only asks to be tried: a call of the student's own function with values,
        a sum of numbers, and a `print` where nothing depends on what is printed."""
        tree = syntax_tree(code)
        if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
            return False
        value = tree.body[0].value
        if isinstance(value, ast.Call) and _called(value) == "print" and not self.prints_count:
            return True
        names = {one.id for one in ast.walk(value) if isinstance(one, ast.Name)}
        if isinstance(value, ast.Call):
            return bool(names) and names <= self.functions
        return isinstance(value, ast.BinOp | ast.Compare) and not names


def own_of(situation: Situation) -> Own:
    """What is the student's in a situation."""
    step = situation.step
    programs = tuple(map(program_of, situation.programs))
    cases = step.cases if isinstance(step, CodeStep) else ()
    functions = {one.name for program in programs for one in program.functions}
    functions |= {name for case in cases for name in _functions_in(case.call)}
    return Own(
        known(situation.programs, situation.known),
        programs,
        frozenset(functions),
        prints_count=any(case.stdout is not None for case in cases),
    )


def _functions_in(call: str) -> Iterator[str]:
    tree = syntax_tree(call)
    for one in ast.walk(tree) if tree else ():
        if isinstance(one, ast.Call) and (name := _called(one)):
            yield name


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _stands_in(lines: list[str], program: Program) -> bool:
    """True where the lines stand one after the other, moved together perhaps."""
    own = [line.rstrip() for line in program.lines if line.strip()]
    size = len(lines)
    for first in range(len(own) - size + 1):
        indent = indent_of(own[first])
        moved = at_indent("\n".join(lines), indent).splitlines()
        if [line.rstrip() for line in moved] == own[first : first + size]:
            return True
    return False
