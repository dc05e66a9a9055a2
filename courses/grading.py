"""What was observed against what was expected: a verdict for each case. Pure; nothing is run.

Expectations never leave this side: the sandbox is told the calls, and answers with observations,
one for each case in their order. Too few or too many of them, and no case has passed.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, assert_never

from courses import python, rules
from courses.facts import Case, CodeStep, Variant
from courses.observation import Observation, Value, parse
from courses.problems import shown
from courses.seen import Rule


class Reason(StrEnum):
    """Why a case has passed or not. Exactly one of these, always."""

    PASSED = "passed"
    VALUE = "value"  # another value
    OUTPUT = "output"  # printed something else
    RAISED = "raised"  # an exception that was not asked for
    NO_EXCEPTION = "no_exception"  # one was asked for, none came
    EXITED = "exited"  # ended the process
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"
    OUTPUT_LIMIT = "output_limit"
    NOT_RUN = "not_run"  # an earlier case ended everything, or nothing was observed


@dataclass(frozen=True)
class Difference:
    """The first line in which two outputs differ; a text is None where there is no such line."""

    line: int
    expected: str | None
    got: str | None


@dataclass(frozen=True)
class StudentVerdict:
    """What a student may know of a visible case: what was asked, what came; not what should."""

    call: str
    stdin: str
    passed: bool
    reason: Reason
    got: str


@dataclass(frozen=True)
class Verdict:
    """What became of one case. `got` and `expected` are sentences; `expected` is secret."""

    case: Case
    reason: Reason
    got: str
    expected: str
    difference: Difference | None = None

    @property
    def passed(self) -> bool:
        """Whether all that was expected came."""
        return self.reason is Reason.PASSED

    def for_student(self) -> StudentVerdict:
        """The part that may be shown. For visible cases only."""
        return StudentVerdict(self.case.call, self.case.stdin, self.passed, self.reason, self.got)


@dataclass(frozen=True)
class StudentGrade:
    """What a student may know of a check: of hidden cases only how many there are and passed."""

    passed: bool
    is_attempt: bool
    cases: tuple[StudentVerdict, ...]
    hidden: int
    hidden_passed: int
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Grade:
    """What became of a program. A program that does not parse is no attempt."""

    visible: tuple[Verdict, ...]
    hidden: tuple[Verdict, ...]
    broken: tuple[Rule, ...]
    is_attempt: bool

    @property
    def passed(self) -> bool:
        """Whether every case has passed and every rule was kept."""
        verdicts = (*self.visible, *self.hidden)
        all_passed = bool(verdicts) and all(verdict.passed for verdict in verdicts)
        return self.is_attempt and all_passed and not self.broken

    @property
    def beliefs(self) -> tuple[str, ...]:
        """The misconceptions for which the failed cases were made, the first failed first."""
        failed = (verdict for verdict in (*self.visible, *self.hidden) if not verdict.passed)
        return tuple(dict.fromkeys(belief for verdict in failed for belief in verdict.case.catches))

    def for_student(self) -> StudentGrade:
        """The part that may be shown."""
        return StudentGrade(
            passed=self.passed,
            is_attempt=self.is_attempt,
            cases=tuple(verdict.for_student() for verdict in self.visible),
            hidden=len(self.hidden),
            hidden_passed=sum(verdict.passed for verdict in self.hidden),
            rules=tuple(rules.sentence(rule) for rule in self.broken),
        )


def grade_step(step: CodeStep, program: str, observations: Sequence[Any]) -> Grade:
    """The grade of `program` for a step; `observations` are those of `step.cases`."""
    return _grade(step.visible, step.hidden, step.rules, program, observations)


def grade_variant(
    step: CodeStep, variant: Variant, program: str, observations: Sequence[Any]
) -> Grade:
    """The grade of `program` for a variant: its own cases, the rules of its step."""
    return _grade(variant.visible, variant.hidden, step.rules, program, observations)


def grade_cases(cases: Sequence[Case], observations: Sequence[Any]) -> tuple[Verdict, ...]:
    """A verdict for each case. `observations` are JSON values. Never raises."""
    if len(observations) != len(cases):
        return tuple(_verdict(case, None) for case in cases)
    return tuple(_verdict(case, parse(raw)) for case, raw in zip(cases, observations, strict=True))


def _grade(
    visible: tuple[Case, ...],
    hidden: tuple[Case, ...],
    its_rules: tuple[Rule, ...],
    program: str,
    observations: Sequence[Any],
) -> Grade:
    verdicts = grade_cases((*visible, *hidden), observations)
    return Grade(
        visible=verdicts[: len(visible)],
        hidden=verdicts[len(visible) :],
        broken=rules.broken(its_rules, program),
        is_attempt=python.program_fault(program) is None,
    )


# One case ----------------------------------------------------------------------------------------

_ENDED: Final = {
    "timeout": (Reason.TIMEOUT, "It took too long and was stopped."),
    "memory": (Reason.MEMORY, "It used more memory than there is for it."),
    "crashed": (Reason.CRASHED, "The program ended all of a sudden."),
    "output_limit": (Reason.OUTPUT_LIMIT, "It printed far too much and was stopped."),
    "not_run": (Reason.NOT_RUN, "It was not run."),
}


def _verdict(case: Case, observed: Observation | None) -> Verdict:
    reason, got, difference = _outcome(case, observed)
    return Verdict(case, reason, got, _expectation(case), difference)


def _outcome(case: Case, observed: Observation | None) -> tuple[Reason, str, Difference | None]:
    if observed is None:
        return Reason.NOT_RUN, "It was not run.", None
    match observed.ended:
        case "value":
            return _after_value(case, observed)
        case "raised":
            return _after_exception(case, observed)
        case "exited":
            if not case.call and not observed.exit_code:
                return _after_value(case, observed)
            code = f" with code {observed.exit_code}" if observed.exit_code else ""
            return Reason.EXITED, f"It ended the program{code}.", None
        case "timeout" | "memory" | "crashed" | "output_limit" | "not_run" as ended:
            return (*_ENDED[ended], None)
        case _:
            assert_never(observed.ended)


def _after_value(case: Case, observed: Observation) -> tuple[Reason, str, Difference | None]:
    got = _what_came(case, observed)
    if case.raises:
        return Reason.NO_EXCEPTION, got, None
    if case.expect is not None and not equal(case.expect, observed.value, case.tolerance):
        return Reason.VALUE, got, None
    return _after_output(case, observed, got)


def _after_exception(case: Case, observed: Observation) -> tuple[Reason, str, Difference | None]:
    raised = observed.exception
    if raised is None:
        return Reason.RAISED, "It raised an exception.", None
    message = f" with the message {shown(raised.message)}" if raised.message else ""
    got = f"It raised {shown(raised.type)}{message}."
    if case.raises and raised.is_a(case.raises) and case.message in raised.message:
        return _after_output(case, observed, got)
    return Reason.RAISED, got, None


def _after_output(
    case: Case, observed: Observation, got: str
) -> tuple[Reason, str, Difference | None]:
    if case.stdout is None or (found := difference(case.stdout, observed.stdout)) is None:
        return Reason.PASSED, got, None
    if found.got is None:
        said = f"It printed nothing in line {found.line} any more."
    else:
        said = f"Line {found.line} of what it printed is {shown(found.got)}."
    return Reason.OUTPUT, said, found


def _what_came(case: Case, observed: Observation) -> str:
    if case.call and observed.value is not None:
        return f"It gave `{observed.value.shown()}`."
    return "It ran to its end."


def _expectation(case: Case) -> str:
    wanted = []
    if case.expect is not None:
        about = f" (up to {case.tolerance:g})" if case.tolerance else ""
        wanted.append(f"give `{case.expect}`{about}")
    if case.raises:
        message = f" with {shown(case.message)} in its message" if case.message else ""
        wanted.append(f"raise `{case.raises}`{message}")
    if case.stdout is not None:
        wanted.append(f"print {shown(repr(case.stdout))}")
    return f"It should {' and '.join(wanted)}."


# Output ------------------------------------------------------------------------------------------


def difference(expected: str, got: str) -> Difference | None:
    """The first line that differs; None if there is none.

    Blanks at the ends of lines and empty lines at the end of the text do not count.
    """
    wanted, came = _lines(expected), _lines(got)
    for number in range(max(len(wanted), len(came))):
        one = wanted[number] if number < len(wanted) else None
        other = came[number] if number < len(came) else None
        if one != other:
            return Difference(number + 1, one, other)
    return None


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


# Values ------------------------------------------------------------------------------------------

_NUMBERS: Final = ("int", "float")


def equal(expected: str, value: Value | None, tolerance: float = 0.0) -> bool:
    """Whether `value` is what the literal `expected` says, with its type and in all its depth.

    With a tolerance, numbers may be off by so much, and an int may stand for a float. The order
    in sets and dictionaries does not count.
    """
    return value is not None and _same(ast.literal_eval(expected), value, tolerance)


def _same(expected: Any, value: Value, tolerance: float) -> bool:
    kind = type(expected).__name__
    match expected:
        case list() | tuple():
            items = value.items if value.type == kind else None
            return (
                items is not None
                and len(items) == len(expected)
                and all(_same(e, v, tolerance) for e, v in zip(expected, items, strict=True))
            )
        case set() | frozenset():
            items = value.items if value.type == kind else None
            return items is not None and _same_set(list(expected), list(items), tolerance)
        case dict():
            entries = value.entries if value.type == kind else None
            return entries is not None and _same_entries(expected, entries, tolerance)
        case _:
            return _same_scalar(expected, value, tolerance)


def _same_set(expected: list[Any], items: list[Value], tolerance: float) -> bool:
    if len(expected) != len(items):
        return False
    if all(type(one).__name__ in _NUMBERS for one in expected):
        # In order, so that with a tolerance each number finds the one that is meant for it.
        expected.sort()
        items.sort(key=lambda item: _number(item.repr or "") or 0.0)
    for one in expected:
        found = next((n for n, item in enumerate(items) if _same(one, item, tolerance)), None)
        if found is None:
            return False
        del items[found]
    return True


def _same_entries(
    expected: dict[Any, Any], entries: tuple[tuple[Value, Value], ...], tolerance: float
) -> bool:
    """Keys must be the very same; the tolerance is for what they lead to."""
    if len(expected) != len(entries):
        return False
    left = list(entries)
    for key, one in expected.items():
        found = next((n for n, (other, _) in enumerate(left) if _same(key, other, 0.0)), None)
        if found is None or not _same(one, left[found][1], tolerance):
            return False
        del left[found]
    return True


def _same_scalar(expected: Any, value: Value, tolerance: float) -> bool:
    if value.repr is None or value.items is not None or value.entries is not None:
        return False
    kind = type(expected).__name__
    if tolerance and kind in _NUMBERS and value.type in _NUMBERS:
        number, wanted = _number(value.repr), _number(repr(expected))
        if number is None or wanted is None:
            return False
        return number == wanted or abs(number - wanted) <= tolerance
    if kind != value.type:
        return False
    # The text decides where it can: an int may be too long to be read back.
    return value.repr == repr(expected) or (kind == "float" and _number(value.repr) == expected)


def _number(text: str) -> float | None:
    """The number that `text` writes, infinity and not-a-number included; None if it writes none."""
    try:
        return float(text)
    except (ValueError, OverflowError):
        return None
