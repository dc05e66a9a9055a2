"""Frames and steps as renderables of rich. Pure.

Every text of a course, a program or a model goes through `escape` here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markdown import Markdown
from rich.segment import Segment
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from courses import rules
from courses.audience import (
    File,
    StudentCode,
    StudentExplain,
    StudentPredict,
    StudentQuiz,
    StudentStep,
)
from tutor.preview import commands
from tutor.preview.escape import escape, one_line
from tutor.protocol import frames

# The longest value or line of output in a table, or beside other things.
SHORT_CHARS: Final = 100

ENDS: Final[dict[frames.RunState, str]] = {
    "queued": "waits",
    "running": "runs",
    "ok": "ended well",
    "error": "ended with an error",
    "timeout": "was stopped: it took too long",
    "memory": "was stopped: it took too much memory",
    "output_limit": "was stopped: it printed too much",
    "idle": "was stopped: nobody typed anything",
    "crashed": "crashed",
    "cancelled": "was stopped",
    "unavailable": "could not be run",
    "sandbox_error": "could not be run",
}
EMULATED: Final = "The tutor is a practice script, no language model: no OPENAI_API_KEY is set."
STATES: Final = {
    "new": "", "begun": "begun", "passed": "passed", "passed_with_help": "passed with help",
}  # fmt: skip
OFFERS: Final[dict[frames.Offer, str]] = {
    "attempt": "The tutor offers a check of this step: /check, or /answer where one answers.",
    "variant": "The tutor offers a variant of this step.",
    "next": "The tutor offers the next step: /step next.",
}
FORETELL: Final = "Answer with /answer and what you expect, or /answer ? if you don't know."
VERDICTS: Final[dict[frames.PredictionState, tuple[str, str]]] = {
    "right": ("That is what you expected.", "green"),
    "wrong": ("You expected: {said}", "yellow"),
    "none": ("You did not know.", "dim"),
}


@dataclass(frozen=True)
class Prose:
    """Markdown: set on a terminal, as it was written anywhere else."""

    text: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """For rich."""
        plain = escape(self.text)
        # A link is written out: as a terminal's own link it could lead anywhere unseen.
        yield Markdown(plain, hyperlinks=False) if console.is_terminal else Text(plain)


@dataclass(frozen=True)
class Code:
    """A program: with numbers and colours on a terminal, bare anywhere else."""

    text: str
    language: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """For rich."""
        plain = escape(self.text).rstrip("\n")
        if console.is_terminal:
            yield Syntax(
                plain, self.language, theme="ansi_dark", background_color="default",
                line_numbers=True, word_wrap=True,
            )  # fmt: skip
        else:
            yield Text(plain)


@dataclass(frozen=True)
class LastLines:
    """The last lines of something, as many as fit on the screen while it grows."""

    inner: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """For rich."""
        lines = console.render_lines(self.inner, options, pad=False)
        for line in lines[-max(1, console.height - 2) :]:
            yield from line
            yield Segment.line()


def welcome(title: str, *, emulated: bool) -> list[RenderableType]:
    """The first lines of a preview."""
    parts: list[RenderableType] = [
        _title(title),
        note("What you type is a message to the tutor; /help lists what else there is."),
    ]
    return [*parts, note(EMULATED)] if emulated else parts


# A step -------------------------------------------------------------------------------------------


def step(shown: StudentStep, number: int, of: int, language: str) -> list[RenderableType]:
    """All that a student sees of a step before they do anything."""
    parts: list[RenderableType] = [
        _title(f"Step {number} of {of} ({shown.kind}) {shown.title or shown.id}"),
        Prose(shown.prompt),
    ]
    match shown:
        case StudentCode():
            parts += _of_code(shown)
        case StudentExplain(program=program):
            parts += [Code(program, language)] if program else []
        case StudentPredict():
            parts += [Code(shown.program, language), *_beside(shown.files)]
            parts.append(note("What does it print? Foretell it with /answer …"))
        case StudentQuiz():
            parts += [Text(f"  {n}. {escape(text)}") for n, text in enumerate(shown.choices, 1)]
            more = "s of all right answers" if shown.several else " of the right answer"
            parts.append(note(f"Choose with /answer and the number{more}."))
        case _:
            assert_never(shown)
    return parts


def _of_code(shown: StudentCode) -> Iterable[RenderableType]:
    if shown.cases:
        asked = ", ".join(_asked(case.call, case.stdin) for case in shown.cases)
        yield note(f"/check tries {asked}, and more.")
    for rule in shown.rules:
        yield note(rules.sentence(rule))
    yield from _beside(shown.files)
    yield note("The program is there already: /program shows it, /edit changes it.")


def _beside(files: Sequence[File]) -> Iterable[RenderableType]:
    for file in files:
        yield note(f"Beside it: {file.path}{', which can be edited' if file.editable else ''}")


def steps(shown: Sequence[StudentStep], views: Sequence[frames.StepView], step_id: str) -> Table:
    """The steps of a lesson with what was done in them."""
    table = _table("", "", "kind", "step", "state", "attempts")
    for number, (one, view) in enumerate(zip(shown, views, strict=True), 1):
        table.add_row(
            "→" if one.id == step_id else "", str(number), one.kind, _text(one.title or one.id),
            STATES[view.state], str(view.attempts or ""),
        )  # fmt: skip
    return table


# Attempts -----------------------------------------------------------------------------------------


def attempt(made: frames.AttemptView, shown: StudentStep) -> list[RenderableType]:
    """The verdict on an attempt."""
    if made.state != "judged":
        return [warning(made.message or "It could not be judged.")]
    match shown:
        case StudentQuiz():
            said = _chosen(made, shown)
        case StudentPredict():
            said = _predicted(made)
        case StudentCode() | StudentExplain():
            said = _checked(made)
        case _:
            assert_never(shown)
    verdict = "passed" if made.passed else "not passed"
    colour = "green" if made.passed else "red"
    return [*said, Text(f"Attempt {made.number}: {verdict}", f"bold {colour}")]


def _checked(made: frames.AttemptView) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if made.cases:
        table = _table("", "case", "what came of it")
        for case in made.cases:
            asked, got = _asked(case.call, case.stdin), one_line(case.got, SHORT_CHARS)
            table.add_row(_mark(passed=case.passed), Text(asked), Text(got))
        parts.append(table)
    if made.hidden:
        all_of_them = made.hidden_passed == made.hidden
        mark = _mark(passed=all_of_them)
        parts.append(Text.assemble(mark, f" {made.hidden_passed} of {made.hidden} hidden cases"))
    parts += [Text.assemble(_mark(passed=False), " ", escape(rule)) for rule in made.rules]
    return parts


def _predicted(made: frames.AttemptView) -> list[RenderableType]:
    parts: list[RenderableType] = [note("The program prints:")]
    parts += [printed(piece.stream, piece.text.rstrip("\n")) for piece in made.output]
    if made.differs:
        table = _table("", f"line {made.differs.line}")
        for who, line in (("foretold", made.differs.predicted), ("printed", made.differs.printed)):
            table.add_row(who, "(no such line)" if line is None else _text(line))
        parts.append(table)
    return parts


def _chosen(made: frames.AttemptView, shown: StudentQuiz) -> list[RenderableType]:
    because = dict(zip(made.choices, made.because, strict=False))
    return [
        Text(f"  {place + 1}. {escape(shown.choices[place])}  {escape(because.get(place, ''))}")
        for place in made.choices
    ]


# Runs ---------------------------------------------------------------------------------------------


def printed(stream: frames.Stream, text: str) -> Text:
    """A piece of a program's output."""
    return Text(escape(text), "red" if stream == "stderr" else "")


