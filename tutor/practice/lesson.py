"""The lesson as it stands in a request's instructions, read back. Pure.

The headings and forms below are those that the tutor's prompts are written with. Neither side
imports the other: the tests write every lesson and read it back, and fail if either changes alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from string import ascii_lowercase, digits
from typing import Final, TypeVar

T = TypeVar("T")

# Headings, from the widest part to the narrowest.
LESSON: Final = "# Lesson: "
STEP: Final = "## Step "
SECTION: Final = "### "
CASES: Final = "Cases"
MISCONCEPTIONS: Final = "False beliefs"
HINTS: Final = "Hints"

# Between the code spans of an entry.
GIVES: Final = "` gives `"
SHOWN_WRONG: Final = "; shown wrong by `"

ID_CHARS: Final = frozenset(ascii_lowercase + digits + "-")


@dataclass(frozen=True)
class Case:
    """A call of the lesson and the repr of what it should give."""

    call: str
    expect: str


@dataclass(frozen=True)
class Lesson:
    """What the scripted tutor knows of a lesson; all empty where there is none."""

    title: str = ""
    cases: tuple[Case, ...] = ()
    # Calls whose value shows that a common misconception is one.
    witnesses: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


def parse(instructions: str, step: str = "") -> Lesson:
    """The lesson as far as it is about `step`; if that is empty, or none of its steps, its last.

    An empty one if the instructions are somebody else's.
    """
    # Not splitlines: the texts of a lesson may hold other characters that end a line for it.
    lines = iter(instructions.split("\n"))
    title = next((line for line in lines if line.startswith(LESSON)), "")
    if not title:
        return Lesson()
    sections = _sections(_step(lines, step))
    return Lesson(
        title=title.removeprefix(LESSON).strip(),
        cases=_found(map(_case, sections.get(CASES, ()))),
        witnesses=_found(map(_witness, sections.get(MISCONCEPTIONS, ()))),
        hints=_found(map(_hint, sections.get(HINTS, ()))),
    )


def _step(lines: Iterable[str], wanted: str) -> list[str]:
    """The lines of the step, or of the last one."""
    steps: dict[str, list[str]] = {"": []}
    latest = ""
    for line in lines:
        if name := _step_id(line):
            latest, steps[name] = name, []
        else:
            steps[latest].append(line)
    return steps.get(wanted or latest, steps[latest])


def _step_id(line: str) -> str:
    """The id in the heading of a step, `## Step ID: TITLE (KIND)`; empty for any other line."""
    if not line.startswith(STEP):
        return ""
    named, _, kind = line.removeprefix(STEP).rpartition(" (")
    name = named.partition(": ")[0]
    is_step = kind.endswith(")") and kind[:-1].isidentifier() and set(name) <= ID_CHARS
    return name if is_step else ""


def _sections(lines: Iterable[str]) -> dict[str, list[str]]:
    """Lines by their heading. A prompt may hold headings of its own, but it comes first."""
    sections: dict[str, list[str]] = {}
    latest: list[str] = []
    for line in lines:
        if line.startswith(SECTION):
            latest = sections[line.removeprefix(SECTION)] = []
        else:
            latest.append(line)
    return sections


def _found(entries: Iterable[T | None]) -> tuple[T, ...]:
    return tuple(entry for entry in entries if entry is not None)


def _case(line: str) -> Case | None:
    """`- ``CALL`` gives ``VALUE`` …`; cases of other forms are not for the scripted tutor."""
    call, gives, rest = line.removeprefix("- `").rpartition(GIVES)
    expect, end, _ = rest.rpartition("`")
    return Case(call, expect) if line.startswith("- `") and gives and end else None


def _witness(line: str) -> str | None:
    """`- **ID**: MISCONCEPTION; shown wrong by ``CALL```; None where no call shows it."""
    _, shown, rest = line.rpartition(SHOWN_WRONG)
    return rest.rpartition("`")[0] if line.startswith("- **") and shown else None


def _hint(line: str) -> str | None:
    """`LEVEL. TEXT`; the conditions of a hint, on a line of their own, are not read."""
    level, _, text = line.partition(". ")
    return text.strip() if level.isdigit() else None
