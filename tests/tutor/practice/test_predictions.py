"""Predictions: while one is open, and when it was compared."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.tutor.practice.student import (
    CHECK,
    SOLUTION,
    STARTER,
    ask,
    called,
    calls,
    facts,
    is_socratic,
    output,
    said,
    spoke,
    text,
)
from tutor.practice.english import moves


def compared(state: str, **more: Any) -> dict[str, Any]:
    return {"call": "kilometres(3)", "state": state, "said": "6", "gave": "3", **more}


def test_while_one_is_open_it_asks_for_the_answer_and_nothing_else() -> None:
    told = facts("committed", prediction=compared("open"), hints={"may": 1}, check=CHECK)
    for words in ("Is this right?", "Give me the solution", "A hint!", "hello", ""):
        outputs = ask(told, said(words, STARTER))
        assert calls(outputs) == []
        assert "`kilometres(3)`" in text(outputs)
        assert is_socratic(text(outputs))


def test_a_surprise_is_compared_and_nothing_new_asked() -> None:
    outputs = ask(facts("surprised", prediction=compared("wrong")), said("6", STARTER))
    assert calls(outputs) == []
    assert "You said `6`; it gave `3`." in text(outputs)
    assert any(part in text(outputs) for part in moves.PART)
    assert is_socratic(text(outputs))


def test_after_a_surprise_the_next_call_follows_what_the_student_says() -> None:
    told = facts("surprised", prediction=compared("wrong"))
    asked = called("ask_prediction", call="kilometres(3)", question="What?")
    items = [facts(), said("Hi", STARTER), asked, output({"status": "asked"}), told, said("6")]
    outputs = ask(*items, spoke("So?"), told, said("It leaves out the last day."))
    assert calls(outputs)[0][0] == "ask_prediction"
    assert calls(outputs)[0][1]["call"] != "kilometres(3)"


def test_a_belief_alone_is_asked_about_in_the_students_words() -> None:
    one = compared("wrong", call="list(range(1, 4))", gave="[1, 2, 3]")
    words = text(ask(facts("surprised", prediction=one), said("[1, 2, 3, 4]", STARTER)))
    assert any(part in words for part in moves.PART_WITNESS)


def test_right_where_the_lesson_asks_for_something_else_is_not_enough() -> None:
    one = compared("right", said="3")
    outputs = ask(facts("consistent", prediction=one, check=CHECK), said("3", STARTER))
    assert calls(outputs) == []
    assert "The lesson asks for `6`" in text(outputs)


def test_right_otherwise_leads_to_the_witness_that_the_check_names() -> None:
    one = compared("right", call="kilometres(0)", said="0", gave="0")
    outputs = ask(facts("consistent", prediction=one, check=CHECK), said("0", STARTER))
    assert calls(outputs)[0][1]["call"] == "list(range(1, 4))"


def asked_in_turn(programs: Sequence[str]) -> list[str]:
    """The calls whose values are asked for, one after the other, for these programs."""
    asked: list[str] = []
    items: list[dict[str, Any]] = []
    for number, program in enumerate(programs):
        items += [facts("consistent", check=CHECK), said(f"I see {number}.", program)]
        outputs = ask(*items)
        moved = [call for name, call in calls(outputs) if name == "ask_prediction"]
        asked += [call["call"] for call in moved]
        items.append(spoke(text(outputs)))
        for call in moved:
            made = called("ask_prediction", f"call_{number}", **call)
            items += [made, output({"status": "asked"}, f"call_{number}")]
    return asked


def test_nothing_is_asked_for_twice_of_the_same_program() -> None:
    asked = asked_in_turn([STARTER] * 6)
    # Nor for a case whose value the check has shown.
    assert sorted(asked) == ["list(range(1, 4))", "list(range(2))"]


def test_no_witness_is_asked_for_twice_whatever_the_program() -> None:
    asked = asked_in_turn([f"{STARTER}# {number}\n" for number in range(8)])
    # What failed is asked for again, since it may have changed.
    assert asked == ["list(range(1, 4))", *["kilometres(3)"] * 7]


@pytest.mark.parametrize(
    ("verdict", "words"), [("none", "the run gave `3`"), ("not_run", "I could not run")]
)
def test_not_knowing_and_no_run_are_told(verdict: str, words: str) -> None:
    outputs = ask(facts(prediction=compared(verdict)), said("I don't know.", STARTER))
    assert words in text(outputs)
    assert is_socratic(text(outputs))


def test_an_error_is_no_value() -> None:
    one = compared("wrong", gave="raises KeyError: 'a'")
    words = text(ask(facts("surprised", prediction=one), said("6", STARTER)))
    assert "it gave no value but the error `KeyError: 'a'`" in words


def test_a_call_that_needs_no_program_is_not_asked_of_the_program() -> None:
    outputs = ask(facts("consistent", check=CHECK), said("Hm.", STARTER))
    [(name, arguments)] = calls(outputs)
    assert (name, arguments["call"]) == ("ask_prediction", "list(range(1, 4))")
    assert arguments["question"] in moves.predict_alone("list(range(1, 4))")
    one = compared("none", call="list(range(1, 4))", gave="[1, 2, 3]")
    words = text(ask(facts(prediction=one), said("I don't know.", STARTER)))
    assert any(part in words for part in moves.FROM_WHERE_ALONE)


def test_of_a_program_that_cannot_be_read_nothing_is_to_be_foretold() -> None:
    outputs = ask(facts(check=CHECK), said("I changed it", STARTER.replace("):", ")")))
    assert "ask_prediction" not in [name for name, _ in calls(outputs)]
    assert "field" not in text(outputs)


def test_a_guess_in_words_is_sent_to_the_field() -> None:
    told = facts("committed", prediction=compared("open"))
    words = text(ask(told, said("I think it is 3", STARTER)))
    assert words in moves.guessed("kilometres(3)", "")
    assert is_socratic(words)


def test_after_two_predictions_a_right_one_is_followed_by_a_run() -> None:
    items = [facts("consistent"), said("Hm.", SOLUTION)]
    for number in range(2):
        made = called("ask_prediction", f"c{number}", call=f"{number}", question="?")
        items += [made, output({"status": "asked"}, f"c{number}"), spoke("Hm.")]
    one = compared("right", said="6", gave="6")
    outputs = ask(*items, facts("consistent", prediction=one), said("6"))
    assert [name for name, _ in calls(outputs)] == ["execute_code"]
