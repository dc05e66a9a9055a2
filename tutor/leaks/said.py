"""A text of the tutor's that a student may see, and by which way it comes. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """The way by which a text of the tutor's comes to the student."""

    REPLY = "reply"  # Markdown: what the tutor says
    CODE = "code"  # a program that it has run
    CALL = "call"  # an expression that it has evaluated, or asks to foretell
    OUTPUT = "output"  # what its run has printed, and the values of its calls


@dataclass(frozen=True)
class Said:
    """A text of the tutor's."""

    channel: Channel
    text: str
