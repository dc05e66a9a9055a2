"""Judges a text without a sandbox: by the author's solution alone. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from courses.facts import CodeStep
from tutor.leaks.judgement import Judgement, Verdict
from tutor.leaks.own import own_of
from tutor.leaks.program import tokens_of
from tutor.leaks.said import Said
from tutor.leaks.situation import Situation
from tutor.leaks.told import told

# So many tokens of the solution in a row are more than anybody says by chance: as a line of their
# own, and within another one.
_LEAST_TOKENS: Final = 3
_LEAST_WITHIN: Final = 5


def closed(step: CodeStep, situation: Situation, said: Said) -> Judgement:
    """A leak if a line of new code stands in the solution, or so much of one; prose is open."""
    solution = _spaced(step.solution)
    theirs = [_spaced(text) for text in (*situation.programs, *situation.known)]
    for fragment in told(said, own_of(situation)).new:
        for line in fragment.splitlines():
            for code in _telling(tokens_of(line)):
                if code in solution and not any(code in one for one in theirs):
                    return Judgement(Verdict.LEAK, "solution", fragment)
    return Judgement(Verdict.OK)


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
