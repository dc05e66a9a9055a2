"""The rules of a tutor's turn: events in, actions out. No clock, no I/O, no Django.

1. A student's message begins a turn if none is on; otherwise it waits. What waits is told to the
   model as soon as it can hear it: in the middle of its answer (it is steered), with the outputs of
   its calls, or else in a turn of its own.
2. Every answer names its request. An answer to any request but the present one is dropped; what
   it cost is stored all the same.
3. A complete response is saved whole. Its calls are run, all at once; when every output is saved,
   the model is asked again. Without calls the turn is done. Outputs are saved in the order of the
   calls: an id of the API's may stand for several, so its nth output is the answer to the nth.
4. A response that fails is withdrawn and asked for again, once in a turn and as soon as the API
   lets us. Then the turn fails, and the student may try again.
5. Stop ends the turn wherever it is: what was said so far is saved as interrupted, runs are
   cancelled, and every open call gets an output, in order: the model refuses a call without one.
6. A turn lost to another process is dropped without a word to the database.
7. A turn makes at most `max_runs` runs and MAX_REQUESTS requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import assert_never

from tutor.method.options import RUNS_PER_TURN
from tutor.method.tools import asked_run, error_output, parse_call, run_output
from tutor.protocol import frames
from tutor.protocol.actions import (
    Action,
    AskModel,
    BeginTurn,
    CancelRequest,
    CancelRun,
    EndTurn,
    RelayStop,
    ReopenTurn,
    Save,
    SaveUsage,
    SaveWaiting,
    Show,
    StartRun,
    SteerModel,
)
from tutor.protocol.events import (
    AttemptUpdated,
    CallsStored,
    Ending,
    Event,
    ModelCharged,
    ModelFailed,
    ModelFinished,
    ModelQueued,
    ModelReachable,
    ModelSlow,
    ModelSpoke,
    ModelSteered,
    ModelWarmed,
    Payload,
    ResponseKind,
    RunCall,
    RunPrinted,
    RunUpdated,
    StoredCall,
    StudentRetried,
    StudentSaid,
    StudentStopped,
    StudentWaits,
    TurnBegan,
    TurnLost,
    TurnTaken,
)
from tutor.turn import messages

MAX_RUNS = RUNS_PER_TURN
MAX_REQUESTS = 12
MAX_RETRIES = 1
# Longer than this nobody waits for a second try; the message says what to do instead.
MAX_WAIT_S = 30.0


class Phase(Enum):
    """The state of a TurnMachine."""

    IDLE = auto()  # no turn of ours
    ASKING = auto()  # a request is with the model
    RUNNING = auto()  # runs are under way


@dataclass(frozen=True)
class OpenCall:
    """A call whose output is not saved. `run` is the name of its run, empty if it has none.

    `output` is None until it is known; then it waits for those of the calls before.
    """

    call_id: str
    run: str = ""
    output: Payload | None = None


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
    # The text of the answer to the present request so far.
    spoken: str = ""
    # Whether the student was told that nothing has come of it for long.
    is_slow: bool = False
    # The calls whose outputs are not saved, in their order, by the number of their item.
    open_calls: dict[int, OpenCall] = field(default_factory=dict)
    # The messages that wait, by client id.
    waiting: dict[str, Payload] = field(default_factory=dict)
    # Since the turn began: requests made, retries made, runs started.
    requests: int = 0
    retries: int = 0
    runs: int = 0

    def receive(self, event: Event) -> list[Action]:
        """The actions that follow on `event`, to be performed in this order."""
        match event:
            case StudentStopped() | StudentRetried() | StudentWaits():
                return self._from_student(event)
            case StudentSaid():
                return [BeginTurn(event)]
            case TurnBegan() | TurnTaken() | CallsStored() | TurnLost():
                return self._from_database(event)
            case (
                ModelSpoke() | ModelFinished() | ModelSteered()
                | ModelFailed() | ModelSlow() | ModelQueued()
            ):  # fmt: skip
                return self._from_model(event)
            case ModelWarmed() | ModelCharged() | ModelReachable():
                return self._from_socket(event)
            case RunPrinted() | RunUpdated() | AttemptUpdated():
                return self._from_sandbox(event)
            case _:
                assert_never(event)

    # From the student

    def _from_student(self, event: StudentStopped | StudentRetried | StudentWaits) -> list[Action]:
        match event:
            case StudentRetried():
                return [ReopenTurn()] if self.phase is Phase.IDLE else []
            case StudentWaits(messages):
                return self._wait(messages)
            case StudentStopped(relayed=True) if self.phase is Phase.IDLE:
                return []
            case StudentStopped() if self.phase is Phase.IDLE:
                return [RelayStop()]
            case StudentStopped():
                return self._stop()
            case _:
                assert_never(event)

    def _wait(self, messages: Mapping[str, Payload]) -> list[Action]:
        new = {name: message for name, message in messages.items() if name not in self.waiting}
        self.waiting.update(new)
        if self.phase is not Phase.ASKING:
            return []
        return [SteerModel(self.request, name, message) for name, message in new.items()]

    def _stop(self) -> list[Action]:
        calls = self.open_calls.values()
        actions: list[Action] = [CancelRun(call.run) for call in calls if call.output is None]
        if self.phase is Phase.ASKING:
            actions.append(CancelRequest(self.request))
            if self.spoken:
                partial = {"type": "message", "role": "assistant", "content": self.spoken}
                actions.append(Save((partial,), interrupted=True))
        outputs = [call.output or error_output(call.call_id, messages.STOPPED) for call in calls]
        if outputs:
            actions.append(Save(tuple(outputs)))
        return [*actions, *self._end(Ending.STOPPED)]

    # From the database

    def _from_database(self, event: TurnBegan | TurnTaken | CallsStored | TurnLost) -> list[Action]:
        match event:
            case TurnBegan(number):
                self._begin(number)
                return self._ask()
            case TurnTaken(number, calls):
                self._begin(number)
                return self._run(calls) if calls else self._ask()
            case CallsStored(calls):
                return self._run(calls)
            case TurnLost():
                return self._lose()
            case _:
                assert_never(event)

    def _lose(self) -> list[Action]:
        if self.phase is not Phase.ASKING:
            return self._forget()
        # Whoever has the turn now asks anew.
        withdrawn = Show(frames.Withdrawn(turn=self.number, request=self.request))
        return [withdrawn, *self._forget()]

    def _begin(self, number: int) -> None:
        self.number = number
        self.requests = self.retries = self.runs = 0
        self.waiting = {}

    # From the model, outside of a turn

    def _from_socket(self, event: ModelWarmed | ModelCharged | ModelReachable) -> list[Action]:
        match event:
            case ModelWarmed(response_id, usage) | ModelCharged(response_id, usage):
                return [SaveUsage(response_id, usage)]
            case ModelReachable(reachable, message):
                state = "ready" if reachable else "unavailable"
                return [Show(frames.TutorChanged(state=state, message=message))]
            case _:
                assert_never(event)

    # From the model, in a turn

    def _from_model(
        self,
        event: ModelSpoke | ModelFinished | ModelSteered | ModelFailed | ModelSlow | ModelQueued,
    ) -> list[Action]:
        if self.phase is not Phase.ASKING or event.request != self.request:
            return self._charged(event, ResponseKind.DROPPED)
        match event:
            case ModelSpoke(request, text):
                is_news = self.is_slow or not self.spoken
                self.spoken, self.is_slow = self.spoken + text, False
                delta = Show(frames.Delta(turn=self.number, request=request, text=text))
                return [self._state("speaking"), delta] if is_news else [delta]
            case ModelFinished():
                return self._finished(event)
            case ModelSteered():
                return self._steered(event)
            case ModelSlow():
                self.is_slow = True
                if self.spoken:
                    return [self._state("speaking", messages.STILL_SPEAKING)]
                return [self._state("thinking", messages.STILL_THINKING)]
            case ModelQueued(_, position):
                waiting = messages.in_line(position)
                return [self._state("thinking", waiting)]
            case ModelFailed():
                return self._failed(event)
            case _:
                assert_never(event)

    def _charged(self, event: Event, kind: ResponseKind) -> list[Action]:
        """Of a response that is not kept, its cost is."""
        match event:
            case ModelFinished() | ModelSteered():
                return [SaveUsage(event.response_id, replace(event.usage, kind=kind))]
            case _:
                return []

    def _steered(self, event: ModelSteered) -> list[Action]:
        self.spoken, self.is_slow = "", False
        said = event.items
        if any(item["type"] == "function_call" for item in said):
            # Its calls before it was steered will not be run; their reasoning is not kept either.
            said = tuple(item for item in said if item["type"] == "message")
        save = Save(said, event.response_id, usage=event.usage)
        return [save, *self._delivered(event.delivered_ids), self._state("thinking")]

    def _delivered(self, names: tuple[str, ...]) -> list[Action]:
        for name in names:
            self.waiting.pop(name, None)
        return [SaveWaiting(names)] if names else []

    def _failed(self, event: ModelFailed) -> list[Action]:
        withdrawn = Show(frames.Withdrawn(turn=self.number, request=event.request))
        patient = event.retry_after_s <= MAX_WAIT_S
        if not event.may_retry or not patient or self.retries >= MAX_RETRIES:
            return [withdrawn, *self._end(Ending.FAILED, event.message)]
        self.retries += 1
        return [withdrawn, *self._ask(after_s=event.retry_after_s)]

    def _finished(self, event: ModelFinished) -> list[Action]:
        self.spoken = ""
        if event.cut_short:
            # A call in it may be half a call: only what was said is kept.
            said = tuple(item for item in event.items if item["type"] == "message")
            kept = Save(said, event.response_id, interrupted=True, usage=event.usage)
            why = messages.cut_short(event.cut_short)
            return [kept, *self._end(Ending.DONE, why)]
        if not any(item["type"] in ("message", "function_call") for item in event.items):
            failed = ModelFailed(event.request, messages.NOTHING_SAID, may_retry=True)
            return [*self._charged(event, ResponseKind.FAILED), *self._failed(failed)]
        saved = [
            Save(event.items, event.response_id, usage=event.usage),
            *self._delivered(event.delivered_ids),
        ]
        if any(item["type"] == "function_call" for item in event.items):
            self.phase = Phase.RUNNING
            return saved  # what comes next is CallsStored
        return [*saved, *self._end(Ending.DONE)]

    # From the sandbox

    def _from_sandbox(self, event: RunPrinted | RunUpdated | AttemptUpdated) -> list[Action]:
        match event:
            case RunPrinted(run, stream, text):
                return [Show(frames.Output(run=run, stream=stream, text=text))]
            case RunUpdated(view):
                return [Show(frames.RunChanged(run=view)), *self._run_changed(view)]
            case AttemptUpdated(view):
                return [Show(frames.AttemptChanged(attempt=view))]
            case _:
                assert_never(event)

    def _run_changed(self, view: frames.RunView) -> list[Action]:
        if view.state in frames.GOING_ON or view.by != "tutor":
            return []
        for item, call in self.open_calls.items():
            if call.run == view.id and call.output is None:
                self.open_calls[item] = replace(call, output=run_output(call.call_id, view))
                saved = self._save_outputs()
                return saved if self.open_calls else [*saved, *self._ask()]
        return []

    # Common to several events

    def _run(self, calls: tuple[StoredCall, ...]) -> list[Action]:
        actions: list[Action] = []
        for stored in calls:
            call = parse_call(stored)
            call_id = str(stored.payload.get("call_id") or "")
            if not isinstance(call, RunCall):
                self.open_calls[stored.item] = OpenCall(call_id, output=call)
            elif self.runs >= self.max_runs:
                refused = error_output(call_id, messages.RUN_LIMIT)
                self.open_calls[stored.item] = OpenCall(call_id, output=refused)
                actions.append(Show(frames.RunChanged(run=asked_run(call, messages.NO_MORE_RUNS))))
            else:
                self.runs += 1
                self.open_calls[stored.item] = OpenCall(call_id, call.run)
                actions.append(StartRun(call))
        actions = [*self._save_outputs(), *actions]
        if not self.open_calls:
            return [*actions, *self._ask()]
        self.phase = Phase.RUNNING
        # Shown first: a run that was refused at once may end before the list is through.
        return [self._state("running"), *actions]

    def _save_outputs(self) -> list[Action]:
        """Save those outputs that no output of an earlier call is waited for."""
        outputs: list[Payload] = []
        for item, call in list(self.open_calls.items()):
            if call.output is None:
                break
            outputs.append(call.output)
            del self.open_calls[item]
        return [Save(tuple(outputs))] if outputs else []

    def _ask(self, after_s: float = 0.0) -> list[Action]:
        if self.requests >= MAX_REQUESTS:
            return self._end(Ending.FAILED, messages.TOO_LONG)
        self.phase = Phase.ASKING
        self.requests += 1
        self.request += 1
        self.spoken, self.is_slow = "", False
        busy = messages.busy(after_s)
        waiting = [SaveWaiting()] if self.waiting else []
        self.waiting = {}
        return [*waiting, self._state("thinking", busy), AskModel(self.request, after_s)]

    def _end(self, ending: Ending, message: str = "") -> list[Action]:
        return [*self._forget(drop=False), EndTurn(ending, message)]

    def _forget(self, *, drop: bool = True) -> list[Action]:
        asking = self.phase is Phase.ASKING
        self.phase = Phase.IDLE
        self.spoken = ""
        self.open_calls = {}
        return [CancelRequest(self.request)] if drop and asking else []

    def _state(self, state: frames.TurnState, message: str = "") -> Action:
        return Show(frames.TurnChanged(number=self.number, state=state, message=message))
