"""Checks of a course's programs: the runs they take, and the judgement of what was observed. Pure.

The solution passes every case. The starter fails at least one, or breaks a rule: in a step that is
passed from the beginning no hint can be reached. A wrong program fails each case that catches its
misconception, or if none does, at least one, or breaks a rule. Beside a wrong program, a witness
gives another value than its misconception predicts. A program to predict prints what the lesson
says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, assert_never

from courses import rules
from courses.audience import File, Misconception, Rule
from courses.equality import equal
from courses.facts import Case, CaseLimits, CodeStep, CourseSource, LessonSource, PredictStep
from courses.grading import CaseVerdict, grade_cases
from courses.languages import DEFAULT, language_of
from courses.observation import Observation, parse

Role = Literal["solution", "starter", "wrong", "prediction"]


@dataclass(frozen=True)
class ProgramCheck:
    """A program to run on its cases, once. The witnesses are run after the cases, as cases too."""

    lesson: str
    step: str
    name: str
    role: Role
    program: str
    cases: tuple[Case, ...]
    witnesses: tuple[Misconception, ...] = ()
    misconceptions: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    limits: CaseLimits = field(default_factory=CaseLimits)
    # What the program can read while a witness is tried.
    stdin: str = ""
    language: str = DEFAULT.id
    rules: tuple[Rule, ...] = ()
    # Of a starter: the step has hints.
    has_hints: bool = False

    @property
    def all_cases(self) -> tuple[Case, ...]:
        """The cases and, as cases, the witnesses: one observation is expected of each."""
        return (*self.cases, *(Case(one.witness, stdin=self.stdin) for one in self.witnesses))


@dataclass(frozen=True)
class CheckOutcome:
    """Result of a check. It has passed if there are no complaints, which are sentences."""

    check: ProgramCheck
    complaints: tuple[str, ...]
    seconds: float


def checks_of(course: CourseSource) -> list[ProgramCheck]:
    """The checks of all programs of the course, in its order."""
    return [
        replace(check, language=course.language)
        for lesson in course.lessons
        for check in _checks_of_lesson(lesson)
    ]


def judge(ran: Sequence[tuple[ProgramCheck, Sequence[Any], float]]) -> list[CheckOutcome]:
    """The outcomes of all checks of a course, from observations and the seconds that each took."""
    right_values = {
        (check.lesson, check.step, misconception.id): observed
        for check, observations, _ in ran
        if check.role == "solution"
        for misconception, observed in zip(
            check.witnesses, _witness_observations(check, observations), strict=False
        )
    }
    return [
        CheckOutcome(check, tuple(_complaints(check, observations, right_values)), seconds)
        for check, observations, seconds in ran
    ]


# Programs to run ---------------------------------------------------------------------------------


def _checks_of_lesson(lesson: LessonSource) -> Iterator[ProgramCheck]:
    for step in lesson.steps:
        if isinstance(step, PredictStep):
            case = Case(stdin=step.stdin, stdout=step.output)
            yield ProgramCheck(
                lesson.id, step.id, "program", "prediction", step.program, (case,),
                files=step.files,
            )  # fmt: skip
        elif isinstance(step, CodeStep):
            yield from _checks_of_step(lesson.id, step)


def _checks_of_step(lesson: str, step: CodeStep) -> Iterator[ProgramCheck]:
    def check(name: str, role: Role, program: str, **more: Any) -> ProgramCheck:
        ours = {
            "cases": step.cases, "files": step.files, "limits": step.limits, "rules": step.rules,
        }  # fmt: skip
        facts = {**ours, "stdin": step.stdin, **more}
        return ProgramCheck(lesson, step.id, name, role, program, **facts)

    has_program = {wrong.misconception for wrong in step.wrong}
    shown = tuple(misconception for misconception in step.misconceptions if misconception.witness)
    yield check("solution", "solution", step.solution, witnesses=shown)
    yield check(
        "starter", "starter", step.starter,
        witnesses=tuple(one for one in shown if one.id not in has_program),
        has_hints=bool(step.hints),
    )  # fmt: skip
    for file in dict.fromkeys(wrong.file for wrong in step.wrong):
        ours = [wrong for wrong in step.wrong if wrong.file == file]
        ids = tuple(wrong.misconception for wrong in ours)
        yield check(
            file, "wrong", ours[0].code, misconceptions=ids,
            witnesses=tuple(misconception for misconception in shown if misconception.id in ids),
        )  # fmt: skip
    for variant in step.variants:
        cases = variant.visible + variant.hidden
        yield check(f"{variant.id}: solution", "solution", variant.solution, cases=cases)
        yield check(f"{variant.id}: starter", "starter", variant.starter, cases=cases)


# Judgement ---------------------------------------------------------------------------------


def _witness_observations(
    check: ProgramCheck, observations: Sequence[Any]
) -> list[Observation | None]:
    """The observations of the witnesses."""
    return [parse(raw) for raw in observations[len(check.cases) :]]


def _complaints(
    check: ProgramCheck,
    observations: Sequence[Any],
    right_values: dict[tuple[str, str, str], Observation | None],
) -> Iterator[str]:
    if len(observations) != len(check.all_cases):
        count = f"{len(observations)} of {len(check.all_cases)}"
        yield f"It could not be run: {count} cases were observed."
        return
    ours = observations[: len(check.cases)]
    verdicts = grade_cases(check.cases, ours, language=check.language)
    failed = [verdict for verdict in verdicts if not verdict.passed]
    keeps_rules = not rules.broken(check.rules, check.program, language_of(check.language))
    match check.role:
        case "solution" | "prediction":
            yield from (_failure(verdict) for verdict in failed)
            yield from _misspelt_witnesses(check, observations)
        case "starter":
            if not failed and keeps_rules:
                yield "It passes every case: there is nothing left to do."
                if check.has_hints:
                    yield "None of the step's hints can ever be reached: it is passed at once."
        case "wrong":
            yield from _uncaught_misconceptions(check, verdicts, keeps_rules)
        case _:
            assert_never(check.role)
    if check.role != "solution":
        yield from _failed_witnesses(check, observations, right_values)


def _failure(verdict: CaseVerdict) -> str:
    asked = _asked(verdict.case)
    return f"{asked[0].upper()}{asked[1:]}: {verdict.got} {verdict.expected}"


def _asked(case: Case) -> str:
    asked = f"`{case.call}`" if case.call else "the program"
    return f"{asked} with the input {case.stdin!r}" if case.stdin else asked


def _misspelt_witnesses(check: ProgramCheck, observations: Sequence[Any]) -> Iterator[str]:
    syntax = language_of(check.language).syntax
    for misconception, observed in zip(
        check.witnesses, _witness_observations(check, observations), strict=True
    ):
        raised = observed.exception if observed else None
        if raised is not None and syntax is not None and raised.type in syntax.misspelt:
            said = f"{raised.type} even here: {raised.message}"
            yield f"The witness `{misconception.witness}` raises {said}"


def _uncaught_misconceptions(
    check: ProgramCheck, verdicts: Sequence[CaseVerdict], keeps_rules: bool
) -> Iterator[str]:
    for misconception in check.misconceptions:
        meant = [verdict for verdict in verdicts if misconception in verdict.case.catches]
        for verdict in meant:
            if verdict.passed:
                yield f"It passes {_asked(verdict.case)}, the case that catches `{misconception}`."
        if not meant and keeps_rules and all(verdict.passed for verdict in verdicts):
            yield "It passes every case: nothing tells it from a right program."


def _failed_witnesses(
    check: ProgramCheck,
    observations: Sequence[Any],
    right_values: dict[tuple[str, str, str], Observation | None],
) -> Iterator[str]:
    for misconception, observed in zip(
        check.witnesses, _witness_observations(check, observations), strict=True
    ):
        if observed is None or observed.ended != "value" or observed.value is None:
            continue  # an exception or a loop without end surprises as well
        right = right_values.get((check.lesson, check.step, misconception.id))
        same = (
            equal(misconception.predicts, observed.value)
            if misconception.predicts
            else right is not None and right.value == observed.value
        )
        if same:
            yield (
                f"`{misconception.witness}` gives `{observed.value.shown()}` here, just what "
                f"`{misconception.id}` foretells."
            )
