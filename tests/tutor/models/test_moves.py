"""Tutor and student do all they can in any order, on several pages, each thing perhaps twice: no
hint before its time, nothing run or shown before its prediction, each stored once. With real rows.

What is expected is what the oracle here has noted, not what the rows say.
"""

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

from courses.models import Course
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.models.foundations import RIGHT, dialogue, finish
from tests.tutor.models.methodical import STEP, calls, ends, gives, ran, report
from tutor.models import (
    Busy,
    Conversation,
    Dialogue,
    HintShown,
    MessageQueued,
    Moves,
    NotAllowed,
    TurnStarted,
    Workbook,
)
from tutor.models.prediction_moves import PredictionMoves
from tutor.protocol import frames
from tutor.protocol.calls import HintCall, PredictionCall
from tutor.protocol.commands import StudentAnswered
from tutor.protocol.events import StudentAskedHint, StudentSaid

pytestmark = pytest.mark.django_db

SEQUENCES = bounds(
    max_examples=10, stateful_step_count=30, deadline=None, database=None, phases=[Phase.generate]
)
PROGRAMS = ("price = 1\n", "price = 2\n", "price = 3\n")
# What the calls give; the price is that of the program.
CALLS = ("price", "price + 1")

programs = some.sampled_from(PROGRAMS)
booleans = some.booleans()


@dataclass
class Asked:
    """A prediction as the oracle has it. `name` is the answer's, `run` is over once `verdict`."""

    number: int
    call: str
    code: str
    name: str = ""
    verdict: str = ""
    # The student has said something after the comparison.
    said_since: bool = False


@dataclass
class Oracle:
    """What has happened in the step."""

    code: str = ""
    asked: list[Asked] = field(default_factory=list)
    # The levels of the hints, and whether something new was seen since the last one.
    levels: list[int] = field(default_factory=list)
    seen: set[Any] = field(default_factory=set)
    is_new: bool = False
    attempts: set[str] = field(default_factory=set)
    is_passed: bool = False

    @property
    def open(self) -> Asked | None:
        return next((one for one in self.asked if not one.name), None)

    @property
    def comparing(self) -> Asked | None:
        return next((one for one in self.asked if one.name and not one.verdict), None)

    def sees(self, *what: Any) -> None:
        """Something was run or checked or foretold."""
        self.is_new |= what not in self.seen
        self.seen.add(what)


