"""Texts that give away the output that a student is to predict. Pure."""

from typing import Final

from courses.facts import PredictStep
from courses.output_leaks import leak
from tutor.leaks.said import Channel, Said

MOST_CHARACTERS: Final = 20_000


def gives_output(step: PredictStep, said: Said, known: tuple[str, ...]) -> bool:
    """True if `said` says what the step's program prints, and the student has not said it.

    A reply must claim it, or name more of it than a word or a number; a run must have printed it.
    """
    text = said.text[-MOST_CHARACTERS:]
    if said.channel is Channel.OUTPUT:
        return bool(step.output.strip()) and _normalised(step.output) in _normalised(text)
    others = [one.output for one in step.misconceptions]
    found = leak(step.output, text, others)
    if found is None or (found.certainty != "claimed" and not found.telling):
        return False
    return not any(_names_it(step.output, one) for one in known)


def _names_it(output: str, text: str) -> bool:
    """True where a text of the student's, or the task, has the output in it."""
    return leak(output, text[-MOST_CHARACTERS:]) is not None


def _normalised(text: str) -> str:
    """The lines without blanks at their ends, and without blank lines around them."""
    return "\n".join(["", *(line.rstrip() for line in text.strip().splitlines()), ""])
