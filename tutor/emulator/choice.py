"""Which functions a model may call, and whether it must: `tool_choice` and its limits. Pure.

A model here is a function that may disregard them; the service's could not. `bound` makes it so.
`max_tool_calls` counts the service's built-in tools, of which there are none here.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from tutor.emulator import errors
from tutor.emulator.errors import Frame, Refusal
from tutor.emulator.model import Call, Choice, Item, Output

MODES: Final = ("none", "auto", "required")

# The least that JSON has of each type.
LEAST: Final[dict[str, Any]] = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "array": [],
    "null": None,
}


def parse(frame: Frame) -> Choice | Refusal:
    """What a request whose `tools` are good says about calls.

    A choice of a built-in tool is taken, and means nothing.
    """
    chosen = frame.get("tool_choice")
    tools = {tool["name"] for tool in frame.get("tools") or [] if tool["type"] == "function"}
    match chosen:
        case None | "auto":
            return Choice()
        case "none":
            return Choice(names=frozenset())
        case "required":
            return Choice(must=True) if frame.get("tools") else _refused("no tools are given.")
        case {"type": "function"}:
            return _named([chosen], tools, must=True)
        case {"type": "allowed_tools", "mode": "auto" | "required", "tools": list(allowed)}:
            return _named(allowed, tools, must=chosen["mode"] == "required")
        case {"type": str(kind)} if kind != "allowed_tools":
            return Choice()
        case str():
            return _refused(f"supported values are: {', '.join(map(repr, MODES))}.")
        case _:
            return errors.invalid_type("tool_choice", "one of the known modes or an object")


def bound(
    outputs: Iterable[Output], choice: Choice, tools: Iterable[Item], *, parallel: bool
) -> Iterator[Output]:
    """The outputs without calls that may not be, and with one that must be."""
    called = False
    for output in outputs:
        if isinstance(output, Call):
            if not choice.allows(output.name) or (called and not parallel):
                continue
            called = True
        yield output
    if choice.must and not called:
        functions = (tool for tool in tools if tool["type"] == "function")
        for tool in functions:
            if choice.allows(tool["name"]):
                yield Call(tool["name"], json.dumps(_least(tool.get("parameters") or {})))
                return


def _named(chosen: list[Any], tools: set[str], *, must: bool) -> Choice | Refusal:
    """The choice of these functions, if the request has them."""
    for tool in chosen:
        if not isinstance(tool, dict) or not isinstance(tool.get("type"), str):
            return errors.invalid_type("tool_choice", "tools, each an object with a type")
        if tool["type"] == "function" and tool.get("name") not in tools:
            return _refused(f"the function {tool.get('name')!r} is not among the tools.")
    names = [tool["name"] for tool in chosen if tool["type"] == "function"]
    return Choice(names=frozenset(names), must=must)


def _least(schema: Item) -> Any:
    """The smallest value that a schema of the usual kind allows."""
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type", "object")
    first = kind[0] if isinstance(kind, list) else kind
    if first != "object":
        return LEAST.get(first, "")
    properties = schema.get("properties") or {}
    return {name: _least(properties.get(name) or {}) for name in schema.get("required") or ()}


def _refused(problem: str) -> Refusal:
    return errors.invalid_value("tool_choice", problem)
