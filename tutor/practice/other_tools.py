"""Tools beside the one that runs programs, and whether a student asks for one. Pure."""

import re
from typing import Final

from tutor.emulator.model import Item, Request
from tutor.practice import message

# The tool that runs the student's program.
TOOL: Final = "execute_code"

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


def asked_for(request: Request) -> Item | None:
    """The first tool that the message which came last asks for: it has the tool's name, or all
    words of it that say what the tool is about."""
    said = _said(request)
    words = set(WORD.findall(said.lower()))
    for tool in request.tools:
        if tool["type"] != "function" or tool["name"] == TOOL:
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
