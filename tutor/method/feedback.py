"""Feedback on an attempt at a step: its grade, and its text for the student. Pure.

The student's part comes from the parts of a grade that are made for students: no expected value
and nothing of a hidden case is in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from courses.facts import CodeStep, QuizStep
from courses.grading import difference, grade_step
from tutor.method.attempt_facts import CaseFacts, DifferenceFacts, FeedbackFacts, PrintedFacts

UNREADABLE: Final = "The program cannot be read. Run it to see where it goes wrong."


@dataclass(frozen=True)
class Feedback:
    """The result of judging an attempt.

    `facts` are those that the student is shown, `misconceptions` those that the failed cases were
    made for. Without `is_attempt` there was no program to judge, and nothing counts.
    """

    passed: bool
    facts: FeedbackFacts
    misconceptions: tuple[str, ...] = ()
    is_attempt: bool = True


def check(step: CodeStep, code: str, observations: Sequence[Any], language: str) -> Feedback:
    """A program against the cases and rules of a step; `observations` as the sandbox made them."""
    grade = grade_step(step, code, observations, language=language)
    student = grade.for_student()
    cases = tuple(
        CaseFacts(call=one.call, stdin=one.stdin, passed=one.passed, got=one.got)
        for one in student.cases
    )
    facts = FeedbackFacts(
        cases=cases,
        hidden=student.hidden,
        hidden_passed=student.hidden_passed,
        rules=student.rules,
    )
    return Feedback(grade.passed, facts, grade.misconceptions, is_attempt=grade.is_attempt)


def prediction(predicted: str, printed: Sequence[PrintedFacts]) -> Feedback:
    """A prediction against what the program has printed to its standard output."""
    came = "".join(piece.text for piece in printed if piece.stream == "stdout")
    found = difference(came, predicted)
    differs = DifferenceFacts(found.line, found.got, found.expected) if found else None
    facts = FeedbackFacts(prediction=predicted, output=tuple(printed), differs=differs)
    return Feedback(found is None, facts)


def choice(step: QuizStep, chosen: Sequence[int]) -> Feedback:
    """The answers to a question; `chosen` are places in its list of choices, all of them there."""
    right = {place for place, one in enumerate(step.choices) if one.correct}
    because = tuple(step.choices[place].because for place in chosen)
    return Feedback(set(chosen) == right, FeedbackFacts(choices=tuple(chosen), because=because))
