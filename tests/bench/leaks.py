"""How many differences between wrong programs of our courses and their solutions the leak
gate holds back, by the form in which they are said.

python -m tests.bench.leaks [LESSON]
"""

import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from courses.facts import CodeStep
from courses.source import read
from tests.bench.report import Table, machine, percentile, write
from tests.tutor.leaks.differences import messages
from tests.tutor.leaks.running import judged
from tutor.leaks.judge import Judge
from tutor.leaks.judgement import Judgement, Verdict
from tutor.leaks.said import Channel, Said
from tutor.leaks.situation import Situation

CONTENT = Path(__file__).parents[2] / "courses" / "content"
COURSES = ("first-steps", "python-foundations")


@dataclass(frozen=True)
class Told:
    """The difference of a wrong program, said in a form, and what came of it."""

    lesson: str
    step: str
    wrong: str
    form: str
    texts: tuple[str, ...]
    judgement: Judgement
    seconds: float


def steps(lesson: str = "") -> Iterator[tuple[str, CodeStep]]:
    """The code steps of our courses in Python, with the names of their lessons."""
    for name in COURSES:
        course = read(CONTENT / name)
        assert not isinstance(course, tuple)
        for one in course.lessons:
            if lesson in ("", one.id):
                yield from ((one.id, step) for step in one.code_steps())


def told(lesson: str, step: CodeStep) -> Iterator[Told]:
    """Each wrong program of a step in each form."""
    for wrong in step.wrong:
        for form, texts in messages(wrong.code, step.solution).items():
            began = time.monotonic()
            judgement = judgement_of(step, wrong.code, texts)
            seconds = time.monotonic() - began
            yield Told(lesson, step.id, wrong.misconception, form, texts, judgement, seconds)


def judgement_of(step: CodeStep, program: str, texts: Sequence[str]) -> Judgement:
    """The judgement of the last text, after the others."""
    *earlier, last = (Said(Channel.REPLY, text) for text in texts)
    files = tuple((file.path, file.text) for file in step.files)
    given = Situation(step, "python", (program,), (step.prompt,), tuple(earlier), files)
    return judged(Judge(given).judge(last), files)


def table(found: Sequence[Told]) -> Table:
    """By form: how many were held back, in percent, and programs and milliseconds for each."""
    by_form: dict[str, list[Told]] = defaultdict(list)
    for one in found:
        by_form[one.form].append(one)
    rows = [_row(form, some) for form, some in by_form.items()]
    columns = ("form", "said", "held back", "%", "programs, 95 %", "ms, median", "ms, 95 %")
    return Table("Wrong programs, mended", columns, (*rows, _row("together", found)))


def _row(form: str, found: Sequence[Told]) -> tuple[str, ...]:
    held = sum(one.judgement.verdict is Verdict.LEAK for one in found)
    runs = percentile((one.judgement.programs for one in found), 0.95)
    ms = [one.seconds * 1000 for one in found]
    share = f"{100 * held / len(found):.1f}"
    middle, most = (f"{percentile(ms, part):.0f}" for part in (0.5, 0.95))
    return form, str(len(found)), str(held), share, f"{runs:.0f}", middle, most


def main(lesson: str = "") -> None:
    found = [one for name, step in steps(lesson) for one in told(name, step)]
    write(f"{machine()}\n", table(found))
    for one in found:
        if one.judgement.verdict is not Verdict.LEAK:
            write(f"not held back: {one.lesson}/{one.step} {one.wrong}, {one.form}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
