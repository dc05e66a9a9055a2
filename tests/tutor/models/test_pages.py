"""A dialogue in pages: what is read for one does not grow with it, and nothing is left out."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.sql import compiler
from django.test.utils import CaptureQueriesContext

from courses.models import Course
from tests import long_dialogue
from tests.long_dialogue import Writer
from tests.tutor.models.foundations import dialogue
from tests.tutor.models.methodical import STEP, answer, asks, calls, ends, gives, say
from tutor.models import Conversation, Dialogue, Item, Moves, pages
from tutor.models.pages import PAGE_ITEMS
from tutor.models.prediction_moves import PredictionMoves
from tutor.protocol import frames
from tutor.protocol.calls import PredictionCall
from tutor.session.context import ModelContext
from tutor.session.page import PageSync

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]


def all_pages(conversation: Conversation) -> list[list[int]]:
    """The numbers of the items on each page, from the end to the beginning."""
    page = Dialogue(conversation).newest().page
    found = [[item.number for item in page.items]]
    while page.older:
        start = page.start
        page = Dialogue(conversation).before(start)
        assert page.start < start
        found.append([item.number for item in page.items])
    return found


def test_pages_hold_all_that_is_shown_and_each_item_once(conditions: Conversation) -> None:
    long_dialogue.fill(conditions, 230, STEP)
    found = all_pages(conditions)
    whole = [item.number for item in Dialogue(conditions).shown()]
    assert [number for page in reversed(found) for number in page] == whole
    assert [len(page) for page in found[:-1]] == [PAGE_ITEMS] * (len(found) - 1)
    assert 0 < len(found[-1]) <= PAGE_ITEMS


@pytest.mark.parametrize("shown", [0, 1, PAGE_ITEMS])
def test_what_fits_on_a_page_has_nothing_older(conditions: Conversation, shown: int) -> None:
    writer = Writer(conditions, STEP)
    for _ in range(shown // 2):
        writer.turn()
    writer.store()
    page = Dialogue(conditions).newest().page
    # The facts before the first message are no reason to offer more.
    assert (len(page.items), page.older) == (shown // 2 * 2, False)


def test_a_page_ends_though_nothing_on_it_is_shown(conditions: Conversation) -> None:
    writer = Writer(conditions, STEP)
    writer.turn()
    turn = writer.items[-1].turn
    hidden = {"type": "function_call_output", "call_id": "c", "output": "{}"}
    for _ in range(pages.MAX_GROUPS * pages.GROUP_ITEMS + 20):
        writer._add(turn, hidden)
    for _ in range(pages.MAX_NUMBERS):
        writer._add(turn, {"type": "reasoning", "summary": []}, response_id="r")
    writer.store()
    found = all_pages(conditions)
    assert [page for page in found if page] == [[2, 4]]
    assert 2 < len(found) < 5


# After so many turns their kinds come again, in the test of what is read.
EACH_KIND = 15


class Reading:
    """The queries that something makes, and the rows that it is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows = 0
        self.queries: list[str] = []
        self._monkeypatch = monkeypatch

    def __call__(self, read: Callable[[], Any]) -> tuple[int, int]:
        """How many there were: queries, and rows."""
        self.rows = 0
        given = compiler.SQLCompiler.results_iter

        def counted(this: Any, results: Any = None, **options: Any) -> Any:
            for row in given(this, results, **options):
                self.rows += 1
                yield row

        with self._monkeypatch.context() as patched, CaptureQueriesContext(connection) as made:
            patched.setattr(compiler.SQLCompiler, "results_iter", counted)
            read()
        self.queries = [query["sql"] for query in made.captured_queries]
        return len(made), self.rows


class NoOutbox:
    """PageSync reads, and shows nothing."""

    class storage:  # noqa: N801  # as Outbox has it
        @staticmethod
        async def call(*_: Any) -> None: ...


def hello(conversation: Conversation) -> frames.Hello:
    return PageSync(conversation, NoOutbox())._read_hello()[0]  # type: ignore[arg-type]


