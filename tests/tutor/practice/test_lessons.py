"""What the tutor never does in any step of the sample lessons, whatever students do, and that there
is an end."""

import re
from typing import Any, Final

import pytest

from courses.facts import CourseSource, LessonSource
from courses.steps import CodeStep, Step
from tests.tutor.practice.server import Server
from tests.tutor.practice.walks import POLICIES, steps, walk
from tutor.emulator import Call, Output, Say
from tutor.practice.english.moves import LAST_STEP

SPAN: Final = re.compile(r"(`+) ?(.+?) ?\1", re.DOTALL)
# A line of a program says something from so many characters on.
MIN_LINE_CHARS: Final = 8


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("course", "lesson", "step", "program"), list(steps()))
def test_a_student_is_led_to_an_end_and_never_told(
    course: CourseSource, lesson: LessonSource, step: Step, program: str, policy: str
) -> None:
    server = Server(course, lesson, step)
    watch = Watch(server)
    walk(server, program, policy, watch.turn)
    assert watch.is_over
    assert not watch.refused


class Watch:
    """What must hold of every turn."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.moves: set[tuple[str, str]] = set()
        self.refused: list[Any] = []
        self.programs = {server.program}
        self.is_over = False

    def turn(self, outputs: list[Output]) -> bool:
        """Look at a turn; whether it is the last one."""
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
        return self.is_over

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
