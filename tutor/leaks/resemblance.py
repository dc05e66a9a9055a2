"""The lines of a program that a fragment resembles: where it belongs most likely. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from tutor.leaks.program import Program, tokens_of

# In a longer program only the lines that resemble some line of the fragment are looked at.
MOST_LINES: Final = 60
# More lines in the place than in the fragment, or fewer.
_SIZES: Final = (0, 1, -1, 2)


@dataclass(frozen=True)
class Window:
    """The lines of a program from `first` to `last`, and how much a fragment resembles them, from
    0 to 1."""

    first: int
    last: int
    likeness: float


def likeness(one: Counter[str], other: Counter[str]) -> float:
    """The share of tokens that both have (Dice's coefficient)."""
    size = one.total() + other.total()
    return 2 * (one & other).total() / size if size else 0.0


def likely_lines(code: str, program: Program) -> list[int]:
    """The lines of the program that are not blank, those that `code` resembles most first."""
    wanted = Counter(tokens_of(code))
    numbers = _near(wanted, program)
    scored = [(-likeness(wanted, Counter(program.line_tokens[n - 1])), n) for n in numbers]
    return [number for _, number in sorted(scored)]


def likely_windows(lines: Sequence[str], program: Program) -> list[Window]:
    """Runs of lines in whose place the fragment's lines may stand, the likeliest first."""
    wanted = [Counter(tokens_of(line)) for line in lines]
    whole = sum(wanted, Counter[str]())
    spans = list(_spans(whole, len(lines), program))
    shares = _Shares(whole, program)
    own = {n: Counter(program.line_tokens[n - 1]) for n in {n for span in spans for n in span}}
    begins = {n: likeness(wanted[0], own[n]) for n in {first for first, _ in spans}}
    ends = {n: likeness(wanted[-1], own[n]) for n in {last for _, last in spans}}
    windows = [
        # Of all tokens together; and of the lines that show where it begins and ends.
        Window(a, b, shares.of(a, b) / 2 + begins[a] / 4 + ends[b] / 4)
        for a, b in spans
    ]
    return sorted(windows, key=lambda one: (-one.likeness, one.first, one.last))


class _Shares:
    """The likeness of a fragment's tokens to those of any run of lines, by sums up to each line."""

    def __init__(self, wanted: Counter[str], program: Program) -> None:
        words = program.line_tokens
        self._wanted = wanted.total()
        self._all = list(accumulate(map(len, words), initial=0))
        self._by_token = [
            (most, list(accumulate((line.count(word) for line in words), initial=0)))
            for word, most in wanted.items()
            if word in program.lines_with
        ]

    def of(self, first: int, last: int) -> float:
        """From 0 to 1."""
        shared = sum(min(most, up_to[last] - up_to[first - 1]) for most, up_to in self._by_token)
        size = self._wanted + self._all[last] - self._all[first - 1]
        return 2 * shared / size if size else 0.0


def _spans(whole: Counter[str], size: int, program: Program) -> Iterator[tuple[int, int]]:
    count = len(program.lines)
    firsts: Sequence[int] = range(1, count + 1)
    if count > MOST_LINES:
        near = _near(whole, program)
        firsts = sorted({n - by for n in near for by in range(min(size, 3)) if n > by})
    for first in firsts:
        for more in _SIZES:
            last = first + size + more - 1
            if first <= last <= count and program.has_line(first) and program.has_line(last):
                yield first, last


def _near(wanted: Counter[str], program: Program) -> list[int]:
    """The lines that are not blank; of many those that share tokens which few lines have."""
    count = len(program.lines)
    if count <= MOST_LINES:
        return [number for number in range(1, count + 1) if program.has_line(number)]
    shared: Counter[int] = Counter()
    for word in wanted:
        lines = program.lines_with.get(word, ())
        if len(lines) <= max(MOST_LINES, count // 4):
            for number in lines:
                shared[number] += 1
    return [number for number, _ in shared.most_common(MOST_LINES)]
