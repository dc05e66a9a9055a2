"""How the emulator behaves where the service's behaviour is not known, or has changed."""

from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal, get_args, get_origin


@dataclass(frozen=True)
class Settings:
    """The defaults are what is documented, or most likely."""

    # A warm-up's events: created and in_progress before completed, or nothing but that.
    warm_up: Literal["whole", "terminal_only"] = "whole"
    # A terminal event comes once, twice, under its old name, or under both names.
    terminal: Literal["once", "twice", "done", "both"] = "once"
    # `response.cancel` is an unknown event, or ends the response it names as incomplete.
    cancel: Literal["error", "stop"] = "error"
    # Whether a response that failed, or ended early, can be continued.
    cache_failed: bool = False
    cache_incomplete: bool = True
    # An `error` event holds an object `error`, or has its fields at the top as in HTTP streams.
    error_form: Literal["nested", "flat"] = "nested"
    status_name: Literal["status", "status_code"] = "status"
    # Where the headers of a rate limit stand.
    headers_at: Literal["both", "top", "error"] = "both"
    # How long a connection lives; whether an error says so; whether running responses may end
    # first; and the close code.
    limit_minutes: float = 60.0
    limit_error: bool = True
    limit_waits: bool = True
    limit_code: int = 1000
    # Tokens that fit into a request; 0 means no limit.
    context_tokens: int = 0
    # Steering inputs that may wait for one response.
    max_steers: int = 8
    # Messages in these roles are taken, refused, or taken and never told to the model; a system's
    # may be taken as the first item alone.
    developer_role: Literal["taken", "refused", "dropped"] = "taken"
    system_role: Literal["taken", "refused", "dropped", "first"] = "taken"
    # What a strict schema may have: all that is documented, or neither bounds nor lists.
    strict_schemas: Literal["all", "plain"] = "all"
    # Refuse over WebSocket what the Open Responses specification does not have.
    strict_openresponses: bool = False


DEFAULTS: Final = Settings()


class SettingError(ValueError):
    """A setting that does not exist, or a value it cannot have. The text is for who asked."""


def with_values(settings: Settings, values: dict[str, Any]) -> Settings:
    """The settings with these values in place. Raises SettingError."""
    kinds = {field.name: field.type for field in fields(Settings)}
    fitting = {}
    for name, value in values.items():
        if name not in kinds:
            raise SettingError(f"There is no setting {name!r}; there are: {', '.join(kinds)}.")
        fitting[name] = _checked(name, kinds[name], value)
    return replace(settings, **fitting)


def _checked(name: str, kind: Any, value: Any) -> Any:
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise SettingError(f"{name!r} is one of: {', '.join(get_args(kind))}.")
        return value
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise SettingError(f"{name!r} must be of type {kind.__name__}.")
    if value < 0:
        raise SettingError(f"{name!r} must not be negative.")
    return value
