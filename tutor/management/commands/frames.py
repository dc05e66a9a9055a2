"""`manage.py frames`: the browser's protocol as one JSON Schema, for clients in other languages."""

import json
from typing import Annotated, Any, cast

from django.core.management.base import BaseCommand
from pydantic import Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from tutor.protocol import frames

LIMITS = (
    "MAX_FRAME_BYTES", "MAX_SAY_CHARS", "MAX_CODE_CHARS", "MAX_STDIN_CHARS",
    "MAX_PREDICTION_CHARS", "MAX_ANSWER_CHARS",
)  # fmt: skip


class Command(BaseCommand):
    """Prints the schema; the classroom's types are generated from it."""

    help = "Print one JSON Schema of all frames of the browser's protocol, both ways."
    # What is printed depends on tutor/protocol/frames.py alone.
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: object) -> None:
        self.stdout.write(json.dumps(schema(), indent=2))


class _FrameSchema(GenerateJsonSchema):
    """Fields without a title: a titled one would become a type of its own in the client."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # all fields alike
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:  # the server leaves nothing out
        return self.mode == "serialization" or super().field_is_required(field, total)


def schema() -> dict[str, Any]:
    """All frames under `$defs`, both directions as `anyOf`, the numbers under `x-` keys.

    What the server sends has every field; what the browser sends may leave out defaults.
    """
    tagged = Field(discriminator="type")
    from_browser: TypeAdapter[Any] = TypeAdapter(Annotated[frames.FromBrowser, tagged])
    to_browser: TypeAdapter[Any] = TypeAdapter(Annotated[frames.ToBrowser, tagged])
    ways, shared = TypeAdapter.json_schemas(
        [("from", "validation", from_browser), ("to", "serialization", to_browser)],
        schema_generator=_FrameSchema,
    )
    definitions = cast("dict[str, Any]", shared["$defs"])
    definitions["FromBrowser"] = _union(ways["from", "validation"])
    definitions["ToBrowser"] = _union(ways["to", "serialization"])
    return {
        "title": "Frame",
        "anyOf": [{"$ref": "#/$defs/FromBrowser"}, {"$ref": "#/$defs/ToBrowser"}],
        "$defs": definitions,
        "x-protocol": frames.PROTOCOL,
        "x-limits": {name: getattr(frames, name) for name in LIMITS},
        "x-close": {close.name: int(close) for close in frames.Close},
    }


def _union(way: Any) -> dict[str, Any]:
    return {"anyOf": way["oneOf"]}
