"""How far a student is in steps and lessons, and where to go on. Pure.

1. A step is `new` until the student sees it, `begun` until it is passed. A text is passed when it
   is read, a prediction when it is made, everything else when it is right.
2. `passed_with_help`: `Help.is_help` held before every pass. The best pass counts.
3. A lesson is passed when all of its steps are, with help if one of them is.
4. The way goes on to the next step that is not passed, then to one that was left; to the next
   lesson of the course in its author's order, then to one that was left; to another course.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

StepState = Literal["new", "begun", "passed", "passed_with_help"]

PASSED: Final = ("passed", "passed_with_help")


@dataclass(frozen=True)
class StepProgress:
    """A step of a lesson, and how far the student is in it."""

    id: str
    title: str
    kind: str
    state: StepState = "new"


@dataclass(frozen=True)
class LessonProgress:
    """A lesson in the version that the student works in.

    `at` is the id of the step that its page shows, `worked_at` when it was worked in last: empty
    and None before it is opened. `skills` are ids of the course.
    """

    slug: str
    title: str
    summary: str
    steps: tuple[StepProgress, ...]
    skills: tuple[str, ...] = ()
    at: str = ""
    worked_at: datetime | None = None

    @property
    def state(self) -> StepState:
        """The state of the whole lesson."""
        return lesson_state([step.state for step in self.steps])

    @property
    def is_passed(self) -> bool:
        """True if nothing is left to do in it."""
        return self.state in PASSED

    @property
    def passed_steps(self) -> int:
        """The number of steps that are passed, with help or without."""
        return sum(step.state in PASSED for step in self.steps)

    def next_step(self) -> StepProgress | None:
        """The step to go on with; None if all are passed."""
        places = [place for place, step in enumerate(self.steps) if step.id == self.at]
        here = places[0] if places else 0
        ahead = [*self.steps[here:], *self.steps[:here]]
        return next((step for step in ahead if step.state not in PASSED), None)


@dataclass(frozen=True)
class SkillProgress:
    """A skill of a course: `new`, `practised` in a lesson that was begun, or `passed` with all
    lessons that practise it."""

    title: str
    state: Literal["new", "practised", "passed"]


@dataclass(frozen=True)
class CourseProgress:
    """The lessons of a course that a student may see, in its author's order.

    `skills` are ids and titles.
    """

    slug: str
    title: str
    description: str
    lessons: tuple[LessonProgress, ...]
    skills: tuple[tuple[str, str], ...] = ()

    @property
    def worked_at(self) -> datetime | None:
        """When the student worked in it last; None if never."""
        return max((one.worked_at for one in self.lessons if one.worked_at), default=None)

    @property
    def passed_lessons(self) -> int:
        """The number of lessons that are passed."""
        return sum(lesson.is_passed for lesson in self.lessons)

    @property
    def passed_steps(self) -> int:
        """The number of steps that are passed."""
        return sum(lesson.passed_steps for lesson in self.lessons)

    @property
    def all_steps(self) -> int:
        """The number of steps in all lessons."""
        return sum(len(lesson.steps) for lesson in self.lessons)

    def titles_of(self, lesson: LessonProgress) -> tuple[str, ...]:
        """The titles of the skills that a lesson practises, in the order of the course."""
        return tuple(title for name, title in self.skills if name in lesson.skills)

    def skill_states(self) -> tuple[SkillProgress, ...]:
        """How far the student is in the skills that the lessons practise."""
        return tuple(
            SkillProgress(title, _skill_state(practising))
            for name, title in self.skills
            if (practising := [one for one in self.lessons if name in one.skills])
        )


@dataclass(frozen=True)
class Place:
    """Where to go on: a lesson, and a step of it; None leaves the step to the lesson's page."""

    course: CourseProgress
    lesson: LessonProgress
    step: StepProgress | None


def after_pass(state: StepState, *, helped: bool) -> StepState:
    """The state of a step in `state` once it is passed (again), after help or without."""
    return "passed_with_help" if helped and state != "passed" else "passed"


def lesson_state(steps: Sequence[StepState]) -> StepState:
    """The state of a lesson whose steps have these states."""
    if not all(state in PASSED for state in steps):
        return "new" if all(state == "new" for state in steps) else "begun"
    return "passed_with_help" if "passed_with_help" in steps else "passed"


def last_worked_first(courses: Sequence[CourseProgress]) -> tuple[CourseProgress, ...]:
    """The courses, the one worked in last first; those that are new keep their order at the end."""

    def age(course: CourseProgress) -> float:
        return -course.worked_at.timestamp() if course.worked_at else 0.0

    return tuple(sorted(courses, key=age))


def place_to_go_on(courses: Sequence[CourseProgress]) -> Place | None:
    """The lesson worked in last and its next step, else what comes after; None if all is passed."""
    worked = [
        (lesson.worked_at, course, lesson)
        for course in courses
        for lesson in course.lessons
        if lesson.worked_at
    ]
    if not worked:
        return next(_open_lessons(courses), None)
    _, course, lesson = max(worked, key=lambda one: one[0])
    if step := lesson.next_step():
        return Place(course, lesson, step)
    return place_after(courses, course.slug, lesson.slug)


def place_after(courses: Sequence[CourseProgress], course: str, lesson: str) -> Place | None:
    """What comes after a lesson, named by its slugs; None if all else is passed.

    A lesson that there is not (any more) is followed by the first open one.
    """
    here = [one for one in courses if one.slug == course]
    others = [one for one in last_worked_first(courses) if one.slug != course]
    for found in here:
        slugs = [one.slug for one in found.lessons]
        at = slugs.index(lesson) + 1 if lesson in slugs else 0
        round_trip = (*found.lessons[at:], *found.lessons[:at])
        for one in round_trip:
            if not one.is_passed:
                return Place(found, one, one.next_step())
    return next(_open_lessons(others), None)


def _open_lessons(courses: Sequence[CourseProgress]) -> Iterator[Place]:
    for course in last_worked_first(courses):
        for lesson in course.lessons:
            if not lesson.is_passed:
                yield Place(course, lesson, lesson.next_step())


def _skill_state(practising: Sequence[LessonProgress]) -> Literal["new", "practised", "passed"]:
    if all(lesson.is_passed for lesson in practising):
        return "passed"
    return "new" if all(lesson.state == "new" for lesson in practising) else "practised"
