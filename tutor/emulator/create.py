"""`response.create`, parsed and checked. An object that exists is valid. Pure."""

import re
from dataclasses import dataclass
from typing import Any, Final

from tutor.emulator import choice, errors, tools
from tutor.emulator.errors import MAX_STREAM_ID_CHARS, Frame, Refusal
from tutor.emulator.items import JSON_NAMES, parse_input
from tutor.emulator.model import Choice, Item

STREAM_ID: Final = re.compile(rf"[A-Za-z0-9_.-]{{1,{MAX_STREAM_ID_CHARS}}}")

INCLUDABLE: Final = {
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
}

# Where compaction is asked for without saying when.
DEFAULT_THRESHOLD: Final = 200_000

# What the Open Responses specification does not have over WebSocket.
NOT_OPEN: Final = ("stream", "stream_options", "background")

# Optional fields and their JSON type; null counts as left out. Unknown fields are ignored, as the
# service does with those of other clients (`client_metadata`).
OPTIONAL: Final[dict[str, type]] = {
    "instructions": str,
    "previous_response_id": str,
    "store": bool,
    "generate": bool,
    "stream": bool,
    "background": bool,
    "parallel_tool_calls": bool,
    "tools": list,
    "include": list,
    "context_management": list,
    "metadata": dict,
    "reasoning": dict,
    "text": dict,
    "stream_options": dict,
    "prompt_cache_options": dict,
    "prompt_cache_key": str,
    "safety_identifier": str,
}

# Optional whole numbers and the least each may be.
LEAST: Final = {"max_output_tokens": 16, "max_tool_calls": 1}


@dataclass(frozen=True)
class Create:
    """One request for a response. `body` is the frame as it came, for what is only echoed."""

    model: str
    input: tuple[Item, ...]
    instructions: str | None
    tools: tuple[Item, ...]
    previous_response_id: str | None
    store: bool
    generate: bool
    obfuscate: bool
    # Tokens above which the conversation is compacted first; None is never.
    compact_threshold: int | None
    # What may be called, what must be, and whether several at once.
    choice: Choice
    parallel: bool
    # Tokens that may be written, reasoning included; None is as many as it takes.
    max_output_tokens: int | None
    stream_id: str | None
    body: Frame


def stream_id_of(frame: Frame) -> str | Refusal | None:
    """The lane a frame names: None is the default lane."""
    if "stream_id" not in frame or frame["stream_id"] is None:
        return None
    stream_id = frame["stream_id"]
    if not isinstance(stream_id, str) or not STREAM_ID.fullmatch(stream_id):
        return errors.INVALID_STREAM_ID
    return stream_id


def parse(frame: Frame) -> Create | Refusal:
    """The request in a `response.create` frame whose `stream_id` is good."""
    refusal = (
        _check_fields(frame)
        or _check_numbers(frame)
        or tools.check("tools", frame.get("tools") or [])
        or _check_compaction(frame.get("context_management") or [])
    )
    if refusal:
        return refusal
    items = parse_input(frame.get("input"))
    if isinstance(items, Refusal):
        return items
    chosen = choice.parse(frame)
    if isinstance(chosen, Refusal):
        return chosen
    previous = frame.get("previous_response_id")
    generate = frame.get("generate") is not False
    if (frame.get("prompt_cache_options") or {}).get("prewarm") is True:
        generate = False
    if generate and not items and previous is None:
        return errors.missing("input")
    return Create(
        model=frame["model"],
        input=items,
        instructions=frame.get("instructions"),
        tools=tuple(frame.get("tools") or ()),
        previous_response_id=previous,
        # Left out, it is true: that is the service's default.
        store=frame.get("store") is not False,
        generate=generate,
        obfuscate=(frame.get("stream_options") or {}).get("include_obfuscation") is not False,
        compact_threshold=_threshold(frame),
        choice=chosen,
        parallel=frame.get("parallel_tool_calls") is not False,
        max_output_tokens=frame.get("max_output_tokens"),
        stream_id=frame.get("stream_id"),
        body=frame,
    )


def check_strictly(frame: Frame) -> Refusal | None:
    """What the Open Responses specification says beyond the service's own rules."""
    found = [name for name in NOT_OPEN if name in frame]
    return errors.unknown_parameter(found[0]) if found else None


def _check_fields(frame: Frame) -> Refusal | None:
    if frame.get("model") is None:
        return errors.missing("model")
    if not isinstance(frame["model"], str) or not frame["model"]:
        return errors.invalid_type("model", "a non-empty string")
    for field, expected in OPTIONAL.items():
        if frame.get(field) is not None and not isinstance(frame[field], expected):
            return errors.invalid_type(field, JSON_NAMES[expected])
    if frame.get("background"):
        return Refusal("Background responses are not supported over WebSocket.", param="background")
    if frame.get("conversation") is not None and frame.get("previous_response_id") is not None:
        return Refusal(
            "Only one of 'conversation' and 'previous_response_id' may be given.",
            code="mutually_exclusive_parameters",
            param="previous_response_id",
        )
    unknown = [name for name in frame.get("include") or [] if name not in INCLUDABLE]
    return errors.invalid_value("include[0]", "not includable.") if unknown else None


def _check_numbers(frame: Frame) -> Refusal | None:
    for field, least in LEAST.items():
        value = frame.get(field)
        if value is None:
            continue
        if type(value) is not int:
            return errors.invalid_type(field, "an integer")
        if value < least:
            return errors.below_minimum(field, least, value)
    return None


def _check_compaction(entries: list[Any]) -> Refusal | None:
    for index, entry in enumerate(entries):
        path = f"context_management[{index}]"
        if not isinstance(entry, dict):
            return errors.invalid_type(path, "an object")
        if entry.get("type") != "compaction":
            return errors.invalid_value(f"{path}.type", "supported values are: 'compaction'.")
        threshold = entry.get("compact_threshold")
        if threshold is not None and type(threshold) is not int:
            return errors.invalid_type(f"{path}.compact_threshold", "an integer")
    return None


def _threshold(frame: Frame) -> int | None:
    entries = frame.get("context_management") or []
    thresholds = [entry.get("compact_threshold") for entry in entries]
    return min((DEFAULT_THRESHOLD if t is None else t for t in thresholds), default=None)
