"""What a text tells of a program: code and edits, as far as they are new to the student. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tutor.leaks.edit import Edit, Verb
from tutor.leaks.edits import directives
from tutor.leaks.fragments import fragments
from tutor.leaks.known import Known, is_new, is_new_edit, known
from tutor.leaks.said import Said
from tutor.leaks.situation import Situation

# Of one text: characters that are read, from its end; fragments and edits, the last ones.
MOST_CHARACTERS: Final = 20_000
MOST_FRAGMENTS: Final = 24
MOST_FRAGMENT_LINES: Final = 200
MOST_GROUPS: Final = 12
MOST_EDITS: Final = 8


@dataclass(frozen=True)
class Told:
    """The fragments of a text in its order, those of them that are `new`, and its edits, a group
    for each paragraph."""

    fragments: tuple[str, ...]
    new: tuple[str, ...]
    edits: tuple[tuple[Edit, ...], ...]

    @property
    def parts(self) -> list[str | Edit]:
        """All that is new, in a row: the edits, then the fragments that are in none of them."""
        edits = [one for group in self.edits for one in group]
        named = {code for one in edits for code in (one.a, one.b)}
        return [*edits, *(one for one in self.new if one not in named)]

    @property
    def is_empty(self) -> bool:
        """True if nothing can be done with it."""
        return not self.new and not self.edits


def told(said: Said, known: Known) -> Told:
    """What `said` tells; what the student has or has said tells nothing."""
    short = Said(said.channel, said.text[-MOST_CHARACTERS:])
    found = [one for one in fragments(short) if one.count("\n") < MOST_FRAGMENT_LINES]
    new = [one for one in found if is_new(one, known)]
    groups = [[one for one in group if is_new_edit(one, known)] for group in directives(short)]
    return Told(
        tuple(found[-MOST_FRAGMENTS:]),
        tuple(new[-MOST_FRAGMENTS:]),
        tuple(in_order(group)[:MOST_EDITS] for group in groups if group)[-MOST_GROUPS:],
    )


def known_of(situation: Situation) -> Known:
    """What the student has and knows."""
    return known(situation.programs, situation.known)


def in_order(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Lines are removed last: until then they keep their numbers."""
    return tuple(sorted(edits, key=lambda one: one.verb is Verb.REMOVE and not one.a))