def student_run(run: frames.RunView) -> Text:
    """The end of the student's own run."""
    return _end(run, "It")


def tutor_run(run: frames.RunView) -> Text:
    """A run of the tutor's on one line: its end, and the last line of its output.

    Where calls were evaluated beside a program, each has a line of its own.
    """
    if run.calls:
        what = "▸ The tutor, with your program," if run.own else "▸ The tutor's program"
        calls = "".join(
            f"\n  {one_line(call.call, SHORT_CHARS)}: {one_line(call.outcome, SHORT_CHARS)}"
            for call in run.calls
        )
        return Text.assemble(_end(run, what), calls)
    lines = [line for line in (run.text("stdout") + run.text("stderr")).splitlines() if line]
    last = f" Its last line: {one_line(lines[-1], SHORT_CHARS)}" if lines else ""
    what = "▸ Your program, run by the tutor," if run.own else "▸ The tutor's program"
    return Text.assemble(_end(run, what), (last, "dim"))


def _end(run: frames.RunView, what: str) -> Text:
    code = f" (exit code {run.exit_code})" if run.exit_code else ""
    took = f" after {run.duration_ms} ms" if run.duration_ms else ""
    files = "".join(f" It left {one_line(file.name, SHORT_CHARS)}." for file in run.files)
    message = f" {escape(run.message)}" if run.message else ""
    colour = "dim" if run.state == "ok" else "yellow"
    return Text(f"{what} {ENDS[run.state]}{code}{took}.{message}{files}", colour)


