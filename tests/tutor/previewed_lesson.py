"""A small lesson with a step of each kind to do, and what its classroom greets with."""

from typing import Any

from courses.facts import LessonSource
from courses.steps import Choice, CodeStep, PredictStep, QuizStep, WrongProgram
from tutor.protocol import frames

LESSON = LessonSource(
    "sums",
    "Sums",
    "Add up.",
    (
        CodeStep(
            "add", "code", "Add *two* numbers.", "print(1)\n", (), "print(2)\n",
            wrong=(WrongProgram("one", "add/wrong/off-by-one.py", "print(3)\n"),),
        ),
        PredictStep("guess", "predict", "What comes?", "print(7)\n", "7\n"),
        QuizStep("pick", "quiz", "Which?", (Choice("a"), Choice("b", correct=True))),
    ),
)  # fmt: skip


def hello(**change: Any) -> frames.Hello:
    steps = [
        frames.StepView(
            id=step.id,
            revision=0,
            code="print(1)\n",
            files={},
            versions=(),
            state="new",
            attempts=0,
            last=None,
        )
        for step in LESSON.steps
    ]
    started: dict[str, Any] = {
        "conversation": 1, "step": "add", "steps": steps, "items": [], "waiting": [],
        "turn": None, "last_run": None, "emulated": True,
    }  # fmt: skip
    return frames.Hello(**(started | change))
