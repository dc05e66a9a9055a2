"""A fragment of code put into a program: every way in which it may fit, likeliest first. Pure."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice, product
from typing import Final

from tutor.leaks.apply import does_nothing, likely_indents, within_line
from tutor.leaks.program import Program, at_indent, indent_of, tokens_of
from tutor.leaks.resemblance import likely_lines, likely_windows, likeness

# Runs of lines in whose place a fragment is tried, and expressions and signs.
MOST_WINDOWS: Final = 12
MOST_EXPRESSIONS: Final = 40
MOST_SIGNS: Final = 40
# Parts of lines, of so many lines.
MOST_RUNS: Final = 6
_RUN_LINES: Final = 3
# Tokens that a fragment may stand for in a line of a program that cannot be parsed.
_WIDEST_RUN: Final = 4

OPERATORS: Final = frozenset(
    {
        *("<", ">", "<=", ">=", "==", "!=", "+", "-", "*", "/", "//", "%", "**", "="),
        *("+=", "-=", "*=", "and", "or", "not", "in", "is", "not in", "is not"),
    }
)


def spliced(code: str, program: Program) -> Iterator[str]:
    """Every program that `code` may make of `program`; some may be no programs at all."""
    fragment = Program(code)
    if is_whole(fragment):
        yield from whole(fragment, program)
    elif code in OPERATORS:
        yield from _sign_for_sign(code, program)
        if program.tree is None:
            yield from _into_tokens(code, program)
    elif "\n" in code:
        yield from islice(_into_windows(fragment, program), 4)
        yield code
        yield from islice(_into_windows(fragment, program), 4, None)
        yield from as_new_lines(code, program)
    else:
        yield from _line_or_part(code, program)


def is_whole(fragment: Program) -> bool:
    """True for a fragment with functions, and not their heads alone."""
    return bool(fragment.functions) and (fragment.tree is not None or len(fragment.lines) > 1)


def whole(fragment: Program, program: Program) -> Iterator[str]:
    """A fragment with functions: in place of their namesakes, or of those that take as much."""
    if any(own.name in {one.name for one in fragment.functions} for own in program.functions):
        yield _with_functions(fragment, program)
        yield fragment.text
    for own in program.functions:
        for one in fragment.functions:
            if one.parameters == own.parameters and one.name != own.name:
                text = re.sub(rf"\b{re.escape(one.name)}\b", own.name, fragment.text)
                yield _with_functions(Program(text), program)
                yield text
    yield fragment.text
    yield f"{program.text}\n{fragment.text}"
    # Perhaps only the head of a function, or one that does not end.
    size = len(fragment.lines)
    if all(own.last - own.first >= size - 1 for own in program.functions):
        yield from _into_windows(fragment, program)


def likeliest(code: str, program: Program) -> Iterator[str]:
    """The few places at which `code` fits best; for programs of several fragments."""
    fragment = Program(code)
    if is_whole(fragment):
        yield from islice(whole(fragment, program), 3)
    elif code in OPERATORS:
        yield from islice(_sign_for_sign(code, program), 6)
    elif "\n" in code:
        windows = _into_windows(fragment, program)
        yield from islice(windows, 2)
        yield from islice(_new_lines_at_likely_depth(code, program), 3)
        yield from windows
    else:
        lines, fresh = _lines_for_lines(code, program), as_new_lines(code, program)
        yield from islice(lines, 1)
        yield from islice(_expressions(code, program), 1)
        yield from islice(_new_lines_at_likely_depth(code, program), 2)
        yield from islice(lines, 1)
        yield from islice(_expressions(code, program), 1, 2)
        yield from islice(fresh, 4)


# Several lines -----------------------------------------------------------------------------------


def _with_functions(fragment: Program, program: Program) -> str:
    """The program with the fragment's functions for its own of the same names, and all else that
    the fragment has before the first of them."""
    names = {one.name for one in fragment.functions}
    taken = [own for own in program.functions if own.name in names]
    lines: list[str] = list(program.lines)
    first = min(taken, key=lambda own: own.first)
    for own in sorted(taken, key=lambda own: -own.first):
        lines[own.first - 1 : own.last] = [fragment.text] if own is first else []
    return "\n".join(lines)


def _into_windows(fragment: Program, program: Program) -> Iterator[str]:
    lines = [line for line in fragment.lines if line.strip()]
    if not lines or does_nothing(fragment.text):
        return
    for one in likely_windows(lines, program)[:MOST_WINDOWS]:
        indent = indent_of(program.lines[one.first - 1])
        yield program.replaced(one.first, one.last, at_indent(fragment.text, indent))


def as_new_lines(code: str, program: Program) -> Iterator[str]:
    """`code` as lines of its own: beside the lines that it resembles, then wherever else."""
    likely = likely_lines(code, program)
    befores = [before for number in likely for before in (number + 1, number)]
    for before in dict.fromkeys([*befores, len(program.lines) + 1]):
        for indent in likely_indents(before, program):
            yield program.inserted(before, at_indent(code, indent))


def _new_lines_at_likely_depth(code: str, program: Program) -> Iterator[str]:
    """`code` before and after the line that it resembles, at the likeliest depth alone."""
    for number in likely_lines(code, program)[:2]:
        for before in (number + 1, number):
            yield program.inserted(before, at_indent(code, likely_indents(before, program)[0]))


# One line or a part of one -----------------------------------------------------------------------


def _line_or_part(code: str, program: Program) -> Iterator[str]:
    lines, parts = _lines_for_lines(code, program), _expressions(code, program)
    fresh = as_new_lines(code, program)
    yield from islice(lines, 3)
    yield from islice(parts, 6)
    yield from _run_for_run(code, program)
    yield from _around_expressions(code, program)
    if program.tree is None:
        yield from _into_tokens(code, program)
    yield from islice(fresh, 6)
    yield from lines
    yield from parts
    yield from fresh


def _lines_for_lines(code: str, program: Program) -> Iterator[str]:
    idle, opens = does_nothing(code), code.rstrip().endswith(":")
    for number in likely_lines(code, program):
        line = program.lines[number - 1]
        if not idle:
            yield program.replaced(number, number, at_indent(code, indent_of(line)))
        if line.rstrip().endswith(":") and not opens:
            yield program.replaced(number, number, f"{indent_of(line)}{code.strip()}:")


def _expressions(code: str, program: Program) -> Iterator[str]:
    """`code` for each expression that is read, those that it resembles first."""
    if program.tree is None or not _is_expression(code):
        return
    wanted = Counter(tokens_of(code))
    near = set(likely_lines(code, program))
    found = [
        (-likeness(wanted, Counter(tokens_of(program.text[one.start : one.end]))), one)
        for one in program.expressions
        if one.line in near
    ]
    found.sort(key=lambda pair: (pair[0], pair[1].start, pair[1].end))
    for _, one in found[:MOST_EXPRESSIONS]:
        yield program.text[: one.start] + code + program.text[one.end :]


def _run_for_run(code: str, program: Program) -> Iterator[str]:
    """A part of a line, which is no expression, for the tokens that it resembles."""
    words = tokens_of(code)
    if len(words) < 2 or Program(code).tree is not None or code.rstrip().endswith(":"):
        return
    wanted, found = Counter(words), []
    for number in likely_lines(code, program)[:_RUN_LINES]:
        line = program.lines[number - 1]
        places = [place for _, place in Program(line).token_places]
        for first, size in product(
            range(len(places)), (len(words), len(words) - 1, len(words) + 1)
        ):
            if size and first + size <= len(places):
                start, end = places[first].start, places[first + size - 1].end
                alike = likeness(wanted, Counter(tokens_of(line[start:end])))
                found.append((-alike, number, f"{line[:start]}{code.strip()}{line[end:]}"))
    for _, number, text in sorted(found)[:MOST_RUNS]:
        yield program.replaced(number, number, text)


def _around_expressions(code: str, program: Program) -> Iterator[str]:
    """`int(...)`: around every expression that is read."""
    mark = next((one for one in ("...", "…") if one in code), "")
    if not mark or code.strip() == mark:
        return
    for one in program.expressions[:MOST_EXPRESSIONS]:
        text = program.text
        put = code.replace(mark, text[one.start : one.end])
        yield f"{text[: one.start]}{put}{text[one.end :]}"


def after_expressions(code: str, program: Program) -> Iterator[str]:
    """`.lower()`: after every expression that is read."""
    if code.startswith(".") and _is_expression(f"x{code}"):
        for one in program.expressions[:MOST_EXPRESSIONS]:
            yield program.text[: one.end] + code + program.text[one.end :]


def _sign_for_sign(code: str, program: Program) -> Iterator[str]:
    """An operator for each of the program's, those of its own kind first."""
    own = [place for place in program.token_places if place[0] in OPERATORS and place[0] != code]
    own.sort(key=lambda place: _kind(place[0]) != _kind(code))
    for _, place in own[:MOST_SIGNS]:
        yield program.text[: place.start] + code + program.text[place.end :]


def _into_tokens(code: str, program: Program) -> Iterator[str]:
    """For a program that cannot be parsed: `code` for any few tokens of a line."""
    faulty = [n for n in (program.fault_line, program.fault_line - 1) if program.has_line(n)]
    for number in dict.fromkeys([*faulty, *likely_lines(code, program)]):
        for line in within_line(program.lines[number - 1], code, _WIDEST_RUN):
            yield program.replaced(number, number, line)


def _is_expression(code: str) -> bool:
    tree = Program(code).tree
    return tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)


def _kind(sign: str) -> str:
    if sign in {"<", ">", "<=", ">=", "==", "!=", "in", "is", "not in", "is not"}:
        return "comparison"
    if sign in {"and", "or", "not"}:
        return "logic"
    return "assignment" if sign.endswith("=") else "arithmetic"
