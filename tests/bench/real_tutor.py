"""`python -m tests.bench.real_tutor`: a small real model as the tutor of students who beg for code.

Over real pages of a real site, through the leak gate and the sandbox; `bin/test --real-model`
installs the model. An oracle then tries what the pages have shown in the sandbox: whether any of
it solves its step. Ends with 1 if so, or if a question was not answered.
"""

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bin.machine import environment
from tests.bench.report import Table, machine, median, percentile, write
from tests.page import log_in, page
from tests.peers import llama_cpp
from tests.peers.begging import BEGGING, COURSES, Answer, Case, NotAnswered, beg, cases
from tests.peers.oracle import Solved, solving
from tests.running import SAMPLE, STUDENTS, Classroom, classroom

# The instructions of a lesson with its data, the tools, and a few answers.
CONTEXT_TOKENS: Final = 8192
TURNS_OF_A_DIALOGUE: Final = 3
IMAGE: Final = os.environ.get("SANDBOX_IMAGE", "tutor-sandbox")
OTHERS: Final = """
call_command("course", "import", {folder!r}, stdout=StringIO())
for student in User.objects.filter(username__startswith="beggar-"):
    Enrolment.objects.create(course=Course.objects.get(slug={slug!r}), student=student)
"""
# What a student reads while the tutor is asked again.
SEARCHING: Final = "The tutor is looking for a better question."
HELD_BACK: Final = (
    "SELECT channel, verdict, held_back, COUNT(*) FROM tutor_judgement GROUP BY 1, 2, 3"
)
SPENT: Final = "SELECT ms, programs, case_runs FROM tutor_judgement WHERE programs > 0"


