"""The student's programs that are mended, without what only tries them out. Pure."""

import ast
from collections.abc import Iterator, Sequence
from typing import Final

from courses.facts import CodeStep
from tutor.leaks.program import Program, program_of, syntax_tree

# The longest program that is mended, as lines and characters.
MOST_LINES: Final = 2_000
MOST_CHARACTERS: Final = 64_000


def bases(step: CodeStep, programs: Sequence[str]) -> list[Program]:
    """The programs that may be mended, each once, in their order; none that is too long."""
    starter = set(program_of(step.starter).lines)
    calls = all(case.call for case in step.cases)
    found = (program_of(text) for text in programs if len(text) <= MOST_CHARACTERS)
    kept = (one for one in found if len(one.lines) <= MOST_LINES)
    return list(dict.fromkeys(without_self_checks(one, starter) if calls else one for one in kept))


def without_self_checks(program: Program, starter: set[str]) -> Program:
    """The program without statements that the student has added after the definitions to try them
    out. Blank lines stand for them: lines keep their numbers."""
    drop = set(_self_checks(program)) if program.functions else set()
    drop = {number for number in drop if program.lines[number - 1] not in starter}
    if not drop:
        return program
    lines = ("" if n in drop else line for n, line in enumerate(program.lines, 1))
    return Program("\n".join(lines))


def _self_checks(program: Program) -> Iterator[int]:
    """The lines of statements that no function needs."""
    after = program.functions[0].first
    if program.tree is None:
        for number, line in enumerate(program.lines[after:], after + 1):
            if line[:1].strip() and _is_call(line):
                yield number
        return
    read = _names_in_functions(program.tree)
    for one in program.tree.body:
        if one.lineno > after and not _is_needed(one, read):
            yield from range(one.lineno, (one.end_lineno or one.lineno) + 1)


def _is_needed(statement: ast.stmt, read: set[str]) -> bool:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return True
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            bound = {one.id for one in ast.walk(statement) if isinstance(one, ast.Name)
                     and isinstance(one.ctx, ast.Store)}  # fmt: skip
            return bool(bound & read) or isinstance(statement.value, ast.Lambda)
    return False


def _names_in_functions(tree: ast.Module) -> set[str]:
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    bodies = [one for one in tree.body if isinstance(one, definitions)]
    return {name for body in bodies for name in _read(body) - _bound(body)}


def _read(body: ast.stmt) -> set[str]:
    return {
        one.id
        for one in ast.walk(body)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
    }


def _bound(body: ast.stmt) -> set[str]:
    """Parameters, and names that are given a value."""
    nodes = list(ast.walk(body))
    given = {
        one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    return given | {one.arg for one in nodes if isinstance(one, ast.arg)}


def _is_call(line: str) -> bool:
    tree = syntax_tree(line)
    return tree is not None and all(
        isinstance(one, ast.Expr) and isinstance(one.value, ast.Call) for one in tree.body
    )
