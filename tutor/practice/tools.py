"""The tools of a request, as their schemas have them, and calls of them. Pure."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from tutor.emulator.arguments import arguments_for
from tutor.emulator.model import Call, Item, Request
from tutor.practice import message
from tutor.practice.lesson import Case

# Runs programs; the moves that the server decides about.
RUN: Final = "execute_code"
PREDICTION: Final = "ask_prediction"
HINT: Final = "give_hint"
OFFER: Final = "offer_check"
OURS: Final = frozenset({RUN, PREDICTION, HINT, OFFER})

MAX_CALL_CHARS: Final = 200
# Of one call of RUN; and how many of these one response has.
MAX_CALLS: Final = 20
MAX_RUNS: Final = 4

# Words in names of tools that say what is done, not with what.
VERBS: Final = frozenset(
    {
        *("add", "call", "check", "create", "delete", "do", "fetch", "find", "get", "list", "load"),
        *("lookup", "make", "query", "read", "remove", "run", "search", "send", "set", "show"),
        *("start", "stop", "tool", "update", "use", "write"),
    }
)
# A word of a name in snake case, kebab case or camel case.
PART: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
WORD: Final = re.compile(r"\w+")


def find(request: Request, name: str) -> Item | None:
    """The function tool of this name, if it may be called."""
    if not request.choice.allows(name):
        return None
    found = (tool for tool in request.tools if tool["type"] == "function" and tool["name"] == name)
    return next(found, None)


def properties(tool: Item) -> dict[str, Any]:
    found = (tool.get("parameters") or {}).get("properties")
    return found if isinstance(found, dict) else {}


def call(tool: Item, **known: Any) -> Call:
    """A call with these arguments, as far as the tool has them, and others that it requires."""
    taken = properties(tool)
    arguments = json.loads(arguments_for(tool))
    arguments |= {name: value for name, value in known.items() if name in taken or not taken}
    return Call(tool["name"], json.dumps(arguments, ensure_ascii=False))


def runs(tool: Item, program: str, cases: Sequence[Case]) -> list[Call]:
    """Calls that run the program on the cases, one for each input and for the program itself."""
    if "calls" not in properties(tool):
        return [call(tool, code=program, calls=[], stdin=text) for text in _inputs(cases)]
    groups: dict[tuple[str, bool], list[str]] = {}
    for case in cases:
        group = groups.setdefault((case.input, bool(case.call)), [])
        if case.call and case.call not in group and len(group) < MAX_CALLS:
            group.append(case.call)
    asked = list(groups.items()) or [(("", False), [])]
    return [
        call(tool, code=program, calls=calls, stdin=text) for (text, _), calls in asked[:MAX_RUNS]
    ]


def _inputs(cases: Sequence[Case]) -> list[str]:
    """The inputs of the cases that are whole programs; nothing typed where there are none."""
    inputs = dict.fromkeys(case.input for case in cases if not case.call)
    return list(inputs)[:MAX_RUNS] or [""]


def asked_for(request: Request) -> Item | None:
    """The first tool of somebody else's that the message which came last asks for: it has the
    tool's name, or all words of it that say what the tool is about."""
    said = _said(request)
    words = set(WORD.findall(said.lower()))
    for tool in request.tools:
        if tool["type"] != "function" or tool["name"] in OURS:
            continue
        if not request.choice.allows(tool["name"]):
            continue
        about = {part.lower() for part in PART.findall(tool["name"])} - VERBS
        named = re.search(rf"\b{re.escape(tool['name'])}\b", said)
        if named or (about and about <= words):
            return tool
    return None


def _said(request: Request) -> str:
    """What the user said last; empty where something else has come since."""
    last = request.items[-1] if request.items else None
    if last and last["type"] == "message" and last["role"] == "user":
        return message.read(last).words
    return ""
