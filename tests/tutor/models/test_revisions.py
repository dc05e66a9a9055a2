"""A write names what it overwrites: the rows of programs that several pages write at once."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from tutor.models import Conversation, Dialogue, KeptVersion, SavedProgram, TurnStarted, Workbook
from tutor.models.programs import MAX_DISMISSED, MAX_VERSIONS
from tutor.protocol.commands import StudentEdited
from tutor.protocol.events import StudentSaid
from tutor.turn.revisions import NO_WRITES, OwnWrites, TextName
from tutor.web.flow import MOST_UNREAD_CHARS

STEP = "mend-the-sum"

pytestmark = pytest.mark.django_db


@pytest.fixture
def dialogue(ada: User, lesson: Lesson) -> Conversation:
    return Conversation.open(ada, lesson)


def write(
    dialogue: Conversation, code: str, base: int = 0, version: int = 0, **more: Any
) -> SavedProgram:
    own = more.pop("own", NO_WRITES)
    edit = StudentEdited("edit-0001", code, STEP, base=base, version=version, **more)
    return Workbook(dialogue).save_program(edit, own)


def stored(dialogue: Conversation) -> tuple[int, str, list[str]]:
    """The revision, the program, and the versions that are listed, newest first."""
    told = Workbook(dialogue).program(STEP)
    return told.revision, told.code, [kept.code for kept in told.versions]


def test_a_write_from_the_present_revision_replaces_it(dialogue: Conversation) -> None:
    assert write(dialogue, "one").made == TextName(1)
    assert write(dialogue, "two", base=1).made == TextName(2)
    assert stored(dialogue) == (2, "two", [])


def test_a_write_from_an_older_one_replaces_nothing(dialogue: Conversation) -> None:
    write(dialogue, "one")
    write(dialogue, "two", base=1)
    written = write(dialogue, "other", base=1)
    assert (written.made, written.changed) == (TextName(version=1), True)
    assert stored(dialogue) == (2, "two", ["other"])


def test_a_write_from_a_revision_that_is_yet_to_come_replaces_nothing(
    dialogue: Conversation,
) -> None:
    """The database was put back to an earlier day."""
    write(dialogue, "one")
    write(dialogue, "later", base=7)
    write(dialogue, "latest", base=2**31 - 1)
    assert stored(dialogue) == (1, "one", ["latest", "later"])


def test_the_same_text_is_no_conflict(dialogue: Conversation) -> None:
    write(dialogue, "one")
    written = write(dialogue, "one", base=0)
    assert (written.made, written.changed) == (TextName(1), False)
    assert stored(dialogue) == (1, "one", [])


def test_what_the_author_put_there_is_no_change(dialogue: Conversation) -> None:
    starter = Workbook(dialogue).program(STEP).code
    assert write(dialogue, starter).made == TextName(0)
    assert stored(dialogue) == (0, starter, [])


def test_one_stale_text_makes_one_version_however_often_it_comes(dialogue: Conversation) -> None:
    write(dialogue, "one")
    for _ in range(3):
        assert write(dialogue, "other").made == TextName(version=1)
    assert stored(dialogue) == (1, "one", ["other"])


def test_stale_writes_that_wait_for_no_answer_go_on_in_one_version(dialogue: Conversation) -> None:
    write(dialogue, "one")
    own = OwnWrites()
    for code in ("o", "ot", "oth"):
        written = write(dialogue, code, own=own)
        own.add(written.page, STEP, written.replaced, written.made)
    assert stored(dialogue) == (1, "one", ["oth"])
    assert KeptVersion.objects.count() == 1


def test_two_pages_at_one_version_replace_nothing_of_each_others(dialogue: Conversation) -> None:
    write(dialogue, "one")
    write(dialogue, "other")
    mine = write(dialogue, "mine", base=1, version=1).made
    theirs = write(dialogue, "theirs", base=1, version=1).made
    assert mine != theirs
    assert stored(dialogue) == (1, "one", ["theirs", "mine"])


@pytest.mark.parametrize("version", [2, 99, 2**53 - 1])
def test_a_version_that_is_not_there_is_kept_as_another_one(
    dialogue: Conversation, version: int
) -> None:
    write(dialogue, "one")
    written = write(dialogue, "other", base=1, version=version)
    assert written.made == TextName(version=1)
    assert stored(dialogue) == (1, "one", ["other"])
    assert not Workbook(dialogue).dismiss(STEP, version)
    assert Workbook(dialogue).restore(STEP, 1, version) is None


def test_nobody_reads_or_writes_the_versions_of_others(
    dialogue: Conversation, stranger: User, lesson: Lesson
) -> None:
    write(dialogue, "one")
    theirs = Conversation.open(stranger, lesson)
    write(theirs, "their program")
    write(theirs, "their version")
    written = write(dialogue, "mine", base=1, version=1)
    assert Workbook(dialogue).restore(STEP, 1, 2) is None
    assert not Workbook(dialogue).dismiss(STEP, 2)
    assert written.made == TextName(version=1)
    assert stored(dialogue) == (1, "one", ["mine"])
    assert stored(theirs) == (1, "their program", ["their version"])


def test_putting_back_is_changing_places(dialogue: Conversation) -> None:
    write(dialogue, "one")
    write(dialogue, "other")
    assert Workbook(dialogue).restore(STEP, 1, 1)
    assert stored(dialogue) == (2, "other", ["one"])
    # Neither is what it was.
    assert Workbook(dialogue).restore(STEP, 1, 2) is None
    assert Workbook(dialogue).restore(STEP, 2, 1) is None
    assert Workbook(dialogue).restore(STEP, 2, 2)
    assert stored(dialogue) == (3, "one", ["other"])


def test_what_is_typed_before_a_restore_is_answered_stays_with_its_text(
    dialogue: Conversation,
) -> None:
    write(dialogue, "one")
    write(dialogue, "other")
    own = OwnWrites()
    swapped = Workbook(dialogue).restore(STEP, 1, 1, own)
    assert swapped
    for written in swapped:
        own.add(written.page, STEP, written.replaced, written.made)
    write(dialogue, "one!", base=1, own=own)
    write(dialogue, "other!", base=1, version=1, own=own)
    assert stored(dialogue) == (3, "other!", ["one!"])


def test_what_was_dismissed_is_kept_and_comes_back_when_it_is_written(
    dialogue: Conversation,
) -> None:
    write(dialogue, "one")
    write(dialogue, "other")
    assert Workbook(dialogue).dismiss(STEP, 1)
    assert not Workbook(dialogue).dismiss(STEP, 1)
    assert stored(dialogue) == (1, "one", [])
    assert KeptVersion.objects.get().code == "other"
    write(dialogue, "other!", base=1, version=1)
    assert stored(dialogue) == (1, "one", ["other!"])
    assert Workbook(dialogue).dismiss(STEP, 2)
    write(dialogue, "other!", base=0)
    assert stored(dialogue) == (1, "one", ["other!"])


def test_the_oldest_of_too_many_is_dismissed_and_in_the_end_forgotten(
    dialogue: Conversation,
) -> None:
    write(dialogue, "one")
    texts = [f"x = {number}" for number in range(MAX_VERSIONS + MAX_DISMISSED + 3)]
    for text in texts:
        write(dialogue, text)
    assert stored(dialogue) == (1, "one", texts[: -MAX_VERSIONS - 1 : -1])
    assert KeptVersion.objects.count() == MAX_VERSIONS + MAX_DISMISSED
    assert not KeptVersion.objects.filter(code__in=texts[:3]).exists()


def test_any_text_is_kept_as_it_is(dialogue: Conversation) -> None:
    write(dialogue, "one")
    for text in ("", "\r\n", "e\u0301 \U0001f600 \u202e", "\ufeff", "x" * 64_000):
        write(dialogue, text, base=0)
        assert Workbook(dialogue).program(STEP).versions[0].code == text
    # Two ways to write one letter are two texts.
    write(dialogue, "\u00e9 \U0001f600 \u202e", base=0)
    assert len(Workbook(dialogue).program(STEP).versions) == 6


def test_a_page_is_told_no_more_than_it_can_take(dialogue: Conversation) -> None:
    write(dialogue, "one")
    # Each takes six characters in a frame for one of its own.
    texts = [f"{number}" + "\x01" * 63_000 for number in range(3)]
    for text in texts:
        write(dialogue, text, base=0)
    assert stored(dialogue) == (1, "one", [texts[2]])
    assert KeptVersion.objects.count() == len(texts)
    program = Workbook(dialogue).program(STEP).model_dump_json()
    assert len(program) < MOST_UNREAD_CHARS


def test_the_tutor_is_told_what_the_message_brought(dialogue: Conversation) -> None:
    write(dialogue, "newer")
    begun = Dialogue(dialogue).say(StudentSaid("message-1", "Why?", "older", STEP))
    assert isinstance(begun, TurnStarted)
    assert "older" in begun.items[-1].payload["content"][-1]["text"]
    assert stored(dialogue) == (1, "newer", ["older"])
