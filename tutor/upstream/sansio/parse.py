"""The Responses API's events, parsed. Pure.

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
from tutor.upstream.sansio.optional_fields import refused_field
from tutor.upstream.sansio.usage import usage_of

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
TRANSIENT_CODES = frozenset(
    {"server_error", "server_is_overloaded", "rate_limit_exceeded", "slow_down", SOCKET_TOO_OLD}
)
RATE_LIMIT_CODES = frozenset({"rate_limit_exceeded", "slow_down"})
HTTP_TOO_MANY = 429
# Too many; and what servers and proxies say when it took too long, or came too early.
HTTP_TRANSIENT = (408, 425, HTTP_TOO_MANY, 499)
# How long to leave a busy API alone that does not say how long.
BUSY_S = 2.0

# An item of a terminal that cannot be kept as it came.
UNREADABLE_ITEM: Final[Payload] = {}
TERMINAL_EVENTS = frozenset(
    {"response.completed", "response.done", "response.incomplete", "response.failed", "error"}
)

# Every event there is, `response.` left out; and `done`, as the end was called at first.
KNOWN_EVENTS = frozenset(
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
class TextDelta:
    """A piece of the text."""

    text: str


@dataclass(frozen=True)
class ResponseCreated:
    """A response is being written from now on."""

    response_id: str


@dataclass(frozen=True)
class ItemDone:
    """An item of the response is whole. `index` is its place among them; None if none is told."""

    index: int | None
    item: Payload


@dataclass(frozen=True)
class ResponseDone:
    """The response is complete, or was cut short for the reason given.

    As parsed, an item may be UNREADABLE_ITEM, and the id empty; as the outcome of a PendingRequest
    neither.
    `delivered` are messages, by client id, that the model will hear right after it.
    """

    response_id: str
    items: tuple[Payload, ...]
    cut_short: str = ""
    usage: Usage = field(default_factory=Usage)
    delivered: Mapping[str, Payload] = field(default_factory=dict)


@dataclass(frozen=True)
class SteerAccepted:
    """The API will tell the model a message that was steered in; `id` is its name for that."""

    id: str


@dataclass(frozen=True)
class SteerFailed:
    """A message that was steered in will not reach the model."""

    id: str
    code: str


@dataclass(frozen=True)
class SteerPending:
    """Messages steered in reach the model with the outputs that the response waits for."""


@dataclass(frozen=True)
class UnknownEvent:
    """An event of a type that is not in KNOWN_EVENTS, or no event at all."""


@dataclass(frozen=True)
class ResponseFailed:
    """There will be no response. `code` is the API's; `message` is for the student."""

    code: str
    message: str
    may_retry: bool
    # How long the API wants to be left alone.
    retry_after_s: float = 0.0
    # Whether that holds for everybody who asks with our key.
    is_rate_limit: bool = False
    # Whether it is the end of a response, and of which, if that is known. Otherwise a response may
    # still go on.
    ends_response: bool = False
    response_id: str = ""
    # Says which other request may succeed: see recovery. With Cause.FIELD, without which field.
    cause: Cause = Cause.UNKNOWN
    param: str = ""
    # What was told of the cost of a response that failed.
    usage: Usage = field(default_factory=Usage)


ServerEvent = (
    TextDelta
    | ResponseCreated
    | ItemDone
    | ResponseDone
    | ResponseFailed
    | SteerAccepted
    | SteerFailed
    | SteerPending
)

# The API's last word on a request.
Outcome = ResponseDone | ResponseFailed

MALFORMED = ResponseFailed("malformed", LOST, may_retry=True)
# We do not even send it.
TOO_LARGE = ResponseFailed("frame_too_large", TOO_LONG, may_retry=False, cause=Cause.TOO_LONG)


def parse_event(raw: bytes) -> ServerEvent | UnknownEvent | None:
    """The event in one frame; None if it says nothing that matters here. Never raises.

    What comes back can be stored, shown and sent again: items have the fields that we rely on, and
    texts hold neither NUL nor half a character. An event of another lane than the default one, the
    only one we use, is none of ours.
    """
    try:
        event = json.loads(raw)
        kind = event["type"]
        known = kind == "error" or kind.removeprefix("response.") in KNOWN_EVENTS
    except RecursionError:
        return MALFORMED  # it may have been the end
    except items.PARSE_ERRORS:
        return UnknownEvent()
    try:
        if not known:
            return UnknownEvent()
        return None if event.get("stream_id") else _parse(kind, event)
    except items.PARSE_ERRORS:
        # An end that cannot be read is an end all the same.
        return _malformed(event) if kind in TERMINAL_EVENTS else UnknownEvent()


def parse_compaction(raw: bytes) -> ResponseDone | None:
    """The items in the answer to a compaction; None if they cannot be read. Never raises."""
    try:
        compacted = _response_done(json.loads(raw), read=items.compacted_item)
    except items.PARSE_ERRORS:
        return None
    is_whole = compacted.response_id and compacted.items and all(compacted.items)
    return compacted if is_whole and items.can_begin_request(compacted.items) else None


