"""Pages of one student write one program at once, in any order: no text is lost, and no text is
replaced that the page which replaces it has not had in its editor. With real rows.

A page here does what tutor/protocol/frames.py says of one; all that it hears may be late or lost.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import Phase
from hypothesis import settings as bounds
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from courses.models import Lesson
from sandbox.models import Run
from tutor.models import (
    Conversation,
    Dialogue,
    KeptVersion,
    SavedProgram,
    TurnStarted,
    Work,
    Workbook,
)
from tutor.models.programs import MAX_VERSIONS
from tutor.protocol import frames
from tutor.protocol.commands import StudentEdited, StudentRan
from tutor.protocol.events import StudentSaid
from tutor.session.runs import Runs
from tutor.turn.revisions import OwnWrites, text_name

pytestmark = pytest.mark.django_db

SEQUENCES = bounds(
    max_examples=20, stateful_step_count=40, deadline=None, database=None, phases=[Phase.generate]
)
STEP = "mend-the-sum"
PAGES = (0, 1, 2)

page_numbers = some.sampled_from(PAGES)


@dataclass
class Editor:
    """What an editor holds, which stored text that was made from, and all that it held before."""

    code: str = ""
    base: int = 0
    version: int = 0
    line: set[str] = field(default_factory=set)


@dataclass
class Page:
    """A page on its present connection."""

    editor: Editor = field(default_factory=Editor)
    versions: tuple[frames.VersionView, ...] = ()
    own: OwnWrites = field(default_factory=OwnWrites)
    # What the server has sent and the page has not heard yet.
    under_way: deque[Any] = field(default_factory=deque)
    # The texts of writes that are not answered, as far as the page knows.
    in_flight: list[str] = field(default_factory=list)
    # Whether the editor holds what was never sent on this connection.
    unsent: bool = False

    @property
    def is_at_rest(self) -> bool:
        return not self.in_flight and not self.unsent


class Restored(frames.Saved):
    """The answer to `restore`, with the version's text: a page shows what it has restored."""

    code: str


