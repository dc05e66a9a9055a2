"""Judges a text without a sandbox: by the author's solution alone. Pure."""

from typing import Final

from courses.facts import CodeStep
from tutor.leaks.judgement import Judgement, Verdict
from tutor.leaks.own import own_of
from tutor.leaks.program import tokens_of
from tutor.leaks.said import Said
from tutor.leaks.situation import Situation
from tutor.leaks.told import told

# So many tokens of the solution in a row are more than anybody says by chance.
_LEAST_TOKENS: Final = 3


def closed(step: CodeStep, situation: Situation, said: Said) -> Judgement:
    """A leak if new code stands in the solution, or a line of it does; prose is open."""
    solution = _spaced(step.solution)
    theirs = [_spaced(text) for text in (*situation.programs, *situation.known)]
    for fragment in told(said, own_of(situation)).new:
        for line in fragment.splitlines():
            code = _spaced(line)
            is_telling = len(tokens_of(line)) >= _LEAST_TOKENS
            if is_telling and code in solution and not any(code in one for one in theirs):
                return Judgement(Verdict.LEAK, "solution", fragment)
    return Judgement(Verdict.OK)


def _spaced(code: str) -> str:
    """The tokens, each between blanks."""
    return "".join(f" {token} " for token in tokens_of(code))
