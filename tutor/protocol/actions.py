"""The actions of a turn: frozen orders, which `session.Session` performs."""

from dataclasses import dataclass

from tutor.protocol import frames
from tutor.protocol.calls import MoveCall, Payload, RunCall
from tutor.protocol.events import Ending, StudentAskedHint, StudentSaid, Usage
from tutor.protocol.gate import Judge, SaveReady, SaveWithheld, StartTimer


@dataclass(frozen=True)
class BeginTurn:
    """Store the message, or give the hint. Answered by TurnBegan if a turn of ours begins, or by
    StudentWaits if one is on.
    """

    said: StudentSaid | StudentAskedHint


@dataclass(frozen=True)
class ReopenTurn:
    """Claim the conversation again for the turn that failed last. Answered by TurnTaken."""


@dataclass(frozen=True)
class SaveUsage:
    """Store the cost of a response that brought nothing else."""

    response_id: str
    usage: Usage


@dataclass(frozen=True)
class AskModel:
    """Send the conversation, or what is new of it, upstream, in `after_s` seconds.

    Answers carry `request`.
    """

    request: int
    after_s: float = 0.0


@dataclass(frozen=True)
class SteerModel:
    """Give the model a message while it answers `request`, if it can take one then."""

    request: int
    id: str
    payload: Payload


@dataclass(frozen=True)
class CancelRequest:
    """Nobody waits for the answer to `request` any more."""

    request: int


@dataclass(frozen=True)
class Save:
    """Store `payloads` in one transaction and show them. May be answered by TurnLost.

    Answered by CallsStored if there are calls among them whose outputs are not stored with it:
    only what is stored with it follows it.
    """

    payloads: tuple[Payload, ...]
    response_id: str = ""
    interrupted: bool = False
    # The cost of the response; None if these items are not a response.
    usage: Usage | None = None
    # The places of those payloads that the student does not see: they would solve the step.
    withheld: frozenset[int] = frozenset()


@dataclass(frozen=True)
class SaveWaiting:
    """Make items of the messages that wait, behind the facts; of those with the client ids `ids`,
    if given: those the model has been told already, so no facts can come before them.
    """

    ids: tuple[str, ...] | None = None


@dataclass(frozen=True)
class SaveFacts:
    """Store what the server knows of the step now, for the next request."""


@dataclass(frozen=True)
class StartRun:
    """Run the tutor's `call`: once for its item, however often this order comes.

    Answered by RunUpdated, or by RunRefused if it may not be run now.
    """

    call: RunCall


@dataclass(frozen=True)
class MakeMove:
    """Decide about a call, and store what is granted: once for its item.

    Always answered by MoveMade, also after Stop: what is stored must be told.
    """

    call: MoveCall


@dataclass(frozen=True)
class CancelRun:
    """End the tutor's run of the name `run`."""

    run: str


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
    | AskModel
    | SteerModel
    | CancelRequest
    | Save
    | SaveWaiting
    | SaveFacts
    | StartRun
    | MakeMove
    | CancelRun
    | RelayStop
    | EndTurn
    | Judge
    | StartTimer
    | SaveWithheld
    | SaveReady
    | Show
)

# Actions that write under the turn's claim; those that stand together are one transaction.
Stored = Save | SaveWaiting | SaveFacts | SaveWithheld | SaveReady | EndTurn
