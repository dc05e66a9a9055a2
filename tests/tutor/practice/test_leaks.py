"""The leak gate holds nothing back of what the scripted tutor says, whoever asks."""

from typing import Any

import pytest

from courses.facts import CourseSource, LessonSource
from courses.steps import CodeStep, PredictStep, Step
from tests.tutor.practice.gated import Gate
from tests.tutor.practice.server import Server
from tests.tutor.practice.walks import POLICIES, steps, walk
from tutor.emulator import Output, Say

KEEPING = [one for one in steps() if isinstance(one.values[2], CodeStep | PredictStep)]


def everybody() -> list[Any]:
    """Each program with each student. Of each step one of them is tried by all, the others are
    more of the same."""
    found: list[Any] = []
    seen: set[tuple[str, str]] = set()
    policies = list(POLICIES)
    for one in KEEPING:
        step = one.values[1].id, one.values[2].id
        chosen = policies[len(seen) % len(policies)] if step not in seen else ""
        seen.add(step)
        for policy in policies:
            marks = () if policy == chosen else (pytest.mark.slow,)
            found.append(pytest.param(*one.values, policy, id=f"{one.id}-{policy}", marks=marks))
    return found


@pytest.mark.parametrize(("course", "lesson", "step", "program", "policy"), everybody())
def test_nothing_is_held_back_of_what_it_says(
    course: CourseSource, lesson: LessonSource, step: Step, program: str, policy: str
) -> None:
    server = Server(course, lesson, step)
    gate = Gate(server)

    def turn(outputs: list[Output]) -> bool:
        gate.turn(outputs)
        return server.done

    walk(server, program, policy, turn)
    assert gate.held_back == []


def test_a_solution_would_be_held_back() -> None:
    course, lesson, step, program = KEEPING[0].values
    server = Server(course, lesson, step, program)
    gate = Gate(server)
    gate.turn(server.say("Hello"))
    assert gate.held_back == []
    gate.turn([Say(f"```python\n{step.solution}```")])
    assert [said.text for said, _ in gate.held_back] == [f"```python\n{step.solution}```"]
