"""What the link is told, and what it decides; see `link`. Pure."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final


class CloseReason(StrEnum):
    """Why we close a socket; the log names it so."""

    TOO_OLD = "too old"  # the API says so
    ROTATED = "rotated"  # it soon would
    IDLE = "idle"  # nobody has asked for long
    SILENT = "silent"  # its warm-up was not answered
    DROPPED = "dropped"  # an abandoned request does not end
    STUCK = "stuck"  # it takes nothing
    ERROR = "error"  # an error came in the middle of a response, which may still go on
    UNCLEAR = "unclear"  # the server may have more to say of a response that has ended
    NO_SUCCESSOR = "no successor"  # a response was steered and ended, and nothing followed


class Route(Enum):
    """The way of a question to the model."""

    SOCKET = auto()
    HTTP = auto()


# For the page's head, where nothing need have been asked; for a question, `parse` has the texts.
OUT_OF_REACH: Final = "The tutor cannot be reached right now. Your program can be run."
NOT_AVAILABLE: Final = "The tutor is not available. Please tell your instructor."


class Reach(Enum):
    """What came of a request over HTTP that asks for nothing."""

    ANSWERS = auto()  # the server answers; whatever it says of a question, the question will tell
    KEY_REFUSED = auto()  # it answers that our key is not good for this
    NONE = auto()  # nobody answers, or somebody who is not the server


# Events: of the socket


@dataclass(frozen=True)
class Started:
    """The session has begun."""


@dataclass(frozen=True)
class Opened:
    """The handshake succeeded. The socket is replaced after `rotate_s`, or `idle_s` without use."""

    rotate_s: float
    idle_s: float


@dataclass(frozen=True)
class Refused:
    """The handshake was refused with this HTTP status."""

    status: int


@dataclass(frozen=True)
class NoWebSocket:
    """No socket was tried: this process knows that none opens. In `retry_s` it may be another."""

    retry_s: float


@dataclass(frozen=True)
class Probed:
    """What HTTP brings, asked for by Probe."""

    reach: Reach


@dataclass(frozen=True)
class ReadEnded:
    """Nothing more comes over the socket; Lost follows when it is cleared away."""


@dataclass(frozen=True)
class Lost:
    """The socket is gone, or could not be opened."""


@dataclass(frozen=True)
class Unusable:
    """The socket can take no more requests."""

    reason: CloseReason


@dataclass(frozen=True)
class Prepared:
    """The warm-up is over, whatever came of it, or was left out."""


@dataclass(frozen=True)
class Rang:
    """`Link.timer` is due."""


# Events: of the request on it


@dataclass(frozen=True)
class Sent:
    """A request goes out; only while `can_send`."""

    is_warm_up: bool = False


@dataclass(frozen=True)
class Ended:
    """The request is over; `answered` if the model has done what it was asked."""

    answered: bool


@dataclass(frozen=True)
class Abandoned:
    """Nobody waits for the request any more."""


# Events: of the question


@dataclass(frozen=True)
class QuestionCame:
    """Somebody asks; only one question at a time."""


@dataclass(frozen=True)
class RouteSought:
    """The question is about to be sent, for the first time or again."""


@dataclass(frozen=True)
class HttpEnded:
    """The question that was sent over HTTP was answered, or not."""

    answered: bool


@dataclass(frozen=True)
class QuestionOver:
    """The question has been answered, has failed, or was taken back."""


SocketEvent = Started | Opened | Refused | NoWebSocket | ReadEnded | Lost | Unusable | Prepared
Event = (
    SocketEvent | Probed | Rang
    | Sent | Ended | Abandoned
    | QuestionCame | RouteSought | HttpEnded | QuestionOver
)  # fmt: skip


# Decisions


@dataclass(frozen=True)
class Dial:
    """Open a socket; Opened, Refused, NoWebSocket or Lost follows."""


@dataclass(frozen=True)
class Probe:
    """Find out whether HTTP reaches the server; Probed follows."""


@dataclass(frozen=True)
class NoteNoWebSocket:
    """Let all links of the process know that HTTP works and that no socket opens."""


@dataclass(frozen=True)
class NoteForbidden:
    """Let an operator know: handshakes are refused with this status, and HTTP refuses our key."""

    status: int


@dataclass(frozen=True)
class WarmUp:
    """Prepare the socket for its first question; Prepared follows. See `Link.may_warm_up`."""


@dataclass(frozen=True)
class Close:
    """Close the socket; Lost follows."""

    reason: CloseReason


@dataclass(frozen=True)
class Announce:
    """Tell the session whether the model can be reached."""

    reachable: bool
    message: str = ""


@dataclass(frozen=True)
class Ask:
    """Send the question that waits."""

    route: Route


Decision = Dial | Probe | NoteNoWebSocket | NoteForbidden | WarmUp | Close | Announce | Ask
