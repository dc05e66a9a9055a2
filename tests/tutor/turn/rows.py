"""The turn over rows in a list, played by a session that may die between any two transactions.

Pure. What the real session, its database and its socket do is in tests/tutor/session.
"""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from tests.tutor.turn.events import message
from tutor.method.prompts import student_message
from tutor.method.tools import ends_turn, output, refused_output
from tutor.protocol import frames
from tutor.protocol.actions import (
    Action,
    AskModel,
    BeginTurn,
    CancelRun,
    EndTurn,
    MakeMove,
    Save,
    SaveFacts,
    SaveWaiting,
    Show,
    StartRun,
    Stored,
)
from tutor.protocol.calls import Payload, StoredCall, run_name
from tutor.protocol.events import (
    CallsStored,
    Event,
    ModelFinished,
    ModelSteered,
    MoveMade,
    RunRefused,
    RunUpdated,
    StudentStopped,
    StudentWaits,
    TurnBegan,
    TurnTaken,
)
from tutor.protocol.gate import SaveReady, SaveWithheld
from tutor.turn import history
from tutor.turn.rules import MAX_RUNS, TurnMachine

# By the kind of a call: the tool and its arguments.
TOOLS: dict[str, tuple[str, Payload]] = {
    "run": ("execute_code", {"stdin": ""}),
    "predict": ("ask_prediction", {"call": "f(1)", "question": "What does it give?"}),
    "hint": ("give_hint", {"level": 1}),
    "offer": ("offer_check", {"what": "next"}),
    "unknown": ("other", {}),
    "malformed": ("ask_prediction", {"call": 1}),
}
# What the server may say of each, if its calls are looked at at all.
STATUSES = {
    "run": ("ok", "ok", "refused"),
    "predict": ("asked", "asked", "refused"),
    "hint": ("given", "write", "refused"),
    "offer": ("offered", "offered", "refused"),
}
GRANTED = ("asked", "given", "offered", "write")
FACTS: Payload = {"type": "message", "role": "developer", "content": "facts"}
NOTICE: Payload = {**FACTS, "content": json.dumps({"facts": {}, "withheld": {}})}
READY = message("A question of ours?")


@dataclass
class Rows:
    """What is stored: it outlives any process."""

    items: list[Payload] = field(default_factory=list)
    # The numbers of those that the student does not see.
    withheld: set[int] = field(default_factory=set)
    # The responses that are among the items, as the places of their calls.
    responses: list[list[int]] = field(default_factory=list)
    # The program of each run by its name; those that have ended; the status of each move made.
    runs: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    moves: dict[int, str] = field(default_factory=dict)
    # The messages that wait, and how many there have ever been.
    waiting: dict[str, Payload] = field(default_factory=dict)
    messages: int = 1
    is_over: bool = False


