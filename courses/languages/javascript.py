"""JavaScript: run by node, whose error output says how a program ended. Pure."""

import re
from typing import Final

from courses.languages.language import ErrorOutput, Language
from courses.observation import Raised

# Where node stands when a program ends: its file and line, some lines of source, the error with
# the calls it came through. https://nodejs.org/api/errors.html#errorstack
_PROGRAM: Final = re.compile(r"^(?:file://)?/\S*/main\.js:\d+$", re.MULTILINE)
_THROWN: Final = re.compile(
    r"^(?P<type>[A-Za-z_$][\w$]{0,99})(?:: (?P<message>.{0,1000}))?\n {4}at (?P<caller>.+)$",
    re.MULTILINE,
)
# A program that cannot be read has called nothing yet: node's own files are the callers.
_NODES_OWN: Final = re.compile(r"[\w$.<> ]+ \(node:internal/")
# Comments to the end of a line or between marks, and the three kinds of strings. One that is never
# closed goes to the end: looked for from every later quote, it would take the square of its length.
_COMMENTS: Final = re.compile(
    r"""//(?P<line>[^\n]*) | /\*(?P<block>.*?)(?:\*/|\Z)
    | "(?:\\.|[^"\\\n])*+"? | '(?:\\.|[^'\\\n])*+'? | `(?:\\.|[^`\\])*+`?""",
    re.DOTALL | re.VERBOSE,
)


def thrown(stderr: str) -> Raised | None:
    """The error that has ended the program, or None if nothing looks like one."""
    found = _last(stderr)
    return None if found is None else Raised(found["type"], found["message"] or "")


def refuses(stderr: str) -> bool:
    """True if node has refused the program itself, and no other text, for its syntax."""
    found = _last(stderr)
    return (
        found is not None
        and found["type"] == "SyntaxError"
        and _NODES_OWN.match(found["caller"]) is not None
        and _PROGRAM.search(stderr, 0, found.start()) is not None
    )


def _last(stderr: str) -> re.Match[str] | None:
    found = list(_THROWN.finditer(stderr))
    return found[-1] if found else None


JAVASCRIPT: Final = Language(
    "javascript",
    "JavaScript",
    ".js",
    errors=(
        "AggregateError", "Error", "EvalError", "RangeError", "ReferenceError",
        "SyntaxError", "TypeError", "URIError",
    ),
    declarations=("function ",),
    comments=_COMMENTS,
    error_output=ErrorOutput(thrown, refuses),
)  # fmt: skip
