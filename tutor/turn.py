"""The rules of a tutor's turn: events in, actions out. No clock, no I/O, no Django.

1. A student's message begins a turn if none is on; otherwise it waits. What waits is told to the
   model as soon as it can hear it: in the middle of its answer (it is steered), with the outputs of
   its calls, or else in a turn of its own.
2. Every answer names its request. An answer to any request but the present one is dropped.
3. A complete response is saved whole. Its calls are run, all at once; when every output is saved,
   the model is asked again. Without calls the turn is done.
4. A response that fails is withdrawn and asked for again, once in a turn and as soon as the API
   lets us. Then the turn fails, and the student may try again.
5. Stop ends the turn wherever it is: what was said so far is saved as interrupted, runs are
   cancelled, and every open call gets an output, for the model refuses a call without one.
6. A turn lost to another process is dropped without a word to the database.
7. A turn makes at most MAX_RUNS runs and MAX_REQUESTS requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from math import ceil
from typing import assert_never

from tutor import frames
from tutor.actions import (
    Action,
    AskModel,
    BeginTurn,
    CancelRun,
    DropModel,
    EndTurn,
    Grant,
    RelayStop,
    ReopenTurn,
    Save,
    SaveCompaction,
    SaveUsage,
    SaveWaiting,
    Show,
    StartRun,
    SteerModel,
)
from tutor.events import (
    AttemptChanged,
    Call,
    Ending,
    Event,
    ModelCompacted,
    ModelFailed,
    ModelFinished,
    ModelQueued,
    ModelReachable,
    ModelSlow,
    ModelSpoke,
    ModelSteered,
    ModelWarmed,
    Payload,
    RunChanged,
    RunPrinted,
    StudentDismissed,
    StudentEdited,
    StudentRan,
    StudentRestored,
    StudentRetried,
    StudentSaid,
    StudentStopped,
    StudentStoppedRun,
    StudentTried,
    StudentTyped,
    StudentWaits,
    StudentWent,
    TurnBegan,
    TurnLost,
    TurnTaken,
)
from tutor.tools import error_output, parse_call, run_output

MAX_RUNS = 6
MAX_REQUESTS = 12
MAX_RETRIES = 1
# Longer than this nobody waits for a second try; the message says what to do instead.
MAX_WAIT_S = 30.0

TOO_LONG = "The tutor thought in circles. Please ask again, perhaps in other words."
BUSY_AGAIN = "The tutor is busy. Trying again in {} s."
IN_LINE = "Many students are asking. You are number {} in line."
STILL_THINKING = "The tutor is still thinking."
RUN_LIMIT = "No more runs in this turn: answer with what you know."
NOTHING_SAID = "The tutor had no answer. Please ask again, perhaps in other words."
# By the API's reason.
CUT_SHORT = {
    "max_output_tokens": "The answer ends here because it became too long. Ask the tutor to go on.",
    "max_messages": "The answer ends here because it became too long. Ask the tutor to go on.",
    "content_filter": "The answer ends here: a filter stopped it. Ask in other words.",
    "steered": "",  # by the student's next message, which follows
}
CUT_SHORT_SOMEHOW = "The answer ends here before it was complete. Ask the tutor to go on."


class Phase(Enum):
    """Where in a turn we are."""

    IDLE = auto()  # no turn of ours
    ASKING = auto()  # a request is with the model
    RUNNING = auto()  # runs are under way


@dataclass
class Turn:
    """The turn of one conversation, as one session sees it. Only `receive` changes it."""

    phase: Phase = Phase.IDLE
    # The number of the turn in the conversation; that of the last one while IDLE.
    number: int = 0
    # The last request made; grows over all turns of the session, so that no answer is mistaken.
    request: int = 0
    # What the model has said in answer to the present request.
    spoken: str = ""
    # The calls whose runs have not ended, by call id.
    open_calls: dict[str, Call] = field(default_factory=dict)
    # The messages that wait, by client id.
    waiting: dict[str, Payload] = field(default_factory=dict)
    # Since the turn began: requests made, retries made, runs started.
    requests: int = 0
    retries: int = 0
    runs: int = 0

    def receive(self, event: Event) -> list[Action]:
        """What is to be done about `event`, in this order."""
        match event:
            case StudentStopped() | StudentRetried() | StudentWaits():
                return self._from_student(event)
            case StudentSaid():
                return [BeginTurn(event)]
            case StudentStoppedRun(id):
                return [CancelRun(id, "student")]
            case (
                StudentRan() | StudentTyped() | StudentTried() | StudentWent()
                | StudentEdited() | StudentRestored() | StudentDismissed()
            ):  # fmt: skip
                return [Grant(event)]
            case TurnBegan() | TurnTaken() | TurnLost():
                return self._from_database(event)
            case (
                ModelSpoke() | ModelFinished() | ModelSteered()
                | ModelFailed() | ModelSlow() | ModelQueued()
            ):  # fmt: skip
                return self._from_model(event)
            case ModelWarmed() | ModelCompacted() | ModelReachable():
                return self._from_socket(event)
            case RunPrinted() | RunChanged() | AttemptChanged():
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
        actions: list[Action] = [CancelRun(call.id) for call in self.open_calls.values()]
        if self.phase is Phase.ASKING:
            actions.append(DropModel(self.request))
            if self.spoken:
                partial = {"type": "message", "role": "assistant", "content": self.spoken}
                actions.append(Save((partial,), interrupted=True))
        outputs = (error_output(call, "The student pressed Stop.") for call in self.open_calls)
        actions += [Save((output,)) for output in outputs]
        return [*actions, *self._end(Ending.STOPPED)]

    # From the database

    def _from_database(self, event: TurnBegan | TurnTaken | TurnLost) -> list[Action]:
        match event:
            case TurnBegan(number):
                self._begin(number)
                return self._ask()
            case TurnTaken(number, calls):
                self._begin(number)
                return self._run(calls) if calls else self._ask()
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

    def _from_socket(self, event: ModelWarmed | ModelCompacted | ModelReachable) -> list[Action]:
        match event:
            case ModelWarmed(response_id, usage):
                return [SaveUsage(response_id, usage)]
            case ModelCompacted(response_id, told, items):
                return [SaveCompaction(response_id, told, items)]
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
            return []
        match event:
            case ModelSpoke(request, text):
                first = not self.spoken
                self.spoken += text
                delta = Show(frames.Delta(turn=self.number, request=request, text=text))
                return [self._state("speaking"), delta] if first else [delta]
            case ModelFinished():
                return self._finished(event)
            case ModelSteered():
                return self._steered(event)
            case ModelSlow():
                return [self._state("thinking", STILL_THINKING)]
            case ModelQueued(_, position):
                waiting = IN_LINE.format(position) if position else ""
                return [self._state("thinking", waiting)]
            case ModelFailed():
                return self._failed(event)
            case _:
                assert_never(event)

    def _steered(self, event: ModelSteered) -> list[Action]:
        self.spoken = ""
        said = event.items
        if any(item["type"] == "function_call" for item in said):
            # What it called before it was steered will not be run, nor is what led to that told.
            said = tuple(item for item in said if item["type"] == "message")
        save = Save(said, event.response_id, usage=event.usage)
        return [save, *self._told(event.told), self._state("thinking")]

    def _told(self, names: tuple[str, ...]) -> list[Action]:
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
            why = CUT_SHORT.get(event.cut_short, CUT_SHORT_SOMEHOW)
            return [kept, *self._end(Ending.DONE, why)]
        if not any(item["type"] in ("message", "function_call") for item in event.items):
            return self._failed(ModelFailed(event.request, NOTHING_SAID, may_retry=True))
        save = Save(event.items, event.response_id, usage=event.usage)
        calls = tuple(item for item in event.items if item["type"] == "function_call")
        rest = self._run(calls) if calls else self._end(Ending.DONE)
        return [save, *self._told(event.told), *rest]

    # From the sandbox

    def _from_sandbox(self, event: RunPrinted | RunChanged | AttemptChanged) -> list[Action]:
        match event:
            case RunPrinted(run, stream, text):
                return [Show(frames.Output(run=run, stream=stream, text=text))]
            case RunChanged(view):
                return [Show(frames.RunChanged(run=view)), *self._run_changed(view)]
            case AttemptChanged(view):
                return [Show(frames.AttemptChanged(attempt=view))]
            case _:
                assert_never(event)

    def _run_changed(self, view: frames.RunView) -> list[Action]:
        ended = view.state not in frames.GOING_ON
        # A student may name a run of their own like a call of the tutor's; it answers nothing.
        if not ended or view.by != "tutor" or view.id not in self.open_calls:
            return []
        del self.open_calls[view.id]
        save = Save((run_output(view.id, view),))
        return [save] if self.open_calls else [save, *self._ask()]

    # What several events lead to

    def _run(self, calls: tuple[Payload, ...]) -> list[Action]:
        actions: list[Action] = []
        for item in calls:
            call = parse_call(item)
            if not isinstance(call, Call):
                actions.append(Save((call,)))
            elif self.runs >= MAX_RUNS:
                actions.append(Save((error_output(call.id, RUN_LIMIT),)))
            else:
                self.runs += 1
                self.open_calls[call.id] = call
                actions.append(StartRun(call))
        if not self.open_calls:
            return [*actions, *self._ask()]
        self.phase = Phase.RUNNING
        # Told first: a run that was refused at once may end before the list is through.
        return [self._state("running"), *actions]

    def _ask(self, after_s: float = 0.0) -> list[Action]:
        if self.requests >= MAX_REQUESTS:
            return self._end(Ending.FAILED, TOO_LONG)
        self.phase = Phase.ASKING
        self.requests += 1
        self.request += 1
        self.spoken = ""
        busy = BUSY_AGAIN.format(ceil(after_s)) if after_s else ""
        told = [SaveWaiting()] if self.waiting else []
        self.waiting = {}
        return [*told, self._state("thinking", busy), AskModel(self.request, after_s)]

    def _end(self, ending: Ending, message: str = "") -> list[Action]:
        return [*self._forget(drop=False), EndTurn(ending, message)]

    def _forget(self, *, drop: bool = True) -> list[Action]:
        asking = self.phase is Phase.ASKING
        self.phase = Phase.IDLE
        self.spoken = ""
        self.open_calls = {}
        return [DropModel(self.request)] if drop and asking else []

    def _state(self, state: frames.TurnState, message: str = "") -> Action:
        return Show(frames.TurnChanged(number=self.number, state=state, message=message))
