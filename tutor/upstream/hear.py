"""What the Responses API says, in our words. Pure.

Only the few events that matter are looked into; every other type, known or not, is passed over.
"""

import json
from dataclasses import dataclass
from typing import Any

from tutor.events import Payload

UNREACHABLE = "The tutor cannot be reached right now. Your message is kept; please try again soon."
LOST = "The connection to the tutor broke. Your message is kept; please ask again."
OVERLOADED = "The tutor has too much to do right now. Please ask again in a moment."
SILENT = "The tutor did not answer in time. Please ask again."
REFUSED = "The tutor could not answer this. Please ask again, perhaps in other words."
NOT_ALLOWED = "The tutor is not available. Please tell your instructor."

NOT_FOUND = "previous_response_not_found"

# Codes after which the same request may well succeed.
PASSING = frozenset(
    {"server_error", "server_is_overloaded", "rate_limit_exceeded", "slow_down"}
    | {"websocket_connection_limit_reached", NOT_FOUND}
)
HTTP_TOO_MANY = 429
HTTP_SERVER_ERROR = 500


@dataclass(frozen=True)
class Spoke:
    """A piece of the text."""

    text: str


@dataclass(frozen=True)
class Ended:
    """The response is complete, or was cut short for the reason given."""

    response_id: str
    items: tuple[Payload, ...]
    cut_short: str = ""


@dataclass(frozen=True)
class Broke:
    """There will be no response. `code` is the API's; `message` is for the student."""

    code: str
    message: str
    may_retry: bool


def hear(raw: bytes) -> Spoke | Ended | Broke | None:
    """The event in one frame; None if it says nothing that matters here. Never raises."""
    try:
        event = json.loads(raw)
        match event["type"]:
            case "response.output_text.delta" | "response.refusal.delta":
                return Spoke(str(event["delta"]))
            case "response.completed" | "response.done":
                return _ended(event["response"])
            case "response.incomplete":
                details = event["response"].get("incomplete_details") or {}
                return _ended(event["response"], details.get("reason") or "unknown")
            case "response.failed":
                error = event["response"].get("error") or {}
                return _broke(error.get("code"), None)
            case "error":
                # The flat form is the one of HTTP; some servers send it here.
                error = event.get("error") or event
                return _broke(error.get("code"), event.get("status") or event.get("status_code"))
            case _:
                return None
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _ended(response: dict[str, Any], cut_short: str = "") -> Ended:
    return Ended(str(response["id"]), tuple(response.get("output") or ()), cut_short)


def _broke(code: object, status: object) -> Broke:
    code = str(code or "")
    http = status if isinstance(status, int) else 0
    if code in PASSING or http == HTTP_TOO_MANY or http >= HTTP_SERVER_ERROR:
        return Broke(code, OVERLOADED, may_retry=True)
    return Broke(code, REFUSED, may_retry=False)
