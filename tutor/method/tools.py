"""The tutor's tools: their declarations, the parsing of calls, their outputs. Pure.

All of them are declared in every request, since the declarations are part of what the API caches.
What a student's state does not allow is refused in the output, with the reason.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Final, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from courses.languages import Language, language_of
from courses.text import cut
from tutor.protocol.base import NO_NUL
from tutor.protocol.calls import (
    HintCall,
    MoveCall,
    OfferCall,
    Payload,
    PredictionCall,
    RunCall,
    StoredCall,
    ToolCall,
)
from tutor.protocol.frames import (
    MAX_CALL_CHARS,
    MAX_CALLS,
    MAX_CODE_CHARS,
    MAX_STDIN_CHARS,
    CallView,
    Offer,
    RunView,
)

RUN: Final = "execute_code"
PREDICTION: Final = "ask_prediction"
HINT: Final = "give_hint"
OFFER: Final = "offer_check"
NAMES: Final = (RUN, PREDICTION, HINT, OFFER)

MAX_HINT_LEVEL: Final = 9
MAX_QUESTION_CHARS: Final = 1_000
# Of an output: characters of what one evaluated call printed.
MAX_PRINTED_CHARS: Final = 2_000
# Of the name of a field that is wrong.
MAX_WHERE_CHARS: Final = 100

# The `status` of an output after which the turn needs no more of the model.
ASKED: Final = "asked"
GIVEN: Final = "given"
OFFERED: Final = "offered"
# The others of outputs of moves.
WRITE: Final = "write"
REFUSED: Final = "refused"
_ENDS: Final = frozenset({ASKED, GIVEN, OFFERED})


# Declared --------------------------------------------------------------------------------------


def declarations(language: str) -> list[Payload]:
    """The tools as a request declares them, for the `language` of a course."""
    known = language_of(language)
    return [
        _tool(
            RUN,
            f"Run a {known.title} program in a sandbox without network, beside the files of the "
            "student's step. Use it to see what the student's program really does before you speak "
            "about it. The student sees what was run and what came of it. Refused while a "
            "prediction is open, and in a predict step before the student has made one.",
            code={
                "type": "string",
                "description": "The whole program; empty for the student's own as it is now.",
            },
            **_calls(known),
            stdin={
                "type": "string",
                "description": "What it reads; empty for what the step gives.",
            },
        ),
        _tool(
            PREDICTION,
            "Ask the student to foretell what their own program gives, before anybody runs it. "
            "The page shows the question with a field; the server runs it when they have answered, "
            "and tells you both. Ends your turn.",
            call={
                "type": "string",
                "description": (
                    f"An expression of at most {MAX_CALL_CHARS} characters; empty for what the "
                    "whole program prints."
                    if known.syntax
                    else "Always empty: the question is what the whole program prints."
                ),
            },
            question={
                "type": "string",
                "description": "One sentence, in your words; it must not hold the answer.",
            },
        ),
        _tool(
            HINT,
            "Give a hint of a level, from 1. The server decides whether it is earned, and shows "
            "the author's text if there is one; otherwise it tells you to write one of that level.",
            level={"type": "integer", "minimum": 1, "maximum": MAX_HINT_LEVEL},
        ),
        _tool(
            OFFER,
            "Offer the student a button: to check what they have done in this step, to try a "
            "variant of it, or to go to the next step. It starts nothing by itself.",
            what={"type": "string", "enum": list(get_args(Offer))},
        ),
    ]


def _calls(language: Language) -> Payload:
    if language.syntax is None:
        return {}
    return {
        "calls": {
            "type": "array",
            "items": {"type": "string"},
            "description": (
                "Expressions to evaluate beside the program, each on its own; their values come "
                "back. Empty to run the program as it is."
            ),
        }
    }


def _tool(name: str, description: str, **properties: Payload) -> Payload:
    return {
        "type": "function",
        "name": name,
        "description": description,
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        },
    }


# Calls -----------------------------------------------------------------------------------------


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


# Without blanks around it.
_Call = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=MAX_CALL_CHARS, pattern=NO_NUL)
]


class _Run(_Arguments):
    code: str = Field(max_length=MAX_CODE_CHARS)
    # A list as JSON has it. Rows are older than the field.
    calls: Annotated[list[Annotated[_Call, Field(min_length=1)]], Field(max_length=MAX_CALLS)] = []
    stdin: str = Field(max_length=MAX_STDIN_CHARS)


class _Prediction(_Arguments):
    call: _Call
    question: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=MAX_QUESTION_CHARS, pattern=NO_NUL)
    ]


class _Hint(_Arguments):
    level: int = Field(ge=1, le=MAX_HINT_LEVEL)


class _Offer(_Arguments):
    what: Offer


def parse_call(stored: StoredCall) -> ToolCall | Payload:
    """What a call asks for, or the output that tells the model what is wrong with it."""
    # Rows are older than what we require of a call.
    call_id = str(stored.payload.get("call_id") or "")
    arguments = str(stored.payload.get("arguments") or "")
    try:
        match stored.payload.get("name"):
            case "execute_code":
                run = _Run.model_validate_json(arguments)
                return RunCall(stored.item, call_id, run.code, run.stdin, tuple(run.calls))
            case "ask_prediction":
                asked = _Prediction.model_validate_json(arguments)
                return PredictionCall(stored.item, call_id, asked.call, asked.question)
            case "give_hint":
                level = _Hint.model_validate_json(arguments).level
                return HintCall(stored.item, call_id, level)
            case "offer_check":
                offer = _Offer.model_validate_json(arguments)
                return OfferCall(stored.item, call_id, offer.what)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        # The model may have named the field.
        where = ".".join(str(part) for part in first["loc"])[:MAX_WHERE_CHARS]
        said = f"{where}: {first['msg']}" if where else first["msg"]
        return error_output(call_id, f"The arguments are not valid: {said}")
    return error_output(call_id, f"There is no such tool; there are {', '.join(NAMES)}.")


# Outputs ---------------------------------------------------------------------------------------


def granted_output(call: MoveCall, status: str, **facts: Any) -> Payload:
    """The `function_call_output` for a move that was granted: asked, given, to write, or offered.

    `item` names its row: the number of the call's item.
    """
    return output(call.call_id, {"status": status, "item": call.item, **facts})


def granted_item(payload: Payload) -> int:
    """The number of the call's item in an output of `granted_output`; 0 in any other item."""
    if payload.get("type") != "function_call_output":
        return 0
    report = report_of(payload)
    item = report.get("item")
    granted = report.get("status") in (ASKED, GIVEN, WRITE, OFFERED)
    return item if granted and type(item) is int else 0


