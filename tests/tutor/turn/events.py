"""Events of a turn and what its actions save, for tests of the rules."""

import json
from typing import Any

from tutor.method.tools import output, refused_output
from tutor.protocol import frames
from tutor.protocol.actions import (
    Save,
)
from tutor.protocol.calls import StoredCall, run_name
from tutor.protocol.events import (
    CallsStored,
    ModelFinished,
    MoveMade,
    RunRefused,
    RunUpdated,
    StudentSaid,
    TurnBegan,
)
from tutor.turn.rules import TurnMachine

SAID = StudentSaid("message-1", "Why is it wrong?", "print(1)")


def message(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"text": text}]}


def call(call_id: str, code: str = "print(1)", name: str = "execute_code") -> dict[str, Any]:
    return tool(name, call_id, code=code, stdin="")


def tool(name: str, call_id: str = "call_0", **arguments: Any) -> dict[str, Any]:
    written = json.dumps(arguments)
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": written}


ASK = tool("ask_prediction", call="f(1)", question="What does it give?")
HINT = tool("give_hint", level=1)
OFFER = tool("offer_check", what="attempt")
MOVES = (ASK, HINT, OFFER)
# The status of the output of each that was granted.
GRANTED = {"ask_prediction": "asked", "give_hint": "given", "offer_check": "offered"}


def made(item: int, status: str) -> MoveMade:
    """What was decided of the move in item number `item`, whose call has the id call_0."""
    return MoveMade(item, output("call_0", {"status": status}))


def refused(item: int) -> RunRefused:
    """The run of the call in item number `item` may not be made."""
    return RunRefused(item, refused_output("call_0", "A prediction is open."))


def run(
    item: int, state: frames.RunState = "ok", by: Any = "tutor", printed: str = "1\n"
) -> RunUpdated:
    """What becomes of the run of the call in item number `item`."""
    output = (frames.Printed(stream="stdout", text=printed),)
    return RunUpdated(frames.RunView(id=run_name(item), by=by, code="", state=state, output=output))


def stored(*calls: dict[str, Any], first: int = 1) -> tuple[StoredCall, ...]:
    """The calls as they are in the database, in the items numbered from `first`."""
    return tuple(StoredCall(number, one) for number, one in enumerate(calls, first))


def finish(
    turn: TurnMachine, *calls: dict[str, Any], request: int = 1, first: int = 1
) -> list[Any]:
    """What is done about a response with these calls: first it is stored, then they are run."""
    actions: list[Any] = turn.receive(ModelFinished(request, "resp_1", calls))
    return actions + turn.receive(CallsStored(stored(*calls, first=first)))


def asking() -> TurnMachine:
    turn = TurnMachine()
    turn.receive(TurnBegan(7))
    return turn


def running(*calls: dict[str, Any]) -> TurnMachine:
    turn = asking()
    finish(turn, *(calls or (call("call_1"),)))
    return turn


def saved(actions: list[Any]) -> list[dict[str, Any]]:
    return [item for action in actions if isinstance(action, Save) for item in action.payloads]


def statuses(actions: list[Any]) -> list[str]:
    """The status of each output that is saved."""
    outputs = [item for item in saved(actions) if item["type"] == "function_call_output"]
    return [json.loads(item["output"])["status"] for item in outputs]
