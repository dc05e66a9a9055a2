"""What the Responses API says, in our words. Pure.

Only the few events that matter are looked into; every other type, known or not, is passed over.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tutor.protocol.events import Payload, Usage
from tutor.upstream.sansio import items
from tutor.upstream.sansio.causes import HTTP_SERVER_ERROR, SOCKET_TOO_OLD, Cause, cause

UNREACHABLE = "The tutor cannot be reached right now. Your message is kept; please try again soon."
LOST = "The connection to the tutor broke. Your message is kept; please ask again."
OVERLOADED = "The tutor has too much to do right now. Please ask again in a moment."
SILENT = "The tutor did not answer in time. Please ask again."
REFUSED = "The tutor could not answer this. Please ask again, perhaps in other words."
TOO_LONG = "This dialogue has become too long to go on. Your messages are kept."
NOT_ALLOWED = "The tutor is not available. Please tell your instructor."

STEERED = "steered"
STEERING_NOT_SUPPORTED = "steering_not_supported"

# Codes after which the same request may well succeed.
PASSING = frozenset(
    {"server_error", "server_is_overloaded", "rate_limit_exceeded", "slow_down", SOCKET_TOO_OLD}
)
LIMITS = frozenset({"rate_limit_exceeded", "slow_down"})
HTTP_TOO_MANY = 429
# Too many; and what servers and proxies say when it took too long, or came too early.
HTTP_PASSING = (408, 425, HTTP_TOO_MANY, 499)
# How long to leave a busy API alone that does not say how long.
BUSY_S = 2.0

# What a column for a number of tokens holds.
MAX_TOKENS: Final = 2**31 - 1
# An item of a terminal that cannot be kept as it came.
UNREADABLE: Final[Payload] = {}
TERMINAL = frozenset(
    {"response.completed", "response.done", "response.incomplete", "response.failed", "error"}
)

# Every event there is, `response.` left out; and `done`, as the end was called at first.
KNOWN = frozenset(
    """
    audio.delta audio.done audio.transcript.delta audio.transcript.done
    code_interpreter_call.completed code_interpreter_call.in_progress
    code_interpreter_call.interpreting code_interpreter_call_code.delta
    code_interpreter_call_code.done compaction.compacting completed content_part.added
    content_part.done created custom_tool_call_input.delta custom_tool_call_input.done done
    failed file_search_call.completed file_search_call.in_progress file_search_call.searching
    function_call_arguments.delta function_call_arguments.done image_generation_call.completed
    image_generation_call.generating image_generation_call.in_progress
    image_generation_call.partial_image in_progress incomplete mcp_call.completed
    mcp_call.failed mcp_call.in_progress mcp_call_arguments.delta mcp_call_arguments.done
    mcp_list_tools.completed mcp_list_tools.failed mcp_list_tools.in_progress output_item.added
    output_item.done output_text.annotation.added output_text.delta output_text.done queued
    reasoning_summary_part.added reasoning_summary_part.done reasoning_summary_text.delta
    reasoning_summary_text.done reasoning_text.delta reasoning_text.done refusal.delta
    refusal.done shell_call_command.added shell_call_command.delta shell_call_command.done
    shell_call_output_content.delta shell_call_output_content.done steer.accepted steer.failed
    steer.pending web_search_call.completed web_search_call.in_progress
    web_search_call.searching
    """.split()  # noqa: SIM905  # a line for each would be a page
)

# «try again in 350 ms», «try again in 2.5s»: some limits are told only so.
_TRY_AGAIN = re.compile(r"try again in (\d+(?:\.\d+)?)\s*(ms|s)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Spoke:
    """A piece of the text."""

    text: str


@dataclass(frozen=True)
class Began:
    """A response is being written from now on."""

    response_id: str


@dataclass(frozen=True)
class ItemDone:
    """An item of the response is whole. `index` is its place among them; None if none is told."""

    index: int | None
    item: Payload


@dataclass(frozen=True)
class Ended:
    """The response is complete, or was cut short for the reason given.

    As it is heard, an item may be UNREADABLE, and the id empty; as the end of an Answer neither.
    `told` are messages, by client id, that the model will hear right after it.
    """

    response_id: str
    items: tuple[Payload, ...]
    cut_short: str = ""
    usage: Usage = field(default_factory=Usage)
    told: Mapping[str, Payload] = field(default_factory=dict)


@dataclass(frozen=True)
class SteerAccepted:
    """The API will tell the model what was said meanwhile; `id` is its name for that."""

    id: str


@dataclass(frozen=True)
class SteerRefused:
    """What was said meanwhile will not be told: it comes back."""

    id: str
    code: str


@dataclass(frozen=True)
class SteerPending:
    """What was said meanwhile will be told with the outputs that the response waits for."""


@dataclass(frozen=True)
class Unknown:
    """An event of a kind that nobody has told us of, or no event at all."""


@dataclass(frozen=True)
class Broke:
    """There will be no response. `code` is the API's; `message` is for the student."""

    code: str
    message: str
    may_retry: bool
    # How long the API wants to be left alone.
    retry_after_s: float = 0.0
    # Whether that holds for everybody who asks with our key.
    is_limit: bool = False
    # Whether a response said so as its end, and which; empty if that is not told. Otherwise one
    # may still go on.
    of_response: bool = False
    response_id: str = ""
    # What may be asked differently.
    cause: Cause = Cause.UNKNOWN


