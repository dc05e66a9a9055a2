"""The browser's protocol, version 3: every frame, both ways, and nothing else.

Connect to `/ws/lessons/<course>/<lesson>?protocol=3` with the site's session cookie. A
page adds `&conversation=<id>` and is turned away where the cookie is somebody else's by now. Every
frame is one JSON object in one text message, told apart by `type`. The server ignores nothing: a
frame it does not understand is answered with `refused` if it has an `id`, else with `error`; the
connection stays.

A conversation, as a client sees it:

1. The first frame from the server is `hello`: the dialogue so far, the lesson's steps with what the
   student has done in them, the turn in progress if there is one. After a reconnect it comes again
   and replaces what the client knows.
2. `say` asks the tutor. The client chooses `id`. The server answers `accepted` once the message is
   stored, or `refused` with a reason; until one of them comes, the client sends the same frame
   again after a reconnect. A message counts once however often it is sent. One that comes while
   the tutor answers waits: `waiting` lists all that do. It becomes an `item` with the same id when
   the tutor is told of it: in the middle of an answer, between two, or in a turn of its own.
3. `turn` tells what the tutor is doing. `delta` carries pieces of an answer as it is written, in
   order. `withdrawn` takes the pieces of one `request` back: the answer is being asked for again.
   `item` brings what has been stored; it replaces the deltas of its turn. The numbers of items grow
   but may skip; one that is already known counts once.
4. `run` runs the student's own program, `input` types into it, `stop` ends the tutor's turn,
   `again` takes up a turn that failed, `stop_run` ends a program.
   `run_changed` and `output` report on runs, the tutor's and the student's alike; in the final
   `run_changed` the output is whole and replaces the pieces.
5. `go` says which step the page shows. `ping` is answered by `pong`. `edit` stores the program of a
   step; `say`, `run` and `check_code` store the one that they carry. Each names its `base`, the
   revision that the editor's text started from, and is answered by `saved` once it is stored. If
   the program is still at that revision, or the client's own writes on this connection are all
   that came since, it is replaced and has a new revision. Otherwise nothing is replaced: the text
   is kept beside it as a version, whose id `saved` names, and `program` follows. From then on the
   client names that `version` in what it writes of that text; each such write gives the version a
   new id, which `saved` and `program` tell, and one that is no longer there under the id makes
   another version. `program` also tells what other pages of the student have written. `restore`
   makes a version the program, and keeps what was the program as a version; `dismiss` takes one
   from the list. What a page that is gone has left is written with its name as `page`: it is not
   taken for a continuation of what this page has written.
6. `check_code`, `predict` and `choose` are attempts at a step of kind code, predict and quiz. Each
   is answered by `attempt` once it is stored, again when its place in line or its state changes,
   and at last with how it was judged; or by `refused`. Sent twice, it counts once. `stop_run` ends
   it.
7. From time to time the server sends `check`; the client answers with `checked` and the same `id`
   as soon as it has read so far. A client that is too far behind is cut off.

Close codes: see `Close`. Sizes are bytes of UTF-8 unless a field says otherwise.
"""

from enum import IntEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

PROTOCOL: Final = 3

# A larger message is answered with `error` and not read.
MAX_FRAME_BYTES: Final = 512 * 1024
# Characters in one message to the tutor.
MAX_SAY_CHARS: Final = 8_000
# Characters of one program and of what it reads.
MAX_CODE_CHARS: Final = 64_000
MAX_STDIN_CHARS: Final = 64_000
# Files of a step that the student may change, beside the program.
MAX_FILES: Final = 20
# Characters of a prediction, and answers that a question may have.
MAX_PREDICTION_CHARS: Final = 8_000
MAX_CHOICES: Final = 50


