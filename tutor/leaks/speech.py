"""The words by which a language of words tells edits. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

# A phrase: words between blanks; `*` at the end of a word stands for any more letters.
Phrases = tuple[str, ...]


@dataclass(frozen=True)
class Speech:
    """The words of one language, all in small letters; a row of the table in `words`.

    Letters for code: A old, B new. `verb_last`: a verb may follow what it is about («`a` durch `b`
    ersetzen»), else it comes before. The same word may stand in several fields.
    """

    name: str
    verb_last: bool
    # Operators and values in words, each with its sign.
    signs: Mapping[str, str]
    # Numbers of lines in words: «line three», «the third line».
    numbers: Mapping[str, int]
    # Numbers in words that are values: «start with one».
    counts: Mapping[str, int]
    line: Phrases
    # «The last line».
    last: Phrases
    # Between the last two of several; between what is to be done and what more.
    both: Phrases
    then: Phrases
    # Before a word of a program: «an `or`».
    articles: Phrases
    # Between alternatives; what asks how two things differ, and what one is for.
    either: Phrases
    compare: Phrases
    meaning: Phrases
    # REPLACE A TO B.
    replace: Phrases
    to: Phrases
    # A BECOME B.
    become: Phrases
    # B INSTEAD A, INSTEAD A B.
    instead: Phrases
    # SET A AT B.
    set: Phrases
    at: Phrases
    # ADD B BEFORE A, ADD B AFTER A; USE B.
    add: Phrases
    before: Phrases
    after: Phrases
    use: Phrases
    remove: Phrases
    # MOVE line ABOVE line, MOVE line BELOW line; SWAP A BOTH B.
    move: Phrases
    swap: Phrases
    # The whole of what is done: «one level to the left».
    indent: Phrases
    dedent: Phrases
    # PLACE something INTO a BLOCK, OUT of it.
    place: Phrases
    into: Phrases
    out_of: Phrases
    block: Phrases
