"""What can happen in a conversation, and what can be done about it. Frozen facts and orders.

`turn.Turn.receive` takes an Event and returns Actions; `session.Session` performs them. `Payload`
is an item in the vocabulary of the Responses API, as it is stored and sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tutor import frames

Payload = dict[str, Any]


class Ending(Enum):
    """How a turn ends."""

    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Usage:
    """What a response cost, in tokens. `cached` ones are among the `input` ones."""

    input: int = 0
    cached: int = 0
    output: int = 0


@dataclass(frozen=True)
class Call:
    """The model asks for a run of `code`. `id` is the API's call_id."""

    id: str
    code: str
    stdin: str


# From the browser ------------------------------------------------------------------------------


@dataclass(frozen=True)
class StudentSaid:
    """`id` is the client's name for the message; the same id is the same message."""

    id: str
    text: str
    code: str


@dataclass(frozen=True)
class StudentWaits:
    """These messages are stored and wait, in this order: by client id, as the model is told."""

    messages: Mapping[str, Payload]


@dataclass(frozen=True)
class StudentRan:
    """The student runs a program of their own."""

    id: str
    code: str
    stdin: str


@dataclass(frozen=True)
class StudentStopped:
    """Stop the tutor. `relayed`: pressed on another page of the same conversation."""

    relayed: bool = False


@dataclass(frozen=True)
class StudentStoppedRun:
    """Stop the student's own run `id`."""

    id: str


@dataclass(frozen=True)
class StudentEdited:
    """The editor's text changed."""

    code: str


@dataclass(frozen=True)
class StudentRetried:
    """Take up again the turn that failed last."""


# From the database -----------------------------------------------------------------------------


@dataclass(frozen=True)
class TurnBegan:
    """The turn `number` is ours; the student's message is stored."""

    number: int


@dataclass(frozen=True)
class TurnTaken:
    """A turn that its process left behind is ours now; these `function_call` items lack outputs."""

    number: int
    calls: tuple[Payload, ...]


@dataclass(frozen=True)
class TurnLost:
    """Somebody else has claimed the conversation: whatever we were doing no longer counts."""


# From the model --------------------------------------------------------------------------------


@dataclass(frozen=True)
class ModelSpoke:
    """A piece of the answer to `request`."""

    request: int
    text: str


@dataclass(frozen=True)
class ModelFinished:
    """The whole answer to `request`. `cut_short` says why it is incomplete; else empty.

    The model has been told the messages `told` already, by client id, and hears them before the
    outputs of its calls.
    """

    request: int
    response_id: str
    items: tuple[Payload, ...]
    cut_short: str = ""
    usage: Usage = field(default_factory=Usage)
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelSteered:
    """A part of the answer to `request` has ended, and the model goes on in the same request.

    It has been told the messages `told` meanwhile, by client id, after these items.
    """

    request: int
    response_id: str
    items: tuple[Payload, ...]
    told: tuple[str, ...]
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class ModelQueued:
    """`request` waits until so many others have their answers, itself among them."""

    request: int
    position: int


@dataclass(frozen=True)
class ModelFailed:
    """There is no answer to `request`. `message` is for the student.

    `retry_after_s`: how long the API wants to be left alone; 0 if it does not say.
    """

    request: int
    message: str
    may_retry: bool
    retry_after_s: float = 0.0


@dataclass(frozen=True)
class ModelSlow:
    """Nothing has come in answer to `request` for a long time, and it may still come."""

    request: int


@dataclass(frozen=True)
class ModelWarmed:
    """The API has read the conversation ahead of a question; that has a price too."""

    response_id: str
    usage: Usage


@dataclass(frozen=True)
class ModelCompacted:
    """`items` tell the model what `told`, the conversation until then, told it."""

    response_id: str
    told: tuple[Payload, ...]
    items: tuple[Payload, ...]


@dataclass(frozen=True)
class ModelReachable:
    """The socket to the model is open and warm (True), or lost (False). `message`: see frames."""

    reachable: bool
    message: str = ""


