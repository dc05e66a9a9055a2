"""Fragments that were told one after the other, as one block: the body of a function. Pure."""

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Final

from tutor.leaks.program import INDENT, Program, at_indent, indent_of, syntax_tree
from tutor.leaks.resemblance import likely_lines, likely_windows
from tutor.leaks.splice import as_new_lines

# Lines of a block, ways to indent them, and places for each.
MOST_LINES: Final = 12
MOST_WAYS: Final = 12
MOST_PLACES: Final = 3
# The same for lines that come to those of the program.
MOST_NEW_WAYS: Final = 2
MOST_NEW_PLACES: Final = 12

_GOES_ON: Final = ("elif ", "else:", "except", "finally:")
_ENDS: Final = ("return", "break", "continue", "raise")


def assembled(fragments: Sequence[str], program: Program) -> Iterator[str]:
    """Programs with all fragments in their order as one block, in place of what it resembles."""
    parts = [part for one in fragments if (part := _part(one))]
    if len(parts) < 2 or sum(map(len, parts)) > MOST_LINES:
        return
    for block in islice(indented(parts), MOST_WAYS):
        yield block
        for own in program.functions:
            if own.last > own.first:
                indent = indent_of(program.lines[own.first]) or INDENT
                yield program.replaced(own.first + 1, own.last, at_indent(block, indent))
        for place in likely_windows(block.splitlines(), program)[:MOST_PLACES]:
            indent = indent_of(program.lines[place.first - 1])
            yield program.replaced(place.first, place.last, at_indent(block, indent))
    for block in islice(indented(parts), MOST_NEW_WAYS):
        # A line comes into a block of its own: «try:», the line, «except:».
        for number in likely_lines(block, program)[:MOST_PLACES]:
            indent = indent_of(program.lines[number - 1])
            yield program.replaced(number, number, at_indent(block, indent))
        yield from islice(as_new_lines(block, program), MOST_NEW_PLACES)


def indented(parts: Sequence[Sequence[str]]) -> Iterator[str]:
    """The parts, lines each, as a block in every way that colons allow, the likeliest first."""
    ways: list[tuple[int, tuple[int, ...]]] = [(0, (0,))]
    for before, part in pairwise(parts):
        last = before[-1]
        ways = sorted(
            (cost + more, (*depths, depth))
            for cost, depths in ways
            for more, depth in _depths(last.strip(), part[0], depths[-1] + _depth_of(last))
        )[:MOST_WAYS]
    for _, depths in ways:
        yield "\n".join(
            f"{INDENT * depth}{line}"
            for depth, part in zip(depths, parts, strict=True)
            for line in part
        )


def _depths(before: str, line: str, depth: int) -> Iterator[tuple[int, int]]:
    """The depths at which a line may stand, each with what it costs."""
    if before.endswith(":"):
        yield 0, depth + 1
        return
    outwards = line.startswith((*_GOES_ON, "return")) or before.startswith(_ENDS)
    for by in range(depth + 1):
        yield abs(by - outwards), depth - by


def _depth_of(line: str) -> int:
    return len(indent_of(line)) // len(INDENT)


def _part(fragment: str) -> list[str]:
    """The lines of statements, the first one not indented; none of other fragments."""
    lines = [line for line in at_indent(fragment, "").splitlines() if line.strip()]
    return lines if lines and all(_is_line(line.strip()) for line in lines) else []


def _is_line(line: str) -> bool:
    """True for a statement, or the head of one."""
    if line.startswith(_GOES_ON):
        return line.endswith(":")
    whole = f"{line} pass" if line.endswith(":") else line
    return line.startswith(("return", "try:")) or syntax_tree(whole) is not None
