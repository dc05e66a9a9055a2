"""No text is replaced unseen: which writes make an entry of a step's history, and what stays."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from string import ascii_letters

from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.protocol.frames import MAX_CODE_CHARS, MAX_FILES
from tutor.turn.program_history import (
    MAX_CHARS,
    MAX_ENTRIES,
    MAX_ENTRY_S,
    MAX_VANISHED_CHARS,
    NEWEST_KEPT,
    Entry,
    Source,
    Stored,
    Text,
    surplus,
    vanished,
    vanished_if_written_on,
)

HERE, ELSEWHERE = Source("page-one", "browser-1"), Source("page-two", "browser-1")


def text(code: str, **files: str) -> Text:
    return Text(code, files)


def missing(old: str, new: str) -> int:
    """The characters of `old` that are not in `new`, in its order: the least that one deletes."""
    common = [0] * (len(new) + 1)
    for one in old:
        before = 0
        for place, other in enumerate(new, start=1):
            longer = before + 1 if one == other else max(common[place], common[place - 1])
            before, common[place] = common[place], longer
    return len(old) - common[-1]


@dataclass
class Written:
    """A program that is written again and again, and its history by the rules."""

    now: int = 0
    entries: list[tuple[Entry, Text]] = field(default_factory=list)
    # When the last one was begun.
    begun: int = 0
    # All that was ever stored, and how long it stood until it was replaced.
    stored: list[tuple[Text, int]] = field(default_factory=list)
    since: int = 0

    def write(self, new: Text, source: Source, after: int) -> None:
        self.now += after
        if self.entries:
            last, old = self.entries[-1]
            self.stored.append((old, self.now - self.since))
            total = vanished_if_written_on(
                replace(last, age_s=self.now - self.begun), old, new, source
            )
            if total is not None:
                self.entries.pop()
                self.entries.append((replace(last, vanished=total), new))
                self.since = self.now
                return
        self.entries.append((Entry(source, 0), new))
        self.begun = self.since = self.now

    @property
    def texts(self) -> list[Text]:
        return [kept for _, kept in self.entries]


# Few letters, so that texts have much in common; now and then one that is long.
CODES = st.text("ab\n", max_size=8) | st.text("ab", min_size=15, max_size=40)
FILES = st.dictionaries(st.just("f"), CODES)
# So many characters are deleted at the end, and these typed there; or it is another text.
EDITS = st.tuples(st.sampled_from([0, 11, 20]), st.text("ab", max_size=5)) | st.builds(
    Text, CODES, FILES
)
SOURCES = st.sampled_from([HERE, HERE, HERE, HERE, ELSEWHERE, replace(HERE, cause="reset")])
PAUSES = st.integers(0, 5) | st.integers(0, 90)

Write = tuple[Text, Source, int]


def edited(edits: list[tuple[tuple[int, str] | Text, Source, int]]) -> list[Write]:
    """The writes of somebody who begins with 52 characters."""
    writes: list[Write] = [(text(ascii_letters), HERE, 0)]
    for edit, source, pause in edits:
        old = writes[-1][0]
        if isinstance(edit, Text):
            writes.append((edit, source, pause))
            continue
        gone, added = edit
        new = Text(old.code[: max(len(old.code) - gone, 0)] + added, old.files)
        writes.append((new, source, pause))
    return writes


WRITES = st.lists(st.tuples(EDITS, SOURCES, PAUSES), min_size=2, max_size=12).map(edited)


# A machine that is busy is no fault.
@settings(deadline=None)
@given(WRITES)
def test_what_stood_for_long_and_what_was_cut_short_can_be_had_back(
    writes: list[Write],
) -> None:
    program = Written()
    for write in writes:
        program.write(*write)
    for old, stood in program.stored:
        assert stood <= MAX_ENTRY_S or old in program.texts
    for (old, _), (new, _, _) in zip(program.stored, writes[1:], strict=True):
        gone = missing(old.code, new.code) + missing(old.files.get("f", ""), new.files.get("f", ""))
        assert gone <= MAX_VANISHED_CHARS or old in program.texts


@settings(deadline=None)
@given(WRITES)
def test_of_every_text_all_but_a_few_characters_can_be_had_back(
    writes: list[Write],
) -> None:
    """Also where they vanish one after the other."""
    program = Written()
    for write in writes:
        program.write(*write)
    for old, _ in program.stored:
        lost = [
            missing(old.code, kept.code) + missing(old.files.get("f", ""), kept.files.get("f", ""))
            for kept in program.texts
        ]
        assert min(lost) <= MAX_VANISHED_CHARS


@settings(deadline=None)
@given(CODES, CODES)
def test_what_vanishes_is_never_counted_too_low(old: str, new: str) -> None:
    assert missing(old, new) <= vanished(text(old), text(new)) <= len(old)
    assert vanished(text(old), text(old + new)) == 0
    assert vanished(text(old), text(new + old)) == 0


def test_a_page_that_types_writes_on_for_a_minute() -> None:
    program = Written()
    for _ in range(31):
        code = program.texts[-1].code if program.entries else ""
        program.write(text(code + "x"), HERE, 2)
    assert len(program.entries) == 1
    program.write(text("x" * 32), HERE, 2)
    assert [len(kept.code) for kept in program.texts] == [31, 32]


def test_who_deletes_slowly_loses_no_more_than_who_deletes_at_once() -> None:
    program = Written()
    for length in range(100, 0, -5):
        program.write(text("x" * length), HERE, 2)
    assert [len(kept.code) for kept in program.texts] == [80, 55, 30, 5]


def test_another_page_another_browser_and_another_cause_begin_an_entry() -> None:
    entry = Entry(HERE, 0)
    old, new = text("one"), text("one two")
    assert vanished_if_written_on(entry, old, new, HERE) == 0
    for other in (
        ELSEWHERE,
        replace(HERE, device="browser-2"),
        replace(HERE, cause="reset"),
        replace(HERE, cause="merged"),
    ):
        assert vanished_if_written_on(entry, old, new, other) is None
        assert vanished_if_written_on(replace(entry, source=other), old, new, HERE) is None
    # Not even the same cause twice: each is a deed of its own.
    reset = replace(HERE, cause="reset")
    assert vanished_if_written_on(replace(entry, source=reset), old, new, reset) is None


def test_a_clock_that_was_put_back_begins_an_entry() -> None:
    assert vanished_if_written_on(Entry(HERE, -1), text("a"), text("ab"), HERE) is None


def test_files_count_as_the_program_does() -> None:
    old = text("same", a="x" * 15, b="y" * 15)
    assert vanished(old, text("same", a="x" * 15, b="y" * 15, c="new")) == 0
    assert vanished(old, text("same", b="y" * 10)) == 20
    assert vanished(old, text("same")) == 30


def test_the_largest_texts_cost_next_to_nothing() -> None:
    """A few slices are compared of each of 20 files of 64,000 characters."""
    files = {f"f{number}": "ab" * (MAX_CODE_CHARS // 2) for number in range(MAX_FILES)}
    other = {path: old[:30_000] + "\n" + old[30_001:] for path, old in files.items()}
    assert vanished(Text("", files), Text("", other)) == MAX_FILES


def test_lines_and_characters_are_those_of_the_program_and_the_files() -> None:
    assert (text("").chars, text("").lines) == (0, 0)
    assert (text("a\nb").lines, text("a\nb\n").lines) == (2, 2)
    assert (text("a\n", f="b\r\nc").chars, text("a\n", f="b\r\nc").lines) == (6, 3)


# Bounds

STORED = st.lists(
    st.tuples(st.booleans(), st.integers(0, MAX_CHARS // 40)), max_size=MAX_ENTRIES + 60
).map(lambda rows: [Stored(number, *row) for number, row in enumerate(rows, start=1)])


def left(entries: Sequence[Stored]) -> list[Stored]:
    gone = surplus(entries)
    return [entry for entry in entries if entry.number not in gone]


@settings(deadline=None)
@given(STORED)
def test_a_history_keeps_its_bounds_and_its_newest_entries(entries: list[Stored]) -> None:
    kept, newest = left(entries), entries[-NEWEST_KEPT:]
    assert len(kept) <= MAX_ENTRIES
    assert sum(entry.chars for entry in kept) <= MAX_CHARS
    if sum(entry.chars for entry in newest) <= MAX_CHARS:
        assert kept[-len(newest) :] == newest
    # Nothing goes that need not.
    if len(entries) <= MAX_ENTRIES and sum(entry.chars for entry in entries) <= MAX_CHARS:
        assert kept == entries
    # Typed ones go first.
    if any(entry.is_typed for entry in kept[:-NEWEST_KEPT]):
        assert all(entry.is_typed for entry in entries if entry not in kept)


def test_every_second_typed_one_of_the_older_half_goes() -> None:
    entries = [Stored(number, number % 10 != 0, 10) for number in range(1, MAX_ENTRIES + 2)]
    kept = {entry.number for entry in left(entries)}
    assert kept >= {entry.number for entry in entries if not entry.is_typed}
    assert kept >= set(range(151, 302))
    assert len(kept) == MAX_ENTRIES + 1 - 67
    assert [number for number in range(1, 10) if number in kept] == [1, 3, 5, 7, 9]


def test_a_history_of_deeds_alone_has_an_end_too() -> None:
    entries = [Stored(number, is_typed=False, chars=1) for number in range(MAX_ENTRIES + 7)]
    assert [entry.number for entry in left(entries)] == list(range(7, MAX_ENTRIES + 7))


def test_the_newest_entries_stay_where_there_are_older_ones_to_go() -> None:
    """Also where these are no typed ones."""
    entries = [Stored(number, number > 100, MAX_CHARS // 140) for number in range(1, 151)]
    assert [entry.number for entry in left(entries)] == list(range(11, 151))


def test_the_newest_text_stays_however_long_it_is() -> None:
    entries = [Stored(number, is_typed=True, chars=2 * MAX_CHARS) for number in range(1, 4)]
    assert [entry.number for entry in left(entries)] == [3]


def test_after_ten_thousand_entries_the_newest_are_there_and_of_the_older_ones_some() -> None:
    """An hour or two of somebody who writes without a pause, as no page does."""
    entries: list[Stored] = []
    for number in range(1, 10_001):
        entries = left([*entries, Stored(number, number % 500 != 0, 1_000)])
    numbers = [entry.number for entry in entries]
    assert len(entries) <= MAX_ENTRIES
    assert numbers[-150:] == list(range(9_851, 10_001))
    assert set(numbers) >= set(range(500, 10_001, 500))
    assert numbers[0] == 1
