"""Which functions a model may call, and whether it must: `tool_choice` and its limits. Pure.

A model here is a function that may disregard them; the service's could not. `bound` makes it so.
`max_tool_calls` counts the service's built-in tools, of which there are none here.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from tutor.emulator import errors
from tutor.emulator.arguments import arguments_for
from tutor.emulator.errors import Frame, Refusal
from tutor.emulator.model import Call, Choice, Item, Output
from tutor.emulator.tools import functions

MODES: Final = ("none", "auto", "required")


def parse(frame: Frame) -> Choice | Refusal:
    """What a request says about calls. A choice of a built-in tool is taken, and means nothing."""
    chosen = frame.get("tool_choice")
    match chosen:
        case None | "auto":
            return Choice()
        case "none":
            return Choice(names=frozenset())
        case "required":
            return Choice(must=True)
        case {"type": "function"}:
            return _named([chosen], must=True)
        case {"type": "allowed_tools", "mode": "auto" | "required", "tools": list(allowed)}:
            return _named(allowed, must=chosen["mode"] == "required")
        case {"type": str(kind)} if kind != "allowed_tools":
            return Choice()
        case str():
            return _refused(f"supported values are: {', '.join(map(repr, MODES))}.")
        case _:
            return errors.invalid_type("tool_choice", "one of the known modes or an object")


def check(choice: Choice, given: Iterable[Item]) -> Refusal | None:
    """What is chosen must be among the tools that are given."""
    given = list(given)
    if choice.must and choice.names is None and not given:
        return _refused("no tools are given.")
    unknown = sorted((choice.names or frozenset()) - {tool["name"] for tool in functions(given)})
    if unknown:
        return _refused(f"the function {unknown[0]!r} is not among the tools.")
    return None


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
        for tool in functions(tools):
            if choice.allows(tool["name"]):
                yield Call(tool["name"], arguments_for(tool))
                return


def _named(chosen: list[Any], *, must: bool) -> Choice | Refusal:
    """The choice of these functions."""
    for tool in chosen:
        if not isinstance(tool, dict) or not isinstance(tool.get("type"), str):
            return errors.invalid_type("tool_choice", "tools, each an object with a type")
        if tool["type"] == "function" and not isinstance(tool.get("name"), str):
            return _refused("a function is chosen by its name.")
    names = [tool["name"] for tool in chosen if tool["type"] == "function"]
    return Choice(names=frozenset(names), must=must)


def _refused(problem: str) -> Refusal:
    return errors.invalid_value("tool_choice", problem)
