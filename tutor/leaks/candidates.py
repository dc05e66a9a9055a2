"""The programs that a text of the tutor's may lead to, the likeliest first. Pure."""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, permutations
from typing import Final

from courses.facts import CodeStep
from tutor.leaks.apply import programs_of
from tutor.leaks.assemble import assembled
from tutor.leaks.bases import bases
from tutor.leaks.distinct import MOST_TEXTS, Distinct
from tutor.leaks.edit import Edit, Verb
from tutor.leaks.names import renamed
from tutor.leaks.own import own_of
from tutor.leaks.program import Program
from tutor.leaks.said import Said
from tutor.leaks.situation import Situation
from tutor.leaks.splice import after_expressions, is_whole, likeliest, spliced, whole
from tutor.leaks.told import Part, Told, told
from tutor.leaks.union import united

# For all of a situation's programs together; of those for each but the first. What is likely comes
# first: of 247 leaks 243 are found among 34, and each costs a run for which a student waits.
MOST_PROGRAMS: Final = 40
MOST_OTHERS: Final = 8
# Of a step that the student is not at.
MOST_ASIDE: Final = 10
# Texts of the step before this one, the last ones, and what of them is put in together.
MOST_EARLIER: Final = 40
MOST_EARLIER_TOLD: Final = 6
# Of a program with more lines only the likeliest places are tried, for so many fragments.
MOST_LINES: Final = 150
MOST_LONG: Final = 6


@dataclass(frozen=True)
class Candidate:
    """A program that the student may have after reading: by what `way`, made of program number
    `base` of theirs. Two with the same `key` have the same syntax tree."""

    way: str
    program: str
    key: str
    base: int = 0


@dataclass(frozen=True)
class _Source:
    """Texts that may be candidates, made in one way; `share` of them at a time."""

    way: str
    share: int
    texts: Iterator[str]


def candidates(
    situation: Situation,
    said: Said,
    programs: Sequence[Program] | None = None,
    tried: Collection[str] = (),
) -> Iterator[Candidate]:
    """The candidates worth running, the likeliest first; none whose key was `tried`.

    Made of `programs`, the situation's own where none are given.
    """
    assert isinstance(situation.step, CodeStep)
    own = bases(situation.step, situation.programs) if programs is None else programs
    had = own_of(situation)
    now = told(said, had)
    if not own or now.is_empty:
        return
    earlier = [told(one, had) for one in situation.earlier[-MOST_EARLIER:]]
    # Of the others one may pass: it is worth running if it is what the text leads to.
    distinct = Distinct(own[:1], tried)
    left = MOST_ASIDE if situation.aside else MOST_PROGRAMS
    for number, program in enumerate(own):
        # The others are given what the first, whose turn is first, may not have.
        kept_back = 0 if situation.aside else MOST_OTHERS * min(len(own) - number - 1, 3)
        sources = _whole(now, program) if situation.aside else _sources(now, earlier, program)
        for way, text in islice(_in_turn(sources), MOST_TEXTS):
            if left <= kept_back or distinct.is_exhausted:
                break
            if (key := distinct.key(text, program)) is not None:
                left -= 1
                yield Candidate(way, text, key, number)


# Sources -----------------------------------------------------------------------------------------


def _sources(now: Told, earlier: Sequence[Told], program: Program) -> Iterator[_Source]:
    yield from _whole(now, program)
    groups = now.edits
    for group in groups:
        yield _Source("edit", 8, chain.from_iterable(programs_of(one, program) for one in group))
        if len(group) > 1:
            yield _Source("edits", 8, united((), group, program))
    if len(groups) > 1:
        together = [one for group in groups for one in group]
        yield _Source("edits", 6, united((), together, program))
    short = len(program.lines) <= MOST_LINES
    for one in now.new if short else now.new[-MOST_LONG:]:
        texts = spliced(one, program)
        yield _Source("splice", 8, texts if short else islice(texts, 8))
    yield _Source("pair", 4, _pairs(now, program))
    if not short:
        return
    if earlier or len(now.new) > 1 or (now.edits and now.new):
        before = [one for one in _parts(earlier) if one not in now.parts]
        yield _Source("union", 8, united(before[-MOST_EARLIER_TOLD:], now.parts, program))
        codes = [one for each in earlier if each.new for one in each.fragments]
        yield _Source("assembled", 6, assembled([*codes, *now.fragments], program))
    for one in now.new:
        # «What is in `range(x, y + 1)`?» is an example, «what does `.lower()` do?» a question.
        if one not in now.asked:
            yield _Source("splice", 4, after_expressions(one, program))
            yield _Source("renamed", 4, _renamed(one, program))


def _whole(now: Told, program: Program) -> Iterator[_Source]:
    """Whole functions, and whole programs."""
    for one in now.new:
        fragment = Program(one)
        if is_whole(fragment):
            yield _Source("whole", 6, islice(whole(fragment, program), 6))
        elif "\n" in one:
            yield _Source("whole", 1, iter([one]))


def _parts(earlier: Sequence[Told]) -> list[Part]:
    """What was told earlier, each once."""
    return list(dict.fromkeys(part for one in earlier for part in one.parts))


def _pairs(now: Told, program: Program) -> Iterator[str]:
    """Two fragments of which the program has one: the other in its place."""
    short = [one for one in now.fragments if "\n" not in one]
    for old, new in permutations(short, 2):
        if new in now.new and program.places_of(old):
            yield from islice(programs_of(Edit(Verb.REPLACE, old, new), program), 4)


def _renamed(code: str, program: Program) -> Iterator[str]:
    for text in renamed(code, program):
        yield from islice(likeliest(text, program), 4)


def _in_turn(sources: Iterator[_Source]) -> Iterator[tuple[str, str]]:
    """Texts of all sources: of each as many as its share, in rounds, until none has any left."""
    waiting = deque(sources)
    while waiting:
        source = waiting.popleft()
        some = list(islice(source.texts, source.share))
        yield from ((source.way, text) for text in some)
        if len(some) == source.share:
            waiting.append(source)
