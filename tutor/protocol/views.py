"""The parts of frames that say what is stored: runs, items, attempts, steps.

See `frames` for the protocol.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from tutor.protocol.base import Frame

RunState = Literal[
    "queued", "running",
    "ok", "error", "timeout", "memory", "output_limit", "idle",
    "crashed", "cancelled", "unavailable", "sandbox_error",
]  # fmt: skip
# The states of a run or an attempt that is not over.
GOING_ON: Final = ("queued", "running")


Stream = Literal["stdout", "stderr", "stdin"]


class Printed(Frame):
    """What a program printed in one go, or what was typed into it."""

    stream: Stream
    text: str


class CallView(Frame):
    """An expression that was evaluated beside a program, and what came of it.

    `outcome` is its value as the language writes it, or an end in words (`raises ValueError: …`);
    empty while it is not known.
    """

    call: str
    outcome: str = ""
    printed: str = ""


class FileView(Frame):
    """A file that a program has left. `skipped` says why there is no content; else it is empty."""

    name: str
    # Only `image/png` may be shown; everything else is for downloading.
    kind: str
    bytes: int
    url: str
    skipped: str = ""


class RunView(Frame):
    """A run as the page shows it. `id` is the client's id, or a name of ours for the tutor's run.

    No client can choose a name of ours: it holds a dot.
    """

    id: str
    by: Literal["student", "tutor"]
    # The step that it was run in; empty where that is not known.
    step: str = ""
    # Of a run that is `own`, what the tutor has put behind the student's program; often nothing.
    # Of a call that is not decided yet, nothing.
    code: str
    state: RunState
    # Whether the tutor ran the student's own program.
    own: bool = False
    # What was evaluated beside the program, instead of running it as it is.
    calls: tuple[CallView, ...] = ()
    # Its place among those that wait, from 1; 0 if it does not wait.
    position: int = 0
    # Whether it waits for a sandbox that is starting.
    starting: bool = False
    # Whether something can be typed while it runs, and whether its end was.
    interactive: bool = False
    input_ended: bool = False
    exit_code: int | None = None
    # How often it was begun: a run that is lost with its worker is begun anew, and its output too.
    begun: int = 0
    # In the order in which it came; of a run that is on, all that came up to the Output `seq`.
    output: tuple[Printed, ...] = ()
    seq: int = 0
    files: tuple[FileView, ...] = ()
    duration_ms: int = 0
    peak_memory_kb: int = 0
    # A sentence for the student about an end that the output does not explain; else empty.
    message: str = ""

    def text(self, stream: Stream) -> str:
        """All that came on one stream."""
        return "".join(piece.text for piece in self.output if piece.stream == stream)


class StudentItem(Frame):
    """What the student said."""

    kind: Literal["student"] = "student"
    number: int
    turn: int
    id: str
    text: str


class TutorItem(Frame):
    """What the tutor said, in Markdown. `interrupted`: Stop ended it here."""

    kind: Literal["tutor"] = "tutor"
    number: int
    turn: int
    text: str
    interrupted: bool = False


class RunItem(Frame):
    """The tutor ran a program."""

    kind: Literal["run"] = "run"
    number: int
    turn: int
    run: RunView


PredictionState = Literal["open", "comparing", "right", "wrong", "none", "not_run"]
Offer = Literal["attempt", "variant", "next"]


class PredictionView(Frame):
    """What the tutor asks the student to foretell, and what came of it.

    `call` is evaluated beside the student's program; if it is empty, the question is what the
    program prints. `none`: the student did not know. `not_run`: it could not be found out;
    `message` says why. `said` and `gave` are empty until there is something to show.
    """

    # Names it in `answer`.
    number: int
    step: str
    call: str
    question: str
    state: PredictionState
    said: str = ""
    gave: str = ""
    # True once the step's program is another one than that of the question.
    stale: bool = False
    message: str = ""


class PredictionItem(Frame):
    """The tutor asks for a prediction."""

    kind: Literal["prediction"] = "prediction"
    number: int
    turn: int
    prediction: PredictionView


class HintItem(Frame):
    """A hint, which counts as help. Without `text` the tutor's next message is the hint."""

    kind: Literal["hint"] = "hint"
    number: int
    turn: int
    step: str
    level: int
    text: str
    # Whether the student asked for it, not the tutor.
    asked: bool
    # True once the step's program is another one than that it was given for.
    stale: bool = False


class OfferItem(Frame):
    """The tutor offers a button: check this step, try a variant of it, go to the next one."""

    kind: Literal["offer"] = "offer"
    number: int
    turn: int
    step: str
    what: Offer


ItemView = Annotated[
    StudentItem | TutorItem | RunItem | PredictionItem | HintItem | OfferItem,
    Field(discriminator="kind"),
]


class WaitingMessage(Frame):
    """A message of the student's that is stored and not yet told to the tutor."""

    id: str
    text: str


class CaseView(Frame):
    """A visible case of a check: what was asked and what came, not what should have come."""

    call: str
    stdin: str
    passed: bool
    got: str


class LineDiffers(Frame):
    """The first line in which a prediction differs; None where there is no such line any more."""

    line: int
    predicted: str | None
    printed: str | None


class AttemptView(Frame):
    """An attempt at a step, as the page shows it.

    `failed` says that it could not be judged, `unread` that the program cannot be read; `message`
    tells the student why. Neither counts as an attempt.
    """

    id: str
    step: str
    state: Literal["queued", "running", "judged", "failed", "unread"]
    position: int = 0
    # Whether it waits for a sandbox that is starting.
    starting: bool = False
    # Its number among the attempts at the step, from 1; 0 while it does not count.
    number: int = 0
    passed: bool = False
    # Help came before it: if it passes the step, the step is passed with help, unless it was passed
    # without before.
    helped: bool = False
    message: str = ""
    # Of a check; of the hidden cases only how many there are and how many passed.
    cases: tuple[CaseView, ...] = ()
    hidden: int = 0
    hidden_passed: int = 0
    # The lesson's rules that the program does not keep, as sentences.
    rules: tuple[str, ...] = ()
    # Of a prediction: what was foretold, what the program printed, and where they part.
    prediction: str = ""
    output: tuple[Printed, ...] = ()
    differs: LineDiffers | None = None
    # Of a quiz: what was chosen, and what there is to say about each choice.
    choices: tuple[int, ...] = ()
    because: tuple[str, ...] = ()


class VersionView(Frame):
    """A program of a step that is kept beside the stored one, because neither may be lost."""

    id: int
    # When it was written last: ISO 8601 with offset.
    written_at: str
    code: str
    files: dict[str, str]
    # Where that came from, as in the step's history (`cause`: see Cause); empty if unknown.
    page: str = ""
    device: str = ""
    cause: str = ""


class StepView(Frame):
    """What a student has done in a step. What the step asks stands in the page."""

    id: str
    # The stored program, and the files beside it that the student may change, by path.
    revision: int
    code: str
    files: dict[str, str]
    # Versions kept beside it, newest first.
    versions: tuple[VersionView, ...]
    # A text that is read is passed, and a prediction that is made. `passed_with_help`: with a hint,
    # or after the tutor said what solves or mends a part of it.
    state: Literal["new", "begun", "passed", "passed_with_help"]
    attempts: int
    # The last attempt, perhaps one that is under way; None if there was none.
    last: AttemptView | None