def test_opening_reads_as_much_at_any_length(
    foundations: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = Reading(monkeypatch)
    found = []
    # Turns of 15 kinds follow each other: both dialogues end alike.
    for turns in (3 * EACH_KIND, 12 * EACH_KIND):
        student = User.objects.create(username=f"student-{turns}")
        conversation = dialogue(foundations, "conditions", student)
        writer = Writer(conversation, STEP)
        for number in range(turns):
            writer.turn(run=number % 5 == 1, prediction=number % 3 == 1, hint=number % 5 == 4)
        writer.store()
        first = hello(conversation)
        assert (len(first.items), first.older) == (PAGE_ITEMS, True)
        conversation = Conversation.objects.get(pk=conversation.pk)
        found.append(reading(lambda: hello(conversation)))  # noqa: B023  # called at once
    short, long = found
    assert long == short
    queries, rows = reading(lambda: Dialogue(conversation).before(200))
    assert queries <= 8
    assert rows < 3 * PAGE_ITEMS


def test_an_open_prediction_is_in_hello_however_old_it_is(conditions: Conversation) -> None:
    number, _ = asks(conditions, "message-1")
    turn = conditions.turns.get()
    rows = [
        Item(
            conversation=conditions, turn=turn, number=10 + place, response_id="r",
            payload={"type": "message", "role": "assistant", "content": "And now?"},
        )
        for place in range(PAGE_ITEMS)
    ]  # fmt: skip
    Item.objects.bulk_create(rows)
    first, *rest = hello(conditions).items
    assert isinstance(first, frames.PredictionItem)
    assert (first.prediction.number, first.prediction.state) == (number, "open")
    assert [item.number for item in rest] == [row.number for row in rows]
    assert hello(conditions).start == 10
    answer(conditions, number, "5")
    assert hello(conditions).items[0].prediction.state == "comparing"  # type: ignore[union-attr]
    run = conditions.predictions.get().run
    assert run
    gives(run, 5)
    PredictionMoves(conditions).record(run)
    assert len(hello(conditions).items) == PAGE_ITEMS


def test_what_a_compaction_stands_for_is_not_read_again(
    conditions: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = long_dialogue.fill(conditions, 200, STEP)
    number = len(writer.items)
    Item.objects.create(
        conversation=conditions, turn=writer.items[-1].turn, number=number + 1,
        response_id="c", compacts_up_to=number, payload={"type": "compaction", "id": "c"},
    )  # fmt: skip
    reading = Reading(monkeypatch)
    context = ModelContext(conditions)
    read: list[Any] = []
    reading(lambda: read.extend(context._take(context._read())))
    assert read == [{"type": "compaction", "id": "c"}]
    assert reading.rows < 5


SOUGHT = {
    "item_compaction": lambda one: one.items.filter(compacts_up_to__isnull=False).order_by(
        "-number"
    )[:1],
    "item_program": lambda one: one.items.filter(program__isnull=False).order_by("-number")[:1],
    "prediction_unsettled": lambda one: one.predictions.filter(compared_at=None, number__lt=9),
    "attempt_state": lambda one: one.attempts.filter(state="pending").order_by(),
    "attempt_newest": lambda one: one.attempts.filter(step=STEP).order_by("-pk")[:1],
    "sandbox_run_of_group": lambda one: one.own_runs()[:1],
}


@pytest.mark.parametrize("index", SOUGHT)
def test_what_is_sought_at_the_end_is_found_by_an_index(
    conditions: Conversation, index: str
) -> None:
    plan = SOUGHT[index](conditions).explain()
    assert index in plan
    # Nothing is sorted for the sake of its last.
    assert "TEMP B-TREE" not in plan


def test_a_prediction_that_was_refused_is_no_card(conditions: Conversation) -> None:
    begun = say(conditions, "message-1")
    number = calls(conditions, begun, "ask_prediction", call="nothing(", question="?")
    ends(conditions, begun, Moves(conditions).make(PredictionCall(number, "c", "nothing(", "?")))
    assert [item.kind for item in hello(conditions).items] == ["student"]
