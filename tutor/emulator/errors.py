"""Refusals, and the one envelope they all travel in. Texts are the service's where known."""

from dataclasses import dataclass, replace
from typing import Any, Final

from tutor.emulator.settings import Settings

Frame = dict[str, Any]

MAX_STREAMS: Final = 32
MAX_STREAM_ID_CHARS: Final = 256


@dataclass(frozen=True)
class Refusal:
    """Why a request gets no response. `status` is None where the service sends none."""

    message: str
    type: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    status: int | None = 400
    headers: tuple[tuple[str, str], ...] = ()

    def frame(self, stream_id: str | None = None) -> Frame:
        """The `error` event; `stream_id` only where the request named a lane."""
        error: Frame = {
            "type": self.type,
            "code": self.code,
            "message": self.message,
            "param": self.param,
        }
        frame: Frame = {"type": "error", "error": error}
        if self.status is not None:
            frame["status"] = self.status
        if stream_id is not None:
            frame["stream_id"] = stream_id
        if self.headers:
            # The SDK's type has them inside the error, captured frames at the top: both.
            error["headers"] = dict(self.headers)
            frame["headers"] = dict(self.headers)
        return frame


def previous_response_not_found(response_id: str) -> Refusal:
    return Refusal(
        f"Previous response with id '{response_id}' not found.",
        code="previous_response_not_found",
        param="previous_response_id",
    )


def missing(param: str) -> Refusal:
    return Refusal(
        f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param
    )


def invalid_type(param: str, expected: str) -> Refusal:
    return Refusal(
        f"Invalid type for '{param}': expected {expected}.", code="invalid_type", param=param
    )


def invalid_value(param: str, message: str) -> Refusal:
    return Refusal(f"Invalid value for '{param}': {message}", code="invalid_value", param=param)


def below_minimum(param: str, least: int, got: int) -> Refusal:
    return Refusal(
        f"Invalid '{param}': integer below minimum value. Expected a value >= {least}, but got "
        f"{got} instead.",
        code="integer_below_min_value",
        param=param,
    )


def unknown_parameter(param: str) -> Refusal:
    return Refusal(f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)


def invalid_encrypted_content(item_id: Any, param: str) -> Refusal:
    return Refusal(
        f"The encrypted content for item {item_id} could not be verified.",
        code="invalid_encrypted_content",
        param=param,
    )


def missing_output(call_id: str) -> Refusal:
    return Refusal(f"No tool output found for function call {call_id}.", param="input")


def missing_call(call_id: str) -> Refusal:
    return Refusal(
        f"No tool call found for function call output with call_id {call_id}.", param="input"
    )


def item_not_found(item_id: str, *, was_known: bool) -> Refusal:
    """`was_known`: this connection has seen the item, in a response that was not to be stored."""
    message = f"Item with id '{item_id}' not found."
    if was_known:
        message += " Items are not persisted when `store` is set to false."
    return Refusal(message, param="input")


MALFORMED = Refusal("The message is not a JSON object in a text frame.", code="invalid_json")

NO_JSON = Refusal("We could not parse the JSON body of your request.", code="invalid_json")

INVALID_STREAM_ID = Refusal(
    "The 'stream_id' field must be a non-empty string with at most "
    f"{MAX_STREAM_ID_CHARS} characters and may only contain letters, numbers, underscores, "
    "hyphens, and periods.",
    code="invalid_stream_id",
    param="stream_id",
)

TOO_MANY_STREAMS = Refusal(
    "This WebSocket connection has reached its maximum number of distinct stream IDs "
    f"({MAX_STREAMS}). Reuse an existing stream_id or open a new WebSocket connection.",
    code="websocket_stream_limit_reached",
    param="stream_id",
)

OVERLOADED = Refusal(
    "Our servers are currently overloaded. Please try again later.",
    type="service_unavailable_error",
    code="server_is_overloaded",
    status=None,
)


def overloaded(status: int | None) -> Refusal:
    """With a status, if it is to have one."""
    return replace(OVERLOADED, status=status)


def rate_limited(retry_after_s: float) -> Refusal:
    return Refusal(
        f"Rate limit reached. Please try again in {retry_after_s:g}s.",
        type="rate_limit_error",
        code="rate_limit_exceeded",
        status=429,
        headers=(("retry-after", f"{retry_after_s:g}"),),
    )


CONNECTION_LIMIT = Refusal(
    "Responses websocket connection limit reached (60 minutes). Create a new websocket connection "
    "to continue.",
    code="websocket_connection_limit_reached",
)

CONTEXT_EXCEEDED = Refusal(
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    code="context_length_exceeded",
    param="input",
)


def formatted(frame: Frame, settings: Settings) -> Frame:
    """An `error` event in the form the settings ask for."""
    error = dict(frame["error"])
    rest = {name: value for name, value in frame.items() if name != "error"}
    if settings.headers_at == "error":
        rest.pop("headers", None)
    elif settings.headers_at == "top":
        error.pop("headers", None)
    if "status" in rest:
        rest[settings.status_name] = rest.pop("status")
    if settings.error_form == "nested":
        return rest | {"error": error}
    flat = {name: error[name] for name in ("code", "message", "param")}
    return {"type": "error", **flat, "sequence_number": 0} | rest
