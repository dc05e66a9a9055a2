"""What other servers make of roles and of strict schemas, where a setting asks for it. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from tutor.emulator import errors
from tutor.emulator.errors import Refusal
from tutor.emulator.model import Item
from tutor.emulator.settings import Settings
from tutor.emulator.tools import functions

# Of JSON Schema, what servers of strict schemas have learned late, or never.
LATE_KEYWORDS: Final = ("enum", "minimum", "maximum", "items")


def check_roles(items: Sequence[Item], settings: Settings) -> Refusal | None:
    """Why these items, behind what they continue, cannot be taken in their roles."""
    modes = {"developer": settings.developer_role, "system": settings.system_role}
    for place, item in enumerate(items):
        mode = modes.get(str(item.get("role"))) if item["type"] == "message" else None
        if mode == "refused":
            return errors.invalid_value(f"input[{place}].role", f"no role {item['role']!r} here.")
        if mode == "first" and place:
            # As templates of chats say it: without the place, and as a fault of the server's.
            return Refusal("System message must be at the beginning.", "server_error", status=500)
    return None


def told(items: Sequence[Item], settings: Settings) -> tuple[Item, ...]:
    """The items that reach the model: some servers take a role and leave out what is said in it."""
    modes = {"developer": settings.developer_role, "system": settings.system_role}
    return tuple(item for item in items if modes.get(str(item.get("role"))) != "dropped")


def check_schemas(tools: Iterable[Item], settings: Settings) -> Refusal | None:
    """Why a strict schema is refused, by a server that knows only its plain keywords."""
    if settings.strict_schemas == "all":
        return None
    for tool in functions(tools):
        found = set(_keywords(tool.get("parameters"))) & set(LATE_KEYWORDS)
        if tool.get("strict") and found:
            return Refusal(
                f"Invalid schema for function '{tool['name']}': {min(found)!r} is not permitted.",
                code="invalid_function_parameters",
                param="tools",
            )
    return None


def _keywords(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name == "properties":
                for each in value.values():
                    yield from _keywords(each)
            else:
                yield name
