"""Steps to read, to predict and to choose in."""

import pytest

from tests.tutor.practice.student import (
    RIGHT,
    ask,
    calls,
    facts,
    is_socratic,
    said,
    spoke,
    text,
)
from tutor.practice.english import steps


@pytest.mark.parametrize("words", ["Is this right?", "Run it", "Tell me the answer", "3"])
def test_before_a_prediction_nothing_is_run_or_told(words: str) -> None:
    outputs = ask(facts("fresh", step="guess", kind="predict"), said(words))
    assert calls(outputs) == []
    assert any(one in text(outputs) for one in steps.PREDICT_FIRST)


def test_after_it_both_are_compared() -> None:
    check = {"attempt": 1, "passed": False, "wrong_from_line": 2}
    words = text(ask(facts(step="guess", kind="predict", check=check), said("Hm.")))
    assert "agree up to line 1, and part in line 2" in words
    assert is_socratic(words)


def test_a_right_one_is_explained() -> None:
    told = facts("passed", step="guess", kind="predict", check=RIGHT)
    words = text(ask(told, said("Yes!")))
    assert any(one in words for one in steps.PREDICTED_RIGHT)
    outputs = ask(told, said("Yes!"), spoke(words), told, said("Line 2 decides"))
    assert calls(outputs) == [("offer_check", {"what": "next"})]


def test_a_quiz_asks_for_reasons_and_never_says_what_is_right() -> None:
    words = text(ask(facts("fresh", step="choose", kind="quiz"), said("Is it the first one?")))
    assert any(one in words for one in steps.CHOOSE)
    chose = {"attempt": 1, "passed": False, "chose": [2]}
    words = text(ask(facts(step="choose", kind="quiz", check=chose), said("Why?")))
    assert "You chose “It ends at 4”" in words
    assert "It ends at 3" not in words


def test_a_text_is_asked_about() -> None:
    told = facts("reading", step="read", kind="explain")
    words = text(ask(told, said("What is this about?")))
    assert any(one in words for one in steps.READ)
    outputs = ask(told, said("Hi"), spoke(words), told, said("done"))
    assert calls(outputs) == [("offer_check", {"what": "next"})]


@pytest.mark.parametrize("words", ["A hint, please", "I don't know", "Give me the solution"])
def test_nobody_is_thanked_for_what_they_have_not_said(words: str) -> None:
    told = facts("reading", step="read", kind="explain")
    items = [told, *(one for text in steps.READ for one in (said("Hm."), spoke(text), told))]
    outputs = ask(*items, said(words))
    assert calls(outputs) == []
    assert any(one in text(outputs) for one in steps.SMALLER_READ)


def test_a_wrong_choice_that_was_spoken_of_leads_to_another() -> None:
    told = facts(step="choose", kind="quiz", check={"attempt": 1, "passed": False, "chose": [2]})
    words = text(ask(told, said("Why?")))
    assert any(one in words for one in steps.CHOSEN_WRONG)
    words = text(ask(told, said("Why?"), spoke(words), told, said("It is too small")))
    assert words in steps.CHOOSE_AGAIN
    assert is_socratic(words)
