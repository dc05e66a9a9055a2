"""A student's message, read from the parts of its item. Pure.

The first part is what the student said. Behind it the tutor's prompts put the program in the
editor, where it is new, in a part and a form of its own; the tests hold that what is written is
read. Other clients bring a program along in what is said.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tutor.emulator.model import Item

# The first line of the part with the program; a fenced block of code follows.
PROGRAM: Final = "My editor now holds this program:"
# That part in a step without a program.
NO_PROGRAM: Final = "There is no program in this step."
FENCE: Final = "`"
# How other clients bring a program along.
FENCED: Final = re.compile(r"```\w*[ \t]*\n(.*?)\n?```", re.DOTALL)


@dataclass(frozen=True)
class Message:
    """`program` is empty in a step without one, None where the message does not say."""

    words: str
    program: str | None


def read(item: Item) -> Message:
    """The message in an item of the user's."""
    content = item["content"]
    parts = [content] if isinstance(content, str) else [part.get("text", "") for part in content]
    words, program = [], None
    for number, part in enumerate(parts):
        if number and (held := program_in(part)) is not None:
            program = held
        else:
            words.append(part)
    return _with_fenced(words, program)


def program_in(part: str) -> str | None:
    """The program of a part that brings it, empty where there is none; None for any other part."""
    if part == NO_PROGRAM:
        return ""
    first, _, rest = part.partition("\n")
    lines = rest.split("\n")
    fence = FENCE * (len(lines[0]) - len(lines[0].lstrip(FENCE)))
    if first != PROGRAM or not fence or fence not in lines[1:]:
        return None
    return "\n".join(lines[1 : lines.index(fence, 1)])


def _with_fenced(words: Sequence[str], program: str | None) -> Message:
    fenced = [block for text in words for block in FENCED.findall(text)]
    if fenced and program is None:
        program = fenced[-1]
    said = " ".join(FENCED.sub("", text) for text in words)
    return Message(said.strip(), program)
