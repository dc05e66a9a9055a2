"""The tools of a request: those in its field `tools`, and those that items bring along. Pure."""

from collections.abc import Iterable, Iterator
from typing import Any

from tutor.emulator import errors
from tutor.emulator.errors import Refusal
from tutor.emulator.model import Item

# An item that declares tools in the middle of a conversation.
ADDITIONAL = "additional_tools"


def check(where: str, tools: list[Any]) -> Refusal | None:
    """Why these are no tools, if they are not; `where` names the field that they stand in."""
    for index, tool in enumerate(tools):
        path = f"{where}[{index}]"
        if not isinstance(tool, dict):
            return errors.invalid_type(path, "an object")
        if not isinstance(tool.get("type"), str):
            return errors.missing(f"{path}.type")
        if tool["type"] == "function":
            refusal = _check_function(path, tool)
            if refusal:
                return refusal
    return None


def _check_function(path: str, tool: Item) -> Refusal | None:
    if not isinstance(tool.get("name"), str) or not tool["name"]:
        return errors.missing(f"{path}.name")
    parameters = tool.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        return errors.invalid_type(f"{path}.parameters", "an object")
    if tool.get("strict") is False or parameters is None:
        return None
    if tool.get("strict") is None:
        return None
    # A strict schema names every property as required and allows no others.
    properties = parameters.get("properties", {})
    if parameters.get("additionalProperties") is not False:
        problem = "'additionalProperties' is required to be supplied and to be false."
    elif set(parameters.get("required", ())) != set(properties):
        problem = "'required' is required to be supplied and to include every key in properties."
    else:
        return None
    return Refusal(
        f"Invalid schema for function '{tool['name']}': {problem}",
        code="invalid_function_parameters",
        param=f"{path}.parameters",
    )


def all_tools(tools: Iterable[Item], items: Iterable[Item]) -> Iterator[Item]:
    """Every tool of a request, and of the conversation that it continues."""
    yield from tools
    for item in items:
        if item["type"] == ADDITIONAL:
            yield from item["tools"]


def functions(tools: Iterable[Item]) -> Iterator[Item]:
    """Those that a model here can call. One inside a namespace it cannot."""
    return (tool for tool in tools if tool["type"] == "function")
