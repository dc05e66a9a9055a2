"""The tools as they are declared: whether the model calls them, and reads what came of it."""

from typing import Final

from tutor.method import tools
from tutor.protocol.calls import (
    HintCall,
    OfferCall,
    Payload,
    PredictionCall,
    RunCall,
    StoredCall,
    ToolCall,
)
from tutor.upstream.check.exchange import Answer, Failure, Kind
from tutor.upstream.check.report import Finding, Verdict
from tutor.upstream.check.talk import Dialogue, found, output_of, student

# Each tool that asks the server to decide, with what is said so that it is called.
MOVES: Final = {
    tools.PREDICTION: "ask for a prediction of f(5): what does it give?",
    tools.OFFER: "offer a check",
    tools.HINT: "give a hint of level 2",
}
CALLS: Final[dict[str, type[ToolCall]]] = {
    tools.PREDICTION: PredictionCall, tools.OFFER: OfferCall, tools.HINT: HintCall
}  # fmt: skip
# Stands only in the output of a refused call.
REASON: Final = "turmeric"


async def probe_run(talk: Dialogue) -> list[Finding]:
    """The call of a program, and its output: what the tutor cannot do without."""
    name = tools.RUN
    question = student(f"Call the tool {name} with the program print(6 * 7) and no input.")
    answer = await talk.tell(question)
    calls, forced = talk.calls(answer), False
    if not calls:
        forced = True
        answer = await talk.tell(student("Call it now."), tool_choice="required")
        calls = talk.calls(answer)
    if not calls:
        why = answer.result if isinstance(answer.result, Failure) else "no call was made"
        return [found("tool call", Verdict.FAILED, str(why), answer)]
    valid = isinstance(tools.parse_call(StoredCall(0, calls[0])), RunCall)
    if forced:
        seen = "only where tool_choice forces it: the tutor would speak without running code"
    else:
        seen = "with valid arguments" if valid else "with arguments that are not valid"
    verdict = Verdict.YES if valid and not forced else Verdict.FAILED
    call = found("tool call", verdict, seen, answer)
    answer = await talk.tell(*map(output_of, calls), student("What did it print?"))
    if isinstance(answer.result, Failure):
        return [call, found("tool output", Verdict.FAILED, str(answer.result), answer)]
    seen = "taken, and read" if "42" in answer.text else "taken; the answer does not tell it"
    return [call, found("tool output", Verdict.YES, seen, answer)]


async def probe_moves(talk: Dialogue) -> list[Finding]:
    """The calls that are for the server to decide; all are refused, and it is asked why."""
    missing: list[str] = []
    outputs: list[Payload] = []
    for name, wish in MOVES.items():
        answer = await talk.tell(*outputs, student(f"Call the tool {name}: {wish}."))
        if isinstance(answer.result, Failure):
            return [found("other tools", Verdict.NO, f"{name}: {answer.result}", answer)]
        calls = talk.calls(answer)
        if not any(_is_valid(call, name) for call in calls):
            missing.append(name)
        outputs = [_refusal(call) for call in calls]
    verdict = Verdict.NO if missing else Verdict.YES
    seen = f"no valid call of {', '.join(missing)}" if missing else f"{', '.join(MOVES)} called"
    return [found("other tools", verdict, seen, answer), await _read_refusal(talk, outputs)]


def _is_valid(call: Payload, name: str) -> bool:
    return isinstance(tools.parse_call(StoredCall(0, call)), CALLS[name])


def _refusal(call: Payload) -> Payload:
    return tools.refused_output(str(call["call_id"]), f"The reason is called {REASON}.")


async def _read_refusal(talk: Dialogue, outputs: list[Payload]) -> Finding:
    if not outputs:
        return found("refused call", Verdict.UNKNOWN, "no call was made")
    answer = await talk.tell(*outputs, student("It was refused. What is the reason called?"))
    if isinstance(answer.result, Failure):
        return found("refused call", Verdict.FAILED, str(answer.result), answer)
    read = REASON in answer.text.lower()
    seen = "taken, and the reason read" if read else "taken; the answer does not tell the reason"
    return found("refused call", Verdict.YES if read else Verdict.UNKNOWN, seen, answer)


async def probe_parallel(talk: Dialogue) -> list[Finding]:
    """Two calls in one response."""
    question = f"Call {tools.RUN} twice at once: with print(1), and with print(2)."
    answer = await talk.tell(student(question))
    if isinstance(answer.result, Failure):
        return [found("parallel calls", Verdict.NO, str(answer.result), answer)]
    calls = talk.calls(answer)
    talk.items += map(output_of, calls)
    # With the outputs among them, everything is told.
    talk.previous = "" if calls else talk.previous
    verdict = Verdict.YES if len(calls) > 1 else Verdict.NO
    return [found("parallel calls", verdict, f"{len(calls)} calls at once", answer)]


async def probe_declarations(talk: Dialogue, answer: Answer) -> Finding | None:
    """Whether it is for the tools that a first question was refused; None if it is not."""
    if not isinstance(answer.result, Failure) or answer.result.kind is not Kind.REFUSED:
        return None
    fields = {name: value for name, value in talk.fields.items() if name != "tools"}
    without = await talk.once({**fields, "input": [student("Say hello.")]})
    if isinstance(without.result, Failure):
        return None
    seen = f"their declarations are refused: {answer.result}"
    return found("tools", Verdict.FAILED, seen, answer)