@dataclass
class Player:
    """A session, and what happens to it."""

    # The status that the server gives a call: by its kind and the number of its item.
    decide: Callable[[str, int], str]
    # How many runs each process that has the turn may make.
    max_runs: int = MAX_RUNS
    # Whether what the model says is judged first; see gated_rows.GatedPlayer.
    gated: bool = False
    rows: Rows = field(default_factory=Rows)
    turn: TurnMachine = field(init=False)
    # Events that are raised and not yet taken in: of runs and moves that were decided at once.
    raised: deque[Event] = field(default_factory=deque)
    # The request that is with the model; None while none is.
    asked: int | None = None
    # The programs so far, which are all different.
    programs: int = 0
    # After so many more steps the process dies; None if it lives on.
    dies_after: int | None = None
    # How often a steered message waited for the facts, and what the page was shown of runs.
    facts_due: bool = False
    shown: list[frames.RunView] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.turn = TurnMachine(max_runs=self.max_runs)

    def happens(self, event: Event) -> None:
        """The turn takes the event in, and all is done that it says."""
        todo = deque(self.turn.receive(event))
        while todo:
            if self.dies_after == 0:
                self.dies_after = None
                self.dies()
                return
            if self.dies_after:
                self.dies_after -= 1
            if stored := list(takewhile(lambda action: isinstance(action, Stored), todo)):
                for _ in stored:
                    todo.popleft()
                answer = self.commit(stored)
            else:
                answer = self.perform(todo.popleft())
            if answer:
                todo = deque(self.turn.receive(answer))

    def commit(self, actions: list[Any]) -> Event | None:
        """One transaction."""
        rows, before = self.rows, len(self.rows.items)
        for action in actions:
            match action:
                case Save(payloads, response_id, withheld=withheld):
                    first = len(rows.items) + 1
                    rows.items += payloads
                    rows.withheld |= {first + place for place in withheld}
                    if response_id:
                        numbered = enumerate(payloads, first)
                        calls = [at for at, one in numbered if one["type"] == "function_call"]
                        rows.responses.append(calls)
                case SaveWithheld():
                    self.facts_due = False
                    rows.items.append(NOTICE)
                case SaveReady():
                    rows.items.append(READY)
                case SaveFacts():
                    assert self.facts_due, "facts are told again"
                    self.facts_due = False
                    rows.items.append(FACTS)
                case SaveWaiting(ids=None):
                    self.facts_due = False
                    rows.items += [FACTS, *rows.waiting.values()]
                    rows.waiting = {}
                case SaveWaiting(ids) if ids:
                    self.facts_due = True
                    rows.items += [rows.waiting.pop(name) for name in ids]
                case EndTurn():
                    assert not history.open_calls(rows.items)
                    rows.is_over, self.asked = True, None
        opened = history.open_calls(rows.items[before:])
        called = tuple(self.stored_call(before + place + 1) for place in opened)
        return CallsStored(called) if called else None

    def stored_call(self, number: int) -> StoredCall:
        return StoredCall(number, self.rows.items[number - 1], number in self.rows.withheld)

    def perform(self, action: Action) -> Event | None:
        rows = self.rows
        match action:
            case BeginTurn():
                rows.items += [FACTS, student_message("Why?")]
                return TurnBegan(1, gated=self.gated)
            case StartRun(call):
                self.start(call.item, call.run, call.code)
            case MakeMove(call):
                if call.item not in rows.moves:
                    kind = kind_of(rows.items[call.item - 1])
                    rows.moves[call.item] = self.decide(kind, call.item)
                status = {"status": rows.moves[call.item]}
                self.raised.append(MoveMade(call.item, output(call.call_id, status)))
            case CancelRun(name):
                # Those that were refused, or that have ended, may not be known as such yet.
                assert name.startswith("call.")
            case AskModel(request):
                self.check_may_ask()
                self.asked = request
            case Show(frames.RunChanged(run=view)):
                self.shown.append(view)
        return None

    def start(self, item: int, name: str, code: str) -> None:
        """Run a call, unless the server refuses it; one that has a row is not run again."""
        call_id = str(self.rows.items[item - 1]["call_id"])
        if name in self.rows.ended:
            self.raised.append(self.run_view(name))
        elif name not in self.rows.runs and self.decide("run", item) == "refused":
            self.raised.append(RunRefused(item, refused_output(call_id, "Not now.")))
        else:
            assert self.rows.runs.setdefault(name, code) == code

    def check_may_ask(self) -> None:
        items = self.rows.items
        assert not history.open_calls(items), "the model refuses a call without an output"
        assert not self.facts_due, "the model is asked without the facts"
        spoken = [item for item in items if item not in (FACTS, NOTICE)]
        outputs = list(takewhile(lambda one: one["type"] == "function_call_output", spoken[::-1]))
        before = spoken[-len(outputs) - 1]
        assert before.get("role") == "user" or not ends_turn(outputs), "asked after a move"

    # What may happen

    def dies(self) -> None:
        """Another process takes the turn up."""
        self.turn, self.asked = TurnMachine(max_runs=self.max_runs), None
        self.raised.clear()
        items = self.rows.items
        step = history.next_step(items, {number - 1 for number in self.rows.withheld})
        if isinstance(step, history.WaitForStudent):
            self.rows.is_over = True
            return
        places = step.places if isinstance(step, history.RunCalls) else ()
        calls = tuple(self.stored_call(place + 1) for place in places)
        due, unanswered = history.facts_due(items), history.has_unanswered(items)
        assert due == self.facts_due
        withheld = history.times_withheld(items)
        self.happens(TurnTaken(1, calls, due, unanswered, self.gated, withheld))

    def answers(self, kinds: list[tuple[str, str]], *, heard: bool = False) -> None:
        """The model makes these calls; without any it says something. `heard`: it is told first,
        before any outputs, what the student has said meanwhile."""
        assert self.asked is not None
        items = tuple(self.call(*one) for one in kinds) or (message("What if?"),)
        ids = tuple(self.rows.waiting) if heard and kinds else ()
        request, self.asked = self.asked, None
        self.happens(ModelFinished(request, "resp_1", items, delivered_ids=ids))

    def is_steered(self) -> None:
        """The model hears in mid-answer what the student has said."""
        assert self.asked is not None
        ids = tuple(self.rows.waiting)
        self.happens(ModelSteered(self.asked, "resp_1", (message("What "),), ids))

    def student_says(self) -> None:
        """The student says something while the turn is on."""
        self.rows.messages += 1
        name = f"message-{self.rows.messages}"
        self.rows.waiting[name] = student_message(name)
        self.happens(StudentWaits(dict(self.rows.waiting)))

    def stops(self) -> None:
        """The student presses Stop."""
        self.happens(StudentStopped())

    def call(self, call_id: str, kind: str) -> Payload:
        self.programs += 1
        name, arguments = TOOLS[kind]
        if kind == "run":
            arguments = {"code": str(self.programs), **arguments}
        written = json.dumps(arguments)
        return {"type": "function_call", "call_id": call_id, "name": name, "arguments": written}

    def run_ends(self, name: str) -> None:
        """A run prints its own program, and ends."""
        self.rows.ended.add(name)
        self.happens(self.run_view(name))

    def run_view(self, name: str) -> RunUpdated:
        code = self.rows.runs[name]
        printed = (frames.Printed(stream="stdout", text=code),)
        view = frames.RunView(id=name, by="tutor", code=code, state="ok", output=printed)
        return RunUpdated(view)

    @property
    def going_on(self) -> list[str]:
        """The runs that have not ended."""
        return sorted(self.rows.runs.keys() - self.rows.ended)


