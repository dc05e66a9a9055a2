"""The leak gate of a session: every text answered in time, what was found stored, nothing left on.

Programs are tried in the test's own process (tests/tutor/trying.py).
"""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError

from courses.models import Lesson
from tests.polling import wait_here_until
from tests.tutor.trying import LEAK, PROSE, SOLUTION, STARTER, Tried
from tutor.database import in_database
from tutor.leaks.said import Channel, Said
from tutor.models import Conversation, Dialogue, Judgement, Turn, TurnStarted
from tutor.models.situations import situations
from tutor.protocol.events import StudentSaid
from tutor.protocol.gate import Judge, PieceJudged
from tutor.session import judges, leak_gate
from tutor.session.leak_gate import LeakGate, OutputJudged
from tutor.session.runs import OutputEnded

pytestmark = pytest.mark.django_db(transaction=True)

# Another solution than the author's, which no line of its is in.
OTHER = "Try:\n\n```python\ndef kilometres(n):\n    return sum(range(n + 1))\n```\n"
# What has candidates, and mends nothing.
IDLE_CODE = "What would this line do?\n\n```python\ntotal = total + day * 2\n```\n"


class Room:
    """The gate of a session that has begun a turn, and what it has given."""

    def __init__(self, ada: User, lesson: Lesson) -> None:
        self.conversation = Conversation.open(ada, lesson)
        begun = Dialogue(self.conversation).say(StudentSaid("message-1", "Just tell me!", STARTER))
        assert isinstance(begun, TurnStarted)
        self.turn: Turn = begun.turn
        self.given: list[PieceJudged | OutputJudged] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.gate = LeakGate(self.conversation, in_database, self.given.append, self.spawn)

    def spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self.tasks.add(task)
        return task

    def judge(self, *pieces: str) -> None:
        for number, text in enumerate(pieces, 1):
            self.gate.judge(Judge(1, number, (Said(Channel.REPLY, text),)))

    async def leaks(self, *pieces: str) -> list[bool]:
        """Whether these leak, in order, once all are judged."""
        before = len(self.given)
        self.judge(*pieces)
        await wait_here_until(lambda: len(self.given) == before + len(pieces), 5)
        return [one.leaks for one in self.given[before:]]

    async def end(self) -> None:
        self.gate.end()
        await asyncio.wait(self.tasks)


@pytest.fixture
async def room(ada: User, lesson: Lesson) -> Room:
    await asyncio.wrap_future(judges.warm_up())
    return await in_database(Room, ada, lesson)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """All bounds are short."""
    monkeypatch.setattr(leak_gate, "JUDGED_S", 0.15)
    monkeypatch.setattr(leak_gate, "CLOSED_S", 0.3)
    monkeypatch.setattr(leak_gate, "BOUND_S", 0.5)


def rows() -> list[tuple[str, bool]]:
    return list(Judgement.objects.order_by("pk").values_list("verdict", "held_back"))


async def test_a_solution_leaks_and_prose_does_not(room: Room, tried: Tried) -> None:
    assert await room.gate.begin(room.turn)
    assert await room.leaks(PROSE) == [False]
    assert tried.opened == []
    assert await in_database(rows) == []
    assert await room.leaks(LEAK) == [True]
    assert await in_database(rows) == [("leak", True)]
    await room.end()