# From the sandbox ------------------------------------------------------------------------------


@dataclass(frozen=True)
class RunPrinted:
    """`run` is the tutor's call id or the client's id of the student's own run."""

    run: str
    stream: frames.Stream
    text: str


@dataclass(frozen=True)
class RunChanged:
    """A run was taken, has started or has ended; `view` is its row at this moment."""

    view: frames.RunView


Event = (
    StudentSaid
    | StudentRan
    | StudentStopped
    | StudentStoppedRun
    | StudentEdited
    | StudentRetried
    | StudentWaits
    | TurnBegan
    | TurnTaken
    | TurnLost
    | ModelSpoke
    | ModelFinished
    | ModelSteered
    | ModelQueued
    | ModelFailed
    | ModelSlow
    | ModelWarmed
    | ModelCompacted
    | ModelReachable
    | RunPrinted
    | RunChanged
)


# Orders ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BeginTurn:
    """Store the message. Answered by TurnBegan, or by StudentWaits if a turn is on."""

    said: StudentSaid


@dataclass(frozen=True)
class ReopenTurn:
    """Claim the conversation again for the turn that failed last. Answered by TurnTaken."""


@dataclass(frozen=True)
class SaveUsage:
    """Store what a response cost that brought nothing else."""

    response_id: str
    usage: Usage


@dataclass(frozen=True)
class SaveCompaction:
    """Store what stands for `told` from now on, the items with which the conversation begins."""

    response_id: str
    told: tuple[Payload, ...]
    items: tuple[Payload, ...]


@dataclass(frozen=True)
class AskModel:
    """Send the conversation, or what is new of it, upstream, in `after_s` seconds.

    Answers carry `request`.
    """

    request: int
    after_s: float = 0.0


@dataclass(frozen=True)
class SteerModel:
    """Tell the model a message while it answers `request`, if it can be told then."""

    request: int
    id: str
    payload: Payload


@dataclass(frozen=True)
class DropModel:
    """Nobody waits for the answer to `request` any more."""

    request: int


@dataclass(frozen=True)
class Save:
    """Store `payloads` in one transaction and show them. May be answered by TurnLost."""

    payloads: tuple[Payload, ...]
    response_id: str = ""
    interrupted: bool = False
    # What the response cost; None if these items are not a response.
    usage: Usage | None = None


@dataclass(frozen=True)
class SaveWaiting:
    """Make items of the messages that wait; of those with the client ids `ids`, if given."""

    ids: tuple[str, ...] | None = None


@dataclass(frozen=True)
class StartRun:
    """Run the tutor's `call`: once, however often this order comes."""

    call: Call


@dataclass(frozen=True)
class CancelRun:
    """End the tutor's run for the call `id`."""

    id: str


@dataclass(frozen=True)
class StartOwnRun:
    """Run the student's own program."""

    ran: StudentRan


@dataclass(frozen=True)
class CancelOwnRun:
    """End the student's own run `id`."""

    id: str


@dataclass(frozen=True)
class SaveCode:
    """Store the editor's text."""

    code: str


@dataclass(frozen=True)
class RelayStop:
    """Tell whoever runs this conversation's turn that the student pressed Stop."""


@dataclass(frozen=True)
class EndTurn:
    """Close the turn and give the conversation free. `message` is for the student."""

    ending: Ending
    message: str = ""


@dataclass(frozen=True)
class Show:
    """Send a frame to this browser."""

    frame: frames.ToBrowser


Action = (
    BeginTurn
    | ReopenTurn
    | SaveUsage
    | SaveCompaction
    | AskModel
    | SteerModel
    | DropModel
    | Save
    | SaveWaiting
    | StartRun
    | CancelRun
    | StartOwnRun
    | CancelOwnRun
    | SaveCode
    | RelayStop
    | EndTurn
    | Show
)

# What goes into the database under the turn's claim; what stands together is stored together.
Stored = Save | SaveWaiting | EndTurn
