"""A dialogue far beyond the threshold: how often it is compacted, and what goes upstream for that.

The context and the plan of what is sent are real; the rows are a list, the server a function.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.tutor.asking import FIELDS, Student
from tutor.protocol.calls import Payload
from tutor.protocol.events import Usage
from tutor.turn import history
from tutor.upstream.context import GROWTH, LITTLE, Context
from tutor.upstream.http import NO_ENDPOINT
from tutor.upstream.sansio import parse
from tutor.upstream.sansio.causes import Cause
from tutor.upstream.sansio.length import LEFT_OUT, compacted, request_tokens

LIMIT = 4_000
TURNS = 60
# About the tokens of a turn.
TURN = 2 * 250

Compact = Callable[[list[Payload]], parse.Outcome]


def said(role: str, number: int, words: int) -> Payload:
    content = [{"type": "input_text", "text": f"{role} {number} " + "word " * words}]
    return {"type": "message", "role": role, "content": content}


SEAL: Payload = {"type": "compaction", "encrypted_content": "g" * 600}


def small(items: list[Payload]) -> parse.Outcome:
    return parse.ResponseDone("c", (SEAL,))


def keeps_students(items: list[Payload]) -> parse.Outcome:
    """As OpenAI's: all that the student has said stays."""
    students = [item for item in items if item.get("role") == "user"]
    return parse.ResponseDone("c", (*students, SEAL))


def keeps_all(items: list[Payload]) -> parse.Outcome:
    return parse.ResponseDone("c", (*items[:-1], SEAL))


def has_none(items: list[Payload]) -> parse.Outcome:
    return parse.ResponseFailed(NO_ENDPOINT, "", may_retry=False)


def is_ill(items: list[Payload]) -> parse.Outcome:
    return parse.ResponseFailed("server_error", "", may_retry=True, cause=Cause.UNKNOWN)


@dataclass
class Dialogue:
    """Turns, each asked over a socket that holds the last one, and compacted when that is due."""

    server: Compact
    counts: bool = True
    items: list[Payload] = field(default_factory=list)
    # Per turn: the bytes sent, and the items told. And how often something was compacted.
    sent: list[int] = field(default_factory=list)
    told: list[int] = field(default_factory=list)
    compactions: int = 0
    attempts: int = 0
    number: int = 0

    def __post_init__(self) -> None:
        self.baseline: history.Baseline | None = None
        self.open_page()

    def open_page(self) -> None:
        self.context = Context(FIELDS, self, lambda: self, lambda *cost: None)  # type: ignore[arg-type, return-value]  # never used

    async def payloads(self) -> list[Payload]:
        return list(self.items)

    async def omit_sealed(self) -> bool:
        return False

    async def compact(self, response_id: str, told: Any, items: Any) -> bool:
        self.compactions += 1
        return await Student.compact(self, response_id, told, items)  # type: ignore[arg-type]

    async def turn(self) -> None:
        self.number += 1
        self.items.append(said("user", self.number, 130))
        items = await self.context.fitting_items()
        plan = history.plan(FIELDS, items, self.baseline)
        self.sent.append(len(json.dumps(plan.input)))
        self.told.append(len(items))
        answer = said("assistant", self.number, 130)
        usage = Usage(request_tokens(FIELDS, items), 0, 250) if self.counts else Usage()
        done = parse.ResponseDone(f"r{self.number}", (answer,), usage=usage)
        self.baseline = history.advance(FIELDS, items, done.response_id, done.items)
        await self.context.record_answer(items, done)
        self.items.append(answer)
        if self.context.is_long:
            await self.context.compact()


