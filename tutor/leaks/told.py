"""What a text tells of a program: code and edits, as far as they are new to the student. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tutor.leaks.edit import Edit, Verb
from tutor.leaks.edits import directives
from tutor.leaks.fragments import MOST_FRAGMENT, fragments
from tutor.leaks.known import is_new, is_new_edit
from tutor.leaks.own import Own
from tutor.leaks.plain_code import has_long_line
from tutor.leaks.questions import asked_code, weighed_code
from tutor.leaks.said import Channel, Said

# Of one text: characters that are read, from its end; fragments and edits, the last ones.
MOST_CHARACTERS: Final = 20_000
MOST_FRAGMENTS: Final = 24
MOST_FRAGMENT_LINES: Final = 200
MOST_GROUPS: Final = 12
MOST_EDITS: Final = 8

_ADDING: Final = (Verb.PUT, Verb.BEFORE, Verb.AFTER)

# An edit, or a fragment.
Part = Edit | str


@dataclass(frozen=True)
class Told:
    """The fragments of a text in its order, those of them that are `new`, and its edits, a group
    for each paragraph. `asked` is the code that stands in questions, `beyond` new fragments that
    are too many or too long to be tried."""

    fragments: tuple[str, ...]
    new: tuple[str, ...]
    edits: tuple[tuple[Edit, ...], ...]
    asked: frozenset[str] = frozenset()
    beyond: tuple[str, ...] = ()

    @property
    def parts(self) -> list[Part]:
        """All that is new, in a row: the edits, then the fragments that are in none of them."""
        edits = [one for group in self.edits for one in group]
        named = {code for one in edits for code in (one.a, one.b)}
        return [*edits, *(one for one in self.new if one not in named)]

    @property
    def is_empty(self) -> bool:
        """True if nothing can be done with it."""
        return not self.new and not self.edits


@lru_cache(maxsize=128)
def told(said: Said, own: Own) -> Told:
    """What `said` tells; what the student has or has said tells nothing."""
    short = Said(said.channel, said.text[-MOST_CHARACTERS:])
    found = fragments(short)
    found += [one for text in list(found) if (one := added_lines(text))]
    if said.channel is Channel.CODE and len(said.text) > MOST_FRAGMENT:
        found.append(said.text)
    new = [one for one in found if is_new(one, own.known) or own.is_laid_out_anew(one)]
    weighed = weighed_code(short)
    new = [one for one in new if not own.is_a_trial(one) and one not in weighed]
    tried = [one for one in new if _is_short(one)][-MOST_FRAGMENTS:]
    found = [one for one in found if _is_short(one)]
    groups = [
        [one for one in group if is_new_edit(one, own.known) and not _only_looks(one, own)]
        for group in directives(short)
    ]
    return Told(
        tuple(found[-MOST_FRAGMENTS:]),
        tuple(tried),
        tuple(tuple(group[:MOST_EDITS]) for group in groups if group)[-MOST_GROUPS:],
        asked_code(short),
        tuple(one for one in new if one not in tried),
    )


def _is_short(fragment: str) -> bool:
    is_short = fragment.count("\n") < MOST_FRAGMENT_LINES and len(fragment) <= MOST_FRAGMENT
    return is_short and not has_long_line(fragment)


def _only_looks(edit: Edit, own: Own) -> bool:
    """True for «put a `print(n)` after it»: what is printed changes nothing where only values are
    checked."""
    return edit.verb in _ADDING and own.is_a_trial(edit.b)


def added_lines(text: str) -> str:
    """The lines that a difference adds, with those around them; empty for no difference."""
    lines = [line for line in text.splitlines() if not line.startswith(("@@", "+++", "---"))]
    if not any(line.startswith("+") for line in lines) or not all(
        line[:1] in {"+", "-", " ", ""} for line in lines
    ):
        return ""
    return "\n".join(line[1:] for line in lines if not line.startswith("-"))


def in_order(parts: Sequence[Part]) -> list[Part]:
    """What names no line first, then from the last line up: until then lines keep their numbers."""
    return sorted(
        parts, key=lambda one: -one.lines[-1] if isinstance(one, Edit) and one.lines else -(10**6)
    )
