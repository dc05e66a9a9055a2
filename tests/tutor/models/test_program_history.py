"""No text of a step is replaced unseen: each write leaves an entry in its history."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from courses.models import Lesson
from tutor.models import Conversation, KeptVersion, ProgramRevision, Work, Workbook
from tutor.protocol.commands import StudentEdited
from tutor.protocol.frames import MAX_FILES
from tutor.turn.program_history import MAX_CHARS, MAX_ENTRIES, NEWEST_KEPT
from tutor.turn.revisions import OwnWrites, Writer

STEP = "mend-the-sum"
HERE, TAB, LAPTOP = Writer("page-1", "desk"), Writer("page-2", "desk"), Writer("page-3", "laptop")

pytestmark = pytest.mark.django_db


@pytest.fixture
def dialogue(ada: User, lesson: Lesson) -> Conversation:
    return Conversation.open(ada, lesson)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that stands still until it is put forward."""

    class Clock:
        now = timezone.now()

        def forward(self, seconds: float) -> None:
            self.now += timedelta(seconds=seconds)

    clock = Clock()
    monkeypatch.setattr("tutor.models.program_history.timezone.now", lambda: clock.now)
    return clock


def write(dialogue: Conversation, code: str, base: int, writer: Writer = HERE, **more: Any) -> int:
    """Store a text; the version as which it is kept, or 0."""
    edit = StudentEdited("edit-0001", code, STEP, base=base, **more)
    return Workbook(dialogue).save_program(edit, OwnWrites(writer)).made.version


def history(dialogue: Conversation) -> list[tuple[int, str, str, str, int]]:
    rows = dialogue.history.filter(step=STEP).order_by("number")
    return list(rows.values_list("number", "code", "cause", "page", "version"))


def test_what_one_page_types_is_one_entry(dialogue: Conversation, clock: Any) -> None:
    for base, code in enumerate(["o", "on", "one"]):
        write(dialogue, code, base)
        clock.forward(2)
    assert history(dialogue) == [(1, "one", "typed", "page-1", 0)]
    entry = dialogue.history.get()
    assert (entry.written_at - entry.begun_at).total_seconds() == 4
    assert (entry.device, entry.chars, entry.lines) == ("desk", 3, 1)


def test_a_minute_another_page_and_a_cut_are_entries_of_their_own(
    dialogue: Conversation, clock: Any
) -> None:
    long = "x = 1\n" * 10
    write(dialogue, long, 0)
    clock.forward(61)
    write(dialogue, long + "y", 1)
    write(dialogue, long + "yy", 2, TAB)
    write(dialogue, long[:30], 3, TAB)
    write(dialogue, "start", 4, TAB, cause="reset")
    assert [entry[1] for entry in history(dialogue)] == [
        long, long + "y", long + "yy", long[:30], "start",
    ]  # fmt: skip
    assert history(dialogue)[-1][2:4] == ("reset", "page-2")


def test_the_same_text_once_more_is_no_entry(dialogue: Conversation) -> None:
    write(dialogue, "one", 0)
    write(dialogue, "one", 1, LAPTOP)
    assert len(history(dialogue)) == 1


def test_a_draft_that_another_page_has_left_is_that_page_s(dialogue: Conversation) -> None:
    write(dialogue, "one", 0, HERE, page="page-0")
    entry = dialogue.history.get()
    assert (entry.page, entry.device) == ("page-0", "desk")


def test_two_pages_that_have_parted_type_in_an_entry_each(
    dialogue: Conversation, clock: Any
) -> None:
    write(dialogue, "one", 0)
    version = write(dialogue, "two", 0, LAPTOP)
    for number in range(1, 4):
        clock.forward(2)
        write(dialogue, "one" + "1" * number, number)
        version = write(dialogue, "two" + "2" * number, 0, LAPTOP, version=version)
    assert history(dialogue) == [
        (1, "one111", "typed", "page-1", 0), (2, "two222", "typed", "page-3", version),
    ]  # fmt: skip
    [kept] = Workbook(dialogue).program(STEP).versions
    assert (kept.page, kept.device, kept.cause) == ("page-3", "laptop", "typed")
    [shown] = [step for step in Workbook(dialogue).views() if step.id == STEP]
    assert shown.versions == (kept,)


def test_a_version_that_is_put_back_and_what_it_replaces_are_restored(
    dialogue: Conversation,
) -> None:
    write(dialogue, "one", 0)
    version = write(dialogue, "two", 0, LAPTOP)
    assert Workbook(dialogue).restore(STEP, 1, version, OwnWrites(TAB))
    assert history(dialogue) == [
        (1, "one", "typed", "page-1", 0),
        (2, "two", "typed", "page-3", version),
        (3, "two", "restored", "page-2", 0),
        (4, "one", "restored", "page-2", version + 1),
    ]
    write(dialogue, "two!", 2, TAB)
    assert history(dialogue)[-1] == (5, "two!", "typed", "page-2", 0)


