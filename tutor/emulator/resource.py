"""The response resource, whole, and its usage figures. Pure."""

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from tutor.emulator.create import Create
from tutor.emulator.errors import Frame
from tutor.emulator.model import Item

# English and code come to about this many bytes for one token.
BYTES_PER_TOKEN: Final = 4
# What a compaction item counts at most.
COMPACTED_TOKENS: Final = 150
# The service caches prompts in blocks of this size.
CACHE_BLOCK_TOKENS: Final = 128

# Fields that come back as they were sent, and what stands there if they were not.
ECHOED: Final[dict[str, Any]] = {
    "frequency_penalty": 0.0,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "parallel_tool_calls": True,
    "presence_penalty": 0.0,
    "prompt": None,
    "prompt_cache_key": None,
    "prompt_cache_options": None,
    "prompt_cache_retention": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}

# Fields of features that are not emulated.
UNUSED: Final = (
    "access_programs",
    "conversation",
    "image",
    "input_transformations",
    "moderation",
    "prompt_cache_diagnostics",
)


def resource(create: Create, response_id: str, created_at: float) -> Frame:
    """A response in progress, with every field of the SDK's `Response` and of the Open Responses
    specification."""
    body: Frame = dict.fromkeys(UNUSED)
    for field, default in ECHOED.items():
        sent = create.body.get(field)
        # Of an object that was sent in part, the rest is as it would have been.
        partial = isinstance(sent, dict) and isinstance(default, dict)
        body[field] = default | sent if partial else default if sent is None else sent
    return body | {
        "id": response_id,
        "object": "response",
        "created_at": int(created_at),
        "status": "in_progress",
        "background": False,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "instructions": create.instructions,
        "metadata": create.body.get("metadata") or {},
        "model": create.model,
        "output": [],
        "previous_response_id": create.previous_response_id,
        "service_tier": "default",
        "store": create.store,
        "tool_usage": _tool_usage(),
        "tools": [_tool(tool) for tool in create.tools],
        "usage": None,
    }


def usage(create: Create, chain: Iterable[Item], output: Sequence[Item]) -> Frame:
    """About how many tokens a response took; input counts the whole conversation."""
    prefix = tokens(create.instructions or "", *create.tools)
    cached = tokens(*chain)
    read = prefix + cached + tokens(*create.input)
    written = [written_text(item) for item in output]
    reasoning = [written_text(item) for item in output if item["type"] == "reasoning"]
    hit = (prefix + cached) // CACHE_BLOCK_TOKENS * CACHE_BLOCK_TOKENS if cached else 0
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": hit, "cache_write_tokens": 0},
        "output_tokens": tokens(*written),
        "output_tokens_details": {"reasoning_tokens": tokens(*reasoning)},
        "total_tokens": read + tokens(*written),
    }


def read_tokens(create: Create, chain: Iterable[Item]) -> int:
    """About how many tokens a request has, with all it continues."""
    return tokens(create.instructions or "", *create.tools, *chain, *create.input)


def tokens(*values: Any) -> int:
    """Roughly the number of tokens of these texts and JSON values."""
    texts = (v if isinstance(v, str) else _rendered(v) for v in values)
    return math.ceil(sum(map(size, texts)) / BYTES_PER_TOKEN)


def size(text: str) -> int:
    """Its bytes."""
    return len(text.encode("utf-8", "surrogatepass"))


def written_text(item: Item) -> str:
    """What a model has written of an output item, as far as it counts as output."""
    match item["type"]:
        case "message":
            return "".join(part["text"] for part in item["content"])
        case "reasoning":
            return "".join(part["text"] for part in item["summary"])
        case "function_call":
            return str(item["arguments"])
        case _:
            return _rendered(item)


def _rendered(item: Any) -> str:
    if isinstance(item, dict) and item.get("type") == "compaction":
        # A summary is short, however much is sealed in it here.
        return str(item["encrypted_content"])[: COMPACTED_TOKENS * BYTES_PER_TOKEN]
    return json.dumps(item, ensure_ascii=False)


def _tool(tool: Item) -> Item:
    if tool["type"] != "function":
        return tool
    return {"description": None, "parameters": None, "strict": True} | tool


def _tool_usage() -> Frame:
    image = {
        "input_tokens": 0,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
        "output_tokens": 0,
        "total_tokens": 0,
    }
    return {"image_gen": image, "web_search": {"num_requests": 0}}
