"""What a response says of its cost. Pure."""

import re
from typing import Any, Final

from tutor.protocol.events import Usage

# What a column for a number of tokens holds.
MAX_TOKENS: Final = 2**31 - 1
# An effort or a tier: what is longer is none of a column's.
_WORD: Final = re.compile(r"[\w-]{1,32}", re.ASCII)


def usage_of(response: dict[str, Any]) -> Usage:
    """The token counts, 0 for those that are missing, and the effort and tier in force, empty where
    they are not told. Never raises: no answer is thrown away for them.
    """
    counts = _mapping(response.get("usage"))
    return Usage(
        input=_tokens(counts.get("input_tokens")),
        cached=_tokens(_mapping(counts.get("input_tokens_details")).get("cached_tokens")),
        output=_tokens(counts.get("output_tokens")),
        reasoning=_tokens(_mapping(counts.get("output_tokens_details")).get("reasoning_tokens")),
        effort=_word(_mapping(response.get("reasoning")).get("effort")),
        tier=_word(response.get("service_tier")),
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def _tokens(value: Any) -> int:
    try:
        return max(0, min(int(value), MAX_TOKENS))
    except (ValueError, TypeError, OverflowError):
        return 0
