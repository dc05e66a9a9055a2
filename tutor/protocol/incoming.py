"""Frames from the browser, and their parser. See `frames` for the protocol."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from tutor.protocol.base import (
    MAX_ANSWER_CHARS,
    MAX_CHOICES,
    MAX_FRAME_BYTES,
    MAX_PREDICTION_CHARS,
    MAX_SAY_CHARS,
    MAX_STDIN_CHARS,
    NO_NUL,
    Cause,
    ClientId,
    Code,
    Files,
    Frame,
    PageId,
    Revision,
    StepId,
    VersionId,
)


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
    cause: Cause = "typed"


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
    cause: Cause = "typed"
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
    cause: Cause = "typed"
    # Characters of the program that came in its largest paste; 0 if none did.
    pasted: Annotated[int, Field(ge=0, lt=2**31)] = 0


class Predict(Frame):
    """What the student thinks the program of a predict step prints; it is run then."""

    type: Literal["predict"]
    id: ClientId
    step: StepId = ""
    text: Annotated[str, Field(max_length=MAX_PREDICTION_CHARS, pattern=NO_NUL)]


class Answer(Frame):
    """What the student thinks that the call of a prediction gives; null for "I don't know".

    `prediction` is the number of a PredictionView. The server runs the call then.
    """

    type: Literal["answer"]
    id: ClientId
    prediction: Annotated[int, Field(ge=1, lt=2**31)]
    text: Annotated[str, Field(min_length=1, max_length=MAX_ANSWER_CHARS, pattern=NO_NUL)] | None


class Hint(Frame):
    """Ask for a hint about the step's program, which is stored like that of `say`."""

    type: Literal["hint"]
    id: ClientId
    step: StepId = ""
    code: Code
    files: Files = {}
    base: Revision
    version: VersionId = 0
    page: PageId = ""
    cause: Cause = "typed"


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
    cause: Cause = "typed"


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


class Older(Frame):
    """Show the items before the item of this number that are next to it; answered by `items`."""

    type: Literal["older"]
    before: Annotated[int, Field(ge=1, lt=2**31)]


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
    Say | RunCode | Input | CheckCode | Predict | Choose | Answer | Hint | Stop | Again | StopRun
    | Go | Edit | Restore | Dismiss | Older | Ping | Checked
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