class Close(IntEnum):
    """Why the server closes the connection."""

    CRASHED = 4011  # something failed on our side; connect again. daphne can send no 1011, no 1013
    PROTOCOL = 4400  # the client speaks another version of this protocol: reload the page
    NOT_LOGGED_IN = 4401
    NOT_ENROLLED = 4403
    NO_LESSON = 4404
    OTHER = 4405  # the conversation is another one than the page's: reload the page
    TOO_SLOW = 4008  # the client does not read
    TOO_MANY = 4010  # too many pages of one student
    FLOOD = 4009  # more frames than can be worked off
    RESTARTING = 4012  # the server goes down; connect again


class TurnedAway(Exception):
    """A browser is not served, or no longer: `close` ends the connection, the text says why."""

    def __init__(self, close: Close, text: str) -> None:
        super().__init__(text)
        self.close = close


class Frame(BaseModel):
    """What all frames have in common: no unknown fields, no changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
# No database column and no program can hold a NUL character.
NO_NUL: Final = r"^[^\x00]*$"
Code = Annotated[str, Field(max_length=MAX_CODE_CHARS, pattern=NO_NUL)]
# The number of a step's stored program; 0 before anything is stored. Grows with each change.
Revision = Annotated[int, Field(ge=0, lt=2**31)]
# A kept version of a step's program, by a number within the step; 0 for the program itself. Each
# write of a version gives it a new number, so that a number names one text, as a revision does.
VersionId = Annotated[int, Field(ge=0, lt=2**53)]
# The page that wrote what another one sends, because it left a copy and is gone; else empty.
PageId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")]
# A step of the lesson by its id; empty for the one that the student was on last.
StepId = Annotated[str, Field(pattern=r"^[a-z0-9-]{0,64}$")]
# The files that the student may change beside the program, by path; those of the lesson are known.
Files = Annotated[dict[Annotated[str, Field(max_length=64)], Code], Field(max_length=MAX_FILES)]


# From the browser ------------------------------------------------------------------------------


class Say(Frame):
    """Ask the tutor. `code` and `files` are what the editor holds at this moment."""

    type: Literal["say"]
    id: ClientId
    text: Annotated[str, Field(min_length=1, max_length=MAX_SAY_CHARS, pattern=NO_NUL)]
    step: StepId = ""
    code: Code
    files: Files = {}
    base: Revision
    version: VersionId = 0
    page: PageId = ""


class RunCode(Frame):
    """Run a program; `id` names the run in all frames about it.

    It reads `stdin` first; if it is `interactive`, then what is typed while it runs.
    """

    type: Literal["run"]
    id: ClientId
    step: StepId = ""
    code: Code
    files: Files = {}
    base: Revision
    version: VersionId = 0
    page: PageId = ""
    stdin: Annotated[str, Field(max_length=MAX_STDIN_CHARS, pattern=NO_NUL)] = ""
    interactive: bool = False


class Input(Frame):
    """Type into the interactive run `id`; `ends`: nothing more will come.

    What a program does not take any more, because it is over, is lost without a word.
    """

    type: Literal["input"]
    id: ClientId
    text: Annotated[str, Field(max_length=MAX_STDIN_CHARS, pattern=NO_NUL)]
    ends: bool = False


class CheckCode(Frame):
    """Check the student's program against all cases of a code step."""

    type: Literal["check_code"]
    id: ClientId
    step: StepId = ""
    code: Code
    files: Files = {}
    base: Revision
    version: VersionId = 0
    page: PageId = ""


class Predict(Frame):
    """What the student thinks the program of a predict step prints; it is run then."""

    type: Literal["predict"]
    id: ClientId
    step: StepId = ""
    text: Annotated[str, Field(max_length=MAX_PREDICTION_CHARS, pattern=NO_NUL)]


class Choose(Frame):
    """The student's answers to a quiz step: places in its list of choices, from 0."""

    type: Literal["choose"]
    id: ClientId
    step: StepId = ""
    choices: Annotated[
        tuple[Annotated[int, Field(ge=0, lt=MAX_CHOICES)], ...], Field(min_length=1, max_length=50)
    ]


class Stop(Frame):
    """End the tutor's turn. What was said so far is kept."""

    type: Literal["stop"]


