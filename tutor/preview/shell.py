"""The preview's shell: reads an author's commands and executes them, one after the other."""

from typing import Final, assert_never
from uuid import uuid4

from pydantic import ValidationError

from courses.audience import StudentCode, StudentPredict, StudentQuiz
from courses.facts import CodeStep, ExplainStep, PredictStep, QuizStep
from tutor.preview import commands, render
from tutor.preview.client import LessonClient
from tutor.preview.editor import NO_PROGRAM, ProgramEditor
from tutor.preview.input import InputSource, Interrupted
from tutor.preview.screen import Screen
from tutor.protocol import frames

PROMPT: Final = "> "
NOTHING_ON: Final = "Nothing is going on."
LEAVES: Final = "Ctrl+C once more leaves, and so does /quit."
PREDICT_FIRST: Final = "First foretell what it prints: /answer and the text."
ANSWER_FIRST: Final = "Say what you expect: /answer and the text, or /answer ? if you don't know."
MEANWHILE: Final = "Not while the tutor answers; /stop or Ctrl+C ends that."


class Shell:
    """Executes commands in a lesson."""

    def __init__(
        self, client: LessonClient, screen: Screen, source: InputSource, language: str
    ) -> None:
        self._client = client
        self._state = client.state
        self._screen = screen
        self._input = source
        self._language = language
        self._editor = ProgramEditor(client, screen, language)

    async def run(self) -> None:
        """Return when the author leaves."""
        await self._client.wait_for_hello()
        self._show_step()
        interrupted = False
        while True:
            try:
                line = await self._input.line(PROMPT)
            except Interrupted:
                if interrupted:
                    return
                interrupted = True
                self._screen.note(LEAVES)
                continue
            interrupted = False
            command = commands.Leave() if line is None else commands.parse(line)
            if isinstance(command, commands.Leave):
                return
            if command:
                await self._execute(command)

    async def _execute(self, command: commands.Command) -> None:
        try:
            await self._dispatch(command)
        except ValidationError as error:
            # In a frame of ours only the typed text can be wrong.
            self._screen.warn(f"This cannot be sent: {error.errors()[0]['msg']}.")

    async def _dispatch(self, command: commands.Command) -> None:  # noqa: C901  # a line per command
        match command:
            case commands.Say(text):
                await self._say(text)
            case commands.Run(file):
                await self._run(file)
            case commands.Check(file):
                await self._check(file)
            case commands.Edit(name):
                await self._editor.edit(name)
            case commands.Program(name):
                self._editor.show(name)
            case commands.Step(to):
                self._go(to)
            case commands.Steps():
                views = [self._state.views[step.id] for step in self._state.steps]
                self._screen.show(render.steps(self._state.steps, views, self._state.step_id))
            case commands.Answer(text):
                await self._answer(text)
            case commands.Hint():
                name = _name()
                await self._ask(frames.Hint(type="hint", id=name, **self._state.draft()))
            case commands.Again():
                await self._again()
            case commands.Stop():
                self._screen.note(NOTHING_ON)
            case commands.Solution():
                await self._solution()
            case commands.Wrong(name):
                await self._wrong(name)
            case commands.Help():
                self._screen.show(render.help_table())
            case commands.Unknown(name, meant):
                hint = f" Did you mean /{meant}?" if meant else " /help lists all there are."
                self._screen.warn(f"There is no /{name}.{hint}")
            case commands.Leave():
                raise AssertionError("handled by run")
            case _:
                assert_never(command)

    # The tutor

    async def _say(self, text: str) -> None:
        await self._ask(self._message(text))

    async def _ask(self, asked: frames.Say | frames.Answer | frames.Hint) -> None:
        """Send what the tutor answers, and wait for that; what is said meanwhile is sent too."""
        state = self._state
        said: list[frames.Say | frames.Answer | frames.Hint] = [asked]

        def take(typed: str) -> None:
            match commands.parse(typed):
                case commands.Say(more):
                    message = self._message(more)
                    said.append(message)
                    self._client.request_more(message)
                case commands.Stop():
                    self._client.cancel()
                case None:
                    pass
                case _:
                    self._screen.warn(MEANWHILE)

        with self._input.forward_lines(take):
            await self._client.request(
                asked,
                lambda: all(state.is_answered(one.id) for one in said),
                frames.Stop(type="stop"),
            )
        for one in said[1:]:
            if why := state.refused.get(one.id):
                self._screen.warn(why)

    def _message(self, text: str) -> frames.Say:
        return frames.Say(type="say", id=_name(), text=text, **self._state.draft())

    async def _again(self) -> None:
        turn = self._state.turn
        if turn is None or turn.state != "failed":
            self._screen.note("The tutor's last answer did not fail.")
            return
        failed = self._state.turn
        await self._client.request(
            frames.Again(type="again"),
            lambda: self._state.turn is not failed and self._state.is_quiet,
            frames.Stop(type="stop"),
        )

    # Programs

    async def _run(self, file: str) -> None:
        state, name = self._state, _name()
        match state.student_step:
            case StudentPredict() if not state.views[state.step_id].attempts:
                self._screen.warn(PREDICT_FIRST)
                return
            case StudentQuiz():
                self._screen.warn(NO_PROGRAM)
                return
        if file and not await self._editor.load(file):
            return
        run = frames.RunCode(
            type="run", id=name, **state.draft(), stdin=state.stdin,
            interactive=self._input.is_interactive,
        )  # fmt: skip
        stop = frames.StopRun(type="stop_run", id=name)

        def take(text: str) -> None:
            self._client.send(frames.Input(type="input", id=name, text=text, ends=not text))

        with self._input.forward_lines(take):
            await self._client.request(run, lambda: state.is_run_over(name), stop)

    async def _check(self, file: str) -> None:
        state, name = self._state, _name()
        if not isinstance(state.student_step, StudentCode):
            self._screen.warn(
                f"This step is of the kind {state.student_step.kind}: nothing to check."
            )
            return
        if file and not await self._editor.load(file):
            return
        check = frames.CheckCode(type="check_code", id=name, **state.draft())
        await self._try(check, name)

    async def _answer(self, text: str) -> None:
        state, name = self._state, _name()
        if asked := state.open_prediction:
            if not text:
                self._screen.warn(ANSWER_FIRST)
                return
            said = commands.foretold(text)
            await self._ask(
                frames.Answer(type="answer", id=name, prediction=asked.number, text=said)
            )
            return
        match state.student_step:
            case StudentPredict() if not text:
                self._screen.warn(PREDICT_FIRST)
            case StudentPredict():
                guess = commands.prediction(text)
                made = frames.Predict(type="predict", id=name, step=state.step_id, text=guess)
                await self._try(made, name)
            case StudentQuiz(choices=choices):
                chosen = commands.choices(text, len(choices))
                if chosen is None:
                    self._screen.warn(f"Answer with numbers from 1 to {len(choices)}.")
                    return
                await self._try(
                    frames.Choose(type="choose", id=name, step=state.step_id, choices=chosen), name
                )
            case shown:
                self._screen.warn(f"This step is of the kind {shown.kind}: nothing to answer.")

    async def _try(self, made: frames.TryFrame, name: str) -> None:
        stop = frames.StopRun(type="stop_run", id=name)
        if await self._client.request(made, lambda: self._state.is_judged(name), stop):
            self._screen.show(*render.attempt(self._state.attempts[name], self._state.student_step))

    # Steps

    def _go(self, to: str) -> None:
        if to:
            place = self._state.find_step(to)
            if place is None:
                last = len(self._state.steps)
                self._screen.warn(f"There is no step {to}. The steps are 1 to {last}.")
                return
            self._state.step_id = place
            self._client.send(frames.Go(type="go", step=place))
        self._show_step()

    def _show_step(self) -> None:
        state = self._state
        self._screen.show(
            *render.step(state.student_step, state.number, len(state.steps), self._language)
        )

    # For authors only

    async def _solution(self) -> None:
        match self._state.step:
            case CodeStep(solution=solution):
                if await self._editor.replace("", solution):
                    self._screen.note("Your solution is the program now.")
            case PredictStep(output=output):
                self._screen.show(render.note("It prints:"), render.printed("stdout", output))
            case QuizStep(choices=choices):
                right = [str(n) for n, choice in enumerate(choices, 1) if choice.correct]
                self._screen.note(f"Right: {', '.join(right)}")
            case ExplainStep():
                self._screen.note("This step is for reading.")

    async def _wrong(self, name: str) -> None:
        wrong = self._state.wrong_programs()
        listed = f"Wrong programs here: {', '.join(wrong) or 'none'}."
        if not name:
            self._screen.note(listed)
        elif name not in wrong:
            self._screen.warn(f"There is no wrong program {name}. {listed}")
        elif await self._editor.replace("", wrong[name]):
            self._screen.note(f"The wrong program {name} is the program now.")


def _name() -> str:
    return uuid4().hex
