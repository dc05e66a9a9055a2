"""The lesson, read from the last line of a request's instructions: one JSON object. Pure.

`tutor.method.prompts` says what it holds. Neither side imports the other: the tests write lessons
and read them back.
"""

import json
from dataclasses import dataclass
from typing import Final

from tutor.practice.fields import Object, child, objects, text, texts

# The line before it.
DATA: Final = "# The lesson's data"


@dataclass(frozen=True)
class Case:
    """A visible case: a call, or the whole program where that is empty, and what should come of it.

    `gives` is the value as the language writes it, `prints` None where nothing is said of it.
    """

    call: str = ""
    input: str = ""
    gives: str = ""
    about: float = 0.0
    prints: str | None = None
    raises: str = ""
    fails_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Belief:
    """A false belief, and a call that shows it wrong: it gives another value than `predicts`."""

    id: str = ""
    belief: str = ""
    witness: str = ""
    predicts: str = ""
    output: str = ""


@dataclass(frozen=True)
class Step:
    """A step of the lesson; `kind` is code, explain, predict or quiz."""

    id: str = ""
    kind: str = ""
    stdin: str = ""
    cases: tuple[Case, ...] = ()
    rules: tuple[str, ...] = ()
    beliefs: tuple[Belief, ...] = ()
    choices: tuple[str, ...] = ()
    explain_back: str = ""


@dataclass(frozen=True)
class Lesson:
    """The scripted tutor's knowledge of a lesson; all empty where there is none."""

    title: str = ""
    language: str = ""
    steps: tuple[Step, ...] = ()

    def step(self, wanted: str) -> Step:
        """The step of this id; where there is none, the last one."""
        found = [step for step in self.steps if step.id == wanted]
        return (found or self.steps or (Step(),))[-1]


def parse(instructions: str) -> Lesson:
    """The lesson; an empty one if the instructions are somebody else's."""
    # Not splitlines: texts may hold other characters that end a line for it.
    *_, heading, line = ["", "", *instructions.rstrip("\n").split("\n")]
    if heading != DATA:
        return Lesson()
    try:
        data = json.loads(line)
    except ValueError:
        return Lesson()
    lesson = child(data, "lesson") if isinstance(data, dict) else None
    if lesson is None:
        return Lesson()
    steps = tuple(map(_step, objects(lesson, "steps")))
    return Lesson(text(lesson, "title"), text(lesson, "language"), steps)


def _step(step: Object) -> Step:
    return Step(
        id=text(step, "id"),
        kind=text(step, "kind"),
        stdin=text(step, "stdin"),
        cases=tuple(map(_case, objects(step, "cases"))),
        rules=texts(step, "rules"),
        beliefs=tuple(map(_belief, objects(step, "beliefs"))),
        choices=texts(step, "choices"),
        explain_back=text(step, "explain_back"),
    )


def _case(case: Object) -> Case:
    about, prints = case.get("about"), case.get("prints")
    return Case(
        call=text(case, "call"),
        input=text(case, "input"),
        gives=text(case, "gives"),
        about=float(about) if isinstance(about, int | float) else 0.0,
        prints=prints if isinstance(prints, str) else None,
        raises=text(case, "raises"),
        fails_for=texts(case, "fails_for"),
    )


def _belief(belief: Object) -> Belief:
    names = ("id", "belief", "witness", "predicts", "output")
    return Belief(*(text(belief, name) for name in names))
