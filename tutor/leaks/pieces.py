"""An answer that grows, cut into what may be shown at once and what is judged first. Pure.

1. Words are shown as they come, until one with which code or an edit may begin (`triggers`).
2. From there all is held: in prose until the sentence is over, in a list, a table or a line that
   is indented until the next blank line, in a fence until it is closed (`blocks`).
3. Where a word stands, in held text or free, does not depend on how the answer is cut into deltas;
   of the word that begins held text the first letters may have been shown.
"""

import re
from dataclasses import dataclass
from typing import Final

from tutor.leaks.blocks import Blocks
from tutor.leaks.triggers import MOST_WORDS, begins_code_or_edit

# Held text that is longer is given out as a piece, to be judged, and the next one is held too.
# Well below what is read of a text (`markdown.MOST_CHARACTERS`).
MOST_HELD: Final = 8_000
# A longer word is held: it is no word.
MOST_WORD: Final = 60

# Of a word that is not complete no more letters are shown.
MOST_BEGUN: Final = 30

_WORD_OR_BLANKS: Final = re.compile(r"[\n\r]|[^\S\n\r]+|\S+")
_TICKS: Final = re.compile(r"`+")
_BEGUN: Final = re.compile(r"[^\W\d_]+[,.;:!?'’)]*")
_CLOSERS: Final = "\"'*_)]»”’“"
_ENDS: Final = (".", "!", "?", ":", "…")


@dataclass(frozen=True)
class Piece:
    """A part of an answer; `held` if it must be judged before it is shown."""

    text: str
    held: bool


class Pieces:
    """Cuts an answer. Nothing is lost: all pieces in order are the text that was fed."""

    def __init__(self) -> None:
        # Complete pieces that `feed` has not returned yet.
        self._complete: list[Piece] = []
        # Text of the piece that is open, and its length; whether it is held.
        self._open: list[str] = []
        self._length = 0
        self._held = False
        # The word that is open, and how much of it was shown; the words before it.
        self._word = ""
        self._shown = 0
        self._words: list[str] = []
        # Blanks at the start of a line belong to its first word.
        self._margin = ""
        self._blocks = Blocks()
        # How many back-quotes opened the code span that is open; 0: none is.
        self._ticks = 0
        self._is_long_word = False
        self._after_return = False

    @property
    def is_holding(self) -> bool:
        """True while a part is kept back until its sentence or block is complete."""
        return self._held

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are complete with `text`, in order."""
        for one in _WORD_OR_BLANKS.findall(text):
            if not one.isspace():
                self._letters(one)
                continue
            self._end_word()
            if one[0] in "\n\r":
                self._newline(one)
            else:
                self._blank(one)
        self._show_begun_word()
        return self._given()

    def close(self) -> list[Piece]:
        """The rest: the answer is over."""
        self._end_word()
        self._put(self._margin)
        self._margin = ""
        self._cut()
        return self._given()

    def _given(self) -> list[Piece]:
        if not self._held:
            self._cut()
        given, self._complete = self._complete, []
        return given

    # What comes

    def _letters(self, text: str) -> None:
        self._after_return = False
        if self._is_long_word:
            self._put(text)
            return
        self._word += text
        if len(self._word) > MOST_WORD:
            self._begin_long_word()

    def _begin_long_word(self) -> None:
        """A word without an end: all of it is held, and no sentence ends before a blank line."""
        word, shown = self._word[:MOST_WORD], self._shown
        rest = self._word[MOST_WORD:]
        self._blocks.word(word)
        self._blocks.is_block = self._is_long_word = True
        self._hold()
        self._put(self._margin + word[shown:] + rest)
        self._margin, self._word, self._shown = "", "", 0

    def _blank(self, text: str) -> None:
        self._after_return = False
        self._blocks.blank(text)
        if self._blocks.at_start:
            self._margin += text
        else:
            self._put(text)

    def _newline(self, text: str) -> None:
        self._put(self._margin)
        self._margin = ""
        self._put(text)
        if text == "\n" and self._after_return:
            self._after_return = False
            return
        self._after_return = text == "\r"
        opens_fence = self._blocks.opening is not None
        block_is_over = self._blocks.newline()
        if opens_fence or block_is_over:
            self._ticks = 0
            self._words = []
        if block_is_over:
            self._release()

    def _end_word(self) -> None:
        self._is_long_word = False
        word, shown = self._word, self._shown
        if not word:
            return
        self._word, self._shown = "", 0
        self._words = [*self._words[1 - MOST_WORDS :], word]
        self._blocks.word(word)
        if not self._held and self._is_trigger():
            self._hold()
        self._put(self._margin + word[shown:])
        self._margin = ""
        if self._blocks.fence is None:
            self._count_ticks(word)
        if self._held and self._ends_sentence(word):
            self._release()

    def _show_begun_word(self) -> None:
        """Show the letters of a word that is not complete: it need not wait for its end."""
        if self._held or (self._blocks.at_start and self._blocks.column):
            return
        if len(self._word) <= MOST_BEGUN and _BEGUN.fullmatch(self._word):
            self._put(self._word[self._shown :])
            self._shown = len(self._word)

    # What it means

    def _is_trigger(self) -> bool:
        blocks = self._blocks
        if blocks.at_start:
            return False
        return blocks.opening is not None or blocks.is_indented or begins_code_or_edit(self._words)

    def _count_ticks(self, word: str) -> None:
        """A code span is closed by as many back-quotes as opened it."""
        for run in _TICKS.findall(word):
            if not self._ticks:
                self._ticks = len(run)
            elif self._ticks == len(run):
                self._ticks = 0

    def _ends_sentence(self, word: str) -> bool:
        blocks = self._blocks
        if blocks.fence or blocks.opening or blocks.is_block or blocks.is_lost or self._ticks:
            return False
        return word.rstrip(_CLOSERS).endswith(_ENDS)

    # What goes

    def _put(self, text: str) -> None:
        if not text:
            return
        self._open.append(text)
        self._length += len(text)
        if self._length > MOST_HELD:
            self._cut()

    def _hold(self) -> None:
        if not self._held:
            self._cut()
            self._held = True

    def _release(self) -> None:
        """Held text is over, unless nobody can tell."""
        if self._held and not self._blocks.is_lost:
            self._cut()
            self._held = False

    def _cut(self) -> None:
        """Close the piece that is open."""
        if self._open:
            self._complete.append(Piece("".join(self._open), self._held))
            self._open, self._length = [], 0
