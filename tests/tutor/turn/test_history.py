"""Delta or full: whatever happens, what the model has been told equals the items."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.method.prompts import student_message
from tutor.method.tools import output
from tutor.turn.history import (
    AskAgain,
    Plan,
    RunCalls,
    WaitForStudent,
    advance,
    facts_due,
    has_unanswered,
    next_step,
    open_calls,
    plan,
    times_withheld,
)

FIELDS = {"model": "m", "instructions": "i"}
QUESTION = student_message("Why?", "print(1)")
ANSWER = {
    "type": "message",
    "role": "assistant",
    "id": "msg_1",
    "status": "completed",
    "content": [{"type": "output_text", "text": "What if?", "annotations": [], "logprobs": []}],
}
CALL = {"type": "function_call", "call_id": "call_1", "name": "execute_code", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "1"}


def test_a_new_socket_is_told_everything() -> None:
    assert plan(FIELDS, [QUESTION, ANSWER], None) == Plan((QUESTION, ANSWER), None)


def test_a_warm_socket_is_told_only_what_is_new() -> None:
    baseline = advance(FIELDS, [QUESTION], "resp_1", [ANSWER])
    again = student_message("And now?")
    assert plan(FIELDS, [QUESTION, ANSWER, again], baseline) == Plan((again,), "resp_1")


def test_what_the_api_adds_to_its_own_output_makes_no_difference() -> None:
    baseline = advance(FIELDS, [QUESTION], "resp_1", [ANSWER])
    stored = {**ANSWER, "id": "msg_other", "status": "incomplete"}
    assert plan(FIELDS, [QUESTION, stored], baseline).previous_response_id == "resp_1"


def test_other_words_in_the_same_place_are_another_conversation() -> None:
    baseline = advance(FIELDS, [QUESTION], "resp_1", [ANSWER])
    partial = {"type": "message", "role": "assistant", "content": "What"}
    items = [QUESTION, partial, QUESTION]
    assert plan(FIELDS, items, baseline) == Plan(tuple(items), None)


def test_other_fields_are_another_conversation() -> None:
    baseline = advance(FIELDS, [QUESTION], "resp_1", [ANSWER])
    assert plan({**FIELDS, "model": "n"}, [QUESTION, ANSWER], baseline).previous_response_id is None


def test_a_conversation_shorter_than_what_the_socket_holds_is_told_whole() -> None:
    baseline = advance(FIELDS, [QUESTION], "resp_1", [ANSWER])
    assert plan(FIELDS, [QUESTION], baseline) == Plan((QUESTION,), None)


ITEM = st.builds(
    lambda role, text: {"type": "message", "role": role, "content": text},
    st.sampled_from(["user", "assistant"]),
    st.sampled_from("abc"),
)


@given(items=st.lists(ITEM), held=st.none() | st.lists(ITEM), cut=st.integers(0, 5), said=ITEM)
def test_what_the_model_has_been_told_equals_the_items(
    items: list[dict[str, str]], held: list[dict[str, str]] | None, cut: int, said: dict[str, str]
) -> None:
    """Whether the socket holds the beginning of the items, or something else."""
    known = [*held, said] if held is not None else items[:cut]
    sent = plan(FIELDS, items, advance(FIELDS, known[:-1], "resp_1", known[-1:]))
    continued = known if sent.previous_response_id else []
    assert [*continued, *sent.input] == items


def test_rows_that_end_with_the_student_say_ask() -> None:
    assert next_step([QUESTION]) == AskAgain()
    assert next_step([QUESTION, CALL, OUTPUT]) == AskAgain()


def test_rows_that_end_with_the_tutor_say_wait() -> None:
    assert next_step([]) == WaitForStudent()
    assert next_step([QUESTION, ANSWER]) == WaitForStudent()


def test_rows_with_a_call_without_output_say_run_it() -> None:
    second = {**CALL, "call_id": "call_2"}
    assert next_step([QUESTION, CALL, second, OUTPUT]) == RunCalls((2,))


def test_an_output_answers_the_first_call_with_its_id_that_is_open() -> None:
    twice = [QUESTION, CALL, CALL, OUTPUT]
    assert next_step(twice) == RunCalls((2,))
    assert next_step([QUESTION, CALL, CALL, OUTPUT, OUTPUT]) == AskAgain()
    assert next_step([QUESTION, CALL, OUTPUT, CALL]) == RunCalls((3,))


def test_an_output_without_a_call_answers_nothing() -> None:
    assert next_step([QUESTION, OUTPUT, CALL]) == RunCalls((2,))
    assert next_step([QUESTION, OUTPUT]) == AskAgain()


IDS = st.sampled_from(["call_0", "call_1"])


@given(
    responses=st.lists(st.lists(IDS, min_size=1, max_size=4), max_size=4),
    cut=st.integers(min_value=0),
)
def test_wherever_a_turn_is_cut_exactly_the_calls_that_were_not_answered_are_open(
    responses: list[list[str]], cut: int
) -> None:
    """Outputs are stored in the order of the calls, those of one response before the next."""
    items: list[dict[str, Any]] = [QUESTION]
    # The place of the call that each output answers.
    answers: dict[int, int] = {}
    for ids in responses:
        first = len(items)
        items += [{**CALL, "call_id": one} for one in ids]
        for place, one in enumerate(ids, first):
            answers[len(items)] = place
            items.append({**OUTPUT, "call_id": one})
    there = items[: cut % (len(items) + 1)]
    answered = {call for output, call in answers.items() if output < len(there)}
    calls = [place for place, item in enumerate(there) if item["type"] == "function_call"]
    assert open_calls(there) == tuple(place for place in calls if place not in answered)


# Moves and facts -------------------------------------------------------------------------------

FACTS = {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "{}"}]}


def answered(*statuses: str) -> list[dict[str, Any]]:
    """A response with so many calls, and its outputs."""
    return [CALL] * len(statuses) + [output("call_1", {"status": one}) for one in statuses]


@pytest.mark.parametrize("status", ["asked", "given", "offered"])
def test_rows_that_end_with_a_move_say_wait(status: str) -> None:
    assert next_step([FACTS, QUESTION, *answered(status)]) == WaitForStudent()
    assert next_step([FACTS, QUESTION, ANSWER, *answered(status)]) == WaitForStudent()
    assert next_step([QUESTION, *answered("ok"), *answered(status)]) == WaitForStudent()
    thought = {"type": "reasoning", "id": "rs_1", "summary": []}
    assert next_step([QUESTION, thought, *answered(status), FACTS]) == WaitForStudent()


@pytest.mark.parametrize(
    "statuses",
    [("refused",), ("write",), ("error",), ("ok",), ("asked", "refused"), ("ok", "given")],
)
def test_rows_that_end_with_an_output_that_is_to_be_read_say_ask(statuses: tuple[str, ...]) -> None:
    assert next_step([QUESTION, *answered(*statuses)]) == AskAgain()


def test_outputs_of_an_earlier_response_do_not_count() -> None:
    assert next_step([QUESTION, *answered("asked"), *answered("refused")]) == AskAgain()
    assert next_step([QUESTION, *answered("refused"), *answered("asked")]) == WaitForStudent()


def test_a_move_of_which_an_output_is_missing_is_made() -> None:
    assert next_step([QUESTION, CALL, CALL, output("call_1", {"status": "asked"})]) == RunCalls(
        (2,)
    )


def test_a_message_behind_a_move_is_owed_an_answer() -> None:
    steered = student_message("Wait")
    heard = [QUESTION, CALL, steered, output("call_1", {"status": "asked"})]
    assert next_step(heard) == AskAgain()
    assert next_step([QUESTION, *answered("asked"), FACTS, steered]) == AskAgain()
    assert has_unanswered(heard)
    assert not has_unanswered([QUESTION, steered, CALL])
    assert not has_unanswered([])


def test_facts_are_neither_the_students_words_nor_the_tutors() -> None:
    assert next_step([FACTS]) == WaitForStudent()
    assert next_step([QUESTION, ANSWER, FACTS]) == WaitForStudent()
    assert next_step([FACTS, QUESTION]) == AskAgain()
    assert next_step([QUESTION, ANSWER, student_message("Wait"), FACTS]) == AskAgain()
    assert next_step([QUESTION, *answered("ok"), FACTS]) == AskAgain()


def test_facts_are_due_for_messages_that_came_without() -> None:
    steered = student_message("Wait")
    assert not facts_due([FACTS, QUESTION, steered])
    assert not facts_due([FACTS, QUESTION, ANSWER])
    assert facts_due([FACTS, QUESTION, ANSWER, steered])
    assert facts_due([FACTS, QUESTION, ANSWER, steered, *answered("ok")])
    assert not facts_due([FACTS, QUESTION, ANSWER, steered, *answered("ok"), FACTS])
    assert not facts_due([FACTS, QUESTION, *answered("ok"), FACTS, steered])
    # Turns that were begun before there were facts.
    assert facts_due([QUESTION])
    assert not facts_due([])


# What was withheld ------------------------------------------------------------------------------

NOTICE = {**FACTS, "content": [{"type": "input_text", "text": '{"facts": {}, "withheld": {}}'}]}


def test_after_a_notice_the_model_owes_another_answer() -> None:
    assert next_step([QUESTION, ANSWER, NOTICE]) == AskAgain()
    assert next_step([QUESTION, NOTICE]) == AskAgain()
    assert next_step([QUESTION, ANSWER, *answered("asked"), NOTICE]) == AskAgain()
    assert next_step([QUESTION, ANSWER, NOTICE, FACTS]) == AskAgain()
    assert next_step([QUESTION, ANSWER, NOTICE, FACTS, student_message("Wait")]) == AskAgain()
    assert next_step([QUESTION, ANSWER, NOTICE, CALL]) == RunCalls((3,))
    # It has given it.
    assert next_step([QUESTION, ANSWER, NOTICE, ANSWER]) == WaitForStudent()
    assert next_step([QUESTION, ANSWER, NOTICE, *answered("asked")]) == WaitForStudent()


def test_an_answer_that_the_student_has_not_seen_is_none() -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": []}
    assert next_step([QUESTION, ANSWER], withheld={1}) == AskAgain()
    assert next_step([QUESTION, ANSWER, thought], withheld={1, 2}) == AskAgain()
    assert next_step([QUESTION, ANSWER, ANSWER], withheld={1}) == WaitForStudent()
    assert next_step([QUESTION, CALL], withheld={1}) == RunCalls((1,))
    assert next_step([QUESTION, ANSWER, *answered("asked")], withheld={2, 3}) == AskAgain()


def test_a_notice_has_the_facts_and_counts() -> None:
    steered = student_message("Wait")
    assert not facts_due([FACTS, QUESTION, ANSWER, steered, NOTICE])
    assert times_withheld([FACTS, QUESTION, ANSWER, NOTICE, FACTS, ANSWER, NOTICE]) == 2


def test_facts_are_told_as_what_is_new() -> None:
    baseline = advance(FIELDS, [FACTS, QUESTION], "resp_1", [ANSWER])
    news = [FACTS, student_message("And now?")]
    assert plan(FIELDS, [FACTS, QUESTION, ANSWER, *news], baseline) == Plan(tuple(news), "resp_1")


class Unread(dict[str, Any]):
    """An item that nobody may look into."""

    def items(self) -> Any:
        raise AssertionError("looked into")


def test_what_is_the_very_same_item_is_not_looked_into() -> None:
    old, new = Unread(type="message"), {"type": "message", "role": "user", "content": "2"}
    baseline = advance({}, [old], "resp_1", [])
    assert plan({}, [old, new], baseline) == Plan((new,), "resp_1")
