"""The events of a conversation that its turn decides about, as frozen facts.

`turn.rules.TurnMachine.receive` takes an Event and returns Actions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from tutor.protocol import frames
from tutor.protocol.calls import Payload, StoredCall
from tutor.protocol.gate import PieceJudged, TimerRang


class Ending(Enum):
    """The outcome of a turn."""

    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class ResponseKind(Enum):
    """What became of a response of the model's."""

    ANSWER = "answer"  # it is stored, whole or cut short
    WARM_UP = "warm-up"  # instructions and history were read ahead of a question
    COMPACTION = "compaction"  # less was made of the earlier turns
    FAILED = "failed"  # it failed, or had nothing to say
    DROPPED = "dropped"  # nobody waited for it any more


@dataclass(frozen=True)
class Usage:
    """The cost of a response in tokens and time, and how it was asked for.

    `cached` tokens are among the `input` ones, `reasoning` ones among the `output`; all are 0 where
    the server does not tell. Times are counted in ms from the sending of the request;
    `first_word_ms` is None if nothing was said. `effort` and `tier` are empty where neither side
    named one, `cut_short` where the response is complete.
    """

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0
    kind: ResponseKind = ResponseKind.ANSWER
    model: str = ""
    effort: str = ""
    tier: str = ""
    first_word_ms: int | None = None
    total_ms: int | None = None
    over_http: bool = False
    cut_short: str = ""


# From the browser ------------------------------------------------------------------------------


@dataclass(frozen=True)
class StudentSaid:
    """`id` is the client's name for the message; the same id is the same message.

    It is a revisions.Draft too: what the editor holds of `step`; see frames.Say.
    """

    id: str
    text: str
    code: str
    step: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    base: int = 0
    version: int = 0
    page: str = ""
    cause: frames.Cause = "typed"


@dataclass(frozen=True)
class StudentAskedHint:
    """The student asks for a hint; a revisions.Draft. Only one to be written begins a turn."""

    id: str
    code: str
    step: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    base: int = 0
    version: int = 0
    page: str = ""
    cause: frames.Cause = "typed"


@dataclass(frozen=True)
class StudentWaits:
    """These messages are stored and wait, in this order: payloads by client id."""

    messages: Mapping[str, Payload]


@dataclass(frozen=True)
class StudentStopped:
    """Stop was pressed; `relayed`: on another page of the same conversation."""

    relayed: bool = False


@dataclass(frozen=True)
class StudentRetried:
    """The student has the turn that failed last taken up again."""


# From the database -----------------------------------------------------------------------------


@dataclass(frozen=True)
class TurnBegan:
    """The turn `number` is ours; the student's message is stored.

    `gated`: what the tutor says in it is judged before it is shown.
    """

    number: int
    gated: bool = False


@dataclass(frozen=True)
class TurnTaken:
    """A turn that its process left behind is ours now; these calls lack outputs.

    The others are told by `turn.history` of the turn's items: `withheld` is how many answers were.
    `asked_anew`: it was left with an answer that is not stored, and the student is to know.
    """

    number: int
    calls: tuple[StoredCall, ...]
    facts_due: bool = False
    has_unanswered: bool = False
    gated: bool = False
    withheld: int = 0
    asked_anew: bool = False


@dataclass(frozen=True)
class CallsStored:
    """The response that was saved last makes these calls, in this order."""

    calls: tuple[StoredCall, ...]


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

    The messages `delivered_ids`, by client id, have reached the model already, before the outputs
    of its calls.
    """

    request: int
    response_id: str
    items: tuple[Payload, ...]
    cut_short: str = ""
    usage: Usage = field(default_factory=Usage)
    delivered_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelSteered:
    """A part of the answer to `request` has ended, and the model goes on in the same request.

    The messages `delivered_ids`, by client id, have reached it meanwhile, after these items.
    """

    request: int
    response_id: str
    items: tuple[Payload, ...]
    delivered_ids: tuple[str, ...]
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
    """No text, the first or the next, has come in answer to `request` for long; it may still."""

    request: int


@dataclass(frozen=True)
class ModelWarmed:
    """The API has read the conversation ahead of a question; that has a price too."""

    response_id: str
    usage: Usage


@dataclass(frozen=True)
class ModelCharged:
    """A response of which nothing is stored had its price: it failed, say, or compacted."""

    response_id: str
    usage: Usage


@dataclass(frozen=True)
class ModelReachable:
    """The socket to the model is open and warm (True), or lost (False). `message`: see frames."""

    reachable: bool
    message: str = ""


@dataclass(frozen=True)
class RunRefused:
    """The call in item number `item` may not be run now. `output` tells the model why."""

    item: int
    output: Payload


@dataclass(frozen=True)
class MoveMade:
    """The call in item number `item` was decided: `output` says granted or refused.

    What was granted is stored; see `tools.ends_turn` for what follows.
    """

    item: int
    output: Payload


# From the sandbox ------------------------------------------------------------------------------


@dataclass(frozen=True)
class RunPrinted:
    """`run` is the name of a run: see frames.RunView; `begun` and `seq`: see frames.Output.

    Without a text it repeats the number of the last one. 0: a worker that does not count.
    """

    run: str
    stream: frames.Stream
    text: str
    begun: int = 0
    seq: int = 0


@dataclass(frozen=True)
class RunUpdated:
    """A run was taken, has started or has ended; `view` is its row at this moment."""

    view: frames.RunView


@dataclass(frozen=True)
class AttemptUpdated:
    """An attempt was stored, is under way or has been judged."""

    view: frames.AttemptView


Event = (
    StudentSaid
    | StudentAskedHint
    | StudentStopped
    | StudentRetried
    | StudentWaits
    | TurnBegan
    | TurnTaken
    | CallsStored
    | RunRefused
    | MoveMade
    | TurnLost
    | ModelSpoke
    | ModelFinished
    | ModelSteered
    | ModelQueued
    | ModelFailed
    | ModelSlow
    | ModelWarmed
    | ModelCharged
    | ModelReachable
    | PieceJudged
    | TimerRang
    | RunPrinted
    | RunUpdated
    | AttemptUpdated
)
