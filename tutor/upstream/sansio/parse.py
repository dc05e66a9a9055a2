"""The Responses API's events, parsed. Pure.

Only the few events that matter are looked into; every other type, known or not, is passed over.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tutor.protocol.calls import Payload
from tutor.protocol.events import Usage
from tutor.upstream.sansio import items
from tutor.upstream.sansio.causes import (
    HTTP_SERVER_ERROR,
    HTTP_TOO_MANY,
    HTTP_TRANSIENT,
    SOCKET_TOO_OLD,
    Cause,
    cause,
)
from tutor.upstream.sansio.known_events import KNOWN_EVENTS
from tutor.upstream.sansio.optional_fields import refused_field
from tutor.upstream.sansio.usage import usage_of
from tutor.upstream.sansio.waits import told_wait_s

UNREACHABLE = "The tutor cannot be reached right now. Your message is kept; please try again soon."
LOST = "The connection to the tutor broke. Your message is kept; please ask again."
OVERLOADED = "The tutor has too much to do right now. Please ask again in a moment."
OVERLOADED_FOR = "The tutor has too much to do right now. Please ask again in {}."
SILENT = "The tutor did not answer in time. Please ask again."
REFUSED = "The tutor could not answer this. Please ask again, perhaps in other words."
TOO_LONG = "This dialogue has become too long to go on. Your messages are kept."
NOT_ALLOWED = "The tutor is not available. Your message is kept; please tell your instructor."

STEERED = "steered"
STEERING_NOT_SUPPORTED = "steering_not_supported"

# Codes after which the same request may well succeed.
TRANSIENT_CODES = frozenset(
    {"server_error", "server_is_overloaded", "rate_limit_exceeded", "slow_down", SOCKET_TOO_OLD}
)
RATE_LIMIT_CODES = frozenset({"rate_limit_exceeded", "slow_down"})
# How long to leave a busy API alone that does not say how long.
BUSY_S = 2.0
# Whoever has to wait longer is told how long.
A_MOMENT_S: Final = 30.0
A_WHILE_MIN: Final = 90

# Python reads numbers of 4,300 digits; nothing real has a tenth of that.
MAX_DIGITS: Final = 400
# An item of a terminal that cannot be kept as it came.
UNREADABLE_ITEM: Final[Payload] = {}
TERMINAL_EVENTS = frozenset(
    {"response.completed", "response.done", "response.incomplete", "response.failed", "error"}
)


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


def parse_event(raw: bytes, now: float | None = None) -> ServerEvent | UnknownEvent | None:
    """The event in one frame; None if it says nothing that matters here. Never raises.

    `now` is the time since 1970, for an error that tells a date.

    What comes back can be stored, shown and sent again: items have the fields that we rely on, and
    texts hold neither NUL nor half a character. An event of another lane than the default one, the
    only one we use, is none of ours.
    """
    try:
        event = load(raw)
        kind = event["type"]
        known = kind == "error" or kind.removeprefix("response.") in KNOWN_EVENTS
    except RecursionError:
        # It may have been the end.
        is_end = any(f'"{name}"'.encode() in raw for name in TERMINAL_EVENTS)
        return MALFORMED if is_end else UnknownEvent()
    except items.PARSE_ERRORS:
        return UnknownEvent()
    try:
        if not known:
            return UnknownEvent()
        return None if event.get("stream_id") else _parse(kind, event, now)
    except items.PARSE_ERRORS:
        # An end that cannot be read is an end all the same.
        return _malformed(event) if kind in TERMINAL_EVENTS else UnknownEvent()


def load(raw: bytes) -> Any:
    """The value of a JSON text. Numbers and characters that Python refuses to read cost no event.

    Raises one of items.PARSE_ERRORS.
    """
    try:
        return json.loads(raw)
    except ValueError:
        return json.loads(raw.decode(errors="replace"), parse_int=_integer)


def _integer(text: str) -> int | float:
    """A number that Python reads; infinity for one of too many digits."""
    return int(text) if len(text) <= MAX_DIGITS else float(text)


def parse_compaction(raw: bytes) -> ResponseDone | None:
    """The items in the answer to a compaction; None if they cannot be read. Never raises."""
    try:
        compacted = _response_done(load(raw), read=items.compacted_item)
    except items.PARSE_ERRORS:
        return None
    is_whole = compacted.response_id and compacted.items and all(compacted.items)
    return compacted if is_whole and items.can_begin_request(compacted.items) else None


def _parse(kind: str, event: dict[str, Any], now: float | None) -> ServerEvent | None:
    match kind:
        case "response.output_text.delta" | "response.refusal.delta":
            return TextDelta(_text(event["delta"]))
        case "response.created":
            return ResponseCreated(_required_id(event["response"]))
        case "response.output_item.done":
            return ItemDone(_index(event.get("output_index")), items.output_item(event["item"]))
        case "response.steer.accepted" | "response.steer.pending" | "response.steer.failed":
            return _steer(kind, event)
        case (
            "response.completed" | "response.done" | "response.incomplete" | "response.failed"
        ):  # fmt: skip
            return _end(kind.removeprefix("response."), event, now)
        case "error":
            # The flat form is the one of HTTP; some servers send it here.
            return parse_error(event.get("error") or event, event, now)
        case _:
            return None


def _end(kind: str, event: dict[str, Any], now: float | None) -> ResponseDone | ResponseFailed:
    """The end of a response. Under a name that says it is complete, or none, its status counts."""
    response = event["response"]
    if kind in ("completed", "done") and response.get("status") in ("incomplete", "failed"):
        kind = response["status"]
    match kind:
        case "failed":
            failed = parse_error(response.get("error"), event, now)
            usage = usage_of(response)
            return replace(failed, ends_response=True, response_id=_id(response), usage=usage)
        case "incomplete":
            details = response.get("incomplete_details") or {}
            return _response_done(response, items.clean(str(details.get("reason") or "unknown")))
        case _:
            return _response_done(response)


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


def _text(value: Any) -> str:
    """Raises if it is none."""
    if not isinstance(value, str):
        raise TypeError
    return str(items.clean(value))


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


def parse_error(error: Any, event: dict[str, Any], now: float | None = None) -> ResponseFailed:
    """The failure that an error of the API, an object or a text, stands for. `event` is the frame
    or the response around it, for its status and headers; `now` is the time since 1970, for dates
    in them. Never raises.
    """
    try:
        return _error(error if isinstance(error, dict) else {"message": error}, event, now)
    except items.PARSE_ERRORS:
        return MALFORMED


def _error(error: dict[str, Any], event: dict[str, Any], now: float | None) -> ResponseFailed:
    code = _code(error)
    statuses = (event.get("status"), event.get("status_code"), error.get("status"), code)
    http = next(filter(None, map(_status, statuses)), 0)
    if code == SOCKET_TOO_OLD:
        return ResponseFailed(code, LOST, may_retry=True, cause=Cause.SOCKET_TOO_OLD)
    is_transient = code in TRANSIENT_CODES or http in HTTP_TRANSIENT or http >= HTTP_SERVER_ERROR
    if name := refused_field(http, error, is_transient=is_transient):
        return ResponseFailed(code, REFUSED, may_retry=False, cause=Cause.FIELD, param=name)
    wait = told_wait_s(error, event, now)
    why = cause(code, http, error, is_transient=is_transient, tells_wait=wait is not None)
    if why is Cause.NOT_SERVED:
        return ResponseFailed(code or str(http), NOT_ALLOWED, may_retry=False, cause=why)
    if why is Cause.TOO_LONG:
        return ResponseFailed(code, TOO_LONG, may_retry=False, cause=why)
    if is_transient:
        limit = http == HTTP_TOO_MANY or code in RATE_LIMIT_CODES
        wait = BUSY_S if wait is None else wait
        return ResponseFailed(code, _overloaded(wait), True, wait, limit, cause=why)
    return ResponseFailed(code, REFUSED, may_retry=False, cause=why)


def _overloaded(wait_s: float) -> str:
    """What a student reads who has to wait so long."""
    if wait_s <= A_MOMENT_S:
        return OVERLOADED
    minutes, hours = math.ceil(wait_s / 60), math.ceil(wait_s / 3600)
    if minutes > A_WHILE_MIN:
        return OVERLOADED_FOR.format(f"{hours} hours")
    return OVERLOADED_FOR.format("a minute" if minutes == 1 else f"{minutes} minutes")


def _code(error: dict[str, Any]) -> str:
    for name in (error.get("code"), error.get("type")):
        if name and isinstance(name, str | int):
            return str(items.clean(str(name)))
    return ""


def _status(value: Any) -> int:
    """The HTTP status of an error, a number or a text; 0 if it is none."""
    text = str(value) if isinstance(value, str) or type(value) is int else ""
    return int(text) if re.fullmatch(r"[45]\d\d", text, re.ASCII) else 0
