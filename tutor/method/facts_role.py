"""The role in which the facts of a step are told, for servers that lack the developer's. Pure.

Rows always hold the developer's role; what is sent is made of them each time. Where facts stand in
a message of the user's role, two marks tell them from what a student says, and no other text that
is sent may have these marks.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, Literal, get_args

from tutor.method.facts import is_facts
from tutor.method.prompts import SOURCES
from tutor.protocol.calls import Payload

FactsRole = Literal["developer", "system", "user"]
# From the best one to the one that every server takes.
ROLES: Final[tuple[FactsRole, ...]] = get_args(FactsRole)
BEGIN: Final = "⟦facts⟧"
END: Final = "⟦/facts⟧"

# The brackets of the marks, and those that look like them.
_PLAIN: Final = str.maketrans("⟦⟧〚〛", "[][]")
# The same as JSON's escapes; a backslash that is escaped itself begins none.
_ESCAPED: Final = re.compile(r"\\\\|\\u(?:27e([67])|301([ab]))", re.IGNORECASE)


def as_role(payload: Payload, role: FactsRole) -> Payload:
    """An item as it is sent where facts have this role; the same object if nothing is changed.

    In role `user` the facts stand between BEGIN and END, and nothing else that is sent holds these,
    as text or escaped in JSON.
    """
    match role:
        case "user" if is_facts(payload):
            return _marked(payload)
        case "user":
            changed = _without_marks(payload)
            return payload if changed == payload else changed
        case "system" if is_facts(payload):
            return {**payload, "role": "system"}
        case _:
            return payload


def fields_in_role(fields: Payload, role: FactsRole) -> Payload:
    """The fields of a request whose instructions say that facts come in this role; the same object
    if they do already, or say nothing of it.
    """
    text = str(fields.get("instructions") or "")
    said = next((source for source in SOURCES.values() if source in text), SOURCES[role])
    if said == SOURCES[role]:
        return fields
    return {**fields, "instructions": text.replace(said, SOURCES[role], 1)}


def tells_facts(payload: Payload) -> bool:
    """Whether an item tells facts, as it is sent, in whatever role."""
    if payload.get("type") != "message":
        return False
    if payload.get("role") == "user":
        return _text(payload).startswith(BEGIN)
    return payload.get("role") in ("developer", "system")


def sent_role(items: Sequence[Payload]) -> FactsRole | None:
    """The role of the facts among these items; None if there are none, or in the user's role."""
    roles = {item.get("role") for item in items if item.get("type") == "message"}
    return next((role for role in ROLES if role in roles and role != "user"), None)


def _marked(payload: Payload) -> Payload:
    text = BEGIN + _clean(_text(payload)) + END
    content = [{"type": "input_text", "text": text}]
    return {**_without_marks(payload), "role": "user", "content": content}


def _text(payload: Payload) -> str:
    content = payload.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text") or "") for part in parts if isinstance(part, dict))


def _without_marks(value: Any) -> Any:
    match value:
        case str():
            return _clean(value)
        case dict():
            return {key: _without_marks(part) for key, part in value.items()}
        case list() | tuple():
            return [_without_marks(part) for part in value]
        case _:
            return value


def _clean(text: str) -> str:
    return _ESCAPED.sub(_unescaped, text.translate(_PLAIN))


def _unescaped(found: re.Match[str]) -> str:
    digit = (found[1] or found[2] or "").lower()
    if not digit:
        return found[0]
    return "[" if digit in "6a" else "]"
