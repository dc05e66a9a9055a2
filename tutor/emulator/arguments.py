"""Arguments for a call of a function of which only its JSON Schema is known. Pure."""

import json
from typing import Any, Final

from tutor.emulator.model import Item

# A text in each format that is often asked for.
FORMATS: Final = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "somebody@example.org",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
# What a schema may hold that says what would do: a value, or a list of values.
VALUES: Final = ("const", "default")
LISTS: Final = ("enum", "examples")
# How many references and alternatives are followed in a row, and how many values are made in all:
# a schema may refer to itself.
MAX_FOLLOWED: Final = 16
MAX_VALUES: Final = 256
MAX_CHARS: Final = 4096


def arguments_for(tool: Item) -> str:
    """The JSON text of a small value that the parameters of a function tool allow.

    Patterns, and what schemas forbid, are not looked at. Any schema gets some object.
    """
    schema = tool.get("parameters") or {}
    made = _Values(schema).value({"type": "object"} | schema, "value")
    return json.dumps(made if isinstance(made, dict) else {}, ensure_ascii=False)


class _Values:
    """Makes the values of one schema document."""

    def __init__(self, root: Item) -> None:
        # Where references begin.
        self._root = root
        # How many more values may be made.
        self._left = MAX_VALUES

    def value(self, schema: Any, name: str) -> Any:
        """A value of a schema that stands under `name`; None where there are too many."""
        if self._left <= 0:
            return None
        self._left -= 1
        schema = self._followed(schema, MAX_FOLLOWED)
        said = [schema[key] for key in VALUES if key in schema]
        said += [v for key in LISTS if isinstance(schema.get(key), list) for v in schema[key][:1]]
        if said:
            return said[0]
        match _type(schema):
            case "object":
                return self._object(schema)
            case "array":
                count = min(_number(schema, "minItems", 0), self._left)
                return [self.value(schema.get("items"), name) for _ in range(int(count))]
            case "integer" | "number" as kind:
                return _least(schema, whole=kind == "integer")
            case "boolean" | "null" as kind:
                return False if kind == "boolean" else None
            case _:
                return _text(schema, name)

    def _object(self, schema: Item) -> Item:
        properties, required = schema.get("properties"), schema.get("required")
        known = properties if isinstance(properties, dict) else {}
        names = required if isinstance(required, list) else []
        return {n: self.value(known.get(n), n) for n in names if isinstance(n, str)}

    def _followed(self, schema: Any, steps: int) -> Item:
        """The schema behind a reference or in the first alternative, joined with all its parts."""
        if not isinstance(schema, dict) or not steps:
            return {}
        if isinstance(reference := schema.get("$ref"), str):
            return self._followed(self._found(reference), steps - 1)
        parts = [schema]
        for key in ("anyOf", "oneOf"):
            if isinstance(schema.get(key), list):
                parts += [self._followed(part, steps - 1) for part in schema[key][:1]]
        if isinstance(schema.get("allOf"), list):
            parts += [self._followed(part, steps - 1) for part in schema["allOf"][:MAX_FOLLOWED]]
        return _joined(parts) if len(parts) > 1 else schema

    def _found(self, reference: str) -> Any:
        """What stands at a place of the document: `#/$defs/NAME`."""
        found: Any = self._root
        for part in reference.split("/")[1:]:
            found = found.get(part) if isinstance(found, dict) else None
        return found


def _joined(parts: list[Item]) -> Item:
    """One schema with the properties of all."""
    joined: Item = {}
    properties: Item = {}
    required: list[Any] = []
    for part in parts:
        joined |= part
        if isinstance(part.get("properties"), dict):
            properties |= part["properties"]
        if isinstance(part.get("required"), list):
            required += part["required"]
    return joined | {"properties": properties, "required": required}


def _type(schema: Item) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0] if kind else None
    return kind or ("object" if schema.get("properties") else None)


def _least(schema: Item, *, whole: bool) -> float:
    """Zero, or what is nearest to it of what is allowed."""
    step = abs(_number(schema, "multipleOf", 1)) or 1
    least = _number(schema, "minimum", None)
    above = _number(schema, "exclusiveMinimum", None)
    most = _number(schema, "maximum", None)
    below = _number(schema, "exclusiveMaximum", None)
    number: float = 0
    if least is not None and least > 0:
        number = -(-least // step) * step
    elif above is not None and above >= 0:
        number = (above // step + 1) * step
    elif most is not None and most < 0:
        number = most // step * step
    elif below is not None and below <= 0:
        number = (-(-below // step) - 1) * step
    return int(number) if whole else number


def _number(schema: Item, key: str, default: Any) -> Any:
    value = schema.get(key)
    return value if type(value) in {int, float} else default


def _text(schema: Item, name: str) -> str:
    """A text in the format that is asked for, else the property's own name, as long as it must."""
    asked = schema.get("format")
    if isinstance(asked, str) and asked in FORMATS:
        return FORMATS[asked]
    least = int(min(_number(schema, "minLength", 0), MAX_CHARS))
    most = int(min(_number(schema, "maxLength", MAX_CHARS), MAX_CHARS))
    return name.ljust(least, "_")[: max(0, most)]
