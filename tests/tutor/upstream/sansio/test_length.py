"""How long a dialogue is, and what of it may be left out without tearing anything apart."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from tests.tutor.scripted import call, message
from tutor.method.facts_role import ROLES, FactsRole, as_role
from tutor.method.prompts import program, program_of, student_message
from tutor.method.tools import error_output
from tutor.protocol.calls import Payload
from tutor.upstream.sansio.length import (
    LEFT_OUT,
    estimate_tokens,
    request_tokens,
    shorten,
    turn_starts,
)

FIELDS: Payload = {"model": "m", "instructions": "Ask."}
FACTS: Payload = {
    "type": "message", "role": "developer",
    "content": [{"type": "input_text", "text": '{"facts":{"step":"search"}}'}],
}  # fmt: skip
THOUGHT: Payload = {"type": "reasoning", "encrypted_content": "gAAA", "summary": []}


@pytest.mark.parametrize(
    ("text", "least", "most"),
    # What tokenizers in use make of such texts: the estimate may be above it, never much below.
    [
        ("The quick brown fox jumps over the lazy dog. " * 10, 100, 200),
        ("for i in range(10):\n    print(i)\n" * 10, 100, 170),
        ("Почему это печатает три? " * 10, 70, 260),
        ("为什么它打印三？" * 10, 60, 130),
        ("🙂" * 10, 10, 30),
        ("", 0, 0),
        ("\ud800", 1, 2),
    ],
)
def test_the_estimate_is_rather_too_high(text: str, least: int, most: int) -> None:
    assert least <= estimate_tokens(text) <= most


def test_instructions_and_tools_count() -> None:
    assert request_tokens({**FIELDS, "tools": ["x" * 300]}, []) >= request_tokens(FIELDS, []) + 100


def test_a_message_within_a_call_begins_no_turn() -> None:
    items = [
        student_message("one"), call("1"), student_message("two"), error_output("call_1", "x"),
        message("a"), student_message("three"),
    ]  # fmt: skip
    assert turn_starts(items) == [0, 5]


def test_calls_of_one_id_are_counted() -> None:
    items = [
        student_message("one"), call("1"), call("2"), error_output("call_1", "x"),
        student_message("two"), error_output("call_1", "x"), student_message("three"),
    ]  # fmt: skip
    assert turn_starts(items) == [0, 6]


@pytest.mark.parametrize("role", ROLES)
def test_facts_begin_the_turn_whose_messages_follow_them(role: FactsRole) -> None:
    facts = as_role(FACTS, role)
    items = [
        student_message("one"), facts, student_message("two"), student_message("with it"),
        message("a"), student_message("steered in"), facts, message("b"),
        facts, facts, student_message("three"), call("1"), facts, student_message("meanwhile"),
        error_output("call_1", "x"),
    ]  # fmt: skip
    assert turn_starts(items) == [0, 1, 5, 8]


def test_the_program_that_is_left_out_is_told_in_the_note() -> None:
    one, two = (program(code, {}, "python") for code in ("print(1)", "print(2)"))
    items = [student_message("one " * 200, one), message("a"), student_message("two")]
    less = shorten(FIELDS, items, 400)
    assert less
    place, (note,) = less
    assert (place, program_of(note)) == (2, one)
    # Not where a later message brings another one, nor where there is no room.
    newer = [*items[:2], student_message("two", two)]
    for kept, room in ((newer, 400), (items, 0)):
        less = shorten(FIELDS, kept, room)
        assert less
        assert program_of(less[1][0]) is None


def test_nothing_is_left_out_where_nothing_would_be_gained() -> None:
    assert shorten(FIELDS, [student_message("one")], 0) is None
    assert shorten(FIELDS, [message("hello"), call("1")], 0) is None
    note = student_message(LEFT_OUT)
    assert shorten(FIELDS, [note, student_message("x" * 9_000)], 0) is None


@st.composite
def dialogues(draw: st.DrawFn) -> list[Payload]:
    """Turns as they are stored: thoughts, calls, outputs, and messages meanwhile."""
    items: list[Payload] = []
    for number in range(draw(st.integers(1, 6))):
        items += [FACTS] * draw(st.integers(0, 2))
        items.append(student_message(f"{number} " * draw(st.sampled_from([1, 50]))))
        if draw(st.booleans()):
            items.append(THOUGHT)
        for _ in range(draw(st.integers(0, 2))):
            items += [call("1"), call("2")][: draw(st.integers(1, 2))]
            if draw(st.booleans()):
                items.append(student_message("meanwhile"))
            missing = Counter(item["type"] for item in items)
            for _ in range(missing["function_call"] - missing["function_call_output"]):
                items.append(error_output("call_1", "x" * draw(st.sampled_from([1, 500]))))
        items.append(message("a" * draw(st.sampled_from([1, 100]))))
    return [*items, FACTS, student_message("last")]


@given(dialogues(), st.integers(-10, 2_000))
@bounds(deadline=None)
def test_what_is_left_of_a_dialogue_is_one(items: list[Payload], budget: int) -> None:
    less = shorten(FIELDS, items, budget)
    if less is None:
        return
    place, instead = less
    kept = items[place:]
    # With the facts that were told before it.
    assert kept[-2:] == items[-2:]
    assert kept[0]["role"] == "user" or kept[0] == FACTS
    assert place == 0 or items[place - 1] != FACTS
    assert request_tokens(FIELDS, [*instead, *kept]) < request_tokens(FIELDS, items)
    for part in (items[:place], kept):
        kinds = Counter(item["type"] for item in part)
        assert kinds["function_call"] == kinds["function_call_output"]
        assert part[-1] != THOUGHT
    # Not more than has to be.
    earlier = [start for start in turn_starts(items) if 0 < start < place]
    assert all(request_tokens(FIELDS, items[start:]) > budget for start in earlier)
