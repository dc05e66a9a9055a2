"""Faults by name: what goes wrong with the next response or handshake. Each strikes once."""

from dataclasses import dataclass, field, fields
from http import HTTPStatus
from typing import Any, Final, Literal, get_args

from tutor.emulator.settings import DEFAULTS, SettingError, Settings, with_values

FaultName = Literal[
    "close",  # the socket closes with `close_code`; 1006 means without a close frame
    "limit",  # the connection's time is over in the middle of the response
    "failed",  # response.failed with `code`
    "incomplete",  # response.incomplete with `reason`
    "overloaded",  # an error, without a status unless `status` says one
    "rate_limited",  # a 429 with retry-after
    "error",  # any other error, with `code` and `status`
    "silence",  # nothing more comes for `minutes` of the clock, or at all; the socket stays open
    "stall",  # the socket is neither read nor written any more, as if the cable were cut
    "unknown_events",  # frames of unknown types in between; the response goes on
    "response_done",  # the terminal event comes under its old name
    "duplicate_terminal",  # the terminal event comes twice
]

# What ends early, and why.
REASONS: Final = {"max_output_tokens", "max_messages", "content_filter", "steered"}
# Codes that stand for an end without a close frame.
UNSENDABLE_CODES: Final = {1005, 1006, 1015}
# created and in_progress: what a response that begins at all has sent.
OPENING_EVENTS: Final = 2
# Faults of the way a response ends: they strike there, whatever `after` says.
ENDINGS: Final = {"response_done", "duplicate_terminal"}


@dataclass(frozen=True)
class Fault:
    """What strikes one response once `after` of its events have been sent."""

    name: FaultName
    # None: after the opening for `failed` and `incomplete`, before everything for the others.
    after: int | None = None
    close_code: int = 1011
    # Of `failed` and `error`.
    code: str = "server_error"
    # Of `error` and `overloaded`; 0 means none.
    status: int = 0
    reason: str = "max_output_tokens"
    retry_after_s: float = 1.0
    # How long a silence lasts; 0 means for ever.
    minutes: float = 0.0
    # Whether a warm-up counts as the next response.
    warm_ups: bool = False
    # Settings of this one error: error_form, status_name, headers_at.
    form: dict[str, Any] = field(default_factory=dict)

    @property
    def applies_after(self) -> int | None:
        """The number of events before it; None if it strikes at the end."""
        if self.name in ENDINGS:
            return None
        if self.after is not None:
            return self.after
        return OPENING_EVENTS if self.name in {"failed", "incomplete"} else 0

    def on(self, settings: Settings) -> Settings:
        """The settings as they are for the response that it strikes."""
        endings = {"response_done": "done", "duplicate_terminal": "twice"}
        ending = {"terminal": endings[self.name]} if self.name in ENDINGS else {}
        return with_values(settings, {**self.form, **ending})


class FaultError(ValueError):
    """A fault that does not exist or does not fit. Its text is for the one who asked."""


@dataclass
class Faults:
    """What will go wrong, in order. May be changed at any time."""

    responses: list[Fault] = field(default_factory=list)
    # HTTP statuses with which the next handshakes are refused.
    handshakes: list[int] = field(default_factory=list)
    # HTTP statuses with which the next requests are refused that open no socket.
    requests: list[int] = field(default_factory=list)
    # Codes with which the next steering inputs fail.
    steers: list[str] = field(default_factory=list)

    def add(self, *faults: Fault) -> None:
        self.responses.extend(faults)

    def refuse_handshakes(self, status: int, times: int = 1) -> None:
        """Raises FaultError where `status` is not an HTTP error."""
        self.handshakes.extend(_refusals(status, times))

    def refuse_requests(self, status: int, times: int = 1) -> None:
        """Raises FaultError where `status` is not an HTTP error."""
        self.requests.extend(_refusals(status, times))

    def fail_steer(self, code: str) -> None:
        self.steers.append(code)

    def clear(self) -> None:
        self.responses.clear()
        self.handshakes.clear()
        self.requests.clear()
        self.steers.clear()

    def for_response(self, *, warm_up: bool) -> Fault | None:
        """The fault of a response that begins now; it will not strike again."""
        for index, fault in enumerate(self.responses):
            if fault.warm_ups or not warm_up:
                return self.responses.pop(index)
        return None

    def for_handshake(self) -> int | None:
        return self.handshakes.pop(0) if self.handshakes else None

    def for_request(self) -> int | None:
        return self.requests.pop(0) if self.requests else None

    def for_steer(self) -> str | None:
        return self.steers.pop(0) if self.steers else None


def _refusals(status: int, times: int) -> list[int]:
    if not HTTPStatus.BAD_REQUEST <= status < 600 or status not in set(HTTPStatus):
        raise FaultError("What is refused is refused with an HTTP status from 400 to 599.")
    return [status] * times


# The JSON type of each field of a fault.
EXPECTED: Final[dict[str, type]] = {
    f.name: {"after": int, "name": str, "form": dict}.get(f.name, type(f.default))
    for f in fields(Fault)
}


def parse_fault(document: Any) -> Fault:
    """A fault from JSON: `{"name": "close", "after": 3, "close_code": 1012}`."""
    if not isinstance(document, dict) or document.get("name") not in get_args(FaultName):
        names = ", ".join(get_args(FaultName))
        raise FaultError(f"A fault has a name, one of: {names}.")
    unknown = sorted(set(document) - set(EXPECTED))
    if unknown:
        raise FaultError(f"A fault has no {unknown[0]!r}; it may have: {', '.join(EXPECTED)}.")
    for name, value in document.items():
        expected = EXPECTED[name]
        whole = expected is float and type(value) is int
        if type(value) is not expected and not whole:
            raise FaultError(f"{name!r} must be of type {expected.__name__}.")
    if document.get("reason", "steered") not in REASONS:
        raise FaultError(f"A response is incomplete for one of: {', '.join(sorted(REASONS))}.")
    fault = Fault(**document)
    try:
        fault.on(DEFAULTS)
    except SettingError as error:
        raise FaultError(str(error)) from None
    return fault
