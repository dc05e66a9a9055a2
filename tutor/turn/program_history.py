"""The entries of a step's history, of which each holds a text that was stored. Pure.

1. A write makes an entry of its own, or is written on into the entry that holds the text which it
   replaces. The latter for what one page types, for MAX_ENTRY_S at most, and as long as no more
   than MAX_VANISHED_CHARS have vanished from the entry, counted over all that was written on.
2. So each text that stood longer than that is in an entry, and of every other one all but those
   characters.
3. There are at most MAX_ENTRIES in a step, and when one is made they hold at most MAX_CHARS
   together. What goes for that: of the older half every second typed one, then the oldest typed
   ones, then the oldest others; of the newest NEWEST_KEPT none but where these alone hold more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tutor.turn.revisions import Draft, Writer

MAX_ENTRY_S: Final = 60
MAX_VANISHED_CHARS: Final = 20
MAX_ENTRIES: Final = 300
NEWEST_KEPT: Final = 50
# Of the programs and files of one step's entries, in characters.
MAX_CHARS: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class Text:
    """A program, and the files beside it that the student has changed, by path."""

    code: str
    files: Mapping[str, str]

    @property
    def chars(self) -> int:
        """Its length in characters, without the names of files."""
        return sum(map(len, self.parts))

    @property
    def lines(self) -> int:
        """Its lines; the last one need not be ended."""
        return sum(part.count("\n") + (part[-1:] not in ("", "\n")) for part in self.parts)

    @property
    def parts(self) -> tuple[str, ...]:
        """The program and the files."""
        return (self.code, *self.files.values())


@dataclass(frozen=True)
class Source:
    """The page and the browser that a text came from, empty if unknown; `cause`: frames.Cause."""

    page: str = ""
    device: str = ""
    cause: str = "typed"

    @classmethod
    def of(cls, draft: Draft, writer: Writer) -> "Source":
        """The source of a draft that `writer` sends, perhaps for a page that is gone."""
        return cls(draft.page or writer.page, writer.device, draft.cause)


@dataclass(frozen=True)
class Entry:
    """An entry without its text, begun so long ago; `vanished` characters of it have vanished."""

    source: Source
    age_s: float
    vanished: int = 0


def vanished_if_written_on(entry: Entry, old: Text, new: Text, source: Source) -> int | None:
    """Of the entry that holds `old`, `Entry.vanished` once `new` is written on into it.

    None if `new` needs an entry of its own.
    """
    is_typed = entry.source.cause == source.cause == "typed"
    if not is_typed or entry.source != source:
        return None
    # A clock may have been put back.
    if not 0 <= entry.age_s <= MAX_ENTRY_S:
        return None
    total = entry.vanished + vanished(old, new)
    return total if total <= MAX_VANISHED_CHARS else None


def vanished(old: Text, new: Text) -> int:
    """At least as many characters of `old` as are missing in `new`, file by file."""
    gone = _vanished(old.code, new.code)
    return gone + sum(_vanished(text, new.files.get(path, "")) for path, text in old.files.items())


def _vanished(old: str, new: str) -> int:
    """The length of `old` between what both begin and what both end with."""
    begin = _common(old, new)
    return len(old) - begin - _common(old[begin:][::-1], new[begin:][::-1])


def _common(one: str, other: str) -> int:
    """The length of what both begin with; found by halves, for comparing by character is slow."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


@dataclass(frozen=True)
class Stored:
    """An entry of a step by its number, with the characters that it holds."""

    number: int
    is_typed: bool
    chars: int


def surplus(entries: Sequence[Stored]) -> set[int]:
    """The numbers of the entries that go; `entries` are all of the step, oldest first."""
    gone = _thinned(entries)
    left = [entry for entry in entries if entry.number not in gone]
    count, chars = len(left), sum(entry.chars for entry in left)
    newest = {entry.number for entry in left[-NEWEST_KEPT:]}
    # The very last one stays whatever it holds.
    for entry in sorted(left[:-1], key=lambda one: (one.number in newest, not one.is_typed)):
        if count <= MAX_ENTRIES and chars <= MAX_CHARS:
            break
        gone.add(entry.number)
        count, chars = count - 1, chars - entry.chars
    return gone


def _thinned(entries: Sequence[Stored]) -> set[int]:
    if len(entries) <= MAX_ENTRIES:
        return set()
    older = entries[: len(entries) // 2]
    # Never the first one: so a history reaches back to its beginning.
    return {entry.number for entry in [one for one in older if one.is_typed][1::2]}
