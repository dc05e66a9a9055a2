"""The calls that the model makes, as frozen facts.

`Payload` is an item in the vocabulary of the Responses API, as it is stored and sent.
"""

from dataclasses import dataclass
from typing import Any

from tutor.protocol import frames

Payload = dict[str, Any]


def texts_of(message: Payload) -> list[str]:
    """The texts of a message, part by part; a refusal is text too. Rows are older than what we
    require of them.
    """
    content = message.get("content")
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") or part.get("refusal") for part in parts if isinstance(part, dict)]
    return [text if isinstance(text, str) else "" for text in texts]


def run_name(item: int) -> str:
    """The name, in frames and keys, of the run that the call in item number `item` asks for.

    A student's own run never has it: no client's id holds a dot (frames.ClientId).
    """
    return f"call.{item}"


def is_call_run(name: str) -> bool:
    """Whether a run of that name was asked for by a call."""
    return name.startswith("call.")


def prediction_run_name(number: int) -> str:
    """The name of the run with which the prediction of that number is compared: never shown."""
    return f"prediction.{number}"


def is_prediction_run(name: str) -> bool:
    """Whether a run of that name is for a prediction."""
    return name.startswith("prediction.")


@dataclass(frozen=True)
class StoredCall:
    """A `function_call` as it is stored: `item` is the number of its item in the conversation.

    That number tells calls apart. A `call_id` is the API's: it need not be unique, may be of any
    length, and is only sent back as it came.
    """

    item: int
    payload: Payload
    # What it asks for would solve the step: it gets an error, and is not shown.
    withheld: bool = False


@dataclass(frozen=True)
class RunCall:
    """The model asks, in item number `item`, for a run of `code`; of the student's own program if
    that is empty. `calls` are expressions to evaluate beside it; empty: the program itself is run.
    """

    item: int
    call_id: str
    code: str
    stdin: str = ""
    calls: tuple[str, ...] = ()

    @property
    def run(self) -> str:
        """The name of its run."""
        return run_name(self.item)


@dataclass(frozen=True)
class PredictionCall:
    """The model asks the student what `call` gives on the student's program; what the whole
    program prints if that is empty.
    """

    item: int
    call_id: str
    call: str
    question: str


@dataclass(frozen=True)
class HintCall:
    """The model asks for the hint of a level, from 1."""

    item: int
    call_id: str
    level: int


@dataclass(frozen=True)
class OfferCall:
    """The model offers the student a button: a check of this step, a variant, the next step."""

    item: int
    call_id: str
    what: frames.Offer


# A call that the server decides about; none of them starts a run at once.
MoveCall = PredictionCall | HintCall | OfferCall
ToolCall = RunCall | MoveCall
