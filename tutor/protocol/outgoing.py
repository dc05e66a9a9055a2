"""Frames to the browser. See `frames` for the protocol."""

from typing import Final, Literal

from tutor.protocol.base import PROTOCOL, Frame
from tutor.protocol.views import (
    AttemptView,
    HintItem,
    ItemView,
    PredictionView,
    RunView,
    StepView,
    Stream,
    StudentItem,
    VersionView,
    WaitingMessage,
)

TurnState = Literal["thinking", "speaking", "running", "done", "stopped", "failed"]
# The states of a turn that is over.
TURN_OVER: Final = ("done", "stopped", "failed")


class TurnChanged(Frame):
    """What the tutor is doing. `message` tells the student why a turn failed, or what it waits for.

    After `failed`, `again` takes the turn up once more.
    """

    type: Literal["turn"] = "turn"
    number: int
    state: TurnState
    message: str = ""
    # True after whoever was at the turn has died: what it had not stored is asked for anew.
    asked_anew: bool = False


class Hello(Frame):
    """Everything a page needs to show lesson and dialogue. `last_run` is the student's own."""

    type: Literal["hello"] = "hello"
    protocol: int = PROTOCOL
    conversation: int
    # The step that is shown, and all steps in order.
    step: str
    steps: list[StepView]
    # The last of them: all from number `start` on. Before these those that will change whatever
    # the page asks for: predictions that are open or being compared. `older`: more can be had.
    items: list[ItemView]
    start: int = 1
    older: bool = False
    waiting: list[WaitingMessage]
    turn: TurnChanged | None
    last_run: RunView | None
    # True where a local script answers instead of a language model: the page says so.
    emulated: bool


class Accepted(Frame):
    """The message, answer or wish for a hint of this `id` is stored; `item` is null while it waits.

    A HintItem answers `hint` where the lesson has one; else the tutor is asked to write one.
    """

    type: Literal["accepted"] = "accepted"
    id: str
    item: StudentItem | HintItem | None


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


class Items(Frame):
    """The items that `older` has asked for, in order: all from number `start` to below `before`.

    There may be none, as not all numbers are shown. `older`: there are some before `start`.
    """

    type: Literal["items"] = "items"
    items: list[ItemView]
    start: int
    before: int
    older: bool


class Delta(Frame):
    """The next piece of the answer being written; `seq` counts those of a request from 1.

    One that gathers several begins with piece `first`; that is 0 where it is `seq` itself.
    """

    type: Literal["delta"] = "delta"
    turn: int
    request: int
    first: int = 0
    seq: int
    text: str


class SoFar(Frame):
    """All of the answer until now, in place of its deltas up to `seq`."""

    type: Literal["so_far"] = "so_far"
    turn: int
    request: int
    seq: int
    text: str


class Withdrawn(Frame):
    """Forget the deltas of `request`: the answer is being asked for again."""

    type: Literal["withdrawn"] = "withdrawn"
    turn: int
    request: int


class ItemStored(Frame):
    """An item is in the database."""

    type: Literal["item"] = "item"
    item: ItemView


class RunChanged(Frame):
    """A run was taken, started or ended."""

    type: Literal["run_changed"] = "run_changed"
    run: RunView


class Output(Frame):
    """What a running program printed, or what was typed into it.

    `seq` counts those of a run from 1, each time that it is begun; what a RunView that was `begun`
    as often holds already has come up to its own `seq`.
    """

    type: Literal["output"] = "output"
    run: str
    begun: int = 0
    seq: int = 0
    stream: Stream
    text: str


class AttemptChanged(Frame):
    """An attempt was stored, goes on, or has been judged."""

    type: Literal["attempt"] = "attempt"
    attempt: AttemptView


class PredictionChanged(Frame):
    """A prediction was answered, compared, or is about another program by now."""

    type: Literal["prediction"] = "prediction"
    prediction: PredictionView


class TutorChanged(Frame):
    """Can the tutor answer? `message` is for the student and empty when it can."""

    type: Literal["tutor"] = "tutor"
    state: Literal["connecting", "ready", "unavailable"]
    message: str = ""


class StorageChanged(Frame):
    """Can anything be stored? While it cannot, what the client sends waits, and is not answered.

    `message` is for the student and empty when it can. After `hello` it can until this says other.
    """

    type: Literal["storage"] = "storage"
    state: Literal["available", "unavailable"]
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
    Hello | Accepted | Waiting | Refused | TurnChanged | Delta | SoFar | Withdrawn | ItemStored
    | Items | RunChanged | Output | AttemptChanged | PredictionChanged | TutorChanged
    | StorageChanged | Saved | ProgramChanged | Error | Check | Pong
)  # fmt: skip
