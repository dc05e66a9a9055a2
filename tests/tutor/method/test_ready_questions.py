"""Questions of ours: chosen by evidence, and never the same twice in a row."""

from itertools import pairwise
from typing import get_args

import pytest

from tutor.method.evidence import StepKind
from tutor.method.ready_questions import MAX_CASE_CHARS, QUESTIONS, ready_question
from tutor.method.withheld import Place

KINDS = get_args(StepKind)
PLACES = [Place(), Place(line=4), Place(call="find(5)"), Place(line=4, call="find(5)")]


def test_the_first_question_is_about_what_is_known_best() -> None:
    assert "`find(5)`" in ready_question("code", PLACES[3])
    assert "line 4" in ready_question("code", PLACES[1])
    assert ready_question("code", Place()) == QUESTIONS["plan"]
    assert ready_question("predict", Place(4, "f(1)")) == QUESTIONS["read"]
    assert (
        ready_question("quiz", Place()) == ready_question("explain", Place()) == QUESTIONS["words"]
    )


def test_a_case_is_named_by_call_and_input() -> None:
    case = Place(call="price", stdin="4\n")
    assert "`price` with the input `4`." in ready_question("code", case)
    assert "one case: `4`." in ready_question("code", Place(stdin="4\n"))
    assert "`` f('`') ``." in ready_question("code", Place(call="f('`')"))


@pytest.mark.parametrize("call", ["x" * (MAX_CASE_CHARS + 1), "f('''\n''')"])
def test_a_case_that_no_sentence_can_hold_is_not_repeated(call: str) -> None:
    assert ready_question("code", Place(call=call)) == QUESTIONS["plan"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", PLACES)
def test_no_question_comes_twice_in_a_row(kind: StepKind, place: Place) -> None:
    before, asked = "", []
    for _ in range(9):
        before = ready_question(kind, place, before)
        asked.append(before)
    assert all(one != next_ for one, next_ in pairwise(asked))
    # Also if what is known has changed meanwhile.
    for other in PLACES:
        assert ready_question(kind, other, before) != before


def test_a_question_is_a_question_of_two_or_three_sentences() -> None:
    for text in QUESTIONS.values():
        assert "?" in text
        assert len(text.split()) <= 50
        # No code of its own.
        assert "`" not in text
