"""A visit to a lesson: reads what an author types and does it, one order after the other."""

import asyncio
import os
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Final, assert_never
from uuid import uuid4

from pydantic import ValidationError

from courses.audience import StudentCode, StudentPredict, StudentQuiz
from courses.facts import CodeStep, ExplainStep, PredictStep, QuizStep
from courses.languages import LANGUAGES
from tutor.preview import commands, render
from tutor.preview.client import Page
from tutor.preview.input import Interrupted, Typist
from tutor.preview.screen import Screen
from tutor.protocol import frames

PROMPT: Final = "> "
EDITORS: Final = ("editor", "nano", "vi")
NO_EDITOR: Final = "There is no editor. Name one in the variable EDITOR."
NO_PROGRAM: Final = "This step has no program to change."
NOTHING_ON: Final = "Nothing is going on."
LEAVES: Final = "Ctrl+C once more leaves, and so does /quit."
FORETELL_FIRST: Final = "First foretell what it prints: /answer and the text."
KEPT_BESIDE: Final = "The classroom has another program by now; this one is kept beside it."
MEANWHILE: Final = "Not while the tutor answers; /stop or Ctrl+C ends that."


class Visit:
    """An author in a lesson."""

    def __init__(self, page: Page, screen: Screen, typist: Typist, language: str) -> None:
        self._page = page
        self._desk = page.desk
        self._screen = screen
        self._typist = typist
        self._language = language

    async def run(self) -> None:
        """Return when the author leaves."""
        await self._page.greeted()
        self._show_step()
        interrupted = False
        while True:
            try:
                line = await self._typist.line(PROMPT)
            except Interrupted:
                if interrupted:
                    return
                interrupted = True
                self._screen.note(LEAVES)
                continue
            interrupted = False
            order = commands.Leave() if line is None else commands.parse(line)
            if isinstance(order, commands.Leave):
                return
            if order:
                await self._obey(order)

    async def _obey(self, order: commands.Order) -> None:
        try:
            await self._do(order)
        except ValidationError as error:
            # The only thing in a frame of ours that may be wrong is what was typed.
            self._screen.trouble(f"This cannot be sent: {error.errors()[0]['msg']}.")

    async def _do(self, order: commands.Order) -> None:  # noqa: C901  # a line per order
        match order:
            case commands.Say(text):
                await self._say(text)
            case commands.Run(file):
                await self._run(file)
            case commands.Check(file):
                await self._check(file)
            case commands.Edit(name):
                await self._edit(name)
            case commands.Program(name):
                self._show_program(name)
            case commands.Step(to):
                self._go(to)
            case commands.Steps():
                views = [self._desk.views[step.id] for step in self._desk.steps]
                self._screen.show(render.steps(self._desk.steps, views, self._desk.here))
            case commands.Answer(text):
                await self._answer(text)
            case commands.Again():
                await self._again()
            case commands.Stop():
                self._screen.note(NOTHING_ON)
            case commands.Solution():
                await self._solution()
            case commands.Wrong(name):
                await self._wrong(name)
            case commands.Help():
                self._screen.show(render.manual())
            case commands.Unknown(name, meant):
                hint = f" Did you mean /{meant}?" if meant else " /help lists all there are."
                self._screen.trouble(f"There is no /{name}.{hint}")
            case commands.Leave():
                raise AssertionError("obeyed before")
            case _:
                assert_never(order)

    # The tutor

    async def _say(self, text: str) -> None:
        desk, said = self._desk, [self._message(text)]

        def take(typed: str) -> None:
            match commands.parse(typed):
                case commands.Say(more):
                    said.append(self._message(more))
                    self._page.add(said[-1])
                case commands.Stop():
                    self._page.end()
                case None:
                    pass
                case _:
                    self._screen.trouble(MEANWHILE)

        with self._typist.typing(take):
            await self._page.ask(
                said[0],
                lambda: all(desk.answered(one.id) for one in said),
                frames.Stop(type="stop"),
            )
        for one in said[1:]:
            if why := desk.refused.get(one.id):
                self._screen.trouble(why)

    def _message(self, text: str) -> frames.Say:
        return frames.Say(type="say", id=_name(), text=text, **self._desk.draft())

    async def _again(self) -> None:
        turn = self._desk.turn
        if turn is None or turn.state != "failed":
            self._screen.note("The tutor's last answer did not fail.")
            return
        failed = self._desk.turn
        await self._page.ask(
            frames.Again(type="again"),
            lambda: self._desk.turn is not failed and self._desk.is_quiet,
            frames.Stop(type="stop"),
        )

    # Programs

    async def _run(self, file: str) -> None:
        desk, name = self._desk, _name()
        match desk.shown:
            case StudentPredict() if not desk.views[desk.here].attempts:
                self._screen.trouble(FORETELL_FIRST)
                return
            case StudentQuiz():
                self._screen.trouble(NO_PROGRAM)
                return
        if file and not await self._take(file):
            return
        run = frames.RunCode(
            type="run", id=name, **desk.draft(), stdin=desk.stdin,
            interactive=self._typist.types_to_programs,
        )  # fmt: skip
        stop = frames.StopRun(type="stop_run", id=name)

        def take(text: str) -> None:
            self._page.tell(frames.Input(type="input", id=name, text=text, ends=not text))

        with self._typist.typing(take):
            await self._page.ask(run, lambda: desk.has_run(name), stop)

    async def _check(self, file: str) -> None:
        desk, name = self._desk, _name()
        if not isinstance(desk.shown, StudentCode):
            self._screen.trouble(f"This step is of the kind {desk.shown.kind}: nothing to check.")
            return
        if file and not await self._take(file):
            return
        check = frames.CheckCode(type="check_code", id=name, **desk.draft())
        await self._try(check, name)

    async def _answer(self, text: str) -> None:
        desk, name = self._desk, _name()
        match desk.shown:
            case StudentPredict() if not text:
                self._screen.trouble(FORETELL_FIRST)
            case StudentPredict():
                said = commands.foretold(text)
                made = frames.Predict(type="predict", id=name, step=desk.here, text=said)
                await self._try(made, name)
            case StudentQuiz(choices=choices):
                chosen = commands.choices(text, len(choices))
                if chosen is None:
                    self._screen.trouble(f"Answer with numbers from 1 to {len(choices)}.")
                    return
                await self._try(
                    frames.Choose(type="choose", id=name, step=desk.here, choices=chosen), name
                )
            case shown:
                self._screen.trouble(f"This step is of the kind {shown.kind}: nothing to answer.")

    async def _try(self, made: frames.TryFrame, name: str) -> None:
        stop = frames.StopRun(type="stop_run", id=name)
        if await self._page.ask(made, lambda: self._desk.is_judged(name), stop):
            self._screen.show(*render.attempt(self._desk.attempts[name], self._desk.shown))

    async def _take(self, file: str) -> bool:
        """Make a file the program. False if that was not possible, which is shown."""
        try:
            text = _read(file)
        except OSError as error:
            self._screen.trouble(f"{file}: {error.strerror or 'it cannot be read'}.")
        except ValueError:
            self._screen.trouble(f"{file} is not text in UTF-8.")
        else:
            return await self._change("", text)
        return False

    async def _change(self, name: str, text: str) -> bool:
        """Put a text in the place of the program, or of a file beside it, and have it stored."""
        desk = self._desk
        if not desk.may_change(name):
            self._screen.trouble(NO_PROGRAM)
            return False
        desk.program = desk.changed(name, text)
        edit = frames.Edit(type="edit", id=_name(), **desk.draft())
        if not await self._page.ask(edit, lambda: edit.id in desk.saved):
            return False
        if desk.program.version:
            self._screen.note(KEPT_BESIDE)
        return True

    async def _edit(self, name: str) -> None:
        text = self._desk.text_of(name)
        if text is None or not self._desk.may_change(name):
            self._screen.trouble(f"There is no {name} to change here." if name else NO_PROGRAM)
            return
        edited = await self._edited(text, name or f"program{LANGUAGES[self._language].suffix}")
        if edited is None or edited == text:
            self._screen.note("Nothing was changed.")
        elif await self._change(name, edited):
            self._screen.note(f"Kept: {name or 'the program'}.")

    async def _edited(self, text: str, name: str) -> str | None:
        """The text as it comes out of the author's editor; None if nothing came out."""
        said = os.environ.get("VISUAL") or os.environ.get("EDITOR")
        editor = shlex.split(said) if said else [name for name in EDITORS if shutil.which(name)][:1]
        if not editor:
            self._screen.trouble(NO_EDITOR)
            return None
        with tempfile.TemporaryDirectory(prefix="preview-edit-") as folder:
            file = Path(folder) / Path(name).name
            file.write_text(text, encoding="utf-8")
            try:
                with self._page.elsewhere():
                    process = await asyncio.create_subprocess_exec(*editor, str(file))
                    code = await process.wait()
                if code == 0:
                    return file.read_text(encoding="utf-8")
                self._screen.trouble(f"{editor[0]} has failed.")
            except (OSError, ValueError) as error:
                self._screen.trouble(f"{editor[0]}: {error}.")
        return None

    def _show_program(self, name: str) -> None:
        text = self._desk.text_of(name)
        if text is None:
            self._screen.trouble(f"There is no {name} beside the program.")
        else:
            self._screen.show(render.Code(text, self._language))

    # Steps

    def _go(self, to: str) -> None:
        if to:
            place = self._desk.place(to)
            if place is None:
                last = len(self._desk.steps)
                self._screen.trouble(f"There is no step {to}. The steps are 1 to {last}.")
                return
            self._desk.here = place
            self._page.tell(frames.Go(type="go", step=place))
        self._show_step()

    def _show_step(self) -> None:
        desk = self._desk
        self._screen.show(*render.step(desk.shown, desk.number, len(desk.steps), self._language))

    # What only an author has

    async def _solution(self) -> None:
        match self._desk.step:
            case CodeStep(solution=solution):
                if await self._change("", solution):
                    self._screen.note("Your solution is the program now.")
            case PredictStep(output=output):
                self._screen.show(render.note("It prints:"), render.printed("stdout", output))
            case QuizStep(choices=choices):
                right = [str(n) for n, choice in enumerate(choices, 1) if choice.correct]
                self._screen.note(f"Right: {', '.join(right)}")
            case ExplainStep():
                self._screen.note("This step is for reading.")

    async def _wrong(self, name: str) -> None:
        wrong = self._desk.wrong_programs()
        listed = f"Wrong programs here: {', '.join(wrong) or 'none'}."
        if not name:
            self._screen.note(listed)
        elif name not in wrong:
            self._screen.trouble(f"There is no wrong program {name}. {listed}")
        elif await self._change("", wrong[name]):
            self._screen.note(f"The wrong program {name} is the program now.")


def _read(file: str) -> str:
    return Path(file).expanduser().read_text(encoding="utf-8")


def _name() -> str:
    return uuid4().hex
