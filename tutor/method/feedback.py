"""Feedback on an attempt at a step: its grade, its text for the student and for the model. Pure.

The student's part comes from the parts of a grade that are made for students: no expected value
and nothing of a hidden case is in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from courses.facts import CodeStep, QuizStep
from courses.grading import difference, grade_step
from tutor.method.attempt_facts import CaseFacts, DifferenceFacts, FeedbackFacts, PrintedFacts

# Failed cases in a summary for the model, and characters of each.
MAX_SUMMARY_CASES: Final = 4
MAX_CASE_CHARS: Final = 200

UNREADABLE: Final = "The program cannot be read. Run it to see where it goes wrong."


@dataclass(frozen=True)
class Feedback:
    """The result of judging an attempt.

    `facts` are those that the student is shown, `misconceptions` those that the failed cases were
    made for. Without `is_attempt` there was no program to judge, and nothing
    counts.
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


def summary(number: int, passed: bool, facts: FeedbackFacts, misconceptions: Sequence[str]) -> str:
    """Attempt `number` in a line or two for the model."""
    said = [f"attempt {number} {'passed' if passed else 'failed'}"]
    if facts.cases or facts.hidden:
        right = sum(case.passed for case in facts.cases)
        said.append(f"{right} of {len(facts.cases)} visible cases passed")
    if facts.hidden:
        said.append(f"{facts.hidden_passed} of {facts.hidden} hidden cases passed")
    failed = [case for case in facts.cases if not case.passed]
    said += [_case(case) for case in failed[:MAX_SUMMARY_CASES]]
    said += facts.rules
    if misconceptions:
        said.append(f"what failed was made for {', '.join(misconceptions)}")
    if facts.differs:
        said.append(f"the prediction is wrong from line {facts.differs.line} on")
    if facts.choices:
        said.append(f"chose {', '.join(str(place + 1) for place in facts.choices)}")
    return "; ".join(said)


def _case(case: CaseFacts) -> str:
    asked = f"`{case.call}`" if case.call else "the program"
    given = f" with the input {case.stdin!r}" if case.stdin else ""
    return _cut(f"{asked}{given}: {case.got}")


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CASE_CHARS else f"{text[:MAX_CASE_CHARS]}…"
