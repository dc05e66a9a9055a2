"""Asked for help: hints that may be given, and what is said where none may."""

import pytest

from tests.tutor.practice.student import (
    CHECK,
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
from tutor.practice.english import hints, questions


@pytest.mark.parametrize("words", ["A hint?", "I'm stuck", "Give me the solution", "help!"])
@pytest.mark.parametrize("state", ["trying", "stuck", "surprised", "consistent"])
def test_a_hint_that_may_be_given_is_given(state: str, words: str) -> None:
    outputs = ask(facts(state, hints={"may": 2}), said(words, STARTER))
    assert calls(outputs) == [("give_hint", {"level": 2})]


@pytest.mark.parametrize("words", ["A hint?", "I'm stuck", "Give me the solution", "help!"])
@pytest.mark.parametrize("state", ["trying", "stuck", "surprised", "consistent"])
def test_one_that_may_not_is_not_and_why_is_said(state: str, words: str) -> None:
    outputs = ask(facts(state, hints={"because": "Not before 2 attempts."}), said(words, STARTER))
    assert calls(outputs) == []
    assert "Not before 2 attempts" in text(outputs)
    assert is_socratic(text(outputs))


def test_stuck_it_offers_one_unasked_and_speaks_of_the_check() -> None:
    outputs = ask(facts("stuck", check=CHECK, hints={"may": 1}), said("Hm.", STARTER))
    assert calls(outputs) == [("give_hint", {"level": 1})]
    assert "1 of 2 examples" in text(outputs)


def test_after_two_that_were_not_answered_the_question_is_about_one_line() -> None:
    items = [facts(), said("I don't know", STARTER), spoke("So?"), facts(), said("no idea")]
    words = text(ask(*items))
    # Not about the first or the last line: they change no value.
    telling = STARTER.splitlines()[1:-1]
    assert any(questions.one_line(line.strip()) in words for line in telling)


@pytest.mark.parametrize("level", [1, 2, 3, 9])
def test_a_hint_that_is_to_be_written_is_written_from_the_lesson(level: int) -> None:
    asked = {"asked": {"level": level, "write": True}}
    wanted = {1: "`kilometres(3)`", 2: "`list(range(1, 4))`"}.get(level, "range(1, n) ends")
    by_button = ask(facts(check=CHECK, hints=asked), said("A hint, please.", STARTER))
    call = called("give_hint", level=level)
    written = output({"status": "write", "level": level})
    by_model = ask(facts(check=CHECK), said("Help", STARTER), call, written)
    for outputs in (by_button, by_model):
        assert calls(outputs) == []
        assert wanted in text(outputs)
        assert is_socratic(text(outputs))


def test_a_first_hint_after_an_error_is_about_the_error() -> None:
    told = facts(run={"error": "SyntaxError: x"}, hints={"asked": {"level": 1, "write": True}})
    assert hints.ERROR in text(ask(told, said("A hint, please.", STARTER)))
