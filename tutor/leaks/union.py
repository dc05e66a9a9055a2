"""Programs into which several things are put that were told one after the other. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from tutor.leaks.apply import programs_of
from tutor.leaks.edit import Edit
from tutor.leaks.program import Program
from tutor.leaks.splice import likeliest

# Programs that are kept from one thing told to the next, and what each of them becomes by it.
BEAM: Final = 10
MOST_READINGS: Final = 4
# What it costs to leave something out; a reading costs its place in their order.
_LEFT_OUT: Final = 2


@dataclass(frozen=True)
class Mended:
    """A program with what was told put in; the less it `cost`, the likelier it is meant."""

    cost: int
    program: Program


def united(
    earlier: Sequence[str | Edit], now: Sequence[str | Edit], program: Program
) -> Iterator[str]:
    """Programs with what was told `earlier`, as far as it fits, and a part of what is told `now`.

    Some are no programs: what is told later may mend that.
    """
    beam = [Mended(0, program)]
    for told in earlier:
        beam = _kept(_put_in(told, beam), beam)
    for told in now:
        made = _put_in(told, beam)
        yield from (one.program.text for one in made)
        beam = _kept(made, beam)


def _put_in(told: str | Edit, beam: Sequence[Mended]) -> list[Mended]:
    made = [
        Mended(one.cost + rank, Program(text))
        for one in beam
        for rank, text in enumerate(islice(_readings(told, one.program), MOST_READINGS))
    ]
    return sorted(made, key=lambda one: one.cost)


def _readings(told: str | Edit, program: Program) -> Iterator[str]:
    return programs_of(told, program) if isinstance(told, Edit) else likeliest(told, program)


def _kept(made: Sequence[Mended], beam: Sequence[Mended]) -> list[Mended]:
    """The likeliest of those made, and of those that it is left out of; each program once."""
    left_out = (Mended(one.cost + _LEFT_OUT, one.program) for one in beam)
    cheapest: dict[str, Mended] = {}
    for one in sorted([*made, *left_out], key=lambda one: one.cost):
        cheapest.setdefault(one.program.text, one)
    return list(islice(cheapest.values(), BEAM))