def kind_of(call: Payload) -> str:
    """The kind of a call, by its tool; "malformed" if its arguments are."""
    for kind, (name, arguments) in TOOLS.items():
        own = json.loads(call["arguments"])
        if name == call["name"] and (kind == "run" or own == arguments):
            return kind
    raise AssertionError(call)


def paired(items: list[Payload]) -> list[tuple[Payload, Payload]]:
    """Each output with its call, as a server pairs them that has only the ids: the nth output
    under an id is that of the nth call with it."""
    outputs = [row for row in items if row["type"] == "function_call_output"]
    calls = [row for row in items if row["type"] == "function_call"]
    pairs = []
    for call_id in {row["call_id"] for row in calls + outputs}:
        theirs = [row for row in calls if row["call_id"] == call_id]
        answers = [row for row in outputs if row["call_id"] == call_id]
        pairs += list(zip(theirs, answers, strict=True))
    return pairs


def check_outputs(items: list[Payload]) -> None:
    """Each call has one output: its own."""
    for call, answer in paired(items):
        told = json.loads(answer["output"])
        if call["name"] == "other":
            assert told["status"] == "error"
        elif told["status"] == "ok":
            assert told["stdout"] == json.loads(call["arguments"])["code"]


def check_moves(player: Player) -> None:
    """Of each response: at most one move granted, what is stored and told the same, and nothing
    run beside a prediction; and no program that was not run is shown."""
    rows = player.rows
    told = {id(call): json.loads(answer["output"]) for call, answer in paired(rows.items)}
    for places in rows.responses:
        calls = {item: rows.items[item - 1] for item in places}
        status = {item: told[id(call)]["status"] for item, call in calls.items()}
        assert sum(one in GRANTED for one in status.values()) <= 1
        for item in calls:
            if item in rows.moves:
                assert status[item] == rows.moves[item], "stored, but told otherwise"
            else:
                assert status[item] not in GRANTED
        if any(call["name"] == "ask_prediction" for call in calls.values()):
            assert not {run_name(item) for item in calls} & rows.runs.keys()
    for view in player.shown:
        assert not view.code or view.code == rows.runs.get(view.id), "shown, and never run"
    said = [item for item in rows.items if item.get("role") == "user"]
    assert len(said) + len(rows.waiting) == rows.messages