class Again(Frame):
    """Take up the turn that failed last: the model is asked once more."""

    type: Literal["again"]


# An attempt at a step.
TryFrame = CheckCode | Predict | Choose


class StopRun(Frame):
    """End one of the student's own runs or attempts."""

    type: Literal["stop_run"]
    id: ClientId


class Go(Frame):
    """The page shows this step from now on; the next visit begins there."""

    type: Literal["go"]
    step: StepId


class Edit(Frame):
    """Keep the editor's text, so that no other page or machine misses it."""

    type: Literal["edit"]
    id: ClientId
    step: StepId = ""
    code: Code
    files: Files = {}
    base: Revision
    version: VersionId = 0
    page: PageId = ""


class Restore(Frame):
    """Make a kept version the program of its step, and keep the program in its place.

    Refused if the program is no longer at `base`, or the version no longer what it was.
    """

    type: Literal["restore"]
    id: ClientId
    step: StepId
    base: Revision
    version: Annotated[VersionId, Field(gt=0)]


class Dismiss(Frame):
    """Take a kept version from the list. It stays in the database."""

    type: Literal["dismiss"]
    step: StepId
    version: Annotated[VersionId, Field(gt=0)]


class Ping(Frame):
    """Is the line alive?"""

    type: Literal["ping"]


class Checked(Frame):
    """Everything up to the `check` of this id has been read."""

    type: Literal["checked"]
    id: Annotated[int, Field(ge=0)]


class _Named(BaseModel):
    """Whatever has a good id."""

    id: ClientId


_named = TypeAdapter(_Named)

FromBrowser = (
    Say | RunCode | Input | CheckCode | Predict | Choose | Stop | Again | StopRun | Go | Edit
    | Restore | Dismiss | Ping | Checked
)  # fmt: skip
_from_browser: TypeAdapter[FromBrowser] = TypeAdapter(
    Annotated[FromBrowser, Field(discriminator="type")]
)


class FrameError(ValueError):
    """A message that is no frame of this protocol. Its text is for the person at the browser.

    `id` is the frame's, if it could be read: then the frame can be refused by name.
    """

    def __init__(self, text: str, frame_id: str = "") -> None:
        super().__init__(text)
        self.id = frame_id


def parse(text: str) -> FromBrowser:
    """The frame in one text message. Raises FrameError, whose text quotes no value of it."""
    if len(text) > MAX_FRAME_BYTES or len(text.encode("utf-8", "replace")) > MAX_FRAME_BYTES:
        raise FrameError(f"This message is too large: at most {MAX_FRAME_BYTES // 1024} KiB.")
    try:
        return _from_browser.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        unknown = first["type"].startswith("union_tag")
        reason = "The type of the frame is missing or unknown" if unknown else first["msg"]
        if first["type"] == "string_pattern_mismatch":
            reason = "It holds a character that is not allowed here"
        raise FrameError(f"{where}: {reason}" if where else reason, _id_in(text)) from None


def _id_in(text: str) -> str:
    """The client's id in a message that is otherwise no frame; empty if there is none."""
    try:
        return _named.validate_json(text).id
    except ValidationError:
        return ""


# To the browser --------------------------------------------------------------------------------


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
    code: str
    state: RunState
    # Its place among those that wait, from 1; 0 if it does not wait.
    position: int = 0
    # Whether something can be typed while it runs.
    interactive: bool = False
    exit_code: int | None = None
    # In the order in which it came.
    output: tuple[Printed, ...] = ()
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


Item = Annotated[StudentItem | TutorItem | RunItem, Field(discriminator="kind")]

TurnState = Literal["thinking", "speaking", "running", "done", "stopped", "failed"]


class TurnChanged(Frame):
    """What the tutor is doing. `message` tells the student why a turn failed, or what it waits for.

    After `failed`, `again` takes the turn up once more.
    """

    type: Literal["turn"] = "turn"
    number: int
    state: TurnState
    message: str = ""


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
    # Its number among the attempts at the step, from 1; 0 while it does not count.
    number: int = 0
    passed: bool = False
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


