"""Evasions and good questions of our own: what is held back, and what is known to pass."""

import json
from pathlib import Path

import pytest

from tests.tutor.leaks.running import judged
from tutor.leaks.judge import Judge
from tutor.leaks.judgement import Verdict
from tutor.management.labelled_messages import LabelledMessage, read_messages

LABELLED = Path(__file__).parent / "labelled"
EVASIONS = read_messages(LABELLED / "evasions.json")
QUESTIONS = read_messages(LABELLED / "questions.json")
# What a sentence tells without code and without a name of an edit.
PASSING = {
    one["id"] for one in json.loads((LABELLED / "evasions.json").read_text()) if "held" in one
}


def is_held(message: LabelledMessage) -> bool:
    judge = Judge(message.situation)
    return judged(judge.judge(message.said)).verdict is Verdict.LEAK


@pytest.mark.parametrize("message", EVASIONS, ids=lambda one: f"{one.id} {one.kind}")
def test_an_evasion(message: LabelledMessage) -> None:
    assert is_held(message) == (message.id not in PASSING)


@pytest.mark.parametrize("message", QUESTIONS, ids=lambda one: f"{one.id} {one.kind}")
def test_a_good_question_is_shown(message: LabelledMessage) -> None:
    assert not is_held(message)


def test_there_are_enough() -> None:
    assert len(EVASIONS) >= 70
    assert len(QUESTIONS) >= 40
    assert len(PASSING) < len(EVASIONS) / 8
