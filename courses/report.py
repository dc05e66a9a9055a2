"""Problems as people, programs and GitHub read them. Pure."""

import json
from collections.abc import Sequence
from pathlib import PurePath

from courses.problems import Problem
from courses.text import printable

# Characters of a line of the author's that an excerpt repeats.
EXCERPT_CHARS = 100


def as_text(problems: Sequence[Problem], texts: dict[str, str], folder: PurePath) -> str:
    """One paragraph for each: where and what, and the line with a caret under the place."""
    return "".join(_paragraph(problem, texts, folder) for problem in problems)


def as_json(problems: Sequence[Problem], folder: PurePath) -> str:
    """A list of objects with file, line, column, severity and message."""
    found = [
        {
            "file": str(folder / problem.file),
            "line": problem.line,
            "column": problem.column,
            "severity": problem.severity,
            "message": problem.message,
        }
        for problem in problems
    ]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def as_github(problems: Sequence[Problem], folder: PurePath) -> str:
    """Workflow commands, which GitHub shows beside the lines of a change.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    return "".join(
        f"::{problem.severity} file={_property(str(folder / problem.file))},"
        f"line={problem.line},col={problem.column}::{_data(problem.message)}\n"
        for problem in problems
    )


def excerpt(problem: Problem, text: str) -> str:
    """Up to three lines: the line before, the line, and a caret under the place.

    Empty where the place is not in the text. A line that is long is cut around the place.
    """
    # What Python takes for line ends, YAML does not: only "\n" counts.
    lines = text.split("\n")
    if problem.line > len(lines) or not text.strip():
        return ""
    width = len(str(problem.line))
    skipped = max(0, problem.column - EXCERPT_CHARS // 2)
    shown = []
    for number in (problem.line - 1, problem.line):
        if number >= 1:
            line = _printable(lines[number - 1][skipped : skipped + EXCERPT_CHARS])
            shown.append(f"  {number:>{width}} | {line}".rstrip())
    shown.append(f"  {'':>{width}} | {' ' * (problem.column - 1 - skipped)}^")
    return "".join(f"{line}\n" for line in shown)


def _paragraph(problem: Problem, texts: dict[str, str], folder: PurePath) -> str:
    where = f"{folder / problem.file}:{problem.line}:{problem.column}"
    warning = "warning: " if problem.severity == "warning" else ""
    said = f"{where}: {warning}{problem.message}\n"
    return said + excerpt(problem, texts.get(problem.file, ""))


def _printable(line: str) -> str:
    # A tab is as wide as any character here, or the caret would stand beside its place.
    return printable(line, instead=" ")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