# Cards --------------------------------------------------------------------------------------------


def card(item: frames.PredictionItem | frames.HintItem | frames.OfferItem) -> list[RenderableType]:
    """A prediction that is asked for, a hint or an offer."""
    match item:
        case frames.PredictionItem(prediction=asked):
            what = one_line(asked.call, SHORT_CHARS) if asked.call else "the whole program"
            question = Text(f"▸ Foretell {what}: {escape(asked.question)}", "bold")
            return (
                [question, note(FORETELL)]
                if asked.state == "open"
                else [question, *compared(asked)]
            )
        case frames.HintItem():
            # Without a text the tutor's next words are the hint.
            title = Text(f"▸ Hint {item.level}, which counts as help", "bold")
            return [title, Prose(item.text)] if item.text else [title]
        case frames.OfferItem(what=offered):
            return [note(OFFERS[offered])]
        case _:
            assert_never(item)


def compared(asked: frames.PredictionView) -> list[RenderableType]:
    """What came of a prediction; nothing while that is not known."""
    if asked.state in ("open", "comparing"):
        return []
    if asked.state == "not_run":
        return [warning(asked.message or "It could not be found out.")]
    verdict, colour = VERDICTS[asked.state]
    what = one_line(asked.call, SHORT_CHARS) if asked.call else "The program"
    said = one_line(asked.said, SHORT_CHARS)
    return [Text(f"{what}: {escape(asked.gave)}"), Text(verdict.format(said=said), colour)]


# Everything else ----------------------------------------------------------------------------------


def items(dialogue: Sequence[frames.ItemView]) -> list[RenderableType]:
    """The dialogue so far."""
    parts: list[RenderableType] = []
    for item in dialogue:
        match item:
            case frames.StudentItem():
                parts.append(Text(f"> {escape(item.text)}", "bold"))
            case frames.TutorItem():
                parts.append(Prose(item.text))
            case frames.RunItem():
                parts.append(tutor_run(item.run))
            case frames.PredictionItem() | frames.HintItem() | frames.OfferItem():
                parts += card(item)
            case _:
                assert_never(item)
    return parts


def help_table() -> Table:
    """All commands, with their effects."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, purpose in commands.HELP:
        table.add_row(Text(name, "bold"), Text(purpose))
    table.add_row(Text("anything else", "bold"), Text("is a message to the tutor"))
    return table


def _asked(call: str, stdin: str) -> str:
    asked = one_line(call, SHORT_CHARS) if call else "the program"
    return f"{asked} with the input {one_line(stdin, SHORT_CHARS)}" if stdin else asked


def _mark(*, passed: bool) -> Text:
    return Text("✓", "green") if passed else Text("✗", "red")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _title(text: str) -> Text:
    return Text(f"\n{one_line(text, SHORT_CHARS)}", "bold cyan")


def _text(text: str) -> Text:
    return Text(one_line(text, SHORT_CHARS))


def note(text: str) -> Text:
    """A line of the preview's own, beside the dialogue."""
    return Text(escape(text), "dim")


def warning(text: str) -> Text:
    """A line that says what went wrong."""
    return Text(escape(text), "yellow")
