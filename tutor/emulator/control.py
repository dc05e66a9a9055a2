"""Control commands, over the control endpoint and on the command line alike.

A name and its fields: `{"name": "close", "after": 3}` in JSON, `close,after=3` in a shell.
"""

import json
from typing import Any, Final, Protocol, get_args

from tutor.emulator.faults import FaultError, FaultName, Faults, parse_fault
from tutor.emulator.settings import SettingError

# Faults of the next response, and commands that take effect at once.
NAMES: Final = (
    *get_args(FaultName),
    "clock",
    "forget",
    "steer_failed",
    "refuse_handshake",
    "refuse_request",
    "set",
    "clear",
)


class Controllable(Protocol):
    """The object that commands act on."""

    @property
    def faults(self) -> Faults: ...

    def forget(self) -> None: ...

    def limit(self, *, error: bool | None = None, waits: bool | None = None) -> None: ...

    def advance(self, *, minutes: float) -> None: ...

    def set(self, **values: Any) -> None: ...


def parse_command(text: str) -> dict[str, Any]:
    """A command from the command line; values are JSON where they can be, else text."""
    name, *pairs = text.split(",")
    command: dict[str, Any] = {"name": name}
    for pair in pairs:
        field, separator, value = pair.partition("=")
        if not separator:
            raise FaultError(f"{pair!r} has no value; write FIELD=VALUE.")
        command[field] = _value(value)
    return command


def execute(emulator: Controllable, document: Any) -> None:
    """Execute a command. Raises FaultError where there is no such command, and does nothing."""
    name, rest = _named(document)
    match name:
        case "forget":
            emulator.forget()
        case "clear":
            emulator.faults.clear()
        case "clock":
            emulator.advance(minutes=_minutes(rest))
        # With `after` it is a fault of the next response.
        case "limit" if "after" not in rest:
            _limit(emulator, rest)
        case "set":
            _set(emulator, rest)
        case "steer_failed":
            emulator.faults.fail_steer(_code(rest))
        case "refuse_handshake":
            emulator.faults.refuse_handshakes(*_refusal(rest))
        case "refuse_request":
            emulator.faults.refuse_requests(*_refusal(rest))
        case _:
            emulator.faults.add(parse_fault(document))


def _named(document: Any) -> tuple[str, dict[str, Any]]:
    """The name and the fields of a command."""
    rest: dict[str, Any] = dict(document) if isinstance(document, dict) else {}
    name = rest.pop("name", None)
    if not isinstance(name, str) or name not in NAMES:
        raise FaultError(f"A fault has a name, one of: {', '.join(NAMES)}.")
    return name, rest


def _limit(emulator: Controllable, rest: dict[str, Any]) -> None:
    if set(rest) - {"error", "waits"} or not all(type(v) is bool for v in rest.values()):
        raise FaultError("The limit may have 'error' and 'waits', true or false each.")
    emulator.limit(**rest)


def _set(emulator: Controllable, rest: dict[str, Any]) -> None:
    try:
        emulator.set(**rest)
    except SettingError as error:
        raise FaultError(str(error)) from None


def _refusal(rest: dict[str, Any]) -> tuple[int, int]:
    status, times = rest.get("status", 503), rest.get("times", 1)
    if not (type(status) is int and type(times) is int):
        raise FaultError("'status' and 'times' must be numbers.")
    return status, times


def _code(rest: dict[str, Any]) -> str:
    code = rest.get("code", "response_not_active")
    if set(rest) - {"code"} or not isinstance(code, str):
        raise FaultError("This fault has a text 'code', and nothing else.")
    return code


def _minutes(rest: dict[str, Any]) -> float:
    minutes = rest.get("minutes")
    if set(rest) != {"minutes"} or not isinstance(minutes, int | float) or minutes <= 0:
        raise FaultError("The clock is put forward by 'minutes', a positive number.")
    return float(minutes)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