class Pages(RuleBasedStateMachine):
    def __init__(self, student: User, lesson: Lesson) -> None:
        Conversation.objects.filter(student=student).delete()
        self.conversation = Conversation.open(student, lesson)
        self.pages = {number: Page() for number in PAGES}
        # What pages that were closed have left, by name.
        self.copies: dict[str, Editor] = {}
        self.names = count(1)
        # The last revision seen and its text.
        self.last = (0, self.work.code)
        super().__init__()
        for page in self.pages.values():
            self.greet(page)

    # The rows

    @property
    def work(self) -> Work:
        return self.conversation.works.get(step=STEP)

    def stored(self) -> set[str]:
        kept = KeptVersion.objects.filter(conversation=self.conversation)
        return {self.work.code, *kept.values_list("code", flat=True)}

    def program(self) -> frames.ProgramChanged:
        return Workbook(self.conversation).program(STEP)

    # What pages do

    @rule(number=page_numbers, kind=some.sampled_from(["edit", "edit", "say", "run", "check"]))
    def write(self, number: int, kind: str) -> None:
        page = self.pages[number]
        self.type(page)
        self.send(page, kind)

    @rule(number=page_numbers)
    def send_again_what_is_there(self, number: int) -> None:
        self.send(self.pages[number], "edit")

    @rule(number=page_numbers)
    def type_without_sending(self, number: int) -> None:
        page = self.pages[number]
        self.type(page)
        page.unsent = True

    @rule(number=page_numbers)
    def hear(self, number: int) -> None:
        page = self.pages[number]
        if page.under_way:
            self.take(page, page.under_way.popleft())

    @rule(number=page_numbers)
    def hear_all(self, number: int) -> None:
        page = self.pages[number]
        while page.under_way:
            self.take(page, page.under_way.popleft())

    @rule(number=page_numbers)
    def lose_the_connection_and_come_back(self, number: int) -> None:
        self.greet(self.pages[number])

    @rule(number=page_numbers)
    def close_and_open_another(self, number: int) -> None:
        page = self.pages[number]
        if not page.is_at_rest:
            self.copies[f"page-{next(self.names)}"] = page.editor
        self.pages[number] = Page()
        self.greet(self.pages[number])

    @precondition(lambda self: self.copies)
    @rule(number=page_numbers)
    def bring_a_copy(self, number: int) -> None:
        name, editor = self.copies.popitem()
        page = self.pages[number]
        self.store(page, "edit", editor, name)

    @rule(number=page_numbers, place=some.integers(0, MAX_VERSIONS - 1))
    def show_a_version(self, number: int, place: int) -> None:
        page = self.pages[number]
        if page.is_at_rest and page.versions:
            kept = page.versions[place % len(page.versions)]
            # One that its own write has just replaced is in its list until the next frame only.
            if page.own.latest("", STEP, text_name(0, kept.id)) == text_name(0, kept.id):
                page.editor = Editor(kept.code, 0, kept.id, {kept.code})

    @rule(number=page_numbers, place=some.integers(0, MAX_VERSIONS - 1))
    def restore(self, number: int, place: int) -> None:
        page = self.pages[number]
        if not page.versions or page.unsent:
            return
        before = self.stored()
        workbook, base = Workbook(self.conversation), page.editor.base
        kept = page.versions[place % len(page.versions)]
        swapped = workbook.restore(STEP, base, kept.id, page.own)
        assert self.stored() == before
        if swapped:
            self.remember(page, *swapped)
            new, _ = swapped
            answer = {"id": "restored", "step": STEP, "revision": new.work.revision, "version": 0}
            page.under_way.append(Restored(**answer, code=kept.code))
            self.tell_others(page)
        page.under_way.append(self.program())

    @rule(number=page_numbers, place=some.integers(0, MAX_VERSIONS - 1))
    def dismiss(self, number: int, place: int) -> None:
        page = self.pages[number]
        if page.versions:
            before = self.stored()
            kept = page.versions[place % len(page.versions)]
            Workbook(self.conversation).dismiss(STEP, kept.id, page.own)
            assert self.stored() == before
            self.tell_others(page)
            page.under_way.append(self.program())

    # What always holds

    @invariant()
    def a_revision_is_one_text(self) -> None:
        work, (revision, code) = self.work, self.last
        assert work.revision >= revision
        assert (work.revision == revision) == (work.code == code)
        self.last = (work.revision, work.code)

    @invariant()
    def a_page_that_is_fresh_knows_what_it_would_replace(self) -> None:
        work = self.work
        for page in self.pages.values():
            if not page.editor.version and page.editor.base == work.revision:
                assert work.code in page.editor.line

    @invariant()
    def not_too_many_are_listed(self) -> None:
        assert len(self.program().versions) <= MAX_VERSIONS

    # How that goes

    def type(self, page: Page) -> None:
        page.editor.code = f"x = {next(self.names)}\n"
        page.editor.line.add(page.editor.code)

    def send(self, page: Page, kind: str) -> None:
        page.unsent = False
        page.in_flight.append(page.editor.code)
        self.store(page, kind, page.editor)

    def store(self, page: Page, kind: str, editor: Editor, name: str = "") -> None:
        before = self.stored()
        written = self.written(page.own, kind, editor, name)
        after = self.stored()
        assert editor.code in after
        assert before - after <= editor.line - {editor.code}
        self.remember(page, written)
        if not name:
            version = written.made.version
            saved = {"step": STEP, "revision": written.work.revision, "version": version}
            page.under_way.append(frames.Saved(id=kind, **saved))
        if written.changed:
            self.tell_others(page)
        page.under_way.append(self.program())

    def written(self, own: OwnWrites, kind: str, editor: Editor, page: str) -> SavedProgram:
        draft: dict[str, Any] = {
            "step": STEP, "code": editor.code, "base": editor.base, "version": editor.version,
            "page": page,
        }  # fmt: skip
        name, conversation, written = f"frame-{next(self.names):04}", self.conversation, None
        match kind:
            case "edit":
                written = Workbook(conversation).save_program(StudentEdited(name, **draft), own)
            case "say":
                begun = Dialogue(conversation).say(StudentSaid(name, "Why?", **draft), own)
                assert isinstance(begun, TurnStarted)
                assert begun.fence
                conversation.turns.update(state="done")
                conversation.release(begun.fence)
                written = begun.written
            case "run":
                written = Runs(conversation).start_own(StudentRan(name, **draft), own).written
            case "check":
                tried = frames.CheckCode(type="check_code", id=name, **draft)
                written = Workbook(conversation).attempt(tried, own).written
        Run.objects.all().delete()
        assert written
        return written

    def remember(self, page: Page, *written: SavedProgram) -> None:
        for one in written:
            page.own.add(one.page, STEP, one.replaced, one.made)

    def tell_others(self, page: Page) -> None:
        for other in self.pages.values():
            if other is not page:
                other.under_way.append(self.program())

    def greet(self, page: Page) -> None:
        """Say hello on a new connection; what was under way on the old one is lost."""
        now = self.program()
        page.own = OwnWrites()
        page.under_way.clear()
        page.versions = now.versions
        editor = page.editor
        if page.is_at_rest:
            page.editor = Editor(now.code, now.revision, 0, {now.code})
        elif now.code in page.in_flight or (not editor.version and now.revision == editor.base):
            editor.base, editor.version = now.revision, 0
        page.unsent = page.unsent or bool(page.in_flight)
        page.in_flight.clear()

    def take(self, page: Page, frame: Any) -> None:
        editor = page.editor
        match frame:
            case Restored():  # no answer to a write
                if page.is_at_rest:
                    page.editor = Editor(frame.code, frame.revision, 0, {frame.code})
            case frames.Saved() if page.in_flight:
                page.in_flight.pop(0)
                editor.base, editor.version = frame.revision, frame.version
            case frames.ProgramChanged():
                page.versions = frame.versions
                if page.is_at_rest and not editor.version:
                    page.editor = Editor(frame.code, frame.revision, 0, {frame.code})


def test_no_text_is_lost_and_none_is_replaced_unseen(
    ada: User, lesson: Lesson, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.QUESTIONS_PER_MINUTE = 0
    monkeypatch.setattr("sandbox.models.Run.enqueue", lambda run: None)

    class AdasPages(Pages):
        def __init__(self) -> None:
            super().__init__(ada, lesson)

    run_state_machine_as_test(AdasPages, settings=SEQUENCES)
