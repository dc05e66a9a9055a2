"""A program as it is changed: its lines, tokens, functions and depths. Pure.

Lines count from 1, as people count them. Any text may come; what is no program has no tree.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from courses.languages import python
from tutor.leaks.plain_code import has_long_line
from tutor.leaks.tokens import TOKEN

# A comment is no token of a program.
_TOKEN: Final = re.compile(rf"(?P<comment>\#[^\n]*)|{TOKEN.pattern}")
_DEFINITION: Final = re.compile(r"^([ ]*)(?:async +)?def\s+(\w+)\s*\(([^)\n]*)", re.MULTILINE)
INDENT: Final = " " * 4


def tokens_of(code: str) -> list[str]:
    """The tokens of a program without its comments."""
    return [one[0] for one in _TOKEN.finditer(code) if one["comment"] is None]


def indent_of(line: str) -> str:
    """The blanks before the line's first word."""
    return line[: len(line) - len(line.lstrip())]


def at_indent(code: str, indent: str) -> str:
    """`code`, moved so that its first line stands at `indent`; the others keep their distance."""
    lines = code.expandtabs(4).splitlines()
    first = next((line for line in lines if line.strip()), "")
    by = len(indent) - len(indent_of(first))
    return "\n".join(
        " " * max(0, len(indent_of(line)) + by) + line.lstrip() if line.strip() else line
        for line in lines
    )


def syntax_tree(code: str) -> ast.Module | None:
    """The syntax tree; None for what is no program, `return` outside of a function included, and
    for one with a line that is too long."""
    if has_long_line(code):
        return None
    tree = python.syntax_tree(code)
    return None if tree is None or any(isinstance(one, ast.Return) for one in tree.body) else tree


@dataclass(frozen=True)
class Place:
    """Where something stands in a program: offsets of begin and end, and the line it begins in."""

    start: int
    end: int
    line: int


@dataclass(frozen=True)
class Function:
    """A function in a program: its first and last line, and how many parameters it has."""

    name: str
    first: int
    last: int
    parameters: int


@dataclass(frozen=True)
class Program:
    """A program, perhaps one that cannot be parsed. Tabs are blanks in it."""

    text: str

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree, or None where the program cannot be parsed."""
        return syntax_tree(self.text)

    @cached_property
    def fault_line(self) -> int:
        """The line at which the parser gives up; 0 where it does not."""
        fault = python.fault(self.text)
        return 0 if fault is None or fault[0] is None else fault[0].line

    @cached_property
    def indents(self) -> list[str]:
        """The indentations in use, the least first, and one deeper."""
        used = sorted({indent_of(line) for line in self.lines if line.strip()}, key=len) or [""]
        step = next((one for one in used if one), INDENT)
        return [*used, used[-1] + step]

    @cached_property
    def functions(self) -> list[Function]:
        """The functions at the top; by their first lines where the program cannot be parsed."""
        if self.tree is not None:
            return [found for one in self.tree.body if (found := _function(one)) is not None]
        heads = [one for one in _DEFINITION.finditer(self.text) if not one[1]]
        firsts = [self.line_at(one.start()) for one in heads]
        lasts = [*(line - 1 for line in firsts[1:]), len(self.lines)][: len(firsts)]
        return [
            Function(one[2], first, last, one[3].count(",") + 1 if one[3].strip() else 0)
            for one, first, last in zip(heads, firsts, lasts, strict=True)
        ]

    @cached_property
    def line_tokens(self) -> list[list[str]]:
        """The tokens of each line."""
        return [tokens_of(line) for line in self.lines]

    @cached_property
    def lines_with(self) -> dict[str, list[int]]:
        """The lines that hold a token, by token."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, words in enumerate(self.line_tokens, 1):
            for word in dict.fromkeys(words):
                found[word].append(number)
        return found

    @cached_property
    def expressions(self) -> list[Place]:
        """Where expressions stand that are read; none where the program cannot be parsed."""
        nodes = ast.walk(self.tree) if self.tree is not None else iter(())
        return [
            Place(
                self._offset_of(one.lineno, one.col_offset),
                self._offset_of(one.end_lineno or one.lineno, one.end_col_offset or 0),
                one.lineno,
            )
            for one in nodes
            if isinstance(one, ast.expr) and not isinstance(getattr(one, "ctx", None), ast.Store)
        ]

    def has_line(self, number: int) -> bool:
        """True if there is such a line, and something in it."""
        return 1 <= number <= len(self.lines) and bool(self.lines[number - 1].strip())

    def line_at(self, offset: int) -> int:
        """The number of the line in which an offset lies."""
        return self.text.count("\n", 0, offset) + 1

    def _offset_of(self, line: int, utf8: int) -> int:
        """The offset of a place as syntax trees have it: a line, and a column in bytes."""
        text = self.lines[line - 1]
        column = utf8 if text.isascii() else len(text.encode()[:utf8].decode(errors="ignore"))
        return self._starts[line - 1] + column

    def places_of(self, code: str) -> list[Place]:
        """Where the tokens of `code` stand one after the other."""
        wanted = tokens_of(code)
        if not wanted:
            return []
        return list(self._places(wanted))

    def replaced(self, first: int, last: int, code: str) -> str:
        """The text with `code` in place of the lines from `first` to `last`, as it stands."""
        return "\n".join([*self.lines[: first - 1], code, *self.lines[last:]])

    def without(self, numbers: Sequence[int]) -> str:
        """The text without some lines."""
        return "\n".join(
            line for number, line in enumerate(self.lines, 1) if number not in set(numbers)
        )

    def inserted(self, before: int, code: str) -> str:
        """The text with `code`, as it stands, before a line; after all if there is none such."""
        return "\n".join([*self.lines[: before - 1], code, *self.lines[before - 1 :]])

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    @cached_property
    def _matches(self) -> list[re.Match[str]]:
        return [one for one in _TOKEN.finditer(self.text) if one["comment"] is None]

    @cached_property
    def _words(self) -> list[str]:
        return [one[0] for one in self._matches]

    @property
    def token_places(self) -> list[tuple[str, Place]]:
        """Each token, and where it stands."""
        return [
            (one[0], Place(one.start(), one.end(), line))
            for one, line in zip(self._matches, self._token_lines, strict=True)
        ]

    @cached_property
    def _token_lines(self) -> list[int]:
        lines, line, at = [], 1, 0
        for one in self._matches:
            line += self.text.count("\n", at, one.start())
            at = one.start()
            lines.append(line)
        return lines

    def _places(self, wanted: list[str]) -> Iterator[Place]:
        words, size, at = self._words, len(wanted), -1
        while True:
            try:
                at = words.index(wanted[0], at + 1)
            except ValueError:
                return
            if words[at : at + size] == wanted:
                end = self._matches[at + size - 1].end()
                yield Place(self._matches[at].start(), end, self._token_lines[at])


def program_of(text: str) -> Program:
    """The program with blanks for its tabs, and plain ends of lines."""
    return Program("\n".join(text.expandtabs(4).splitlines()))


def _function(statement: ast.stmt) -> Function | None:
    """The function that a statement defines, with `def` or as a lambda with a name."""
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    match statement:
        case ast.FunctionDef(decorator_list=before) | ast.AsyncFunctionDef(decorator_list=before):
            first = min([first, *(one.lineno for one in before)])
            return Function(statement.name, first, last, _count(statement.args))
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda(args=parameters)):
            return Function(name, first, last, _count(parameters))
    return None


def _count(arguments: ast.arguments) -> int:
    return len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs)
