"""Predictions that the tutor asks for: when they may be asked, and how they are compared. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from courses.observation import Observation
from courses.steps import Step
from tutor.method.evidence import Evidence, Verdict

# Of what a program gave, for the student and the model.
MAX_GAVE_CHARS: Final = 2_000


@dataclass(frozen=True)
class Outcome:
    """What a call, or the whole program, gave: in words, and how the answer compares with it."""

    gave: str
    verdict: Verdict


def refusal(evidence: Evidence, step: Step, call: str, program: str, language: str) -> str | None:
    """Why this prediction may not be asked now, for the model; None if it may.

    Refused: another one is open; one of the same call on the same program was answered, with what
    came of it; after a surprise, until the student has said something; a predict step before its
    own prediction; a step without a program; an expression that does not parse, or any where the
    language has no values.
    """
    raise NotImplementedError


def compare(call: str, answer: str | None, observation: Observation, language: str) -> Outcome:
    """An answer against what the sandbox observed of the call, or of the whole program.

    By value, type and depth where the answer is a literal (`courses.equality`); as the text of a
    str, as the name of an exception, or as what was printed (`courses.grading.difference`)
    otherwise. An answer of None gives the verdict `none`. `not_run` is never given here.
    """
    raise NotImplementedError


def is_bare_value(text: str, call: str, language: str) -> bool:
    """Whether a message is nothing but a value, and so the answer to an open prediction.

    A literal of the language, the name of an exception, or "I don't know" in few words; for a whole
    program anything of one line without a question mark that has no letters besides literals.
    """
    raise NotImplementedError


def is_unknown(text: str) -> bool:
    """Whether a message says "I don't know" and nothing else, in English or German."""
    raise NotImplementedError


def covered(hashes: Sequence[str], code_hash: str) -> bool:
    """Whether a program is one whose output must not be shown yet."""
    return code_hash in hashes
