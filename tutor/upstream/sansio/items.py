"""Items as the API sends them: which of them may be kept, shown and sent again. Pure."""

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from tutor.protocol.calls import Payload

# Items are walked through by functions that call themselves; nothing real is half as deep.
MAX_DEPTH: Final = 100
# What a parser of JSON, and a reader of what it brings, may raise.
PARSE_ERRORS: Final = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError,
)  # fmt: skip
ASSISTANT: Final = ("assistant",)
ANYBODY: Final = ("assistant", "user", "developer", "system")


def output_item(item: Any) -> Payload:
    """An item of the model's as we may keep it. Raises one of PARSE_ERRORS if it lacks what we rely
    on, or is one that the model cannot have said.
    """
    payload: Payload = clean(item)
    match payload["type"]:
        case "message":
            _check_message(payload, ASSISTANT)
        case "function_call":
            _check_texts(payload, "call_id", "name", "arguments")
        case "function_call_output":
            raise ValueError  # ours to give
        case str():
            pass
        case _:
            raise TypeError
    return payload


def compacted_item(item: Any) -> Payload:
    """The same for what stands for a dialogue: there, students and tools have spoken too."""
    if item["type"] == "message":
        payload: Payload = clean(item)
        _check_message(payload, ANYBODY)
        return payload
    if item["type"] == "function_call_output":
        payload = clean(item)
        _check_texts(payload, "call_id")
        return payload
    return output_item(item)


def can_begin_request(items: Iterable[Payload]) -> bool:
    """Whether a request may begin with these: each call has its output and each output its call, no
    message is empty, and nothing only refers to what the server would have to have stored.
    """
    open_calls: Counter[str] = Counter()
    for item in items:
        match item["type"]:
            case "function_call":
                open_calls[item["call_id"]] += 1
            case "function_call_output" if open_calls[item["call_id"]]:
                open_calls[item["call_id"]] -= 1
            case "function_call_output" | "item_reference":
                return False
            case "message" if not item["content"]:
                return False
    return not open_calls.total()


def _check_message(payload: Payload, roles: tuple[str, ...]) -> None:
    texts = [part.get("text") or part.get("refusal") or "" for part in payload["content"]]
    if payload["role"] not in roles or not all(isinstance(text, str) for text in texts):
        raise TypeError


def _check_texts(payload: Payload, *names: str) -> None:
    if not all(isinstance(payload[name], str) for name in names):
        raise TypeError


def clean(value: Any, depth: int = 0) -> Any:
    """The same JSON without what a database column or UTF-8 cannot hold.

    Raises ValueError for what is no JSON, though Python reads it, and for what is too deep.
    """
    match value:
        case str():
            text = value.replace("\0", "\N{REPLACEMENT CHARACTER}")
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case float() if not math.isfinite(value):
            raise ValueError
        case list() | dict() if depth >= MAX_DEPTH:
            raise ValueError
        case list():
            return [clean(part, depth + 1) for part in value]
        case dict():
            return {clean(key): clean(part, depth + 1) for key, part in value.items()}
        case _:
            return value
