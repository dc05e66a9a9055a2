"""Which stored text a write replaces: optimistic concurrency for programs. Pure.

1. Each stored text of a step has a name: the program its revision, a version that is kept beside
   it a number. Whoever changes a text gives it a new name, so a name is a text.
2. A write names the text from which it was made. It replaces that one if it is still there; else
   it replaces nothing and is kept beside.
3. A page need not wait for an answer before it writes again: what it names may be a text that its
   own write has replaced meanwhile. That stands for the text which the write has made.

What is replaced stays in the step's history; see `program_history`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from tutor.protocol.frames import Cause

# So many writes of a connection are remembered: more than can wait for an answer.
MAX_WRITES: Final = 1024


@dataclass(frozen=True)
class TextName:
    """The name of a stored text of a step: the program at `revision`, or else a kept `version`."""

    revision: int = 0
    version: int = 0


def text_name(base: int, version: int = 0) -> TextName:
    """The text that a frame with these fields names."""
    return TextName(version=version) if version else TextName(base)


@dataclass(frozen=True)
class Writer:
    """The page that writes, and the browser it is open in, by names of their own; may be empty."""

    page: str = ""
    device: str = ""


NOBODY: Final = Writer()


class Draft(Protocol):
    """A program of `step` as a page sends it; see frames.Edit for the fields."""

    @property
    def step(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def files(self) -> Mapping[str, str]: ...
    @property
    def base(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def page(self) -> str: ...
    @property
    def cause(self) -> Cause: ...


class OwnWrites:
    """The texts that the writes of one connection replaced, with those they made of them.

    Pages, whose copies one connection may bring, are kept apart, and so are steps. `writer` is the
    page at the other end.
    """

    def __init__(self, writer: Writer = NOBODY) -> None:
        self.writer = writer
        # By page, step and the text that was replaced, oldest first. Leads round in no circle.
        self._made: dict[tuple[str, str, TextName], TextName] = {}

    def latest(self, page: str, step: str, text: TextName) -> TextName:
        """The text that the page's own writes have made of `text`; `text` itself if none did."""
        while (made := self._made.get((page, step, text))) is not None:
            text = made
        return text

    def add(self, page: str, step: str, replaced: TextName, made: TextName) -> None:
        """Remember a write. `made` is stored at present."""
        # Nobody has replaced what is stored: whatever was remembered of it is of another time.
        self._made.pop((page, step, made), None)
        if made != replaced:
            self._made[page, step, replaced] = made
        if len(self._made) > MAX_WRITES:
            del self._made[next(iter(self._made))]


# For those who write nothing but what they name.
NO_WRITES: Final = OwnWrites()
