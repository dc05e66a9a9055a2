"""Faults by name: what goes wrong with the next response or handshake. Each strikes once."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Literal, get_args

FaultName = Literal[
    "close",  # the socket closes with `close_code`; 1006 means without a close frame
    "failed",  # response.failed with `code`
    "incomplete",  # response.incomplete with `reason`
    "overloaded",  # an error without status
    "rate_limited",  # a 429 with retry-after
    "silence",  # nothing more comes, and the socket stays open
    "unknown_events",  # frames of unknown types in between; the response goes on
]

# Codes that stand for an end without a close frame.
UNSENDABLE_CODES: Final = {1005, 1006, 1015}
# created and in_progress: what a response that begins at all has sent.
OPENING_EVENTS: Final = 2


@dataclass(frozen=True)
class Fault:
    """What strikes one response once `after` of its events have been sent."""

    name: FaultName
    # None: after the opening for `failed` and `incomplete`, before everything for the others.
    after: int | None = None
    close_code: int = 1011
    code: str = "server_error"
    reason: str = "max_output_tokens"
    retry_after_s: float = 1.0
    # Whether a warm-up counts as the next response.
    warm_ups: bool = False

    @property
    def strikes_after(self) -> int:
        if self.after is not None:
            return self.after
        return OPENING_EVENTS if self.name in {"failed", "incomplete"} else 0


class FaultError(ValueError):
    """A fault that does not exist or does not fit. Its text is for the one who asked."""


@dataclass
class Faults:
    """What will go wrong, in order. May be changed at any time."""

    responses: list[Fault] = field(default_factory=list)
    # HTTP statuses with which the next handshakes are refused.
    handshakes: list[int] = field(default_factory=list)

    def add(self, *faults: Fault) -> None:
        self.responses.extend(faults)

    def refuse_handshakes(self, status: int, times: int = 1) -> None:
        """Raises FaultError where `status` is not an HTTP error."""
        if not HTTPStatus.BAD_REQUEST <= status < 600 or status not in set(HTTPStatus):
            raise FaultError("A handshake is refused with an HTTP status from 400 to 599.")
        self.handshakes.extend([status] * times)

    def clear(self) -> None:
        self.responses.clear()
        self.handshakes.clear()

    def for_response(self, *, warm_up: bool) -> Fault | None:
        """The fault of a response that begins now; it will not strike again."""
        for index, fault in enumerate(self.responses):
            if fault.warm_ups or not warm_up:
                return self.responses.pop(index)
        return None

    def for_handshake(self) -> int | None:
        return self.handshakes.pop(0) if self.handshakes else None


# The JSON type of each field of a fault.
EXPECTED: Final[dict[str, type]] = {
    "name": str,
    "after": int,
    "close_code": int,
    "code": str,
    "reason": str,
    "retry_after_s": float,
    "warm_ups": bool,
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
    return Fault(**document)
