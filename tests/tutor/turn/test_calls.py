"""Calls whose ids say nothing: whatever their ids, in whatever order their programs end, wherever
the process dies, each call has one output in the end: its own, in its place.

Pure: the turn, and rows in a list. tests/tutor/session/test_call_ids.py has database, session and
socket.
"""

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tutor.turn.events import SAID, message
from tutor.method.prompts import student_message
from tutor.protocol import frames
from tutor.protocol.actions import Action, AskModel, BeginTurn, CancelRun, EndTurn, Save, StartRun
from tutor.protocol.events import (
    CallsStored,
    Event,
    ModelFinished,
    Payload,
    RunUpdated,
    StoredCall,
    StudentStopped,
    TurnBegan,
    TurnTaken,
)
from tutor.turn.history import RunCalls, WaitForStudent, next_step, open_calls
from tutor.turn.rules import MAX_REQUESTS, Phase, TurnMachine

# What a call is: its id, and whether it asks for what there is.
CALLS = st.tuples(st.sampled_from(["call_0", "call_1"]), st.sampled_from(["run", "run", "bad"]))
RESPONSES = st.lists(st.lists(CALLS, min_size=1, max_size=4), max_size=MAX_REQUESTS - 1)


@dataclass
class Classroom:
    """The rows, the runs, and a session that may die at any moment."""

    turn: TurnMachine = field(default_factory=TurnMachine)
    rows: list[Payload] = field(default_factory=list)
    # The program of each run by its name, and those that have ended.
    runs: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    # The request that is with the model; None while none is.
    asked: int | None = None
    over: bool = False
    programs: int = 0
    # After so many more actions the process dies; None if it lives on.
    dies_after: int | None = None

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
            answer = self.perform(todo.popleft())
            if answer:
                todo = deque(self.turn.receive(answer))

    def perform(self, action: Action) -> Event | None:
        match action:
            case BeginTurn():
                self.rows.append(student_message("Why?"))
                return TurnBegan(1)
            case Save(payloads):
                first = len(self.rows) + 1
                self.rows += payloads
                numbered = enumerate(payloads, first)
                calls = [StoredCall(*one) for one in numbered if one[1]["type"] == "function_call"]
                return CallsStored(tuple(calls)) if calls else None
            case StartRun(call):
                code = self.runs.setdefault(call.run, call.code)
                assert code == call.code
            case CancelRun(name):
                assert name in self.runs
                assert name not in self.ended
            case AskModel(request):
                assert not open_calls(self.rows), "the model refuses a call without an output"
                self.asked = request
            case EndTurn():
                self.over = True
        return None

    def dies(self) -> None:
        """Another process takes the turn up, and looks at the runs that it starts again."""
        self.turn, self.asked = TurnMachine(), None
        step = next_step(self.rows)
        if isinstance(step, WaitForStudent):
            self.over = True
            return
        places = step.places if isinstance(step, RunCalls) else ()
        calls = tuple(StoredCall(place + 1, self.rows[place]) for place in places)
        self.happens(TurnTaken(1, calls))
        for name in sorted(self.ended):
            self.run_ends(name)

    def answers(self, calls: list[tuple[str, str]]) -> None:
        """The model makes these calls; without any it says something."""
        assert self.asked is not None
        items = tuple(self.call(*one) for one in calls) or (message("What if?"),)
        self.happens(ModelFinished(self.asked, "resp_1", items))

    def call(self, call_id: str, kind: str) -> Payload:
        self.programs += 1
        arguments = json.dumps({"code": str(self.programs), "stdin": ""})
        name = "execute_code" if kind == "run" else "other"
        return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}

    def run_ends(self, name: str) -> None:
        self.ended.add(name)
        output = (frames.Printed(stream="stdout", text=self.runs[name]),)
        view = frames.RunView(id=name, by="tutor", code="", state="ok", output=output)
        self.happens(RunUpdated(view))


def paired(rows: list[Payload]) -> list[tuple[Payload, Payload]]:
    """Each output with its call, as a server pairs them that has only the ids: the nth output
    under an id is that of the nth call with it."""
    outputs = [row for row in rows if row["type"] == "function_call_output"]
    calls = [row for row in rows if row["type"] == "function_call"]
    pairs = []
    for call_id in {row["call_id"] for row in calls + outputs}:
        theirs = [row for row in calls if row["call_id"] == call_id]
        answers = [row for row in outputs if row["call_id"] == call_id]
        pairs += list(zip(theirs, answers, strict=True))
    return pairs


def check(rows: list[Payload]) -> None:
    for call, output in paired(rows):
        told = json.loads(output["output"])
        if call["name"] == "other":
            assert told["status"] == "error"
        else:
            own = {"ok": json.loads(call["arguments"])["code"]}
            assert told.get("stdout") == own.get(told["status"])


@settings(max_examples=400, deadline=None)
@given(responses=RESPONSES, data=st.data())
def test_each_call_has_its_own_output_whatever_happens(
    responses: list[list[tuple[str, str]]], data: Any
) -> None:
    room = Classroom()
    left = iter(responses)
    room.happens(SAID)
    deaths = 0
    while not room.over:
        on = sorted(room.runs.keys() - room.ended)
        waits = room.turn.phase is Phase.ASKING
        what = data.draw(st.sampled_from(["answer"] * 4 if waits else on * 2))
        if deaths < 3 and room.dies_after is None:
            room.dies_after = data.draw(st.none() | st.integers(0, 6))
            deaths += room.dies_after is not None
        if data.draw(st.integers(0, 15)) == 0:
            room.happens(StudentStopped())
        elif waits:
            room.answers(next(left, []))
        else:
            room.run_ends(what)
    check(room.rows)
