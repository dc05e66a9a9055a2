"""The description of a language: a row of the table, and what it is made of. Pure.

What runs programs is the sandbox's affair; it knows them by a course's `image`, or by `language`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from courses.folder import FILE_NAME
from courses.observation import Raised
from courses.problems import Mark


@dataclass(frozen=True)
class Syntax:
    """Programs as text: for a language that is parsed here. No function raises on any text.

    Courses in such a language may have calls, values and rules; others have input and output.
    """

    # Place and reason why a text is no program, or None; no place where the whole is at fault.
    fault: Callable[[str], tuple[Mark | None, str] | None]
    # Why a text is no expression, or None.
    expression_fault: Callable[[str], str | None]
    # The text of a value in the language's own writing, or None if it is no value.
    literal: Callable[[str], str | None]
    # Everything in a program that a rule may speak of, as pairs of a rule's `what` and `name`;
    # None for a text that is no program.
    used: Callable[[str], frozenset[tuple[str, str]] | None]
    # A program's syntax tree as text, the same for programs that differ in comments and layout
    # only; None for a text that is no program, or one that is nested too deeply.
    tree: Callable[[str], str | None]
    # The ways in which a program can use what a rule names, given as `what` and `name`: each is
    # everything that a rule may speak of in such a program. Empty where no program can.
    ways: Callable[[str, str], tuple[frozenset[tuple[str, str]], ...]]
    # Constructs that rules may name, each as a sentence has it.
    constructs: Mapping[str, str]
    # Exceptions of an expression that is misspelt.
    misspelt: tuple[str, ...]


@dataclass(frozen=True)
class ErrorOutput:
    """Standard error of an interpreter: what it says of a program that ended with code 1.

    The program can write there too: good for words, and for what does the program no good.
    """

    # The error that has ended the program, or None if nothing looks like one.
    thrown: Callable[[str], Raised | None]
    # True where the interpreter has refused the program itself for its syntax.
    refuses: Callable[[str], bool]


@dataclass(frozen=True)
class Language:
    """A language that courses may be written in."""

    # As courses, the sandbox and highlighters know it.
    id: str
    title: str
    # Of the names of its files, with the dot.
    suffix: str
    # Exceptions that a hint may wait for; others are known by the end of their name.
    errors: tuple[str, ...]
    # How the lines begin that declare a function, which a prompt says anyway.
    declarations: tuple[str, ...] = ()
    # Modules that every program can import.
    modules: frozenset[str] = frozenset()
    # Comments, their words as the group `line` or `block`; and strings, so that none begins in one.
    comments: re.Pattern[str] | None = None
    # Values of a course's `image`: places to run in besides the usual one.
    images: tuple[str, ...] = ()
    # None where programs are run to see if they are any.
    syntax: Syntax | None = None
    # None where the sandbox itself observes exceptions.
    error_output: ErrorOutput | None = None

    @property
    def main_file(self) -> str:
        """The student's own program; no file beside it may have its name."""
        return f"main{self.suffix}"

    def split_comments(self, program: str) -> tuple[str, str]:
        """The code and the words of its comments: each as long as `program`, blanks for the rest.

        So that a place in one of them is the same place in the program.
        """
        code, words = list(program), list(_blank(program))
        for found in self.comments.finditer(program) if self.comments else ():
            for group in ("line", "block"):
                if found.groupdict().get(group) is not None:
                    start, end = found.span(group)
                    words[start:end] = program[start:end]
                    code[slice(*found.span())] = _blank(found[0])
        return "".join(code), "".join(words)

    def names_file(self, text: str) -> bool:
        """True if `text` can name a file with a program in this language."""
        return re.fullmatch(rf"{FILE_NAME}{re.escape(self.suffix)}", text) is not None


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
