"""Fifty turns of good questions in a step: all that was said before counts with each, and nothing
is held back."""

import itertools
from typing import Any

import pytest

from courses.facts import CodeStep
from tests.conftest import sample
from tests.tutor.leaks.good_questions import questions
from tests.tutor.leaks.running import judged
from tutor.leaks.judge import Judge
from tutor.leaks.judgement import Verdict
from tutor.leaks.said import Channel, Said
from tutor.leaks.situation import Situation

TURNS = 50


def programs() -> list[Any]:
    """Every wrong program of the Python courses. The first of every third lesson is tried always,
    the others are more of the same."""
    found = []
    for name in ("first-steps", "python-foundations"):
        for number, lesson in enumerate(sample(name).lessons):
            for step in lesson.code_steps():
                for place, one in enumerate(step.wrong):
                    marks = () if number % 3 == 0 and place == 1 else (pytest.mark.slow,)
                    file = one.file.rpartition("/")[2]
                    found.append(
                        pytest.param(step, one.code, id=f"{lesson.id}/{file}", marks=marks)
                    )
    return found


@pytest.mark.parametrize(("step", "program"), programs())
def test_no_alarm_in_fifty_turns(step: CodeStep, program: str) -> None:
    earlier: list[Said] = []
    held_back = []
    for text in itertools.islice(questions(step, program), TURNS):
        said = Said(Channel.REPLY, text)
        situation = Situation(
            step=step,
            language="python",
            programs=tuple(dict.fromkeys([program, step.starter])),
            known=known(step),
            earlier=tuple(earlier),
            files=tuple((file.path, file.text) for file in step.files),
        )
        found = judged(Judge(situation).judge(said), situation.files)
        if found.verdict is Verdict.LEAK:
            held_back.append((text, found.way, found.mended))
        earlier.append(said)
    assert held_back == []


def known(step: CodeStep) -> tuple[str, ...]:
    """What the page tells everybody of the step."""
    cases = [
        text
        for case in step.visible
        for text in (case.call, case.stdin, case.expect, case.stdout, case.raises)
    ]
    return tuple(text for text in [step.title, step.prompt, step.stdin, *cases] if text)
