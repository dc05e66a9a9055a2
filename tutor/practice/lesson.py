"""The lesson as it stands in a request's instructions, read back. Pure."""

import re
from dataclasses import dataclass
from typing import Final

CASE: Final = re.compile(r"- `(?P<call>.+)` gives `(?P<expect>.*)`")
BELIEF: Final = re.compile(
    r"- \*\*(?P<id>.+?)\*\*: (?P<belief>.+); shown wrong by `(?P<witness>.+)`"
)
STEP: Final = re.compile(r"\n## Step (?P<id>[a-z0-9-]+)(?:: .*)? \(\w+\)(?=\n)")
HINT: Final = re.compile(r"\d+\. (.+)")


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
    # Calls whose value shows that a common belief is false.
    witnesses: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


def parse(instructions: str, step: str = "") -> Lesson:
    """The lesson behind `# Lesson:` as far as it is about `step`; if that is empty, its last one.

    An empty one if the text is somebody else's.
    """
    _, found, text = f"\n{instructions}".partition("\n# Lesson: ")
    if not found:
        return Lesson()
    title, _, rest = text.partition("\n")
    body = _step(f"\n{rest}", step)
    return Lesson(
        title=title.strip(),
        cases=tuple(Case(m["call"], m["expect"]) for m in CASE.finditer(_section(body, "Cases"))),
        witnesses=tuple(m["witness"] for m in BELIEF.finditer(_section(body, "False beliefs"))),
        hints=tuple(m[1].strip() for m in HINT.finditer(_section(body, "Hints"))),
    )


def _step(body: str, step: str) -> str:
    heads = [head for head in STEP.finditer(body) if step in ("", head["id"])]
    if not heads:
        return body
    begins = heads[-1].end()
    following = STEP.search(body, begins)
    return body[begins : following.start() if following else None]


def _section(body: str, heading: str) -> str:
    # The last one: a task may hold headings of its own, but it comes first.
    _, _, rest = body.rpartition(f"\n### {heading}\n")
    return rest.partition("\n### ")[0]
