"""How an attempt at a step of a lesson is judged, and what is said about it. Pure.

What a `Judgement` tells the student comes from the parts of a grade that are made for students:
no expected value and nothing of a hidden case is in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from courses.facts import CodeStep, QuizStep
from courses.grading import difference, grade_step
from tutor.method.attempt_facts import CaseFacts, DifferenceFacts, FeedbackFacts, PrintedFacts

# The model hears of so many failed cases, and so many characters of each.
MAX_TOLD_CASES: Final = 4
MAX_TOLD_CHARS: Final = 200

UNREADABLE: Final = "The program cannot be read. Run it to see where it goes wrong."


@dataclass(frozen=True)
class Judgement:
    """`told` are the facts for the student; `beliefs` the misconceptions that may be behind.

    What does not `count` is no attempt: there was no program to judge.
    """

    passed: bool
    told: FeedbackFacts
    beliefs: tuple[str, ...] = ()
    counts: bool = True


def check(step: CodeStep, code: str, observations: Sequence[Any], language: str) -> Judgement:
    """A program against the cases and rules of a step; `observations` as the sandbox made them."""
    grade = grade_step(step, code, observations, language=language)
    student = grade.for_student()
    cases = tuple(
        CaseFacts(call=one.call, stdin=one.stdin, passed=one.passed, got=one.got)
        for one in student.cases
    )
    told = FeedbackFacts(
        cases=cases,
        hidden=student.hidden,
        hidden_passed=student.hidden_passed,
        rules=student.rules,
    )
    return Judgement(grade.passed, told, grade.beliefs, counts=grade.is_attempt)


def prediction(predicted: str, printed: Sequence[PrintedFacts]) -> Judgement:
    """A prediction against what the program has printed to its standard output."""
    came = "".join(piece.text for piece in printed if piece.stream == "stdout")
    found = difference(came, predicted)
    differs = DifferenceFacts(found.line, found.got, found.expected) if found else None
    told = FeedbackFacts(prediction=predicted, output=tuple(printed), differs=differs)
    return Judgement(found is None, told)


def choice(step: QuizStep, chosen: Sequence[int]) -> Judgement:
    """The answers to a question; `chosen` are places in its list of choices, all of them there."""
    right = {place for place, one in enumerate(step.choices) if one.correct}
    because = tuple(step.choices[place].because for place in chosen)
    return Judgement(set(chosen) == right, FeedbackFacts(choices=tuple(chosen), because=because))


def summary(number: int, passed: bool, told: FeedbackFacts, beliefs: Sequence[str]) -> str:
    """Attempt `number` in a line or two for the model."""
    said = [f"attempt {number} {'passed' if passed else 'failed'}"]
    if told.cases or told.hidden:
        right = sum(case.passed for case in told.cases)
        said.append(f"{right} of {len(told.cases)} visible cases passed")
    if told.hidden:
        said.append(f"{told.hidden_passed} of {told.hidden} hidden cases passed")
    failed = [case for case in told.cases if not case.passed]
    said += [_case(case) for case in failed[:MAX_TOLD_CASES]]
    said += told.rules
    if beliefs:
        said.append(f"what failed was made for {', '.join(beliefs)}")
    if told.differs:
        said.append(f"the prediction is wrong from line {told.differs.line} on")
    if told.choices:
        said.append(f"chose {', '.join(str(place + 1) for place in told.choices)}")
    return "; ".join(said)


def _case(case: CaseFacts) -> str:
    asked = f"`{case.call}`" if case.call else "the program"
    given = f" with the input {case.stdin!r}" if case.stdin else ""
    return _cut(f"{asked}{given}: {case.got}")


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TOLD_CHARS else f"{text[:MAX_TOLD_CHARS]}…"
