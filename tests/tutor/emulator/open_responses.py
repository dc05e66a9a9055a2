"""The Open Responses specification's response and events, as JSON Schemas of what must be there.

Written from the specification for these tests: only fields that it requires, and their types.
"""

from typing import Any, Final

from jsonschema import Draft202012Validator

TEXT: Final = {"type": "string"}
NUMBER: Final = {"type": "number"}
COUNT: Final = {"type": "integer", "minimum": 0}
FLAG: Final = {"type": "boolean"}
LIST: Final = {"type": "array"}


def maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def fields(**properties: Any) -> dict[str, Any]:
    """An object with all of these, and whatever else."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def one_of(*values: str) -> dict[str, Any]:
    return {"enum": list(values)}


STATUS: Final = one_of("in_progress", "completed", "incomplete")
OUTPUT_TEXT: Final = fields(
    type={"const": "output_text"}, text=TEXT, annotations=LIST, logprobs=LIST
)
ITEMS: Final = {
    "message": fields(
        id=TEXT, status=STATUS, role=one_of("assistant"), content=LIST | {"items": OUTPUT_TEXT}
    ),
    "function_call": fields(id=TEXT, status=STATUS, call_id=TEXT, name=TEXT, arguments=TEXT),
    "reasoning": fields(
        id=TEXT, summary=LIST | {"items": fields(type={"const": "summary_text"}, text=TEXT)}
    ),
    "compaction": fields(id=TEXT, encrypted_content=TEXT),
}
ITEM: Final = fields(type=one_of(*ITEMS)) | {
    "allOf": [
        {"if": {"properties": {"type": {"const": kind}}}, "then": schema}
        for kind, schema in ITEMS.items()
    ]
}
FUNCTION: Final = fields(
    type={"const": "function"},
    name=TEXT,
    description=maybe(TEXT),
    parameters=maybe({"type": "object"}),
    strict=maybe(FLAG),
)
USAGE: Final = fields(
    input_tokens=COUNT,
    output_tokens=COUNT,
    total_tokens=COUNT,
    input_tokens_details=fields(cached_tokens=COUNT),
    output_tokens_details=fields(reasoning_tokens=COUNT),
)
RESPONSE: Final = fields(
    id=TEXT,
    object={"const": "response"},
    created_at=COUNT,
    completed_at=maybe(COUNT),
    status=one_of("queued", "in_progress", "completed", "failed", "incomplete"),
    incomplete_details=maybe(fields(reason=TEXT)),
    model=TEXT,
    previous_response_id=maybe(TEXT),
    instructions=maybe({"type": ["string", "array"]}),
    output=LIST | {"items": ITEM},
    error=maybe(fields(code=TEXT, message=TEXT)),
    tools=LIST | {"items": FUNCTION},
    tool_choice={"type": ["string", "object"]},
    truncation=one_of("auto", "disabled"),
    parallel_tool_calls=FLAG,
    text=fields(format=fields(type=TEXT)),
    top_p=NUMBER,
    presence_penalty=NUMBER,
    frequency_penalty=NUMBER,
    top_logprobs=COUNT,
    temperature=NUMBER,
    reasoning=maybe(fields(effort=maybe(TEXT), summary=maybe(TEXT))),
    usage=maybe(USAGE),
    max_output_tokens=maybe(COUNT),
    max_tool_calls=maybe(COUNT),
    store=FLAG,
    background=FLAG,
    service_tier=TEXT,
    metadata={"type": "object"},
    safety_identifier=maybe(TEXT),
    prompt_cache_key=maybe(TEXT),
)

_WHOLE: Final = {"response": RESPONSE}
_ITEM: Final = {"output_index": COUNT, "item": ITEM}
_AT_ITEM: Final = {"item_id": TEXT, "output_index": COUNT}
_AT_TEXT: Final = _AT_ITEM | {"content_index": COUNT}
_AT_SUMMARY: Final = _AT_ITEM | {"summary_index": COUNT}
EVENTS: Final[dict[str, dict[str, Any]]] = {
    "response.created": _WHOLE,
    "response.in_progress": _WHOLE,
    "response.completed": _WHOLE,
    "response.incomplete": _WHOLE,
    "response.failed": _WHOLE,
    "response.output_item.added": _ITEM,
    "response.output_item.done": _ITEM,
    "response.content_part.added": _AT_TEXT | {"part": OUTPUT_TEXT},
    "response.content_part.done": _AT_TEXT | {"part": OUTPUT_TEXT},
    "response.output_text.delta": _AT_TEXT | {"delta": TEXT, "logprobs": LIST},
    "response.output_text.done": _AT_TEXT | {"text": TEXT, "logprobs": LIST},
    "response.function_call_arguments.delta": _AT_ITEM | {"delta": TEXT},
    "response.function_call_arguments.done": _AT_ITEM | {"arguments": TEXT},
    "response.reasoning_summary_part.added": _AT_SUMMARY | {"part": {"type": "object"}},
    "response.reasoning_summary_part.done": _AT_SUMMARY | {"part": {"type": "object"}},
    "response.reasoning_summary_text.delta": _AT_SUMMARY | {"delta": TEXT},
    "response.reasoning_summary_text.done": _AT_SUMMARY | {"text": TEXT},
}


def check_response(response: Any) -> None:
    """Raises ValidationError where something is missing, or of another type."""
    Draft202012Validator(RESPONSE).validate(response)


def check_event(event: Any) -> None:
    """The same of an event, which must be one that the specification has."""
    schema = fields(sequence_number=COUNT, **EVENTS[event["type"]])
    Draft202012Validator(schema).validate(event)