Heard = Spoke | Began | ItemDone | Ended | Broke | SteerAccepted | SteerRefused | SteerPending

MALFORMED = Broke("malformed", LOST, may_retry=True)
# We do not even send it.
TOO_LARGE = Broke("frame_too_large", TOO_LONG, may_retry=False, cause=Cause.TOO_LONG)


def hear(raw: bytes) -> Heard | Unknown | None:
    """The event in one frame; None if it says nothing that matters here. Never raises.

    What comes back can be stored, shown and sent again: items have the fields that we rely on, and
    texts hold neither NUL nor half a character. An event of another lane than the default one, the
    only one we use, is none of ours.
    """
    try:
        event = json.loads(raw)
        kind = event["type"]
        known = kind == "error" or kind.removeprefix("response.") in KNOWN
    except RecursionError:
        return MALFORMED  # it may have been the end
    except items.UNREADABLE:
        return Unknown()
    try:
        if not known:
            return Unknown()
        return None if event.get("stream_id") else _hear(kind, event)
    except items.UNREADABLE:
        # An end that cannot be read is an end all the same.
        return _malformed(event) if kind in TERMINAL else Unknown()


def hear_compacted(raw: bytes) -> Ended | None:
    """The items in the answer to a compaction; None if they cannot be read. Never raises."""
    try:
        compacted = _ended(json.loads(raw), read=items.of_compaction)
    except items.UNREADABLE:
        return None
    is_whole = compacted.response_id and compacted.items and all(compacted.items)
    return compacted if is_whole and items.may_begin(compacted.items) else None


def _hear(kind: str, event: dict[str, Any]) -> Heard | None:
    match kind:
        case "response.output_text.delta" | "response.refusal.delta":
            return Spoke(items.clean(str(event["delta"])))
        case "response.created":
            return Began(_id(event["response"]))
        case "response.output_item.done":
            return ItemDone(_index(event.get("output_index")), items.of_response(event["item"]))
        case "response.steer.accepted" | "response.steer.pending" | "response.steer.failed":
            return _steer(kind, event)
        case "response.completed" | "response.done":
            return _ended(event["response"])
        case "response.incomplete":
            details = event["response"].get("incomplete_details") or {}
            return _ended(event["response"], items.clean(str(details.get("reason") or "unknown")))
        case "response.failed":
            response = event["response"]
            failed = broke(response.get("error"), event)
            return replace(failed, of_response=True, response_id=_id_if_any(response))
        case "error":
            # The flat form is the one of HTTP; some servers send it here.
            return broke(event.get("error") or event, event)
        case _:
            return None


def _malformed(event: dict[str, Any]) -> Broke:
    """The end of a response of which at most the id can be read."""
    if event["type"] == "error":
        return MALFORMED
    response = event.get("response")
    name = _id_if_any(response) if isinstance(response, dict) else ""
    return replace(MALFORMED, of_response=bool(name), response_id=name)