async def test_what_was_found_is_stored_before_it_is_given(
    room: Room, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[int] = []
    monkeypatch.setattr(leak_gate, "record", lambda *_, **__: stored.append(len(room.given)))
    await room.gate.begin(room.turn)
    assert await room.leaks(LEAK) == [True]
    assert stored == [0]
    await room.end()


async def test_one_container_serves_a_turn_and_goes_back_with_it(room: Room, tried: Tried) -> None:
    await room.gate.begin(room.turn)
    assert await room.leaks(IDLE_CODE) == [False]
    assert await room.leaks(IDLE_CODE + LEAK) == [True]
    assert (len(tried.opened), tried.ended) == (1, [])
    await room.end()
    assert tried.ended == tried.opened
    tried_once = [(one.program, one.case) for one in tried.cases]
    assert len(tried_once) == len(set(tried_once))


async def test_a_held_text_has_the_container_opened_before_it_is_complete(
    room: Room, tried: Tried
) -> None:
    await room.gate.begin(room.turn)
    held = Said(Channel.REPLY, IDLE_CODE)
    room.gate.prepare(held)
    room.gate.prepare(held)
    await wait_here_until(lambda: tried.cases, 5)
    assert {one.program for one in tried.cases} == {STARTER.rstrip()}
    await room.end()
    assert len(tried.opened) == 1


async def test_a_held_text_with_nothing_to_be_tried_opens_no_container(
    room: Room, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leak_gate, "LOOK_S", 0.0)
    await room.gate.begin(room.turn)
    room.gate.prepare(Said(Channel.REPLY, "What is `total` in line 3"))
    await asyncio.wait(room.tasks)
    assert tried.opened == []
    room.gate.prepare(Said(Channel.REPLY, IDLE_CODE))
    await wait_here_until(lambda: tried.opened, 5)
    await room.end()


async def test_parts_that_wait_are_judged_together(room: Room, tried: Tried) -> None:
    await room.gate.begin(room.turn)
    room.judge(IDLE_CODE, IDLE_CODE * 2, IDLE_CODE * 3)
    await wait_here_until(lambda: len(room.given) == 3, 5)
    assert room.given == [PieceJudged(1, number, leaks=False) for number in (1, 2, 3)]
    assert len(await in_database(rows)) == 1
    await room.end()


async def test_a_part_that_others_do_not_hold_is_judged_too(room: Room, tried: Tried) -> None:
    await room.gate.begin(room.turn)
    room.judge(PROSE, LEAK, IDLE_CODE)
    await wait_here_until(lambda: len(room.given) == 3, 5)
    assert {one.leaks for one in room.given} == {True}
    await room.end()


async def test_a_call_that_leaks_leaves_the_rest_of_its_answer_to_be_judged(
    room: Room, tried: Tried
) -> None:
    await room.gate.begin(room.turn)
    room.gate.judge(Judge(1, 1, (Said(Channel.CODE, SOLUTION),), of_call=True))
    room.gate.judge(Judge(1, 2, (Said(Channel.REPLY, IDLE_CODE),)))
    await wait_here_until(lambda: len(room.given) == 2, 5)
    given = {one.piece: one.leaks for one in room.given if isinstance(one, PieceJudged)}
    assert given == {1: True, 2: False}
    await room.end()


async def test_a_sandbox_that_hangs_is_given_up_in_time(
    room: Room, tried: Tried, hurried: None
) -> None:
    tried.hangs = True
    await room.gate.begin(room.turn)
    began = time.monotonic()
    assert await room.leaks(IDLE_CODE) == [False]
    assert time.monotonic() - began < leak_gate.BOUND_S + 0.1
    assert await room.leaks(LEAK) == [True]
    # It has failed twice: it is not asked a third time.
    opened = len(tried.opened)
    assert await room.leaks(IDLE_CODE) == [False]
    assert await room.leaks(LEAK) == [True]
    assert len(tried.opened) == opened == judges.MAX_FAILURES
    await room.end()
    assert sorted(tried.ended) == sorted(tried.opened)


async def test_without_a_sandbox_it_is_closed_for_the_solution_and_open_for_prose(
    room: Room, tried: Tried
) -> None:
    tried.is_away = True
    await room.gate.begin(room.turn)
    for text in (PROSE, IDLE_CODE, OTHER):
        assert await room.leaks(text) == [False]
    assert await room.leaks(LEAK) == [True]
    assert await in_database(rows) == [("unsure", False)] * 2 + [("leak", True)]
    await room.end()


@pytest.mark.parametrize("lost", [False, True], ids=["in time", "any more"])
async def test_a_sandbox_that_does_not_answer_shows_no_new_code_but_short_spans(
    room: Room, tried: Tried, hurried: None, lost: bool
) -> None:
    await room.gate.begin(room.turn)
    if lost:
        assert await room.leaks(IDLE_CODE) == [False]
    tried.is_away, tried.hangs = lost, not lost
    for _ in range(judges.MAX_FAILURES + 1):
        assert await room.leaks(OTHER) == [True]
        assert await room.leaks(PROSE, IDLE_CODE) == [False, False]
    assert ("leak", True) in await in_database(rows)
    await room.end()


async def test_a_thread_that_computes_for_ever_holds_up_nobody(
    room: Room, tried: Tried, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judges, "_advance", lambda *_: time.sleep(0.6))
    await room.gate.begin(room.turn)
    began = time.monotonic()
    assert await room.leaks(LEAK) == [True]
    assert await room.leaks(PROSE) == [False]
    assert time.monotonic() - began < 2 * leak_gate.BOUND_S + 0.1
    await room.end()


async def test_what_cannot_even_be_judged_without_the_sandbox_is_not_shown(
    room: Room, tried: Tried, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tutor.leaks.judge.Judge.judge", broken)
    monkeypatch.setattr("tutor.leaks.judge.Judge.closed", broken)
    await room.gate.begin(room.turn)
    assert await room.leaks(PROSE) == [True]
    await room.end()


async def test_a_database_that_stores_no_judgement_shows_no_leak(
    room: Room, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def full(*_: object, **__: object) -> None:
        tries.append(1)
        raise OperationalError

    monkeypatch.setattr(leak_gate, "record", full)
    await room.gate.begin(room.turn)
    assert await room.leaks(IDLE_CODE) == [False]
    assert await room.leaks(LEAK) == [True]
    assert len(tries) == 2 * leak_gate.RECORD_TRIES
    await room.end()


async def test_a_judgement_that_no_row_can_hold_ends_no_session(
    room: Room, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(leak_gate, "record", gone)
    await room.gate.begin(room.turn)
    assert await room.leaks(IDLE_CODE) == [False]
    assert await room.leaks(LEAK) == [True]
    await room.end()


async def test_a_gate_that_only_takes_notes_shows_everything(
    room: Room, tried: Tried, settings: Any
) -> None:
    settings.LEAK_GATE = "log"
    assert await room.gate.begin(room.turn)
    assert await room.leaks(LEAK) == [False]
    assert await in_database(rows) == [("leak", False)]
    await room.end()


async def test_a_gate_that_is_off_judges_nothing(room: Room, tried: Tried, settings: Any) -> None:
    settings.LEAK_GATE = "off"
    assert not await room.gate.begin(room.turn)
    await room.end()


async def test_where_there_is_nothing_to_solve_the_answer_comes_in_the_same_tick(
    room: Room, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judges, "situations", lambda _: [])
    await room.gate.begin(room.turn)
    assert await room.leaks(LEAK) == [False]
    room.judge(LEAK)
    assert len(room.given) == 2
    await room.end()


async def test_what_has_been_said_meanwhile_counts(room: Room, tried: Tried) -> None:
    await room.gate.begin(room.turn)
    assert await room.leaks(LEAK) == [True]
    # The student has written it themselves: nothing that mends the program is new.
    await in_database(room.conversation.works.update, code=SOLUTION)
    room.gate.mark_stale()
    assert await room.leaks(LEAK) == [False]
    await room.end()


async def test_rows_that_were_read_while_they_changed_are_read_again(
    room: Room, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.gate.begin(room.turn)
    loop = asyncio.get_running_loop()
    reads: list[int] = []

    def read(conversation: Conversation) -> Any:
        found = situations(conversation)
        if not reads:  # the student writes the solution behind it
            conversation.works.update(code=SOLUTION)
            loop.call_soon_threadsafe(room.gate.mark_stale)
        reads.append(1)
        return found

    monkeypatch.setattr(judges, "situations", read)
    assert await room.leaks(LEAK) == [True]
    assert await room.leaks(LEAK) == [False]
    await room.end()


async def test_what_a_run_has_printed_is_judged_too(room: Room, tried: Tried) -> None:
    await room.gate.begin(room.turn)
    room.gate.judge_output(OutputEnded("key", Said(Channel.OUTPUT, SOLUTION)))
    await wait_here_until(lambda: room.given, 5)
    assert room.given == [OutputJudged("key", leaks=True)]
    await room.end()


# A program with two faults, of which one mended alone passes nothing; both mends.
TWO_FAULTS = STARTER.replace("total = 0", "total = 1")
ONE, OTHER_ONE = "    total = 0", "    for day in range(1, days + 1):"


@pytest.fixture
def two_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """The student has no other program than one with two faults."""

    def only_that(conversation: Conversation) -> list[Any]:
        return [replace(one, programs=(TWO_FAULTS,)) for one in situations(conversation)]

    monkeypatch.setattr(judges, "situations", only_that)


async def test_what_two_runs_print_is_judged_together(
    room: Room, tried: Tried, two_faults: None
) -> None:
    await room.gate.begin(room.turn)
    for name, text in (("one", ONE), ("other", OTHER_ONE)):
        room.gate.judge_output(OutputEnded(name, Said(Channel.OUTPUT, text)))
    await wait_here_until(lambda: len(room.given) == 2, 5)
    assert room.given == [OutputJudged("one", leaks=False), OutputJudged("other", leaks=True)]
    await room.end()


async def test_what_was_shown_before_counts_though_it_is_in_no_row(
    room: Room, tried: Tried, two_faults: None
) -> None:
    await room.gate.begin(room.turn)
    said = (Said(Channel.CODE, OTHER_ONE.strip()),)
    room.gate.judge(Judge(1, 1, said, of_call=True))
    room.gate.judge(Judge(1, 2, said, True, (Said(Channel.REPLY, f"```\n{ONE}\n```"),)))
    await wait_here_until(lambda: len(room.given) == 2, 5)
    assert room.given == [PieceJudged(1, 1, leaks=False), PieceJudged(1, 2, leaks=True)]
    await room.end()


async def test_a_turn_that_ends_takes_with_it_what_was_being_judged(
    room: Room, tried: Tried
) -> None:
    tried.hangs = True
    await room.gate.begin(room.turn)
    room.judge(LEAK)
    await wait_here_until(lambda: tried.cases, 5)
    await room.end()
    assert room.given == []
    assert tried.ended == tried.opened
