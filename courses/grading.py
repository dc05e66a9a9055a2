"""Grades: observations against expectations, a verdict for each case. Pure; nothing is run.

Expectations never leave this side: the sandbox is told the calls, and answers with observations,
one for each case in their order. Too few or too many of them, and no case has passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, assert_never

from courses import rules
from courses.audience import Rule
from courses.equality import equal
from courses.facts import Case, CodeStep, Variant
from courses.languages import DEFAULT, Language, language_of
from courses.observation import Observation, parse
from courses.problems import quoted


class Reason(StrEnum):
    """The reason why a case has passed or failed."""

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
class StudentCaseVerdict:
    """The verdict on a visible case without the expected result."""

    call: str
    stdin: str
    passed: bool
    reason: Reason
    got: str


@dataclass(frozen=True)
class CaseVerdict:
    """The verdict on one case. `got` and `expected` are sentences; `expected` is secret."""

    case: Case
    reason: Reason
    got: str
    expected: str
    difference: Difference | None = None

    @property
    def passed(self) -> bool:
        """True if every expectation was met."""
        return self.reason is Reason.PASSED

    def for_student(self) -> StudentCaseVerdict:
        """The part that may be shown. For visible cases only."""
        return StudentCaseVerdict(
            self.case.call, self.case.stdin, self.passed, self.reason, self.got
        )


@dataclass(frozen=True)
class StudentGrade:
    """The part of a grade for students: of hidden cases only their number and how many passed."""

    passed: bool
    is_attempt: bool
    cases: tuple[StudentCaseVerdict, ...]
    hidden: int
    hidden_passed: int
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Grade:
    """The grade of a program. One with a syntax error is no attempt."""

    visible: tuple[CaseVerdict, ...]
    hidden: tuple[CaseVerdict, ...]
    broken: tuple[Rule, ...]
    is_attempt: bool

    @property
    def passed(self) -> bool:
        """True if every case has passed and every rule was kept."""
        verdicts = (*self.visible, *self.hidden)
        all_passed = bool(verdicts) and all(verdict.passed for verdict in verdicts)
        return self.is_attempt and all_passed and not self.broken

    @property
    def misconceptions(self) -> tuple[str, ...]:
        """The misconceptions for which the failed cases were made, the first failed first."""
        failed = (verdict for verdict in (*self.visible, *self.hidden) if not verdict.passed)
        return tuple(
            dict.fromkeys(
                misconception for verdict in failed for misconception in verdict.case.catches
            )
        )

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


def unreadable(program: str, language: str = DEFAULT.id) -> str:
    """A sentence for the student that says why `program` cannot be read, and where in it.

    Empty if it can be read, and for languages that are not parsed, whose programs are run to see.
    For any text at all, however long or deep; nothing is run.
    """
    ours = language_of(language)
    if ours.syntax is None or (fault := ours.syntax.fault(program)) is None:
        return ""
    mark, reason = fault
    where = "the program" if mark is None else f"line {mark.line}"
    return f"{ours.title} cannot read {where}: {reason}."


def grade_step(
    step: CodeStep, program: str, observations: Sequence[Any], *, language: str = DEFAULT.id
) -> Grade:
    """The grade of `program` for a step; `observations` are those of `step.cases`."""
    return _grade(step, step, program, observations, language)


def grade_variant(
    step: CodeStep,
    variant: Variant,
    program: str,
    observations: Sequence[Any],
    *,
    language: str = DEFAULT.id,
) -> Grade:
    """The grade of `program` for a variant: its own cases, the rules of its step."""
    return _grade(step, variant, program, observations, language)


def grade_cases(
    cases: Sequence[Case], observations: Sequence[Any], *, language: str = DEFAULT.id
) -> tuple[CaseVerdict, ...]:
    """A verdict for each case. `observations` are JSON values. Never raises."""
    if len(observations) != len(cases):
        return tuple(_verdict(case, None) for case in cases)
    ours = language_of(language)
    seen = (_seen(raw, ours) for raw in observations)
    return tuple(_verdict(case, one) for case, one in zip(cases, seen, strict=True))


def _grade(
    step: CodeStep,
    task: CodeStep | Variant,
    program: str,
    observations: Sequence[Any],
    language: str,
) -> Grade:
    ours = language_of(language)
    verdicts = grade_cases((*task.visible, *task.hidden), observations, language=language)
    return Grade(
        visible=verdicts[: len(task.visible)],
        hidden=verdicts[len(task.visible) :],
        broken=rules.broken(step.rules, program, ours),
        is_attempt=not _is_refused(program, observations, ours),
    )


def _is_refused(program: str, observations: Sequence[Any], language: Language) -> bool:
    """True for a program with a syntax error.

    In a language that is not parsed: its interpreter says so in every case, and nothing else.
    """
    if language.syntax is not None:
        return language.syntax.fault(program) is not None
    seen = [parse(raw) for raw in observations]
    output = language.error_output
    return (output is not None and bool(seen)) and all(
        one is not None and _has_failed(one) and not one.stdout and output.refuses(one.stderr)
        for one in seen
    )


def with_exception(seen: Observation, language: Language) -> Observation:
    """The observation; an error that the interpreter has written counts as an exception."""
    output = language.error_output
    if output is None or not _has_failed(seen):
        return seen
    error = output.thrown(seen.stderr)
    return seen if error is None else replace(seen, ended="raised", exception=error)


def _seen(raw: Any, language: Language) -> Observation | None:
    return None if (seen := parse(raw)) is None else with_exception(seen, language)


def _has_failed(seen: Observation) -> bool:
    return seen.ended == "exited" and seen.exit_code == 1


# One case ----------------------------------------------------------------------------------------

_ENDED: Final = {
    "timeout": (Reason.TIMEOUT, "It took too long and was stopped."),
    "memory": (Reason.MEMORY, "It used more memory than there is for it."),
    "crashed": (Reason.CRASHED, "The program ended all of a sudden."),
    "output_limit": (Reason.OUTPUT_LIMIT, "It printed far too much and was stopped."),
    "not_run": (Reason.NOT_RUN, "It was not run."),
}


def _verdict(case: Case, observed: Observation | None) -> CaseVerdict:
    reason, got, difference = _outcome(case, observed)
    return CaseVerdict(case, reason, got, _expectation(case), difference)


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
    got = _ending(case, observed)
    if case.raises:
        return Reason.NO_EXCEPTION, got, None
    if case.expect is not None and not equal(case.expect, observed.value, case.tolerance):
        return Reason.VALUE, got, None
    return _after_output(case, observed, got)


def _after_exception(case: Case, observed: Observation) -> tuple[Reason, str, Difference | None]:
    raised = observed.exception
    if raised is None:
        return Reason.RAISED, "It raised an exception.", None
    message = f" with the message {quoted(raised.message)}" if raised.message else ""
    got = f"It raised {quoted(raised.type)}{message}."
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
        said = f"Line {found.line} of what it printed is {quoted(found.got)}."
    return Reason.OUTPUT, said, found


def _ending(case: Case, observed: Observation) -> str:
    if case.call and observed.value is not None:
        return f"It gave `{observed.value.shown()}`."
    return "It ran to its end."


def _expectation(case: Case) -> str:
    wanted = []
    if case.expect is not None:
        about = f" (up to {case.tolerance:g})" if case.tolerance else ""
        wanted.append(f"give `{case.expect}`{about}")
    if case.raises:
        message = f" with {quoted(case.message)} in its message" if case.message else ""
        wanted.append(f"raise `{case.raises}`{message}")
    if case.stdout is not None:
        wanted.append(f"print {quoted(repr(case.stdout))}")
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
    lines = [line.rstrip() for line in text.split("\n")]  # a "\r" at its end goes as well
    while lines and not lines[-1]:
        lines.pop()
    return lines
