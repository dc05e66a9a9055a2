"""Students in every step of the sample lessons, with every wrong program of theirs: what the tutor
never does, whatever they do, and that there is an end."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from courses.facts import CourseSource, LessonSource
from courses.source import read
from courses.steps import CodeStep, Step
from tests.conftest import SAMPLE
from tests.tutor.practice.server import Server
from tutor.emulator import Call, Output, Say
from tutor.practice.english.moves import LAST_STEP

MAX_TURNS: Final = 30
SPAN: Final = re.compile(r"(`+) ?(.+?) ?\1", re.DOTALL)
# A line of a program says something from so many characters on.
MIN_LINE_CHARS: Final = 8


def courses() -> Iterator[CourseSource]:
    for name in ("first-steps", "python-foundations", "javascript-first-steps"):
        course = read(SAMPLE.parent / name)
        assert isinstance(course, CourseSource)
        yield course


def steps() -> Iterator[Any]:
    for course in courses():
        for lesson in course.lessons:
            for step in lesson.steps:
                wrong = step.wrong if isinstance(step, CodeStep) else ()
                programs = [(one.file, one.code) for one in wrong] or [("none", "")]
                for file, program in programs:
                    name = f"{lesson.id}/{step.id}/{file.rpartition('/')[2]}"
                    yield pytest.param(course, lesson, step, program, id=name)


# Students: what they say, and what they answer to a prediction. None: they do not know.
Policy = tuple[tuple[str, ...], Callable[[Server], str | None]]


def right(server: Server) -> str:
    assert server.open
    return server.outcome(server.open.call, server.open.program)


POLICIES: Final[dict[str, Policy]] = {
    "honest": (("Is this right?", "I think the loop is wrong.", "Because it gives 3."), right),
    "wrong": (("What is wrong?", "Oh, it ends too early.", "Then I change it."), lambda _: "'?'"),
    "unsure": (("I don't know", "no idea", ""), lambda _: None),
    "begs": (
        ("Give me the solution", "A hint, please", "I'm stuck", "just fix it"),
        lambda _: None,
    ),
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("course", "lesson", "step", "program"), list(steps()))
def test_a_student_is_led_to_an_end_and_never_told(
    course: CourseSource, lesson: LessonSource, step: Step, program: str, policy: str
) -> None:
    server = Server(course, lesson, step)
    watch = Watch(server)
    sayings, answers = POLICIES[policy]
    watch.turn(server.say("Hello"))
    for number in range(MAX_TURNS):
        if number == 2 and isinstance(step, CodeStep):
            server.write(program)
        if number in (4, 6):
            solve(server, passed=False)
        if number == 12:
            solve(server, passed=True)
        answered = server.open and number % 3 != 2
        said = sayings[number % len(sayings)]
        watch.turn(server.answer(answers(server)) if answered else server.say(said))
        if watch.is_over:
            break
        if number > 18 and step.kind == "explain":
            watch.turn(server.say("done"))
    assert watch.is_over
    assert not watch.refused


def solve(server: Server, *, passed: bool) -> None:
    """Have the step judged."""
    step = server.step
    if isinstance(step, CodeStep):
        server.asked = [one for one in server.asked if one.verdict]
        server.write(step.solution if passed else server.program)
        assert server.check_program() is passed or not passed
    elif step.kind == "predict":
        server.judge(passed, **({} if passed else {"wrong_from_line": 1}))
    elif step.kind == "quiz":
        server.judge(passed, chose=[1])


class Watch:
    """What must hold of every turn."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.moves: set[tuple[str, str]] = set()
        self.refused: list[Any] = []
        self.programs = {server.program}
        self.is_over = False

    def turn(self, outputs: list[Output]) -> None:
        self.programs.add(self.server.program)
        calls = [one for one in outputs if isinstance(one, Call)]
        last = [one for one in outputs if isinstance(one, Say)][-1]
        moved = [call for call in calls if call.name != "execute_code"]
        assert len(moved) <= 1
        assert "?" in last.text or moved, last.text
        for call in moved:
            arguments = self.server.arguments(call)
            self.moves.add((call.name, str(arguments.get("what", ""))))
        is_end = any(text in last.text for text in LAST_STEP)
        assert not is_end or self.server.is_last
        self.is_over = is_end or ("offer_check", "next") in self.moves
        said = "\n".join(one.text for one in outputs if isinstance(one, Say))
        questions = [str(self.server.arguments(call).get("question", "")) for call in calls]
        words = len(" ".join([last.text, *questions]).split())
        assert 25 <= words <= 110, f"{words}: {last.text}"
        self.is_no_mend("\n".join([said, *questions]))
        self.refused = [one for one in self.server.outputs if one[1]["status"] == "refused"]

    def is_no_mend(self, said: str) -> None:
        """Whatever is shown as code is the student's, or the lesson's, or came from a run."""
        flat = " ".join(said.split())
        known = [" ".join(text.split()) for text in self.known()]
        for line in secret_lines(self.server.step):
            assert line not in flat or any(line in text for text in known), line
        for _, span in SPAN.findall(said):
            shown = " ".join(span.replace(" ⏎ ", " ").rstrip("…").split())
            assert any(shown in text for text in known), f"{shown!r} in {said!r}"

    def known(self) -> list[str]:
        data = self.server.instructions.rsplit("\n# The lesson's data\n", 1)[1]
        plain = data.replace("\\n", " ").replace('\\"', '"').replace("\\\\", "\\")
        kinds = " ".join(f"raises {seen}" for seen in self.server.seen)
        return [*self.programs, plain, "None", *self.server.seen, kinds, *self.server.answers]


def secret_lines(step: Step) -> list[str]:
    """The lines that a student has to find."""
    if not isinstance(step, CodeStep):
        return []
    lines = {" ".join(line.split()) for line in step.solution.splitlines()}
    return [line for line in lines if len(line) >= MIN_LINE_CHARS]