class StepView(Frame):
    """What a student has done in a step. What the step asks stands in the page."""

    id: str
    # The stored program, and the files beside it that the student may change, by path.
    revision: int
    code: str
    files: dict[str, str]
    # Versions kept beside it, newest first.
    versions: tuple[VersionView, ...]
    state: Literal["new", "begun", "done"]
    attempts: int
    # The last attempt, perhaps one that is under way; None if there was none.
    last: AttemptView | None


class Hello(Frame):
    """Everything a page needs to show lesson and dialogue. `last_run` is the student's own."""

    type: Literal["hello"] = "hello"
    protocol: int = PROTOCOL
    conversation: int
    # The step that is shown, and all steps in order.
    step: str
    steps: list[StepView]
    items: list[Item]
    waiting: list[WaitingMessage]
    turn: TurnChanged | None
    last_run: RunView | None
    # True where a local script answers instead of a language model: the page says so.
    emulated: bool


class Accepted(Frame):
    """The message `id` is stored; `item` is null while it waits."""

    type: Literal["accepted"] = "accepted"
    id: str
    item: StudentItem | None


class Waiting(Frame):
    """The messages that wait, in order; replaces what the client knew of them."""

    type: Literal["waiting"] = "waiting"
    messages: list[WaitingMessage]


class Refused(Frame):
    """The frame `id` was not taken; the client keeps what the student wrote."""

    type: Literal["refused"] = "refused"
    id: str
    code: str
    message: str


class Delta(Frame):
    """The next piece of the answer that is being written."""

    type: Literal["delta"] = "delta"
    turn: int
    request: int
    text: str


class Withdrawn(Frame):
    """Forget the deltas of `request`: the answer is being asked for again."""

    type: Literal["withdrawn"] = "withdrawn"
    turn: int
    request: int


class ItemStored(Frame):
    """An item is in the database."""

    type: Literal["item"] = "item"
    item: Item


class RunChanged(Frame):
    """A run was taken, started or ended."""

    type: Literal["run_changed"] = "run_changed"
    run: RunView


class Output(Frame):
    """What a running program printed, or what was typed into it."""

    type: Literal["output"] = "output"
    run: str
    stream: Stream
    text: str


class AttemptChanged(Frame):
    """An attempt was stored, goes on, or has been judged."""

    type: Literal["attempt"] = "attempt"
    attempt: AttemptView


class TutorChanged(Frame):
    """Can the tutor answer? `message` is for the student and empty when it can."""

    type: Literal["tutor"] = "tutor"
    state: Literal["connecting", "ready", "unavailable"]
    message: str = ""


class Saved(Frame):
    """What the frame `id` wrote is stored; a frame that is sent twice may be answered once.

    `version` is 0 where it is the program of the step, now at `revision`; else what was written is
    kept as that version, and the program at `revision` is another one.
    """

    type: Literal["saved"] = "saved"
    id: str
    step: str
    revision: int
    version: int


class ProgramChanged(Frame):
    """The program of a step and the versions kept beside it; replaces what the client knew."""

    type: Literal["program"] = "program"
    step: str
    revision: int
    code: str
    files: dict[str, str]
    # Newest first.
    versions: tuple[VersionView, ...]


class Error(Frame):
    """Something went wrong that belongs to no message of the client's."""

    type: Literal["error"] = "error"
    code: str
    message: str


class Check(Frame):
    """Answer with `checked` and this id."""

    type: Literal["check"] = "check"
    id: int


class Pong(Frame):
    """The line is alive."""

    type: Literal["pong"] = "pong"


ToBrowser = (
    Hello | Accepted | Waiting | Refused | TurnChanged | Delta | Withdrawn | ItemStored | RunChanged
    | Output | AttemptChanged | TutorChanged | Saved | ProgramChanged | Error | Check | Pong
)  # fmt: skip