def asked_run(call: RunCall, why_not: str = "") -> RunView:
    """The run that a call asks for, without a row: it waits, or is not run for the reason given.

    What it would run is not shown: it may be refused yet.
    """
    state = "unavailable" if why_not else "queued"
    return RunView.model_validate(
        {"id": call.run, "by": "tutor", "code": "", "state": state, "message": why_not}
    )


def run_output(call_id: str, run: RunView) -> Payload:
    """The `function_call_output` that tells the model how a run ended."""
    report: Payload = {"status": run.state, "exit_code": run.exit_code}
    if run.calls:
        report["calls"] = [_call(call) for call in run.calls]
    else:
        report |= {"stdout": run.text("stdout"), "stderr": run.text("stderr")}
    report |= {"duration_ms": run.duration_ms, "message": run.message}
    if run.files:
        report["files"] = [file.name or file.skipped for file in run.files]
    return output(call_id, report)


def _call(call: CallView) -> Payload:
    said: Payload = {"call": call.call, "outcome": call.outcome}
    if call.printed:
        said["printed"] = cut(call.printed, MAX_PRINTED_CHARS)
    return said


def error_output(call_id: str, message: str) -> Payload:
    """The `function_call_output` for a call that could not be understood or was not carried out."""
    return output(call_id, {"status": "error", "message": message})


def refused_output(call_id: str, because: str, **facts: Any) -> Payload:
    """The `function_call_output` for a call that the student's state does not allow."""
    return output(call_id, {"status": REFUSED, "because": because, **facts})


def output(call_id: str, report: Payload) -> Payload:
    """A `function_call_output` with a report of JSON values."""
    return {"type": "function_call_output", "call_id": call_id, "output": json_text(report)}


def json_text(value: Payload) -> str:
    """JSON for the model."""
    # Plain ASCII escapes would cost the model tokens for every umlaut; lone surrogates must stay
    # escaped, because they have no UTF-8.
    try:
        text = json.dumps(value, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def report_of(payload: Payload) -> Payload:
    """The report in an output of ours; empty if there is none in it."""
    return parsed(payload.get("output") or "")


def parsed(text: Any) -> Payload:
    """The JSON object that a text holds; empty if it holds none."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def status(payload: Payload) -> str:
    """The `status` of an output of ours; empty if it has none."""
    found = report_of(payload).get("status")
    return found if isinstance(found, str) else ""


@dataclass(frozen=True)
class Offered:
    """A button that the student was offered in a step."""

    step: str
    what: Offer


def offer_of(payload: Payload) -> Offered | None:
    """What an output of ours says was offered; None if it says nothing of that."""
    report = report_of(payload) if granted_item(payload) else {}
    match report:
        case {
            "status": "offered",
            "step": str(step),
            "what": ("attempt" | "variant" | "next") as what,
        }:
            return Offered(step, what)
    return None


def ends_turn(outputs: Iterable[Payload]) -> bool:
    """True if the outputs of a response's calls, all of them, ask for no more of the model.

    Then what was asked, given or offered is on the page, and it is the student's turn.
    """
    statuses = [status(payload) for payload in outputs]
    return bool(statuses) and all(one in _ENDS for one in statuses)
