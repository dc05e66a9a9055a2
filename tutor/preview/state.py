"""The state of a lesson as its client knows it: steps, programs, and what is going on. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from courses.audience import StudentStep
from courses.facts import CodeStep, ExplainStep, LessonSource, PredictStep, QuizStep, Step
from tutor.method.progress import after_pass
from tutor.protocol import frames


@dataclass(frozen=True)
class Program:
    """The content of an editor: the program, and the files beside it that were changed, by path.

    `base` and `version` say which stored text it was made from; see frames.Edit.
    """

    code: str
    files: Mapping[str, str] = field(default_factory=dict)
    base: int = 0
    version: int = 0


class LessonState:
    """Updated by every frame; answers whether a request is over."""

    def __init__(self, lesson: LessonSource) -> None:
        self.lesson = lesson
        self.steps: tuple[StudentStep, ...] = lesson.for_student().steps
        # The id of the shown step; empty until the first hello.
        self.step_id = ""
        # The content of each editor, and the progress in each step, by the step's id.
        self.programs: dict[str, Program] = {}
        self.views: dict[str, frames.StepView] = {}
        # The current or latest turn; None if there was none.
        self.turn: frames.TurnChanged | None = None
        # The turn of each accepted message, by the message's name; None while it waits.
        self.turns: dict[str, int | None] = {}
        # The student's runs and attempts, by name.
        self.runs: dict[str, frames.RunView] = {}
        self.attempts: dict[str, frames.AttemptView] = {}
        # The tutor's predictions, by number.
        self.predictions: dict[int, frames.PredictionView] = {}
        # The reasons of refused frames, and the frames whose program was stored, by name.
        self.refused: dict[str, str] = {}
        self.saved: set[str] = set()

    # From the classroom

    def receive(self, frame: frames.ToBrowser) -> None:
        """Update the state by a frame."""
        match frame:
            case frames.Hello():
                self._hello(frame)
            case frames.Accepted(id=id, item=item):
                self.turns[id] = item.turn if item else None
            case frames.ItemStored(item=item):
                self._item(item)
            case frames.PredictionChanged(prediction=prediction):
                self.predictions[prediction.number] = prediction
            case frames.TurnChanged():
                self.turn = frame
            case frames.RunChanged(run=run) if run.by == "student":
                self.runs[run.id] = run
            case frames.AttemptChanged(attempt=attempt):
                self._attempted(attempt)
            case frames.Refused(id=id, message=message):
                self.refused[id] = message
            case frames.Saved():
                self._saved(frame)
            case _:
                pass

    def _hello(self, hello: frames.Hello) -> None:
        if not self.step_id:  # later ones know no more than we do
            self.step_id = hello.step
            self.programs = {
                view.id: Program(view.code, view.files, view.revision) for view in hello.steps
            }
        for view in hello.steps:
            self._adopt_stored(view)
        self.views = {view.id: view for view in hello.steps}
        self.turn = hello.turn
        for item in hello.items:
            self._item(item)
        if hello.last_run:
            self.runs[hello.last_run.id] = hello.last_run

    def _item(self, item: frames.ItemView) -> None:
        match item:
            case frames.StudentItem(id=id, turn=turn):
                self.turns[id] = turn
            case frames.PredictionItem(prediction=prediction):
                self.predictions[prediction.number] = prediction
            case _:
                pass

    def _adopt_stored(self, view: frames.StepView) -> None:
        """Adopt the stored revision if its text is ours: a Saved frame may have been lost."""
        ours = self.programs[view.id]
        if (ours.code, ours.files) == (view.code, view.files):
            self.programs[view.id] = replace(ours, base=view.revision, version=0)

    def _saved(self, saved: frames.Saved) -> None:
        self.saved.add(saved.id)
        ours = self.programs[saved.step]
        self.programs[saved.step] = replace(ours, base=saved.revision, version=saved.version)

    def _attempted(self, attempt: frames.AttemptView) -> None:
        self.attempts[attempt.id] = attempt
        view = self.views[attempt.step]
        if attempt.state == "judged":
            is_pass = attempt.passed or isinstance(self._step(attempt.step), PredictStep)
            begun = "begun" if view.state == "new" else view.state
            state = after_pass(view.state, helped=attempt.helped) if is_pass else begun
            change = {"attempts": attempt.number, "last": attempt, "state": state}
            self.views[attempt.step] = view.model_copy(update=change)

    # Ends of requests

    @property
    def is_quiet(self) -> bool:
        """True while no turn goes on."""
        return self.turn is None or self.turn.state in frames.TURN_OVER

    def is_answered(self, name: str) -> bool:
        """True once the turn of this message has ended, or the message was refused."""
        if name in self.refused:
            return True
        turn = self.turns.get(name)
        if turn is None or self.turn is None:
            return False
        return self.turn.number >= turn and self.is_quiet

    def is_run_over(self, name: str) -> bool:
        """True once this run has ended."""
        return name in self.runs and self.runs[name].state not in frames.GOING_ON

    def is_judged(self, name: str) -> bool:
        """True once this attempt is judged, or has failed."""
        return name in self.attempts and self.attempts[name].state not in frames.GOING_ON

    # Steps and programs

    @property
    def open_prediction(self) -> frames.PredictionView | None:
        """The prediction of the shown step that waits for an answer; None if none does."""
        asked = (one for one in self.predictions.values() if one.step == self.step_id)
        return next((one for one in asked if one.state == "open"), None)

    @property
    def number(self) -> int:
        """The place of the shown step, from 1."""
        return 1 + [step.id for step in self.steps].index(self.step_id)

    @property
    def student_step(self) -> StudentStep:
        """The shown step as a student sees it."""
        return self.steps[self.number - 1]

    @property
    def step(self) -> Step:
        """The shown step with its secrets."""
        return self._step(self.step_id)

    def _step(self, name: str) -> Step:
        return self.lesson.step(name)

    @property
    def program(self) -> Program:
        """The content of the shown step's editor."""
        return self.programs[self.step_id]

    @program.setter
    def program(self, program: Program) -> None:
        self.programs[self.step_id] = program

    @property
    def has_editor(self) -> bool:
        """True if the shown step has a program that can be changed."""
        step = self.step
        return isinstance(step, CodeStep) or (isinstance(step, ExplainStep) and bool(step.program))

    @property
    def stdin(self) -> str:
        """The standard input that the lesson gives a program of the shown step."""
        match self.step:
            case CodeStep(stdin=stdin) | PredictStep(stdin=stdin):
                return stdin
            case ExplainStep() | QuizStep():
                return ""

    def file_text(self, name: str) -> str | None:
        """The program, or the file `name` beside it as it is now; None if there is none."""
        if not name:
            return self.program.code
        return {**self.lesson.files_of(self.step_id), **self.program.files}.get(name)

    def is_editable(self, name: str) -> bool:
        """True if a student may change the program, or the file `name` beside it."""
        return name in self.lesson.editable_of(self.step_id) if name else self.has_editor

    def with_text(self, name: str, text: str) -> Program:
        """The content of the editor with a text in the place of the program, or of a file."""
        program = self.program
        if name:
            return replace(program, files={**program.files, name: text})
        return replace(program, code=text)

    def draft(self) -> dict[str, Any]:
        """The fields of every frame that carries the program."""
        program = self.program
        return {
            "step": self.step_id, "code": program.code, "files": dict(program.files),
            "base": program.base, "version": program.version,
        }  # fmt: skip

    def find_step(self, to: str) -> str | None:
        """The id of the step that `to` means: a number, an id, next or back; None if none."""
        ids = [step.id for step in self.steps]
        places = {str(number): name for number, name in enumerate(ids, 1)}
        by_name = {name: name for name in ids}
        way = {"next": str(self.number + 1), "back": str(self.number - 1)}.get(to, to)
        return places.get(way) or by_name.get(to)

    def wrong_programs(self) -> dict[str, str]:
        """The author's wrong programs of the shown step, by the name of their file."""
        step = self.step
        if not isinstance(step, CodeStep):
            return {}
        return {_bare(wrong.file): wrong.code for wrong in step.wrong}


def _bare(file: str) -> str:
    return file.rpartition("/")[2].rpartition(".")[0]