def _steer(kind: str, event: dict[str, Any]) -> SteerAccepted | SteerRefused | SteerPending:
    name = str((event.get("steer") or {}).get("id") or "")
    match kind:
        case "response.steer.accepted":
            return SteerAccepted(name)
        case "response.steer.pending":
            return SteerPending()
        case _:
            return SteerRefused(name, str((event.get("error") or {}).get("code") or ""))


def _ended(
    response: dict[str, Any],
    cut_short: str = "",
    *,
    read: Callable[[Any], Payload] = items.of_response,
) -> Ended:
    output = response.get("output")
    told = tuple(_if_any(item, read) for item in output) if isinstance(output, list) else ()
    return Ended(_id_if_any(response), told, cut_short, _usage(response.get("usage")))


def _id(response: dict[str, Any]) -> str:
    """Raises if there is none."""
    name = _id_if_any(response)
    if not name:
        raise ValueError
    return name


def _id_if_any(response: dict[str, Any]) -> str:
    name = response.get("id")
    return str(items.clean(name)) if isinstance(name, str) else ""


def _index(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _if_any(item: Any, read: Callable[[Any], Payload]) -> Payload:
    try:
        return read(item)
    except items.UNREADABLE:
        return UNREADABLE


def _usage(usage: Any) -> Usage:
    """The price, 0 for what is not told: no answer is thrown away for it."""
    told = usage if isinstance(usage, dict) else {}
    details = told.get("input_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    return Usage(
        _tokens(told.get("input_tokens")), _tokens(cached), _tokens(told.get("output_tokens"))
    )


def _tokens(value: Any) -> int:
    try:
        return max(0, min(int(value), MAX_TOKENS))
    except (ValueError, TypeError, OverflowError):
        return 0


def broke(told: Any, event: dict[str, Any]) -> Broke:
    """What an error of the API means, an object or a text; `event` is what it came in: status and
    headers. Never raises.
    """
    try:
        return _broke(told if isinstance(told, dict) else {"message": told}, event)
    except items.UNREADABLE:
        return MALFORMED


def _broke(error: dict[str, Any], event: dict[str, Any]) -> Broke:
    code = _code(error)
    http = _status(event.get("status") or event.get("status_code"))
    if code == SOCKET_TOO_OLD:
        return Broke(code, LOST, may_retry=True, cause=Cause.SOCKET_TOO_OLD)
    passes = code in PASSING or http in HTTP_PASSING or http >= HTTP_SERVER_ERROR
    why = cause(code, http, error, passes=passes)
    if why is Cause.TOO_LONG:
        return Broke(code, TOO_LONG, may_retry=False, cause=why)
    if passes:
        limit = http == HTTP_TOO_MANY or code in LIMITS
        return Broke(code, OVERLOADED, True, _retry_after(error, event), limit, cause=why)
    return Broke(code, REFUSED, may_retry=False, cause=why)


def _code(error: dict[str, Any]) -> str:
    for name in (error.get("code"), error.get("type")):
        if name and isinstance(name, str | int):
            return str(items.clean(str(name)))
    return ""


def _status(told: Any) -> int:
    """The HTTP status, a number or a text; 0 if it is none."""
    text = str(told) if isinstance(told, str | int) else ""
    return int(text) if text.isdecimal() and len(text) == len("200") else 0


def _retry_after(error: dict[str, Any], event: dict[str, Any]) -> float:
    """Seconds. The header stands at the top or inside the error, as a text or a number."""
    for headers in (event.get("headers"), error.get("headers")):
        for name, value in headers.items() if isinstance(headers, dict) else ():
            if name.lower() == "retry-after" and (seconds := _seconds(value)) is not None:
                return seconds
    message = error.get("message")
    told = _TRY_AGAIN.search(message) if isinstance(message, str) else None
    seconds = _seconds(told[1]) if told else None
    if told and seconds is not None:
        return seconds / (1000 if told[2].lower() == "ms" else 1)
    return BUSY_S


def _seconds(told: Any) -> float | None:
    """None for what is no number of seconds: a date is not worth a calendar."""
    try:
        seconds = float(told)
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
