"""Events of a turn and what its actions save, for tests of the rules."""

import json
from typing import Any

from tutor.protocol import frames
from tutor.protocol.actions import (
    Save,
)
from tutor.protocol.events import (
    CallsStored,
    ModelFinished,
    RunUpdated,
    StoredCall,
    StudentSaid,
    TurnBegan,
    run_name,
)
from tutor.turn.rules import TurnMachine

SAID = StudentSaid("message-1", "Why is it wrong?", "print(1)")


def message(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"text": text}]}


def call(call_id: str, code: str = "print(1)", name: str = "execute_code") -> dict[str, Any]:
    arguments = json.dumps({"code": code, "stdin": ""})
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


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