@dataclass
class Outcome:
    """What came of all questions."""

    answers: list[Answer] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    # By the place of an answer: what of it solves its step.
    leaks: dict[int, list[Solved]] = field(default_factory=dict)
    verdicts: list[tuple[str, str, bool, int]] = field(default_factory=list)
    spent: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether everything was answered, and nothing that was shown solves a step."""
        return bool(self.answers) and not self.leaks and not self.unanswered


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What is measured; raises SystemExit for anything else."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.real_tutor", description=__doc__)
    parser.add_argument("--answers", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--minutes", type=float, default=40, help="at most; default: %(default)s")
    parser.add_argument("--tokens", type=int, default=200, help="of an answer at most")
    parser.add_argument("--gate", choices=["on", "log", "off"], default="on")
    parser.add_argument("--lesson", action="append", help="only this one; may be given again")
    parser.add_argument("--python", type=Path, default=environment.beside("real-model"))
    return parser.parse_args(arguments)


def measure(chosen: argparse.Namespace, base_url: str, folder: Path) -> Outcome:
    """Have all questions answered, then look at what the pages were shown."""
    wanted = [one for one in cases() if chosen.lesson is None or one.lesson in chosen.lesson]
    asked = list(itertools.islice(itertools.cycle(wanted), _dialogues(chosen.answers)))
    # One lesson after the other: its instructions are then read by the model a single time.
    asked.sort(key=lambda case: (case.course, case.lesson))
    names = [f"beggar-{number}" for number in range(len(asked))]
    people = STUDENTS.format(names=names)
    for slug in COURSES[1:]:
        people += OTHERS.format(folder=str(SAMPLE.parent / slug), slug=slug)
    settings = {
        "OPENAI_BASE_URL": base_url,
        "OPENAI_MODEL": "smollm2",
        "OPENAI_MAX_ANSWER_TOKENS": str(chosen.tokens),
        "OPENAI_REASONING_TOKENS": "0",
        "LEAK_GATE": chosen.gate,
    }
    outcome = Outcome()
    with (
        ThreadPoolExecutor(1) as judging,
        classroom(folder, people=people, **settings) as room,
    ):
        deadline = time.monotonic() + 60 * chosen.minutes
        judged: list[Future[list[Solved]]] = []
        for name, case in zip(names, asked, strict=True):
            left = chosen.answers - len(outcome.answers)
            if left <= 0 or time.monotonic() > deadline:
                break
            for answer in _ask(room, name, case, min(left, TURNS_OF_A_DIALOGUE), outcome):
                step, shown = case.step, answer.shown
                judged.append(judging.submit(solving, step, case.program, shown, IMAGE))
        outcome.verdicts = room.rows(HELD_BACK)
        outcome.spent = room.rows(SPENT)
        found = [one.result() for one in judged]
    outcome.leaks = {place: some for place, some in enumerate(found) if some}
    return outcome


def _dialogues(answers: int) -> int:
    return -(-answers // TURNS_OF_A_DIALOGUE)


def _ask(room: Classroom, name: str, case: Case, turns: int, outcome: Outcome) -> Iterator[Answer]:
    """A dialogue; a line for each answer."""
    begin = len(outcome.answers)
    questions = tuple(itertools.islice(itertools.cycle(BEGGING), begin, begin + turns))
    cookies = log_in(room, name)
    try:
        with page(room, cookies, case.lesson, course=case.course) as opened:
            for answer in beg(opened, case, questions):
                outcome.answers.append(answer)
                said = " ".join(" ".join(answer.said).split())[:90]
                write(
                    f"{len(outcome.answers):4} {case.lesson:22} {answer.whole_s:6.1f} s "
                    f"{answer.ended} withdrawn {answer.withdrawn} {answer.notices} {said}"
                )
                yield answer
    except (NotAnswered, TimeoutError) as error:
        outcome.unanswered.append(f"{case.lesson}: {error}")


def tables(outcome: Outcome) -> Iterator[object]:
    """What was found, for a person."""
    held = [one for one in outcome.answers if one.withdrawn or SEARCHING in one.notices]
    yield Table(
        "Answers of a small real model to students who beg",
        ("", "answers"),
        (
            ("answered", str(len(outcome.answers))),
            ("not answered", str(len(outcome.unanswered))),
            ("withdrawn, or kept waiting, at least once", str(len(held))),
            ("shown something that solves the step", str(len(outcome.leaks))),
        ),
    )
    yield Table(
        "Waits, in seconds: p50, p95, most",
        ("", "p50", "p95", "most"),
        tuple(_waits(outcome.answers, held)),
    )
    rows = tuple((*map(str, row),) for row in outcome.verdicts)
    yield Table("Judgements", ("channel", "verdict", "held back", "number"), rows)
    if outcome.spent:
        columns = list(zip(*outcome.spent, strict=True))
        row = tuple(f"{median(one)} / {percentile(one, 0.95)} / {max(one)}" for one in columns)
        yield Table(
            "Judgements with programs: p50 / p95 / most",
            ("", "ms", "programs", "case runs"), (("", *row),),
        )  # fmt: skip
    instead = Counter(text for one in held for text in (*one.notices, *one.said[-1:]))
    yield "### Seen instead\n"
    yield from (
        f"{count:4} × {' '.join(text.split())[:200]}" for text, count in instead.most_common(20)
    )
    yield from (f"NOT ANSWERED {why}" for why in outcome.unanswered)
    for place, found in outcome.leaks.items():
        yield f"LEAK in answer {place + 1}, {outcome.answers[place].case.lesson}:\n{found[0].part}"


def _waits(answers: list[Answer], held: list[Answer]) -> Iterator[tuple[str, str, str, str]]:
    others = [one for one in answers if one not in held]
    for title, some in (("shown at once", others), ("kept waiting", held)):
        first = [one.first_s for one in some if one.first_s is not None]
        for what, values in (("first text", first), ("end", [one.whole_s for one in some])):
            if values:
                p50, p95 = median(values), percentile(values, 0.95)
                yield f"{title}: {what}", f"{p50:.1f}", f"{p95:.1f}", f"{max(values):.1f}"


def main() -> int:
    """The command; its exit code."""
    chosen = options()
    if not chosen.python.exists():
        write("llama.cpp is missing: bin/test --real-model installs it.")
        return 2
    write(machine())
    with (
        llama_cpp.serving(chosen.python, CONTEXT_TOKENS) as base_url,
        tempfile.TemporaryDirectory(prefix="real-tutor-") as folder,
    ):
        outcome = measure(chosen, base_url, Path(folder))
    write(*tables(outcome))
    return 0 if outcome.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
