"""Edits applied to a program: every program that one may mean, the likeliest first. Pure."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Final, assert_never

from tutor.leaks.edit import Edit, Verb
from tutor.leaks.program import INDENT, Place, Program, at_indent, indent_of, syntax_tree

# Places of one operand that are looked at.
MOST_PLACES: Final = 20
# Pairs of places that are swapped.
MOST_SWAPS: Final = 6


def programs_of(edit: Edit, program: Program) -> Iterator[str]:
    """Every program that `edit` may make of `program`; some may be no programs at all."""
    if any(number < 0 for number in edit.lines):
        edit = replace(edit, lines=tuple(_from_end(number, program) for number in edit.lines))
    match edit.verb:
        case Verb.REPLACE:
            yield from _replaced(edit, program)
        case Verb.REMOVE:
            yield from _removed(edit, program)
        case Verb.BEFORE | Verb.AFTER:
            yield from _beside(edit, program)
        case Verb.PUT:
            yield from put(edit.b, edit.lines, program)
        case Verb.MOVE_ABOVE | Verb.MOVE_BELOW:
            yield from _moved(edit, program)
        case Verb.SWAP if edit.a:
            yield from _swapped_code(edit, program)
        case Verb.SWAP:
            yield from _swapped_lines(edit, program)
        case Verb.INDENT | Verb.DEDENT:
            yield from _indented(edit, program)
        case _:
            assert_never(edit.verb)


def _from_end(number: int, program: Program) -> int:
    """The number of a line from above that is counted from below, without blank lines: -1."""
    filled = [n for n in range(1, len(program.lines) + 1) if program.has_line(n)]
    return number if number > 0 or -number > len(filled) else filled[number]


def does_nothing(code: str) -> bool:
    """True if `code`, as lines of its own, has no effect: in place of a line it only deletes it."""
    tree = syntax_tree(at_indent(code, ""))
    return tree is not None and all(_has_no_effect(one) for one in tree.body)


def within_line(line: str, code: str, widest: int) -> Iterator[str]:
    """`code` in a line: for every run of at most `widest` tokens, and between any two."""
    places = [place for _, place in Program(line).token_places][:MOST_PLACES]
    for n in range(len(places) + 1):
        for m in range(n, min(n + widest, len(places)) + 1):
            start = places[n].start if n < len(places) else len(line.rstrip())
            end = places[m - 1].end if m > n else start
            space = " " if n == m and end < len(line) else ""
            yield f"{line[:start]}{code}{space}{line[end:]}"


def put(code: str, lines: Sequence[int], program: Program) -> Iterator[str]:
    """`code` in one of `lines`, or anywhere if there are none: for a line, before one, in one."""
    if lines and not any(each.isalnum() for each in code):
        # A colon, a bracket: what is missing is missing at the end mostly.
        for number in filter(program.has_line, lines):
            yield program.replaced(number, number, program.lines[number - 1].rstrip() + code)
    yield from _for_lines(code, lines, program)
    numbers = [one for one in lines or range(1, len(program.lines) + 1) if program.has_line(one)]
    if "\n" not in code and (lines or not code.isidentifier()):
        for number in numbers:
            for line in within_line(program.lines[number - 1], code, 3 if lines else 1):
                yield program.replaced(number, number, line)
    for number in lines or range(1, len(program.lines) + 1):
        for before in (number, number + 1) if lines else (number,):
            yield from _inserted(before, code, program)


def _for_lines(code: str, lines: Sequence[int], program: Program) -> Iterator[str]:
    """`code` for the lines together, then for each of them; for any if there are none."""
    numbers = [one for one in lines or range(1, len(program.lines) + 1) if program.has_line(one)]
    if numbers and _is_range(lines):
        if indent_of(code):
            # It was told with its indentation.
            yield program.replaced(numbers[0], numbers[-1], code)
        indent = indent_of(program.lines[numbers[0] - 1])
        yield program.replaced(numbers[0], numbers[-1], at_indent(code, indent))
    if not does_nothing(code):
        for number in numbers:
            indent = indent_of(program.lines[number - 1])
            yield program.replaced(number, number, at_indent(code, indent))


# By verb -----------------------------------------------------------------------------------------


def _replaced(edit: Edit, program: Program) -> Iterator[str]:
    places = _places(edit.a, edit.lines, program)
    if not places:
        yield from put(edit.b, edit.lines, program)
        return
    if "\n" not in edit.b:
        yield from _each_and_all(places, edit.b, program)
    for place in places:
        line = program.lines[place.line - 1]
        yield program.replaced(place.line, place.line, at_indent(edit.b, indent_of(line)))
        last = program.line_at(place.end)
        if last > place.line:
            yield program.replaced(place.line, last, at_indent(edit.b, indent_of(line)))


def _removed(edit: Edit, program: Program) -> Iterator[str]:
    places = _places(edit.a, edit.lines, program) if edit.a else []
    if not places:
        if edit.lines:
            yield program.without(edit.lines)
        return
    yield from _each_and_all(places, "", program)
    for place in places:
        yield program.without((place.line,))


def _beside(edit: Edit, program: Program) -> Iterator[str]:
    if not edit.a and edit.lines:
        before = edit.lines[0] if edit.verb is Verb.BEFORE else edit.lines[-1] + 1
        yield from _inserted(before, edit.b, program)
        # «At the end of line 3» is in it.
        yield from put(edit.b, edit.lines, program)
        return
    places = _places(edit.a, edit.lines, program)
    if not places:
        yield from put(edit.b, edit.lines, program)
        return
    if "\n" not in edit.b:
        for place in places:
            old = program.text[place.start : place.end]
            new = f"{edit.b} {old}" if edit.verb is Verb.BEFORE else f"{old} {edit.b}"
            yield _spliced(place, new, program)
            line = program.lines[place.line - 1]
            if edit.verb is Verb.AFTER:
                yield program.replaced(place.line, place.line, line.rstrip() + edit.b)
    for place in places:
        before = place.line if edit.verb is Verb.BEFORE else place.line + 1
        yield from _inserted(before, edit.b, program)


def _moved(edit: Edit, program: Program) -> Iterator[str]:
    number, to = edit.lines[0] if edit.lines else 0, edit.to
    if number == to or not program.has_line(number) or not program.has_line(to):
        return
    line, rest = program.lines[number - 1], Program(program.without((number,)))
    to_after_removal = to if to < number else to - 1
    before = to_after_removal + (edit.verb is Verb.MOVE_BELOW)
    for indent in dict.fromkeys((indent_of(line), indent_of(program.lines[to - 1]))):
        yield rest.inserted(before, indent + line.strip())


def _swapped_code(edit: Edit, program: Program) -> Iterator[str]:
    ones, others = (_places(code, edit.lines, program) for code in (edit.a, edit.b))
    # Those that stand in one line first.
    pairs = sorted(product(ones, others), key=lambda pair: pair[0].line != pair[1].line)
    for pair in pairs[:MOST_SWAPS]:
        first, second = sorted(pair, key=lambda place: place.start)
        if first.end <= second.start:
            text = program.text
            yield (
                text[: first.start]
                + text[second.start : second.end]
                + text[first.end : second.start]
                + text[first.start : first.end]
                + text[second.end :]
            )


def _swapped_lines(edit: Edit, program: Program) -> Iterator[str]:
    if len(edit.lines) != 2 or not all(program.has_line(number) for number in edit.lines):
        return
    lines = list(program.lines)
    n, m = (number - 1 for number in edit.lines)
    one, other = lines[n], lines[m]
    lines[n], lines[m] = indent_of(one) + other.strip(), indent_of(other) + one.strip()
    yield "\n".join(lines)
    lines[n], lines[m] = other, one
    yield "\n".join(lines)


def _indented(edit: Edit, program: Program) -> Iterator[str]:
    named = {place.line for place in program.places_of(edit.a)} if edit.a else set(edit.lines)
    numbers = {number for number in named if not edit.lines or number in edit.lines} or named
    if not numbers and not edit.a:
        numbers = set(range(1, len(program.lines) + 1))
    numbers = {number for number in numbers if program.has_line(number)}
    deeper = edit.verb is Verb.INDENT
    if len(numbers) > 1 and edit.lines:
        yield from _together(sorted(numbers), program, deeper=deeper)
    for number in sorted(numbers):
        own = indent_of(program.lines[number - 1])
        indents = [one for one in program.indents if one != own and (one > own) == deeper]
        for indent in indents if deeper else reversed(indents):
            yield program.replaced(number, number, indent + program.lines[number - 1].strip())
            last = _block_end(number, program)
            for end in dict.fromkeys((last, len(program.lines))):
                if end > number:
                    block = "\n".join(program.lines[number - 1 : end])
                    yield program.replaced(number, end, at_indent(block, indent))


# Parts -------------------------------------------------------------------------------------------


def _places(code: str, lines: Sequence[int], program: Program) -> list[Place]:
    """Where `code` stands in one of `lines`; anywhere where it stands in none of them."""
    places = program.places_of(code) if code else []
    return ([one for one in places if one.line in lines] or places)[:MOST_PLACES]


def _each_and_all(places: Sequence[Place], code: str, program: Program) -> Iterator[str]:
    """`code` for what stands at the places: at all of them, then at each alone."""
    if len(places) == 1:
        yield _spliced(places[0], code, program)
        return
    text = program
    for place in reversed(places):
        text = Program(_spliced(place, code, text))
    yield text.text
    for place in places:
        yield _spliced(place, code, program)


def _spliced(place: Place, code: str, program: Program) -> str:
    text, end = program.text, place.end
    if not code and not text[: place.start].rpartition("\n")[2].strip():
        # The rest of the line keeps its indentation.
        while text[end : end + 1] == " ":
            end += 1
    return text[: place.start] + code + text[end:]


def _inserted(before: int, code: str, program: Program) -> Iterator[str]:
    """`code` as lines of its own, at the depths of its neighbours first."""
    if not 1 <= before <= len(program.lines) + 1:
        return
    if indent_of(code):
        yield program.inserted(before, code)
    if "\n" not in code and code.endswith(":") and program.has_line(before):
        yield _with_body(before, code, program)
    for indent in likely_indents(before, program):
        yield program.inserted(before, at_indent(code, indent))


def _with_body(before: int, head: str, program: Program) -> str:
    """The head of a block as a line of its own, and the line behind it with its block in it."""
    last = _block_end(before, program)
    indent = indent_of(program.lines[before - 1])
    body = at_indent("\n".join(program.lines[before - 1 : last]), indent + INDENT)
    return program.replaced(before, last, f"{indent}{head.strip()}\n{body}")


def likely_indents(before: int, program: Program) -> list[str]:
    """The depths at which a line may stand that is put before line `before`, likeliest first."""
    around = []
    if before > 1:
        above = program.lines[before - 2]
        around = [indent_of(above) + (INDENT if above.rstrip().endswith(":") else "")]
    if before <= len(program.lines):
        around.append(indent_of(program.lines[before - 1]))
    return list(dict.fromkeys([*around, *program.indents]))


def _block_end(number: int, program: Program) -> int:
    """The last line of what line `number` opens; the line itself if it opens nothing."""
    own = len(indent_of(program.lines[number - 1]))
    last = number
    for other in range(number + 1, len(program.lines) + 1):
        line = program.lines[other - 1]
        if line.strip() and len(indent_of(line)) <= own:
            break
        last = other if line.strip() else last
    return last


def _together(numbers: Sequence[int], program: Program, *, deeper: bool) -> Iterator[str]:
    """All lines moved by one level."""
    lines = list(program.lines)
    for number in numbers:
        line = lines[number - 1]
        lines[number - 1] = INDENT + line if deeper else line.removeprefix(INDENT)
    yield "\n".join(lines)


def _is_range(lines: Sequence[int]) -> bool:
    return bool(lines) and list(lines) == list(range(lines[0], lines[0] + len(lines)))


def _has_no_effect(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    return isinstance(statement, ast.Expr) and not isinstance(
        statement.value, ast.Call | ast.Await | ast.Yield | ast.YieldFrom
    )


def first_of(edit: Edit, program: Program, most: int) -> list[str]:
    """At most `most` programs that the edit may mean."""
    return list(islice(programs_of(edit, program), most))
