"""The rules of a tutor's turn: events in, actions out. No clock, no I/O, no Django.

1. A student's message begins a turn if none is on; otherwise it waits. What waits is told to the
   model as soon as it can hear it: in the middle of its answer (it is steered), with the outputs of
   its calls, or else in a turn of its own.
2. Every answer names its request. An answer to any request but the present one is dropped; what
   it cost is stored all the same.
3. A complete response is saved whole. Without calls the turn is done. With calls all is done that
   they ask for (see `calls`); when every output is known, they are saved, in the order of the
   calls: an id of the API's may stand for several, so its nth output is the answer to the nth. If
   they say that it is the student's turn now, the turn is done with them; otherwise, or if the
   model has heard a message that it has not answered, it is asked again.
4. A response that fails is withdrawn and asked for again, once in a turn and as soon as the API
   lets us. Then the turn fails, and the student may try again.
5. Stop ends the turn wherever it is: what was said so far is saved as interrupted, runs are
   cancelled, and every open call gets an output, in order: the model refuses a call without one.
   A move that is being made is waited for: its output must say what is stored of it.
6. A turn lost to another process is dropped without a word to the database. Whoever takes it up
   and has to ask again for an answer that was not stored, says so.
7. A turn asks for at most `max_runs` runs and makes at most MAX_REQUESTS requests; whoever takes
   it up counts anew.
8. Messages that are told to the model have the server's facts before them. Those that were steered
   have none: the next request of the turn brings them, once.
9. In a turn that is gated nothing of an answer is shown, stored as shown or carried out before it
   is judged (see `leak_gate`). An answer that leaks is taken back and stored as withheld, with a
   notice for the model, which is asked again; after MAX_WITHHELD of them in a turn, the next one is
   replaced by a question of ours. Of one that does not end, or breaks off, only the notice is
   stored. Meanwhile nothing is told to the model: what the student says waits for the next request.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import assert_never

from tutor.method.options import RUNS_PER_TURN
from tutor.method.tools import ends_turn
from tutor.protocol import frames
from tutor.protocol.actions import (
    Action,
    AskModel,
    CancelRequest,
    CancelRun,
    EndTurn,
    MakeMove,
    RelayStop,
    ReopenTurn,
    Save,
    Show,
    StartRun,
    SteerModel,
)
from tutor.protocol.calls import Payload, StoredCall
from tutor.protocol.events import (
    CallsStored,
    Ending,
    Event,
    ModelFailed,
    ModelFinished,
    ModelQueued,
    ModelSlow,
    ModelSpoke,
    ModelSteered,
    MoveMade,
    ResponseKind,
    RunRefused,
    RunUpdated,
    StudentRetried,
    StudentStopped,
    StudentWaits,
    TurnBegan,
    TurnLost,
    TurnTaken,
)
from tutor.protocol.gate import PieceJudged, SaveReady, SaveWithheld, TimerRang
from tutor.turn import messages
from tutor.turn.answer import Answer
from tutor.turn.calls import OpenCalls
from tutor.turn.leak_gate import (
    Leaked,
    LeakGate,
    ModelEvent,
    Order,
    Passed,
    Searching,
    Verdict,
    Withheld,
)
from tutor.turn.pending_messages import PendingMessages
from tutor.turn.responses import charged, has_calls, is_empty, kept, unseen
from tutor.turn.unconditional import Unconditional, action_for

MAX_RUNS = RUNS_PER_TURN
MAX_REQUESTS = 12
MAX_RETRIES = 1
MAX_WITHHELD = 2
# Longer than this nobody waits for a second try; the message says what to do instead.
MAX_WAIT_S = 30.0


class Phase(Enum):
    """The state of a TurnMachine."""

    IDLE = auto()  # no turn of ours
    ASKING = auto()  # a request is with the model
    JUDGING = auto()  # the model has said all; some of it is being judged
    RUNNING = auto()  # runs are under way, or a move is being made


# The answer to a request of ours is not stored yet.
_ANSWERING = (Phase.ASKING, Phase.JUDGING)


@dataclass
class TurnMachine:
    """The state machine of a turn, as one session sees it. Only `receive` changes it."""

    # How many runs a turn may make; the site and the course say so.
    max_runs: int = MAX_RUNS
    phase: Phase = Phase.IDLE
    # The number of the turn in the conversation; that of the last one while IDLE.
    number: int = 0
    # The last request made; grows over all turns of the session, so that no answer is mistaken.
    request: int = 0
    # The answer to the present request.
    answer: Answer = field(default_factory=Answer)
    # Keeps back what of it is not judged yet, in a turn that is gated.
    gate: LeakGate = field(default_factory=LeakGate)
    # The calls whose outputs are not saved.
    open_calls: OpenCalls = field(default_factory=OpenCalls)
    # Stop was pressed while a move was being made.
    is_stopping: bool = False
    # The messages that the model has yet to hear, or to answer.
    pending: PendingMessages = field(default_factory=PendingMessages)
    # Since the turn began: requests made, retries made, runs started, answers withheld.
    requests: int = 0
    retries: int = 0
    runs: int = 0
    withheld: int = 0

    @property
    def waiting(self) -> Mapping[str, Payload]:
        """The messages that wait, by client id."""
        return self.pending.waiting

    def receive(self, event: Event) -> list[Action]:
        """The actions that follow on `event`, to be performed in this order."""
        if isinstance(event, Unconditional):
            return [action_for(event)]
        match event:
            case StudentStopped() | StudentRetried() | StudentWaits():
                return self._from_student(event)
            case TurnBegan() | TurnTaken() | CallsStored() | TurnLost():
                return self._from_database(event)
            case RunUpdated() | RunRefused() | MoveMade():
                return self._from_calls(event)
            case (
                ModelSpoke() | ModelFinished() | ModelSteered() | ModelFailed() | ModelSlow()
                | ModelQueued() | PieceJudged() | TimerRang()
            ):  # fmt: skip
                return self._from_model(event)
            case _:
                assert_never(event)

    # From the student

    def _from_student(self, event: StudentStopped | StudentRetried | StudentWaits) -> list[Action]:
        match event:
            case StudentRetried():
                return [ReopenTurn()] if self.phase is Phase.IDLE else []
            case StudentWaits(waiting):
                return self._wait(waiting)
            case StudentStopped(relayed=True) if self.phase is Phase.IDLE:
                return []
            case StudentStopped() if self.phase is Phase.IDLE:
                return [RelayStop()]
            case StudentStopped():
                return self._stop()
            case _:
                assert_never(event)

    def _wait(self, waiting: Mapping[str, Payload]) -> list[Action]:
        new = self.pending.add(waiting)
        if self.phase is not Phase.ASKING or self.gate.is_leaking:
            return []
        return [SteerModel(self.request, name, message) for name, message in new.items()]

    def _stop(self) -> list[Action]:
        actions: list[Action] = [CancelRun(run) for run in self.open_calls.stop()]
        if self.phase is Phase.ASKING:
            actions.append(CancelRequest(self.request))
        if self.phase in _ANSWERING:
            actions += self._drop()
            if self.answer.text:
                partial = {"type": "message", "role": "assistant", "content": self.answer.text}
                actions.append(Save((partial,), interrupted=True))
        if outputs := self.open_calls.pop_outputs():
            actions.append(outputs)
        if self.open_calls:
            self.is_stopping = True
            return actions
        return [*actions, *self._end(Ending.STOPPED)]

    # From the database

    def _from_database(self, event: TurnBegan | TurnTaken | CallsStored | TurnLost) -> list[Action]:
        match event:
            case TurnBegan(number, gated):
                self._begin(number, gated=gated)
                return self._ask()
            case TurnTaken(number, calls, facts_due, has_unanswered, gated, withheld, anew):
                self._begin(number, gated=gated)
                self.pending = PendingMessages({}, facts_due, has_unanswered)
                self.withheld = withheld
                return self._call(calls) if calls else self._ask(asked_anew=anew)
            case CallsStored(calls):
                return self._call(calls)
            case TurnLost():
                return self._lose()
            case _:
                assert_never(event)

    def _lose(self) -> list[Action]:
        if self.phase not in _ANSWERING:
            return self._forget()
        # Whoever has the turn now asks anew.
        return [self.answer.withdraw(), *self._drop(), *self._forget()]

    def _begin(self, number: int, *, gated: bool) -> None:
        self.number = number
        self.answer, self.gate = Answer(number), LeakGate(is_on=gated)
        self.requests = self.retries = self.runs = self.withheld = 0
        self.pending = PendingMessages()

    # From the model

    def _from_model(self, event: ModelEvent | Verdict) -> list[Action]:
        if self._is_stale(event):
            return [*charged(event, ResponseKind.DROPPED)]
        actions: list[Action] = []
        for one in self.gate.take(event):
            actions += [one] if isinstance(one, Order) else self._passed(one)
        if self.phase is Phase.ASKING and self.gate.has_ended:
            self.phase = Phase.JUDGING
        return actions

    def _is_stale(self, event: ModelEvent | Verdict) -> bool:
        return self.phase not in _ANSWERING or event.request != self.request

    def _passed(self, event: Passed) -> list[Action]:
        """What follows on what the gate has let out."""
        match event:
            case Leaked() | Searching():
                return [*self.answer.follow(event)]
            case Withheld(end):
                return self._withhold(end)
            case _ if self._is_stale(event):
                return [*charged(event, ResponseKind.DROPPED)]
            case ModelSpoke() | ModelSlow() | ModelQueued():
                return [*self.answer.follow(event)]
            case ModelFinished():
                return self._finished(event)
            case ModelSteered():
                return self._steered(event)
            case ModelFailed():
                return self._failed(event)
            case _:
                assert_never(event)

    def _steered(self, event: ModelSteered) -> list[Action]:
        self.answer = Answer(self.number, self.request, seq=self.answer.seq)
        delivered = self.pending.hear(event.delivered_ids)
        return [kept(event), *delivered, self.answer.state("thinking")]

    def _failed(self, event: ModelFailed) -> list[Action]:
        withdrawn = self.answer.withdraw()
        if not _may_ask_again(event) or self.retries >= MAX_RETRIES:
            return [withdrawn, *self._end(Ending.FAILED, event.message)]
        self.retries += 1
        return [withdrawn, *self._ask(after_s=event.retry_after_s)]

    def _finished(self, event: ModelFinished) -> list[Action]:
        if event.cut_short:
            return [kept(event), *self._end(Ending.DONE, messages.cut_short(event.cut_short))]
        if is_empty(event):
            failed = ModelFailed(event.request, messages.NOTHING_SAID, may_retry=True)
            return [*charged(event, ResponseKind.FAILED), *self._failed(failed)]
        saved: list[Action] = [kept(event, self.gate.withheld)]
        saved += self.pending.hear(event.delivered_ids)
        if not has_calls(event):
            return [*saved, *self._end(Ending.DONE)]
        self.phase = Phase.RUNNING
        self.pending.has_unanswered = bool(event.delivered_ids)
        return saved  # what comes next is CallsStored

    def _withhold(self, end: ModelFinished | ModelSteered | ModelFailed | None) -> list[Action]:
        """An answer that leaks is over. Have the model give another, or ask in its place."""
        self.withheld += 1
        is_last = self.withheld > MAX_WITHHELD
        is_over = self.phase is Phase.JUDGING or isinstance(end, ModelFinished | ModelFailed)
        actions: list[Action] = [] if is_over else [CancelRequest(self.request)]
        if isinstance(end, ModelFinished | ModelSteered):
            response, *outputs = unseen(end)
            # Messages that get no answer in this turn begin the next one.
            heard = () if is_last else self.pending.hear(end.delivered_ids)
            actions += [response, *heard, *outputs]
        if is_last:
            return [*actions, SaveReady(), *self._end(Ending.DONE)]
        self.pending.facts_due = False  # the notice has them
        actions.append(SaveWithheld())
        after_s = end.retry_after_s if isinstance(end, ModelFailed) else 0.0
        if isinstance(end, ModelFailed) and not _may_ask_again(end):
            return [*actions, *self._end(Ending.FAILED, end.message)]
        return [*actions, *self._ask(after_s)]

    # The calls of a response

    def _call(self, calls: tuple[StoredCall, ...]) -> list[Action]:
        """Do what a response's calls ask for."""
        self.phase = Phase.RUNNING
        decided = self.open_calls.add(calls, self.max_runs - self.runs)
        runs = [call.order for call in decided if isinstance(call.order, StartRun)]
        moves = [call.order for call in decided if isinstance(call.order, MakeMove)]
        not_run = [Show(frames.RunChanged(run=call.not_run)) for call in decided if call.not_run]
        self.runs += len(runs)
        # Shown first: a run that was refused at once may end before the list is through.
        running = [self.answer.state("running")] if runs else []
        return [*running, *not_run, *runs, *moves, *self._go_on()]

    def _from_calls(self, event: RunUpdated | RunRefused | MoveMade) -> list[Action]:
        shown = self.open_calls.take(event)
        show = [Show(frames.RunChanged(run=shown))] if shown else []
        return [*show, *self._go_on()]

    def _go_on(self) -> list[Action]:
        """Save the outputs, once all are known, and end the turn or ask again."""
        outputs = self.open_calls.pop_outputs()
        if not outputs:
            return []
        if self.is_stopping:
            return [outputs, *self._end(Ending.STOPPED)]
        if ends_turn(outputs.payloads) and not self.pending.has_unanswered:
            return [outputs, *self._end(Ending.DONE)]
        return [outputs, *self._ask()]

    # Common to several events

    def _ask(self, after_s: float = 0.0, *, asked_anew: bool = False) -> list[Action]:
        if self.requests >= MAX_REQUESTS:
            return self._end(Ending.FAILED, messages.TOO_LONG)
        self.phase = Phase.ASKING
        self.requests += 1
        self.request += 1
        self.answer = Answer(self.number, self.request, is_searching=self.gate.is_searching)
        searching = self.gate.begin(self.request)
        busy = messages.busy(after_s) or (messages.SEARCHING if self.gate.is_searching else "")
        thinking = self.answer.state("thinking", busy)
        if asked_anew:
            thinking = self.answer.asked_anew()
        return [*self.pending.tell(), thinking, AskModel(self.request, after_s), *searching]

    def _end(self, ending: Ending, message: str = "") -> list[Action]:
        return [*self._forget(drop=False), EndTurn(ending, message)]

    def _drop(self) -> list[Action]:
        """Nobody waits for what is being judged: its cost."""
        dropped = self.gate.drop()
        return [cost for one in dropped for cost in charged(one, ResponseKind.DROPPED)]

    def _forget(self, *, drop: bool = True) -> list[Action]:
        asking = self.phase is Phase.ASKING
        self.phase = Phase.IDLE
        self.open_calls.clear()
        self.is_stopping = False
        return [CancelRequest(self.request)] if drop and asking else []


def _may_ask_again(failed: ModelFailed) -> bool:
    return failed.may_retry and failed.retry_after_s <= MAX_WAIT_S