@pytest.fixture
def dialogue(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[..., Dialogue]:
    settings.COMPACT_AT_TOKENS = LIMIT

    def begin(server: Compact, **options: Any) -> Dialogue:
        begun = Dialogue(server, **options)

        async def compact(_client: Any, _fields: Any, items: list[Payload]) -> parse.Outcome:
            begun.attempts += 1
            return server(items)

        monkeypatch.setattr("tutor.upstream.http.compact", compact)
        return begun

    return begin


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("turns_a_page", [TURNS, 7])
@pytest.mark.parametrize("server", [small, has_none])
async def test_sixty_turns_past_the_threshold_cost_no_more_than_the_first(
    dialogue: Callable[..., Dialogue], server: Compact, turns_a_page: int, counts: bool
) -> None:
    """By the server's endpoint, and by what we leave out ourselves."""
    talk = dialogue(server, counts=counts)
    while not talk.compactions:
        await talk.turn()
    first = talk.number
    for number in range(TURNS):
        if number % turns_a_page == 0:
            talk.open_page()
        await talk.turn()
    # What is told never has more tokens than fit below the threshold, and one turn.
    assert max(talk.told) <= first * 2
    # Once in the turns that it takes to come to the threshold again, from half of it at worst.
    assert 1 < talk.compactions <= 1 + TURNS // (LIMIT // 2 // TURN) + 1
    bytes_of_turn = talk.sent[1]
    assert sum(talk.sent) / len(talk.sent) < 4 * bytes_of_turn
    late, early = talk.sent[-TURNS // 2 :], talk.sent[first : first + TURNS // 2]
    assert sum(late) < 1.5 * sum(early)


@pytest.mark.parametrize("turns_a_page", [TURNS, 7])
@pytest.mark.parametrize("server", [keeps_students, keeps_all])
async def test_where_little_is_gained_it_is_said_and_not_tried_every_turn(
    dialogue: Callable[..., Dialogue], server: Compact, turns_a_page: int
) -> None:
    talk = dialogue(server)
    with capture_logs() as logs:
        for number in range(8 + TURNS):
            if number % turns_a_page == 0:
                talk.open_page()
            await talk.turn()
    # From the threshold on by half each time, in dialogues that have become nine times as long.
    assert 1 < talk.attempts <= 10
    little = [log for log in logs if log["event"] == "upstream.little_gained"]
    assert little or turns_a_page < TURNS
    assert all(log["tokens"] > LITTLE * log["before"] for log in little)


async def test_a_server_that_is_ill_is_not_asked_for_it_every_turn(
    dialogue: Callable[..., Dialogue],
) -> None:
    talk = dialogue(is_ill)
    for _ in range(8 + TURNS):
        await talk.turn()
    assert (talk.compactions, talk.attempts <= 7) == (0, True)


async def test_it_is_compacted_again_when_it_has_grown_by_half(
    dialogue: Callable[..., Dialogue],
) -> None:
    talk = dialogue(keeps_all)
    sizes: list[int] = []
    while len(sizes) < 4:
        before = talk.attempts
        await talk.turn()
        if talk.attempts > before:
            sizes.append(request_tokens(FIELDS, talk.items))
    for one, other in pairwise(sizes):
        assert GROWTH <= other / one < GROWTH + 0.5


async def test_what_does_not_fit_a_window_is_left_out_where_compacting_gains_little(
    dialogue: Callable[..., Dialogue], settings: Any
) -> None:
    settings.OPENAI_CONTEXT_TOKENS = 2 * LIMIT
    settings.COMPACT_AT_TOKENS = 100 * LIMIT
    talk = dialogue(keeps_all)
    for _ in range(8 + TURNS):
        await talk.turn()
        assert request_tokens(FIELDS, talk.items) < 2 * LIMIT
    assert talk.attempts < TURNS // 2


def test_what_stands_for_earlier_turns_is_found() -> None:
    turn = [said("user", 1, 1), said("assistant", 1, 1)]
    note = {**turn[0], "content": [{"type": "input_text", "text": LEFT_OUT}]}
    assert [compacted(items) for items in ([], turn, [note, *turn], [*turn, SEAL, *turn])] == [
        0, 0, 1, 3,
    ]  # fmt: skip
    odd: list[Payload] = [{"type": "message", "role": "user", "content": "text"}, {"type": "x"}]
    assert compacted(odd) == 0
