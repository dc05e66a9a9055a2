"""How an attempt at a step of a lesson is judged, and what is said about it. Pure.

What a `Judgement` tells the student comes from the parts of a grade that are made for students:
no expected value and nothing of a hidden case is in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from courses.facts import CodeStep, QuizStep
from courses.grading import difference, grade_step
from tutor.protocol.events import Payload
from tutor.protocol.frames import AttemptView, CaseView, LineDiffers, Printed

# The model hears of so many failed cases, and so many characters of each.
MAX_TOLD_CASES: Final = 4
MAX_TOLD_CHARS: Final = 200

UNREADABLE: Final = "The program cannot be read. Run it to see where it goes wrong."


@dataclass(frozen=True)
class Judgement:
    """`told` are fields of frames.AttemptView; `beliefs` the misconceptions that may be behind.

    What does not `count` is no attempt: there was no program to judge.
    """

    passed: bool
    told: Payload
    beliefs: tuple[str, ...] = ()
    counts: bool = True


def check(step: CodeStep, code: str, observations: Sequence[Any], language: str) -> Judgement:
    """A program against the cases and rules of a step; `observations` as the sandbox made them."""
    grade = grade_step(step, code, observations, language=language)
    student = grade.for_student()
    cases = tuple(
        CaseView(call=one.call, stdin=one.stdin, passed=one.passed, got=one.got)
        for one in student.cases
    )
    told = {
        "cases": cases,
        "hidden": student.hidden,
        "hidden_passed": student.hidden_passed,
        "rules": student.rules,
    }
    return Judgement(grade.passed, told, grade.misconceptions, counts=grade.is_attempt)


def prediction(predicted: str, printed: Sequence[Printed]) -> Judgement:
    """A prediction against what the program has printed to its standard output."""
    came = "".join(piece.text for piece in printed if piece.stream == "stdout")
    found = difference(came, predicted)
    differs = found and LineDiffers(line=found.line, predicted=found.got, printed=found.expected)
    told = {"prediction": predicted, "output": tuple(printed), "differs": differs}
    return Judgement(found is None, told)


def choice(step: QuizStep, chosen: Sequence[int]) -> Judgement:
    """The answers to a question; `chosen` are places in its list of choices, all of them there."""
    right = {place for place, one in enumerate(step.choices) if one.correct}
    told = {"choices": tuple(chosen), "because": tuple(step.choices[n].because for n in chosen)}
    return Judgement(set(chosen) == right, told)


def summary(attempt: AttemptView, beliefs: Sequence[str]) -> str:
    """The attempt in a line or two for the model."""
    outcome = "passed" if attempt.passed else "failed"
    said = [f"attempt {attempt.number} {outcome}"]
    if attempt.cases or attempt.hidden:
        passed = sum(case.passed for case in attempt.cases)
        said.append(f"{passed} of {len(attempt.cases)} visible cases passed")
    if attempt.hidden:
        said.append(f"{attempt.hidden_passed} of {attempt.hidden} hidden cases passed")
    failed = [case for case in attempt.cases if not case.passed]
    said += [_case(case) for case in failed[:MAX_TOLD_CASES]]
    said += attempt.rules
    if beliefs:
        said.append(f"what failed was made for {', '.join(beliefs)}")
    if attempt.differs:
        said.append(f"the prediction is wrong from line {attempt.differs.line} on")
    if attempt.choices:
        said.append(f"chose {', '.join(str(place + 1) for place in attempt.choices)}")
    return "; ".join(said)


def _case(case: CaseView) -> str:
    asked = f"`{case.call}`" if case.call else "the program"
    given = f" with the input {case.stdin!r}" if case.stdin else ""
    return _cut(f"{asked}{given}: {case.got}")


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TOLD_CHARS else f"{text[:MAX_TOLD_CHARS]}…"