class Students(RuleBasedStateMachine):
    """One student's pages, the tutor and the sandbox."""

    def __init__(self, course: Course, student: User) -> None:
        super().__init__()
        Run.objects.all().delete()
        Conversation.objects.filter(student=student).delete()
        self.conversation = dialogue(course, "conditions", student)
        self.oracle = Oracle()
        self.names = count(1)
        # The turn that is on, and the calls that were granted, with their outputs.
        self.turn: TurnStarted | None = None
        self.granted: list[tuple[Any, Any]] = []
        self.accepted: list[tuple[StudentAnswered, int]] = []

    # What everybody uses

    @property
    def page(self) -> Conversation:
        """Another page, or another process: it knows nothing but the rows."""
        rows = Conversation.objects.select_related("student", "lesson__course")
        return rows.get(pk=self.conversation.pk)

    @property
    def base(self) -> int:
        work = self.conversation.works.filter(step=STEP).first()
        return work.revision if work else 0

    def name(self) -> str:
        return f"name-{next(self.names):04}"

    def is_idle(self) -> bool:
        return self.turn is None

    def is_answering(self) -> bool:
        return self.turn is not None

    def message_reached(self) -> None:
        """The student has said something after all that was compared before."""
        for one in self.oracle.asked:
            one.said_since = bool(one.verdict)

    # The student

    @rule(code=programs, text=some.sampled_from(["Why?", "2", "I don't know"]))
    def says(self, code: str, text: str) -> None:
        name, asked = self.name(), self.oracle.open
        said = StudentSaid(name, text, code, step=STEP, base=self.base)
        is_answer = asked is not None and text != "Why?"
        outcome = Dialogue(self.page).say(said)
        self.oracle.code = code
        if asked and is_answer:
            assert isinstance(outcome, MessageQueued)
            assert outcome.prediction
            assert outcome.prediction.number == asked.number
            asked.name = name
        elif self.turn is None:
            assert isinstance(outcome, TurnStarted)
            self.turn = outcome
            self.message_reached()
        else:
            assert outcome == MessageQueued(outcome.written)
        again = Dialogue(self.page).say(said)
        assert isinstance(again, type(outcome))

    @rule(text=some.sampled_from(["1", "2", "not a value", None]), is_wrong=booleans)
    def answers(self, text: str | None, is_wrong: bool) -> None:
        asked = self.oracle.open
        number = 999 if is_wrong or not self.oracle.asked else self.oracle.asked[-1].number
        answered = StudentAnswered(self.name(), number, text)
        if asked and number == asked.number:
            assert Moves(self.page).answer(answered).state == "comparing"
            asked.name = answered.id
            self.accepted.append((answered, number))
        else:
            with pytest.raises(NotAllowed):
                Moves(self.page).answer(answered)

    @precondition(lambda self: self.accepted)
    @rule(data=some.data())
    def answers_again(self, data: Any) -> None:
        answered, number = data.draw(some.sampled_from(self.accepted))
        assert Moves(self.page).answer(answered).number == number

    @rule(code=programs, is_error=booleans)
    def runs(self, code: str, is_error: bool) -> None:
        if self.oracle.open:
            with pytest.raises(NotAllowed):
                Moves(self.page).check_run(STEP, code, by="student")
            return
        Moves(self.page).check_run(STEP, code, by="student")
        ran(self.page, self.name(), code, "Oops: no\n" if is_error else "")
        self.oracle.sees("run", code, is_error)

    @rule(code=programs, is_right=booleans)
    def checks(self, code: str, is_right: bool) -> None:
        tried = frames.CheckCode(
            type="check_code", id=self.name(), step=STEP, code=code, base=self.base
        )
        if self.oracle.open:
            with pytest.raises(NotAllowed):
                Workbook(self.page).attempt(tried)
            assert not self.conversation.attempts.filter(client_id=tried.id).exists()
            return
        Workbook(self.page).attempt(tried)
        run = Run.objects.get(key=self.conversation.run_key("check", tried.id))
        # A program behaves the same each time.
        is_right = code == PROGRAMS[-1] and is_right
        finish(run, *(RIGHT if is_right else (7,) * len(RIGHT)))
        for _ in range(2):
            Workbook(self.page).record_result(run)
        self.oracle.code = code
        self.oracle.sees("run", code, False)
        self.oracle.sees("check", code, is_right)
        self.oracle.attempts.add(code)
        self.oracle.is_passed |= is_right

    @rule(code=programs)
    def wishes_for_a_hint(self, code: str) -> None:
        wish = StudentAskedHint(self.name(), code, step=STEP, base=self.base)
        if self.turn:
            with pytest.raises(Busy):
                Moves(self.page).ask_hint(wish)
            return
        try:
            outcome = Moves(self.page).ask_hint(wish)
        except NotAllowed:
            assert not self.conversation.items.filter(client_id=wish.id).exists()
            return
        assert isinstance(outcome, HintShown)
        self.oracle.code = code
        self.hint_is_given(len(self.oracle.levels) + 1)
        again = Moves(self.page).ask_hint(wish)
        assert isinstance(again, HintShown)
        assert again.item == outcome.item

    def hint_is_given(self, level: int) -> None:
        """What must hold where a hint is given."""
        oracle = self.oracle
        assert level == len(oracle.levels) + 1
        assert not oracle.open
        assert not oracle.is_passed
        assert oracle.seen, "there was no honest attempt"
        assert oracle.is_new or not oracle.levels
        # The author's rules: level 2 after one attempt, level 3 after two.
        assert len(oracle.attempts) >= level - 1
        oracle.levels.append(level)
        oracle.is_new = False

    # The tutor

    def turn_begins(self) -> TurnStarted:
        """The turn that is on; that of a message if none is."""
        if self.turn is None:
            self.says(self.oracle.code or PROGRAMS[0], "Why?")
        assert self.turn
        return self.turn

    @rule(call=some.sampled_from(CALLS))
    def asks(self, call: str) -> None:
        turn = self.turn_begins()
        number = calls(self.page, turn, "ask_prediction", call=call, question="?")
        made = PredictionCall(number, "c", call, "?")
        output = Moves(self.page).make(made)
        if report(output)["status"] == "asked":
            last = self.oracle.asked[-1] if self.oracle.asked else None
            assert not self.oracle.open
            assert not self.oracle.comparing
            assert last is None or last.verdict != "wrong" or last.said_since
            known = [one for one in self.oracle.asked if one.verdict in ("right", "wrong", "none")]
            assert (call, self.oracle.code) not in [(one.call, one.code) for one in known]
            self.oracle.asked.append(Asked(number, call, self.oracle.code))
            self.granted.append((made, output))
        self.turn_ends(output)

    @rule(is_next=booleans, level=some.integers(1, 4))
    def hints(self, level: int, is_next: bool) -> None:
        turn = self.turn_begins()
        if is_next:
            level = len(self.oracle.levels) + 1
        number = calls(self.page, turn, "give_hint", level=level)
        made = HintCall(number, "c", level)
        output = Moves(self.page).make(made)
        if report(output)["status"] == "given":
            self.hint_is_given(level)
            self.granted.append((made, output))
        self.turn_ends(output)

    @precondition(lambda self: self.granted)
    @rule(data=some.data())
    def is_killed_and_makes_its_call_again(self, data: Any) -> None:
        made, output = data.draw(some.sampled_from(self.granted))
        assert Moves(self.page).make(made) == output

    def turn_ends(self, *outputs: Any) -> None:
        assert self.turn
        ends(self.page, self.turn, *outputs)
        self.turn = None

    @precondition(is_answering)
    @rule()
    def says_something(self) -> None:
        self.turn_ends()

    @precondition(is_idle)
    @rule()
    def takes_over(self) -> None:
        waits = set(self.conversation.waiting.values_list("client_id", flat=True))
        comparing = self.oracle.comparing
        begun = Dialogue(self.page).take_over()
        ready = waits - ({comparing.name} if comparing else set())
        assert (begun is not None) == bool(ready)
        if begun:
            assert {item.client_id for item in begun.items} - {""} == ready
            self.turn = begun
            answers = {one.name for one in self.oracle.asked}
            if ready - answers:
                self.message_reached()

    # The sandbox

    @precondition(lambda self: self.oracle.comparing)
    @rule(
        end=some.sampled_from(["right", "wrong", "right", "wrong", "unavailable", "deleted"]),
        pages=booleans,
    )
    def ends_the_run(self, end: str, pages: bool) -> None:
        asked = self.oracle.comparing
        assert asked
        row = self.conversation.predictions.get(number=asked.number)
        run = row.run
        assert run
        assert run.code == asked.code
        match end:
            case "deleted":
                run.delete()
                PredictionMoves(self.page).settle()
            case "unavailable":
                run.finish(Result(Status.UNAVAILABLE, message="No."))
            case _:
                gives(run, 2 if end == "right" else 77)
        for _ in range(0 if end == "deleted" else 1 + pages):
            view = Moves(self.page).record_prediction(run)
            assert view
            assert view.number == asked.number
        row.refresh_from_db()
        asked.verdict = row.verdict
        is_run = end in ("right", "wrong")
        assert (row.verdict == "not_run") == (not is_run)
        if row.answer is None:
            assert row.verdict in ("none", "not_run")
        elif is_run:
            assert row.verdict == ("right" if end == "right" and row.answer == "2" else "wrong")
        if asked.verdict in ("right", "wrong"):
            self.oracle.sees("call", asked.code, asked.call, row.gave)

    # What always holds

    @invariant()
    def rows_are_those_of_the_oracle(self) -> None:
        rows = self.conversation.predictions.order_by("number")
        numbers = list(rows.values_list("number", "client_id", "verdict"))
        assert numbers == [(one.number, one.name, one.verdict) for one in self.oracle.asked]
        levels = self.conversation.hints.order_by("number").values_list("level", flat=True)
        assert list(levels) == self.oracle.levels

    @invariant()
    def pages_show_each_once_and_nothing_too_early(self) -> None:
        items = Dialogue(self.page).shown()
        asked = [item.prediction for item in items if isinstance(item, frames.PredictionItem)]
        assert [view.number for view in asked] == [one.number for one in self.oracle.asked]
        for view, one in zip(asked, self.oracle.asked, strict=True):
            assert view.stale == (one.code != self.oracle.code)
            if not one.verdict:
                assert view.state == ("comparing" if one.name else "open")
                assert not view.gave
        hints = [item.level for item in items if isinstance(item, frames.HintItem)]
        assert hints == self.oracle.levels


def test_each_move_is_made_in_its_time_and_once(
    foundations: Course, ada: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.QUESTIONS_PER_MINUTE = 0
    monkeypatch.setattr("sandbox.models.Run.enqueue", lambda run: None)
    monkeypatch.setattr("tutor.models.dialogue.MAX_WAITING", 1_000)
    # Sequences are shorter than the time between two hints.
    monkeypatch.setattr("tutor.method.hints.MIN_APART_S", 0.0)

    class AdasPages(Students):
        def __init__(self) -> None:
            super().__init__(foundations, ada)

    run_state_machine_as_test(AdasPages, settings=SEQUENCES)
