"""What must hold of a course's programs when they are run: what to run, and what came of it. Pure.

The solution passes every case. The starter fails at least one. A wrong program fails each case
that catches its belief, or at least one if none does. A witness gives something else beside a
wrong program than its belief foretells. A program to predict prints what the lesson says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, assert_never

from courses.audience import File, Misconception
from courses.equality import equal
from courses.facts import Case, CodeStep, CourseSource, LessonSource, Limits, PredictStep
from courses.grading import Verdict, grade_cases
from courses.languages import DEFAULT, LANGUAGES
from courses.observation import Observation, parse

Role = Literal["solution", "starter", "wrong", "prediction"]


@dataclass(frozen=True)
class Trial:
    """A program to run on its cases, once. The witnesses are run after the cases, as cases too."""

    lesson: str
    step: str
    name: str
    role: Role
    program: str
    cases: tuple[Case, ...]
    witnesses: tuple[Misconception, ...] = ()
    beliefs: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    limits: Limits = field(default_factory=Limits)
    # What the program can read while a witness is tried.
    stdin: str = ""
    language: str = DEFAULT.id

    @property
    def asked(self) -> tuple[Case, ...]:
        """Everything to observe, in order."""
        return (*self.cases, *(Case(one.witness, stdin=self.stdin) for one in self.witnesses))


@dataclass(frozen=True)
class Outcome:
    """What came of a trial; without complaints, all that had to hold holds."""

    trial: Trial
    complaints: tuple[str, ...]
    seconds: float


def trials(course: CourseSource) -> list[Trial]:
    """Every program of the course that has something to prove, in the order of the course."""
    return [
        replace(trial, language=course.language)
        for lesson in course.lessons
        for trial in _of_lesson(lesson)
    ]


def judge(ran: Sequence[tuple[Trial, Sequence[Any], float]]) -> list[Outcome]:
    """What came of the trials of a course: each with its observations and the seconds it took."""
    foretold = {
        (trial.lesson, trial.step, belief.id): observed
        for trial, observations, _ in ran
        if trial.role == "solution"
        for belief, observed in zip(trial.witnesses, _tail(trial, observations), strict=False)
    }
    return [
        Outcome(trial, tuple(_complaints(trial, observations, foretold)), seconds)
        for trial, observations, seconds in ran
    ]


# What to run -------------------------------------------------------------------------------------


def _of_lesson(lesson: LessonSource) -> Iterator[Trial]:
    for step in lesson.steps:
        if isinstance(step, PredictStep):
            case = Case(stdin=step.stdin, stdout=step.output)
            yield Trial(
                lesson.id, step.id, "program", "prediction", step.program, (case,),
                files=step.files,
            )  # fmt: skip
        elif isinstance(step, CodeStep):
            yield from _of_step(lesson.id, step)


def _of_step(lesson: str, step: CodeStep) -> Iterator[Trial]:
    def trial(name: str, role: Role, program: str, **more: Any) -> Trial:
        ours = {"cases": step.cases, "files": step.files, "limits": step.limits}
        facts = {**ours, "stdin": step.stdin, **more}
        return Trial(lesson, step.id, name, role, program, **facts)

    has_program = {wrong.misconception for wrong in step.wrong}
    shown = tuple(belief for belief in step.misconceptions if belief.witness)
    yield trial("solution", "solution", step.solution, witnesses=shown)
    yield trial(
        "starter", "starter", step.starter,
        witnesses=tuple(belief for belief in shown if belief.id not in has_program),
    )  # fmt: skip
    for file in dict.fromkeys(wrong.file for wrong in step.wrong):
        ours = [wrong for wrong in step.wrong if wrong.file == file]
        ids = tuple(wrong.misconception for wrong in ours)
        yield trial(
            file, "wrong", ours[0].code, beliefs=ids,
            witnesses=tuple(belief for belief in shown if belief.id in ids),
        )  # fmt: skip
    for variant in step.variants:
        cases = variant.visible + variant.hidden
        yield trial(f"{variant.id}: solution", "solution", variant.solution, cases=cases)
        yield trial(f"{variant.id}: starter", "starter", variant.starter, cases=cases)


# What came of it ---------------------------------------------------------------------------------


def _tail(trial: Trial, observations: Sequence[Any]) -> list[Observation | None]:
    """What was observed of the witnesses."""
    return [parse(raw) for raw in observations[len(trial.cases) :]]


def _complaints(
    trial: Trial,
    observations: Sequence[Any],
    foretold: dict[tuple[str, str, str], Observation | None],
) -> Iterator[str]:
    if len(observations) != len(trial.asked):
        yield f"It could not be run: {len(observations)} of {len(trial.asked)} cases were observed."
        return
    ours = observations[: len(trial.cases)]
    verdicts = grade_cases(trial.cases, ours, language=trial.language)
    failed = [verdict for verdict in verdicts if not verdict.passed]
    match trial.role:
        case "solution" | "prediction":
            yield from (_failure(verdict) for verdict in failed)
            yield from _misspelt(trial, observations)
        case "starter":
            if not failed:
                yield "It passes every case: there is nothing left to do."
        case "wrong":
            yield from _uncaught(trial, verdicts)
        case _:
            assert_never(trial.role)
    if trial.role != "solution":
        yield from _unsurprising(trial, observations, foretold)


def _failure(verdict: Verdict) -> str:
    asked = _asked(verdict.case)
    return f"{asked[0].upper()}{asked[1:]}: {verdict.got} {verdict.expected}"


def _asked(case: Case) -> str:
    asked = f"`{case.call}`" if case.call else "the program"
    return f"{asked} with the input {case.stdin!r}" if case.stdin else asked


def _misspelt(trial: Trial, observations: Sequence[Any]) -> Iterator[str]:
    syntax = LANGUAGES[trial.language].syntax
    for belief, observed in zip(trial.witnesses, _tail(trial, observations), strict=True):
        raised = observed.exception if observed else None
        if raised is not None and syntax is not None and raised.type in syntax.misspelt:
            yield f"The witness `{belief.witness}` raises {raised.type} even here: {raised.message}"


def _uncaught(trial: Trial, verdicts: Sequence[Verdict]) -> Iterator[str]:
    for belief in trial.beliefs:
        meant = [verdict for verdict in verdicts if belief in verdict.case.catches]
        for verdict in meant:
            if verdict.passed:
                yield f"It passes {_asked(verdict.case)}, the case that catches `{belief}`."
        if not meant and all(verdict.passed for verdict in verdicts):
            yield "It passes every case: nothing tells it from a right program."


def _unsurprising(
    trial: Trial,
    observations: Sequence[Any],
    foretold: dict[tuple[str, str, str], Observation | None],
) -> Iterator[str]:
    for belief, observed in zip(trial.witnesses, _tail(trial, observations), strict=True):
        if observed is None or observed.ended != "value" or observed.value is None:
            continue  # an exception or a loop without end surprises as well
        right = foretold.get((trial.lesson, trial.step, belief.id))
        same = (
            equal(belief.predicts, observed.value)
            if belief.predicts
            else right is not None and right.value == observed.value
        )
        if same:
            yield (
                f"`{belief.witness}` gives `{observed.value.shown()}` here, just what "
                f"`{belief.id}` foretells."
            )
