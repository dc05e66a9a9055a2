"""What tutor and student do about predictions and hints, on rows; the test is model and sandbox."""

import json
from typing import Any

from sandbox.cases import Observation, Raised
from sandbox.job import Result, Status
from sandbox.models import Run
from tutor.models import Conversation, Dialogue, Moves, StepRun, TurnStarted
from tutor.protocol import frames
from tutor.protocol.actions import EndTurn, Save
from tutor.protocol.calls import HintCall, OfferCall, Payload, PredictionCall
from tutor.protocol.commands import StudentAnswered
from tutor.protocol.events import Ending, StudentAskedHint, StudentSaid

STEP = "ticket-price"
PROGRAM = "age = 7\nprice = 5\n"


def say(
    conversation: Conversation,
    name: str,
    text: str = "Why?",
    code: str | None = PROGRAM,
    step: str = STEP,
) -> Any:
    """A message of the student's, over the program that is stored; with that, if `code` is None."""
    work = conversation.works.filter(step=step).first()
    base = work.revision if work else 0
    held = work.code if work and code is None else code or ""
    return Dialogue(conversation).say(StudentSaid(name, text, held, step=step, base=base))


def calls(conversation: Conversation, begun: TurnStarted, tool: str, **arguments: Any) -> int:
    """The number of the item with a call that the model makes in a turn."""
    assert begun.fence
    payload = {"type": "function_call", "call_id": "c", "name": tool,
               "arguments": json.dumps(arguments)}  # fmt: skip
    [item] = Dialogue(conversation).store(begun.fence, begun.turn, [Save((payload,), "r")])
    return item.number


def ends(conversation: Conversation, begun: TurnStarted, *outputs: Payload) -> None:
    """The turn ends, after these outputs."""
    assert begun.fence
    end: list[Any] = [Save(outputs)] if outputs else []
    Dialogue(conversation).store(begun.fence, begun.turn, [*end, EndTurn(Ending.DONE)])


def asks(
    conversation: Conversation, name: str, call: str = "price", code: str = PROGRAM
) -> tuple[int, Payload]:
    """A turn in which the model asks for a prediction: its number, and the output."""
    begun = say(conversation, name, code=code)
    number = calls(conversation, begun, "ask_prediction", call=call, question="What is it?")
    output = Moves(conversation).make(PredictionCall(number, "c", call, "What is it?"))
    ends(conversation, begun, output)
    return number, output


def hints(conversation: Conversation, name: str, level: int = 1) -> Payload:
    """The output of a call for a hint, in a turn of its own."""
    begun = say(conversation, name, code=None)
    number = calls(conversation, begun, "give_hint", level=level)
    output = Moves(conversation).make(HintCall(number, "c", level))
    ends(conversation, begun, output)
    return output


def offers(conversation: Conversation, name: str, what: frames.Offer) -> Payload:
    """The output of an offer, in a turn of its own."""
    begun = say(conversation, name)
    number = calls(conversation, begun, "offer_check", what=what)
    output = Moves(conversation).make(OfferCall(number, "c", what))
    ends(conversation, begun, output)
    return output


def answer(
    conversation: Conversation, number: int, text: str | None, name: str = "answer-01"
) -> frames.PredictionView:
    return Moves(conversation).answer(StudentAnswered(name, number, text))


def ask_hint(conversation: Conversation, name: str, code: str = PROGRAM) -> Any:
    work = conversation.works.filter(step=STEP).first()
    base = work.revision if work else 0
    return Moves(conversation).ask_hint(StudentAskedHint(name, code, step=STEP, base=base))


def gives(run: Run, value: int) -> None:
    """The run of a prediction ends: the call has given a number."""
    seen = Observation("value", {"type": "int", "repr": str(value)}, stdout="")
    run.finish(Result(Status.OK, observations=(seen,)))


def raises(run: Run, name: str, message: str) -> None:
    """The run of a prediction ends: the call has raised an exception."""
    seen = Observation("raised", exception=Raised(name, message))
    run.finish(Result(Status.OK, observations=(seen,)))


def ran(
    conversation: Conversation, name: str, code: str, stderr: str = "", step: str = STEP
) -> Run:
    """A run of the student's own that has ended."""
    from tutor.method.program_hash import program_hash

    run = conversation.request_run("student", name, code, files={})
    StepRun.objects.create(
        run=run, conversation=conversation, step=step, code_hash=program_hash(code, {}, "python")
    )
    run.finish(Result(Status.ERROR if stderr else Status.OK, bool(stderr), stderr=stderr))
    return run


def facts_in(payload: Payload) -> dict[str, Any]:
    """The facts in an item of ours."""
    assert payload["role"] == "developer"
    told: dict[str, Any] = json.loads(payload["content"][0]["text"])
    return told


def report(output: Payload) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(output["output"])
    return told
