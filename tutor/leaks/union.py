"""Programs into which several things are put that were told one after the other. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from tutor.leaks.apply import programs_of
from tutor.leaks.edit import Verb
from tutor.leaks.program import Program
from tutor.leaks.splice import likeliest
from tutor.leaks.told import Part, in_order

# Programs that are kept from one thing told to the next, and what each of them becomes by it.
BEAM: Final = 10
MOST_READINGS: Final = 5
# What it costs to leave something out; a reading costs its place in their order.
_LEFT_OUT: Final = 2


@dataclass(frozen=True)
class Mended:
    """A program with what was told put in; the less it `cost`, the likelier it is meant.

    `has_now`: something of what is told now is in it.
    """

    cost: int
    program: Program
    has_now: bool = False


def united(earlier: Sequence[Part], now: Sequence[Part], program: Program) -> Iterator[str]:
    """Programs with what was told `earlier`, as far as it fits, and something of what is told now.

    Those with more of it come last. Some are no programs: what is put in later may mend that.
    """
    beam = [Mended(0, program)]
    before = set(earlier)
    for part in in_order([*earlier, *now]):
        made = _put_in(part, beam, is_now=part not in before)
        yield from (one.program.text for one in made if one.has_now)
        beam = _kept(made, beam)


def _put_in(part: Part, beam: Sequence[Mended], *, is_now: bool) -> list[Mended]:
    made = [
        Mended(one.cost + rank, Program(text), one.has_now or is_now)
        for one in beam
        for rank, text in enumerate(islice(_readings(part, one.program), MOST_READINGS))
    ]
    return sorted(made, key=lambda one: one.cost)


def _readings(part: Part, program: Program) -> Iterator[str]:
    if isinstance(part, str):
        return likeliest(part, program)
    if part.verb is Verb.PUT and not part.lines:
        # «Change the condition to B»: an expression for another one, too.
        return chain(islice(likeliest(part.b, program), 3), programs_of(part, program))
    return programs_of(part, program)


def _kept(made: Sequence[Mended], beam: Sequence[Mended]) -> list[Mended]:
    """The likeliest of those made, and of those that it is left out of; each program once."""
    left_out = (Mended(one.cost + _LEFT_OUT, one.program, one.has_now) for one in beam)
    cheapest: dict[tuple[str, bool], Mended] = {}
    for one in sorted([*made, *left_out], key=lambda one: one.cost):
        cheapest.setdefault((one.program.text, one.has_now), one)
    return list(islice(cheapest.values(), BEAM))
