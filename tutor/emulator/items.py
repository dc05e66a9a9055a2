"""Input items: what may stand in a request's `input`, that calls and outputs match,
and what references stand for. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from tutor.emulator import errors, tools
from tutor.emulator.compaction import unseal
from tutor.emulator.errors import Refusal
from tutor.emulator.model import Item

ROLES: Final = {"user", "assistant", "system", "developer"}
INPUT_PARTS: Final = {"input_text", "input_image", "input_file"}
OUTPUT_PARTS: Final = {"output_text", "refusal"}

# Items whose content only the emulator reads.
SEALED: Final = {"reasoning", "compaction"}

# The fields an item of each type cannot do without, and the JSON type of each.
REQUIRED: Final[dict[str, dict[str, type | tuple[type, ...]]]] = {
    "message": {"role": str, "content": (str, list)},
    "function_call": {"call_id": str, "name": str, "arguments": str},
    "function_call_output": {"call_id": str, "output": (str, list)},
    "reasoning": {"summary": list},
    "compaction": {"encrypted_content": str},
    "additional_tools": {"role": str, "tools": list},
    "item_reference": {"id": str},
}

# All other types of the official SDK. They are kept and passed on; nothing here reads them.
OPAQUE: Final = frozenset(
    {
        "apply_patch_call",
        "apply_patch_call_output",
        "code_interpreter_call",
        "compaction_trigger",
        "computer_call",
        "computer_call_output",
        "configuration_update",
        "custom_tool_call",
        "custom_tool_call_output",
        "file_search_call",
        "image_generation_call",
        "local_shell_call",
        "local_shell_call_output",
        "mcp_approval_request",
        "mcp_approval_response",
        "mcp_call",
        "mcp_list_tools",
        "program",
        "program_output",
        "shell_call",
        "shell_call_output",
        "tool_search_call",
        "tool_search_output",
        "web_search_call",
    }
)

JSON_NAMES: Final = {str: "a string", list: "an array", dict: "an object", bool: "a boolean"}


def parse_input(value: Any) -> tuple[Item, ...] | Refusal:
    """The items of `input`; a plain string is one user message. Absent and null mean no items."""
    if value is None:
        return ()
    if isinstance(value, str):
        part = {"type": "input_text", "text": value}
        return ({"type": "message", "role": "user", "content": [part]},)
    if not isinstance(value, list):
        return errors.invalid_type("input", "a string or an array of items")
    items = []
    for index, item in enumerate(value):
        parsed = _parse_item(f"input[{index}]", item)
        if isinstance(parsed, Refusal):
            return parsed
        items.append(parsed)
    return tuple(items)


def check_calls(items: Sequence[Item]) -> Refusal | None:
    """Every call has its output, later; every output its call, earlier."""
    calls: dict[str, bool] = {}
    for item in items:
        if item["type"] == "function_call":
            calls[item["call_id"]] = False
        elif item["type"] == "function_call_output":
            if item["call_id"] not in calls:
                return errors.missing_call(item["call_id"])
            calls[item["call_id"]] = True
    unanswered = [call_id for call_id, answered in calls.items() if not answered]
    return errors.missing_output(unanswered[0]) if unanswered else None


def resolve(
    items: Sequence[Item], stored: Callable[[str], Item | None], unstored: Iterable[Item]
) -> tuple[Item, ...] | Refusal:
    """The items with each reference replaced by what `stored` finds; `unstored` are those that
    are known, but not kept."""
    resolved = []
    for item in items:
        found = stored(item["id"]) if item["type"] == "item_reference" else item
        if found is None:
            known = any(other.get("id") == item["id"] for other in unstored)
            return errors.item_not_found(item["id"], was_known=known)
        resolved.append(found)
    return tuple(resolved)


def _kind(item: Item) -> Any:
    """An item's type, which messages and references may leave out."""
    if item.get("type") is None:
        return "message" if "role" in item else "item_reference" if set(item) == {"id"} else None
    return item["type"]


def _parse_item(path: str, item: Any) -> Item | Refusal:
    if not isinstance(item, dict):
        return errors.invalid_type(path, "an object")
    kind = _kind(item)
    if isinstance(kind, str) and kind in OPAQUE:
        return item
    if not isinstance(kind, str) or kind not in REQUIRED:
        return errors.invalid_value(f"{path}.type", "not a type of item that is known here.")
    for field, types in REQUIRED[kind].items():
        if field not in item:
            return errors.missing(f"{path}.{field}")
        if not isinstance(item[field], types):
            names = types if isinstance(types, tuple) else (types,)
            expected = " or ".join(JSON_NAMES[name] for name in names)
            return errors.invalid_type(f"{path}.{field}", expected)
    problem = _check_content(path, kind, item)
    return problem or {**item, "type": kind}


def _check_content(path: str, kind: str, item: Item) -> Refusal | None:
    if kind == "message":
        if item["role"] not in ROLES:
            return errors.invalid_value(f"{path}.role", "not a role.")
        allowed = OUTPUT_PARTS if item["role"] == "assistant" else INPUT_PARTS
        return _check_parts(f"{path}.content", item["content"], allowed)
    if kind == "function_call_output":
        return _check_parts(f"{path}.output", item["output"], INPUT_PARTS)
    if kind == tools.ADDITIONAL:
        return tools.check(f"{path}.tools", item["tools"])
    sealed = item.get("encrypted_content")
    if kind in SEALED and sealed and (not isinstance(sealed, str) or unseal(sealed) is None):
        return errors.invalid_encrypted_content(item.get("id"), f"{path}.encrypted_content")
    return None


def _check_parts(path: str, content: Any, allowed: set[str]) -> Refusal | None:
    if isinstance(content, str):
        return None
    for index, part in enumerate(content):
        where = f"{path}[{index}]"
        if not isinstance(part, dict):
            return errors.invalid_type(where, "an object")
        kind = part.get("type")
        if kind not in allowed:
            supported = ", ".join(f"'{name}'" for name in sorted(allowed))
            return errors.invalid_value(f"{where}.type", f"supported values are {supported}.")
        if kind in {"input_text", "output_text"} and not isinstance(part.get("text"), str):
            return errors.missing(f"{where}.text")
    return None