def _parse(kind: str, event: dict[str, Any]) -> ServerEvent | None:
    match kind:
        case "response.output_text.delta" | "response.refusal.delta":
            return TextDelta(items.clean(str(event["delta"])))
        case "response.created":
            return ResponseCreated(_required_id(event["response"]))
        case "response.output_item.done":
            return ItemDone(_index(event.get("output_index")), items.output_item(event["item"]))
        case "response.steer.accepted" | "response.steer.pending" | "response.steer.failed":
            return _steer(kind, event)
        case "response.completed" | "response.done":
            return _response_done(event["response"])
        case "response.incomplete":
            details = event["response"].get("incomplete_details") or {}
            return _response_done(
                event["response"], items.clean(str(details.get("reason") or "unknown"))
            )
        case "response.failed":
            response = event["response"]
            failed = parse_error(response.get("error"), event)
            usage = usage_of(response)
            return replace(failed, ends_response=True, response_id=_id(response), usage=usage)
        case "error":
            # The flat form is the one of HTTP; some servers send it here.
            return parse_error(event.get("error") or event, event)
        case _:
            return None


def _malformed(event: dict[str, Any]) -> ResponseFailed:
    """The end of a response of which at most the id can be read."""
    if event["type"] == "error":
        return MALFORMED
    response = event.get("response")
    name = _id(response) if isinstance(response, dict) else ""
    return replace(MALFORMED, ends_response=bool(name), response_id=name)


def _steer(kind: str, event: dict[str, Any]) -> SteerAccepted | SteerFailed | SteerPending:
    name = str((event.get("steer") or {}).get("id") or "")
    match kind:
        case "response.steer.accepted":
            return SteerAccepted(name)
        case "response.steer.pending":
            return SteerPending()
        case _:
            return SteerFailed(name, str((event.get("error") or {}).get("code") or ""))


def _response_done(
    response: dict[str, Any],
    cut_short: str = "",
    *,
    read: Callable[[Any], Payload] = items.output_item,
) -> ResponseDone:
    output = response.get("output")
    read_items = tuple(_item(item, read) for item in output) if isinstance(output, list) else ()
    return ResponseDone(_id(response), read_items, cut_short, usage_of(response))


def _required_id(response: dict[str, Any]) -> str:
    """Raises if there is none."""
    name = _id(response)
    if not name:
        raise ValueError
    return name


def _id(response: dict[str, Any]) -> str:
    name = response.get("id")
    return str(items.clean(name)) if isinstance(name, str) else ""


def _index(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _item(item: Any, read: Callable[[Any], Payload]) -> Payload:
    try:
        return read(item)
    except items.PARSE_ERRORS:
        return UNREADABLE_ITEM


def parse_error(error: Any, event: dict[str, Any]) -> ResponseFailed:
    """The failure that an error of the API, an object or a text, stands for. `event` is the frame
    or the response around it, for its status and headers. Never raises.
    """
    try:
        return _error(error if isinstance(error, dict) else {"message": error}, event)
    except items.PARSE_ERRORS:
        return MALFORMED


def _error(error: dict[str, Any], event: dict[str, Any]) -> ResponseFailed:
    code = _code(error)
    http = _status(event.get("status") or event.get("status_code"))
    if code == SOCKET_TOO_OLD:
        return ResponseFailed(code, LOST, may_retry=True, cause=Cause.SOCKET_TOO_OLD)
    is_transient = code in TRANSIENT_CODES or http in HTTP_TRANSIENT or http >= HTTP_SERVER_ERROR
    if name := refused_field(http, error, is_transient=is_transient):
        return ResponseFailed(code, REFUSED, may_retry=False, cause=Cause.FIELD, param=name)
    why = cause(code, http, error, is_transient=is_transient)
    if why is Cause.TOO_LONG:
        return ResponseFailed(code, TOO_LONG, may_retry=False, cause=why)
    if is_transient:
        limit = http == HTTP_TOO_MANY or code in RATE_LIMIT_CODES
        return ResponseFailed(code, OVERLOADED, True, _retry_after(error, event), limit, cause=why)
    return ResponseFailed(code, REFUSED, may_retry=False, cause=why)


def _code(error: dict[str, Any]) -> str:
    for name in (error.get("code"), error.get("type")):
        if name and isinstance(name, str | int):
            return str(items.clean(str(name)))
    return ""


def _status(value: Any) -> int:
    """The HTTP status, a number or a text; 0 if it is none."""
    text = str(value) if isinstance(value, str | int) else ""
    return int(text) if text.isdecimal() and len(text) == len("200") else 0


def _retry_after(error: dict[str, Any], event: dict[str, Any]) -> float:
    """Seconds. The header stands at the top or inside the error, as a text or a number."""
    for headers in (event.get("headers"), error.get("headers")):
        for name, value in headers.items() if isinstance(headers, dict) else ():
            if name.lower() == "retry-after" and (seconds := _seconds(value)) is not None:
                return seconds
    message = error.get("message")
    match = _TRY_AGAIN.search(message) if isinstance(message, str) else None
    seconds = _seconds(match[1]) if match else None
    if match and seconds is not None:
        return seconds / (1000 if match[2].lower() == "ms" else 1)
    return BUSY_S


def _seconds(value: Any) -> float | None:
    """None for what is no number of seconds: a date is not worth a calendar."""
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