def test_a_text_without_an_entry_gets_one_when_it_is_replaced(dialogue: Conversation) -> None:
    """A release before this one has stored it, perhaps in between."""
    write(dialogue, "one", 0)
    Work.objects.filter(step=STEP).update(code="unseen", revision=2)
    KeptVersion.objects.create(
        conversation=dialogue, step=STEP, number=7, code="kept", written_at=timezone.now()
    )
    Work.objects.filter(step=STEP).update(last_version=7)
    write(dialogue, "unseen!", 2)
    write(dialogue, "kept!", 0, version=7)
    assert [entry[1:] for entry in history(dialogue)] == [
        ("one", "typed", "page-1", 0),
        ("unseen", "typed", "", 0),
        ("unseen!", "typed", "page-1", 0),
        ("kept", "typed", "", 7),
        ("kept!", "typed", "page-1", 8),
    ]
    [kept] = Workbook(dialogue).program(STEP).versions
    assert kept.page == "page-1"


def test_a_version_of_an_earlier_release_is_listed_without_a_source(
    dialogue: Conversation,
) -> None:
    KeptVersion.objects.create(
        conversation=dialogue, step=STEP, number=7, code="kept", written_at=timezone.now()
    )
    [kept] = Workbook(dialogue).program(STEP).versions
    assert (kept.page, kept.device, kept.cause) == ("", "", "")


def test_the_author_s_text_is_no_entry(dialogue: Conversation) -> None:
    Workbook(dialogue).open_step(STEP)
    write(dialogue, "mine", 0)
    assert len(history(dialogue)) == 1


def fill(dialogue: Conversation, entries: int, chars: int, cause: str = "typed") -> None:
    """A history of so many entries, one a program stored in the row."""
    now = timezone.now()
    ProgramRevision.objects.bulk_create(
        ProgramRevision(
            conversation=dialogue, step=STEP, number=number, revision=number, code="x" * chars,
            cause=cause, begun_at=now, written_at=now, chars=chars, lines=1,
        )
        for number in range(1, entries + 1)
    )  # fmt: skip
    Work.objects.update_or_create(
        conversation=dialogue, step=STEP, defaults={"code": "x" * chars, "revision": entries}
    )


@pytest.mark.parametrize("cause", ["typed", "reset"])
def test_a_history_has_so_many_entries_at_most(dialogue: Conversation, cause: str) -> None:
    fill(dialogue, MAX_ENTRIES, 1, cause)
    for base in range(MAX_ENTRIES, MAX_ENTRIES + 90):
        write(dialogue, f"{base}", base, cause="reset")
        assert dialogue.history.count() <= MAX_ENTRIES
    newest = dialogue.history.order_by("-number")[:NEWEST_KEPT].values_list("code", flat=True)
    assert list(newest) == [str(base) for base in range(389, 339, -1)]


def test_a_history_holds_so_many_characters_at_most(dialogue: Conversation) -> None:
    fill(dialogue, 65, 64_000)
    write(dialogue, "y" * 64_000, 65)
    assert dialogue.history.count() == 65
    held = sum(dialogue.history.values_list("chars", flat=True))
    assert MAX_CHARS - 64_000 < held <= MAX_CHARS


def test_files_count_and_the_newest_of_the_largest_texts_stay(
    dialogue: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20 files of 20,000 characters, as many as a frame can carry, again and again."""
    paths = [f"file-{number}.txt" for number in range(MAX_FILES)]
    monkeypatch.setattr(Workbook, "_check_files", lambda *_: None)
    for base in range(14):
        write(dialogue, "x" * 64_000, base, files={path: chr(97 + base) * 20_000 for path in paths})
    entries = list(dialogue.history.order_by("number").values_list("number", "chars"))
    assert {chars for _, chars in entries} == {464_000}
    assert [number for number, _ in entries] == list(range(6, 15))


def test_a_conversation_takes_its_history_with_it(dialogue: Conversation) -> None:
    write(dialogue, "one", 0)
    dialogue.delete()
    assert not ProgramRevision.objects.exists()


@pytest.mark.parametrize("kept", [False, True])
def test_a_write_costs_the_same_however_long_the_history_is(
    dialogue: Conversation, django_assert_max_num_queries: Any, kept: bool
) -> None:
    fill(dialogue, 250, 10)
    version = write(dialogue, "beside", 0) if kept else 0
    with django_assert_max_num_queries(14):
        write(dialogue, "beside and more", 250, version=version)
