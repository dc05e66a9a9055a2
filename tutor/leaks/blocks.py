"""The blocks of Markdown while it is being written: fences, lists, lines that are indented. Pure.

It errs to one side: where it cannot be told yet whether a fence is still open, `is_lost`.
"""

import re
from dataclasses import dataclass
from typing import Final

_FENCE: Final = re.compile(r"`{3,}|~{3,}")
# Where a code span begins and ends may be another matter: cells, an escape, an address.
_UNSURE: Final = re.compile(r"\||\\|<[a-zA-Z][^<>]{0,60}[:@][^<>]{0,60}`")
_LIST_MARK: Final = re.compile(r"[-*+]|\d{1,9}[.)]")
# A line that begins so may be a block of its own: a heading, a rule, a row of a table.
_BLOCK_BEGINS: Final = ("#", "|", "=", "-", "*", "_", "+", ">")
# Further in, a fence does not end where it began.
_MOST_SHIFT: Final = 3
_TAB: Final = 4
# So far in, a line may be code.
_INDENTED: Final = 2


@dataclass(frozen=True)
class _Fence:
    """A fence: its sign and how often, its column, and the `>` before it."""

    sign: str
    size: int
    column: int
    quotes: int


class Blocks:
    """Told each word and each end of a line, says in what kind of block they stand."""

    def __init__(self) -> None:
        # The fence that is open, and the one that this line opens if it goes on like this.
        self.fence: _Fence | None = None
        self.opening: _Fence | None = None
        # Up to the next blank line no sentence ends: a list, a table, a heading in between.
        self.is_block = False
        # Nobody can tell any more what is code.
        self.is_lost = False
        # Of this line: only marks of lists and quotes so far; the next column; it may be code.
        self.at_start = True
        self.column = 0
        self.is_indented = False
        # Where the text behind those marks begins.
        self._base = 0
        self._quotes = 0
        self._words = 0
        self._closes = False

    def blank(self, text: str) -> None:
        """Blanks before or between words."""
        self.column += sum(_TAB if each == "\t" else 1 for each in text)

    def word(self, word: str) -> None:
        """A whole word, as it stands between blanks."""
        column, self.column = self.column, self.column + len(word)
        if not self.at_start:
            self._words += 1
            if self.opening is not None and self.opening.sign == "`" in word:
                self.opening = None
        elif rest := self._without_marks(word):
            self.at_start = False
            self._first(rest, column + len(word) - len(rest))
        if self.fence is None and _UNSURE.search(word):
            self.is_block = True

    def newline(self) -> bool:
        """The line is over; True if a block is: the line was blank, or closed the fence."""
        was_blank, closed = self.at_start, self._closes and not self._words
        if self.opening is not None:
            self.fence, self.opening = self.opening, None
        elif closed:
            self.fence = None
        elif was_blank and self.fence is not None and self.fence.quotes > self._quotes:
            self.is_lost = True
        if self.fence is None and (was_blank or closed):
            self.is_block = False
        self.at_start, self.is_indented, self._closes = True, False, False
        self.column = self._base = self._quotes = self._words = 0
        return self.fence is None and (was_blank or closed)

    def _without_marks(self, word: str) -> str:
        """The word without the marks of quotes; nothing if it is a mark of a list."""
        rest = word.lstrip(">")
        if self.fence is None and self.column - len(word) >= self._base + _TAB:
            # So far in it is code, whatever it looks like.
            return word
        if rest != word:
            self._quotes += len(word) - len(rest)
            self._base = self.column - len(rest) + 1
        if self.fence is None and _LIST_MARK.fullmatch(rest):
            self.is_block = True
            self._base = self.column + 1
            return ""
        return rest

    def _first(self, word: str, column: int) -> None:
        """The first word of a line."""
        run = _FENCE.match(word)
        if self.fence is not None:
            fence = self.fence
            if self._quotes != fence.quotes or column < fence.column:
                self.is_lost = True
            elif run is not None and run[0] == word and column <= fence.column + _MOST_SHIFT:
                self._closes = word[0] == fence.sign and len(word) >= fence.size
            return
        if run is not None and (run[0][0] == "~" or "`" not in word[run.end() :]):
            self.opening = _Fence(run[0][0], len(run[0]), column, self._quotes)
            return
        self.is_indented = column >= self._base + _INDENTED
        if self.is_indented or self._quotes or word.startswith(_BLOCK_BEGINS):
            self.is_block = True
