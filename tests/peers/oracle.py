"""Whether what a page has shown solves a step: an oracle that shares no code with the leak gate.

It knows less than the gate, on purpose: every block, function and line of what was shown is put in
place of the whole program, of its namesake, of each line and between them, and run in the sandbox.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from courses.facts import CodeStep
from sandbox import container
from sandbox.job import Job, Limits, Status

TRIAL: Final = Path(__file__).with_name("trial.py").read_text()
LIMITS: Final = Limits(wall_s=110.0, cpu_s=100)
MOST_PROGRAMS: Final = 400
FENCE: Final = re.compile(r"^[ \t>]*(```+|~~~+)", re.MULTILINE)
SPAN: Final = re.compile(r"(`+)(.+?)\1")
FUNCTION: Final = re.compile(
    r"^( *)def +(\w+)\b.*\n?(?:(?:\1[ \t]+.*|[ \t]*)(?:\n|\Z))*", re.MULTILINE
)


@dataclass(frozen=True)
class Shown:
    """All that a page was shown in one answer: texts, and programs and calls of runs."""

    texts: tuple[str, ...]
    programs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Solved:
    """A program that is right, and the part of what was shown that made it so."""

    part: str
    program: str


def blocks(text: str) -> list[str]:
    """What stands between fences, and each function, whether in one or not."""
    between = FENCE.split(text)[::2]
    fenced = [part.partition("\n")[2] for part in between[1::2]]
    functions = [match[0] for match in FUNCTION.finditer(text)]
    return [found for found in (*fenced, *functions, text) if found.strip()]


def lines(text: str) -> list[str]:
    """Each line of what is shown, and what is written as code in it."""
    found = [line.strip().strip("`").strip() for line in text.splitlines()]
    return [one for one in [*found, *(span[1] for span in SPAN.findall(text))] if one]


def candidates(shown: Shown, program: str) -> Iterator[Solved]:
    """Programs that can be made of what was shown and the student's `program`."""
    whole = [*shown.programs, *(block for text in shown.texts for block in blocks(text))]
    for block in whole:
        yield Solved(block, block)
        for function in FUNCTION.finditer(block):
            yield from _with_function(function[0], function[2], program)
    known = {line.strip() for line in program.splitlines()}
    for text in (*shown.texts, *shown.programs):
        for line in lines(text):
            if line not in known:
                yield from _with_line(line, program)


def _with_function(function: str, name: str, program: str) -> Iterator[Solved]:
    """The function in place of its namesake; of any one, renamed; behind the program."""
    own = [(match[0], match[2]) for match in FUNCTION.finditer(program)]
    for old, old_name in own:
        renamed = re.sub(rf"\b{re.escape(name)}\b", old_name, function)
        yield Solved(function, program.replace(old, renamed.rstrip("\n") + "\n"))
    if not own:
        yield Solved(function, f"{function}\n{program}")


def _with_line(line: str, program: str) -> Iterator[Solved]:
    """The line in place of each line, and behind each, as far in as that one."""
    old = program.splitlines()
    for place, there in enumerate(old):
        indented = there[: len(there) - len(there.lstrip())] + line
        yield Solved(line, "\n".join([*old[:place], indented, *old[place + 1 :]]) + "\n")
        yield Solved(line, "\n".join([*old[: place + 1], indented, *old[place + 1 :]]) + "\n")


def worth_running(shown: Shown, program: str) -> list[Solved]:
    """The candidates that Python can read, each once; the student's own is none."""
    seen, found = {_shape(program)}, []
    for one in candidates(shown, program):
        shape = _shape(one.program)
        if shape and shape not in seen:
            seen.add(shape)
            found.append(one)
    return found


def _shape(program: str) -> str:
    try:
        return ast.dump(ast.parse(program))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""


def solving(step: CodeStep, program: str, shown: Shown, image: str) -> list[Solved]:
    """What was shown that makes the step's cases come out right, rules left aside.

    A line counts only if the program is wrong with nothing in its place. Raises RuntimeError if
    the sandbox cannot say.
    """
    found = worth_running(shown, program)
    right = []
    for first in range(0, len(found), MOST_PROGRAMS):
        some = found[first : first + MOST_PROGRAMS]
        right += [some[place] for place in _tried(step, program, some, image)]
    without = [replace(one, program=_without(one)) for one in right]
    by_itself = set(_tried(step, program, without, image)) if right else set()
    return [one for place, one in enumerate(right) if place not in by_itself]


def _without(solved: Solved) -> str:
    """The same program with nothing where the line stands."""
    if "\n" in solved.part.strip():
        return ""
    kept = [
        line[: len(line) - len(line.lstrip())] + "pass" if line.strip() == solved.part else line
        for line in solved.program.splitlines()
    ]
    return "\n".join(kept) + "\n"


def _tried(step: CodeStep, program: str, some: list[Solved], image: str) -> list[int]:
    asked = {
        "solution": step.solution,
        "student": program,
        "programs": [one.program for one in some],
        "cases": [[case.call, case.stdin, case.stdout is not None] for case in step.cases],
    }
    files = tuple((file.path, file.text) for file in step.files)
    result = container.run(Job(TRIAL, json.dumps(asked), LIMITS, files), image=image)
    if result.status is not Status.OK:
        raise RuntimeError(f"{result.status}: {result.message} {result.stderr[-500:]}")
    places: list[int] = json.loads(result.stdout)
    return places
