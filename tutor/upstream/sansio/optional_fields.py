"""The fields that a request can do without, and which of them a server says it does not take. Pure.

Many servers of the protocol know fewer of them than OpenAI's, and a model fewer than its siblings.
"""

import re
from typing import Any, Final

from tutor.upstream.sansio.causes import (
    HTTP_CLIENT_ERRORS,
    HTTP_TOO_LARGE,
    KEY_REFUSED,
    MAX_TEXT_CHARS,
)

# By what they are called in refusals: some servers translate a request before they look at it.
OPTIONAL_FIELDS: Final = {
    name: name
    for name in (
        "reasoning", "text", "max_output_tokens", "prompt_cache_options", "prompt_cache_retention",
        "prompt_cache_key", "service_tier", "safety_identifier", "include", "parallel_tool_calls",
    )
} | {
    "reasoning_effort": "reasoning",
    "verbosity": "text",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "max_new_tokens": "max_output_tokens",
}  # fmt: skip
# Those that have another value for each student or lesson, but one meaning.
PER_REQUEST_FIELDS: Final = frozenset({"prompt_cache_key", "safety_identifier"})

_NAME: Final = "|".join(sorted(OPTIONAL_FIELDS, key=len, reverse=True))
_QUOTE: Final = r"""[\s'"`\[(:]*"""
# «Unsupported parameter: 'reasoning.effort'», «Unknown parameter: `text`», «Unrecognized request
# argument supplied: service_tier», «does not support parameters: ['reasoning_effort']».
_NAMED_AFTER: Final = re.compile(
    r"(unsupported|unknown|unrecogni[sz]ed|unexpected|extra|(not|n't) support)[\w ]{0,40}"
    rf"(parameter|argument|field|input|key|propert)\w*( supplied)?{_QUOTE}({_NAME})\b",
    re.IGNORECASE,
)
# «'reasoning' is not supported with this model», «service_tier: Extra inputs are not permitted».
_NAMED_BEFORE: Final = re.compile(
    rf"(?<![\w.])({_NAME})(\.\w+)?['\"`]?(:| is| are)? ?"
    r"(not (supported|permitted|allowed|recogni[sz]ed)|unsupported|extra inputs? (is|are) not)",
    re.IGNORECASE,
)


def refused_field(http: int, error: dict[str, Any], *, is_transient: bool) -> str:
    """The field for which an `error` object refuses a request; empty if it is for none of these.

    `http` is the status, 0 if unknown.
    """
    is_refusal = http == 0 or http in HTTP_CLIENT_ERRORS
    if is_transient or not is_refusal or http in (*KEY_REFUSED, HTTP_TOO_LARGE):
        return ""
    if name := _field(error.get("param")) or _located(error.get("detail")):
        return name
    if error.get("param"):
        return ""  # it is for another one
    text = str(error.get("message") or error.get("detail") or "")[:MAX_TEXT_CHARS]
    if found := _NAMED_AFTER.search(text):
        return OPTIONAL_FIELDS[found[5].lower()]
    found = _NAMED_BEFORE.search(text)
    return OPTIONAL_FIELDS[found[1].lower()] if found else ""


def _field(param: Any) -> str:
    """The field in which `param`, such as `reasoning.effort` or `include[0]`, lies."""
    name = re.split(r"[.\[]", param, maxsplit=1)[0] if isinstance(param, str) else ""
    return OPTIONAL_FIELDS.get(name, "")


def _located(detail: Any) -> str:
    """The field in a list of mistakes as FastAPI tells them, at `["body", "reasoning", …]`."""
    for mistake in detail if isinstance(detail, list) else ():
        place = mistake.get("loc") if isinstance(mistake, dict) else None
        if isinstance(place, list) and len(place) > 1 and (name := _field(place[1])):
            return name
    return ""
